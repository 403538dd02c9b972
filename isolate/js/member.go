package js

import (
	"strings"

	"github.com/dop251/goja"
)

// Member is one property of a class's prototype.
type Member[T any] struct {
	name   string
	symbol *goja.Symbol
	// make returns the property in one VM.
	make func(vm *VM, c *class) goja.Value
}

// Static is one property of a class's constructor, or of its prototype where it is a
// constant.
type Static struct {
	name string
	make func(vm *VM) goja.Value
}

// Method is a function that returns a value: nil is null, [Undefined] undefined.
func Method[T any](name string, length int, f func(*T, *Call) (any, error)) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, c *class) goja.Value {
		return property(method(vm, c, name, length, f), true, true, true)
	}}
}

// Do is a method that returns nothing, which is undefined.
func Do[T any](name string, length int, f func(*T, *Call) error) Member[T] {
	return Method(name, length, func(t *T, c *Call) (any, error) { return Undefined, f(t, c) })
}

// PromiseMethod is a method that returns a promise: what it returns, if not a promise
// already, is wrapped in one, and its errors reject instead of throwing.
func PromiseMethod[T any](name string, length int, f func(*T, *Call) (any, error)) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, c *class) goja.Value {
		fn := vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
			return vm.promised(func() (any, error) {
				call := Call{VM: vm, this: fc.This, args: fc.Arguments}
				if err := call.need(name, length); err != nil {
					return nil, err
				}
				return f(receiver[T](vm, c, fc.This), &call)
			})
		})
		return property(fn, true, true, true)
	}}
}

// Getter is a read-only attribute.
func Getter[T any](name string, get func(*T, *Call) (any, error)) Member[T] {
	return Accessor(name, get, nil)
}

// Accessor is an attribute; set may be nil.
func Accessor[T any](name string, get func(*T, *Call) (any, error), set func(*T, *Call) error) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, c *class) goja.Value {
		var setter *goja.Object
		if set != nil {
			setter = method(vm, c, "set "+name, 1, func(t *T, c *Call) (any, error) { return Undefined, set(t, c) })
		}
		return vm.platform.seam.accessorProperty(method(vm, c, "get "+name, 0, get), setter, true)
	}}
}

// Constant is a number on both the prototype and, where it is given as a Static too, the
// constructor.
func Constant[T any](name string, value int) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, _ *class) goja.Value {
		return property(vm.rt.ToValue(value), false, true, false)
	}}
}

// StaticMethod is a function on the constructor.
func StaticMethod(name string, length int, f func(*Call) (any, error)) Static {
	return Static{name: name, make: func(vm *VM) goja.Value {
		return property(vm.function(name, length, f), true, true, true)
	}}
}

// StaticConstant is a number on the constructor.
func StaticConstant(name string, value int) Static {
	return Static{name: name, make: func(vm *VM) goja.Value {
		return property(vm.rt.ToValue(value), false, true, false)
	}}
}

// SymbolMethod is a method whose name is a well-known symbol.
func SymbolMethod[T any](symbol *Symbol, length int, f func(*T, *Call) (any, error)) Member[T] {
	name := "[" + strings.TrimSuffix(strings.TrimPrefix(symbol.String(), "Symbol("), ")") + "]"
	return Member[T]{symbol: symbol, make: func(vm *VM, c *class) goja.Value {
		return property(method(vm, c, name, length, f), true, false, true)
	}}
}

// method makes a function whose receiver must be an instance of c.
func method[T any](vm *VM, c *class, name string, length int, f func(*T, *Call) (any, error)) *goja.Object {
	return vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
		call := Call{VM: vm, this: fc.This, args: fc.Arguments}
		t := receiver[T](vm, c, fc.This)
		if err := call.need(name, length); err != nil {
			panic(vm.exception(err))
		}
		v, err := f(t, &call)
		if err != nil {
			panic(vm.exception(err))
		}
		return vm.ToValue(v)
	})
}

// receiver returns the state behind this, or throws.
func receiver[T any](vm *VM, c *class, this goja.Value) *T {
	state, from := vm.state(this)
	if from == c {
		return state.(*T)
	}
	if from.extends(c) {
		if t, ok := c.as(state); ok {
			return t.(*T)
		}
	}
	panic(vm.exception(TypeError("Illegal invocation: this is not a %s", c.name)))
}
