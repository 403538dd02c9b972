package js

import (
	"strings"

	"github.com/dop251/goja"
)

// Member is one property of a class's prototype.
type Member[T any] struct {
	about MemberDescription
	// make returns the property in one VM.
	make func(vm *VM, c *class) goja.Value
}

// Static is one property of a class's constructor, or of its prototype where it is a
// constant.
type Static struct {
	about MemberDescription
	make  func(vm *VM) goja.Value
}

// Method is a function that returns a value: nil is null, [Undefined] undefined.
func Method[T any](name string, length int, f func(*T, *Call) (any, error)) Member[T] {
	about := MemberDescription{Name: name, Kind: MemberMethod, Length: length}
	return Member[T]{about, func(vm *VM, c *class) goja.Value {
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
	about := MemberDescription{Name: name, Kind: MemberMethod, Length: length, Promise: true}
	return Member[T]{about, func(vm *VM, c *class) goja.Value {
		return property(promiseMethod(vm, c, name, length, f), true, true, true)
	}}
}

// Getter is a read-only attribute.
func Getter[T any](name string, get func(*T, *Call) (any, error)) Member[T] {
	return Accessor(name, get, nil)
}

// PromiseGetter is a read-only attribute whose value is a promise: errors, such as that of
// a wrong receiver, reject instead of throwing.
func PromiseGetter[T any](name string, get func(*T, *Call) (any, error)) Member[T] {
	about := MemberDescription{Name: name, Kind: MemberAccessor, Promise: true}
	return Member[T]{about, func(vm *VM, c *class) goja.Value {
		return vm.platform.seam.accessorProperty(promiseMethod(vm, c, "get "+name, 0, get), nil, true)
	}}
}

// Accessor is an attribute; set may be nil.
func Accessor[T any](name string, get func(*T, *Call) (any, error), set func(*T, *Call) error) Member[T] {
	about := MemberDescription{Name: name, Kind: MemberAccessor, Setter: set != nil}
	return Member[T]{about, func(vm *VM, c *class) goja.Value {
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
	s := StaticConstant(name, value)
	return Member[T]{s.about, func(vm *VM, _ *class) goja.Value { return s.make(vm) }}
}

// StaticMethod is a function on the constructor.
func StaticMethod(name string, length int, f func(*Call) (any, error)) Static {
	about := MemberDescription{Name: name, Kind: MemberMethod, Length: length}
	return Static{about, func(vm *VM) goja.Value {
		return property(vm.function(name, length, f), true, true, true)
	}}
}

// StaticPromiseMethod is a function on the constructor that returns a promise: see
// [PromiseMethod].
func StaticPromiseMethod(name string, length int, f func(*Call) (any, error)) Static {
	about := MemberDescription{Name: name, Kind: MemberMethod, Length: length, Promise: true}
	return Static{about, func(vm *VM) goja.Value {
		return property(vm.promiseFunction(name, length, f), true, true, true)
	}}
}

// StaticConstant is a number on the constructor.
func StaticConstant(name string, value int) Static {
	about := MemberDescription{Name: name, Kind: MemberConstant, Value: value}
	return Static{about, func(vm *VM) goja.Value {
		return property(vm.rt.ToValue(value), false, true, false)
	}}
}

// SymbolMethod is a method whose name is a well-known symbol.
func SymbolMethod[T any](symbol *Symbol, length int, f func(*T, *Call) (any, error)) Member[T] {
	name := "[" + strings.TrimSuffix(strings.TrimPrefix(symbol.String(), "Symbol("), ")") + "]"
	about := MemberDescription{Symbol: symbol, Kind: MemberMethod, Length: length}
	return Member[T]{about, func(vm *VM, c *class) goja.Value {
		return property(method(vm, c, name, length, f), true, false, true)
	}}
}

// SymbolAlias makes a method of the class found by a well-known symbol too, as what is
// iterable asks for: both names have one function.
func SymbolAlias[T any](symbol *Symbol, method string) Member[T] {
	about := MemberDescription{Symbol: symbol, Kind: MemberAlias, Of: method}
	return Member[T]{about, func(vm *VM, c *class) goja.Value {
		return property(vm.prototype(c).Get(method), true, false, true)
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

// promiseMethod is method for a function that returns a promise.
func promiseMethod[T any](vm *VM, c *class, name string, length int, f func(*T, *Call) (any, error)) *goja.Object {
	return vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
		return vm.promised(func() (any, error) {
			call := Call{VM: vm, this: fc.This, args: fc.Arguments}
			t := receiver[T](vm, c, fc.This)
			if err := call.need(name, length); err != nil {
				return nil, err
			}
			return f(t, &call)
		})
	})
}

// receiver returns the state behind this, or throws. A call with no receiver is one on
// globalThis, where that is an instance too.
//
// Spec: https://webidl.spec.whatwg.org/#dfn-create-operation-function
func receiver[T any](vm *VM, c *class, this goja.Value) *T {
	state, from := vm.state(this)
	if from == nil && IsNullish(this) {
		state, from = vm.state(vm.rt.GlobalObject())
	}
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
