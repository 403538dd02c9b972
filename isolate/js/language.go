package js

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/dop251/goja"
)

// installLanguage adds what the language has and the engine lacks. An addition hangs from
// the global that has it, and is made when a script first touches that global.
func (p *Platform) installLanguage() {
	for _, a := range []struct {
		global string
		extend func(*VM, *goja.Object)
	}{
		{"Symbol", extendSymbol},
		{"Promise", extendPromise},
		{"Object", extendObject},
		{"Map", extendMap},
		{"Error", extendError},
		{"RegExp", extendRegExp},
		{"JSON", extendJSON},
	} {
		var original propertyFactory
		original = p.seam.replace(p.global, a.global, func(rt *goja.Runtime) goja.Value {
			v := original(rt)
			a.extend(p.seam.vmOf(rt), p.seam.valueOf(v).(*goja.Object))
			return v
		})
	}
}

// addMethod makes a method as the language's own are: not enumerable, and content with
// fewer arguments than its length says.
func (vm *VM) addMethod(o *goja.Object, name string, length int, f func(*Call) (any, error)) {
	method := vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
		v, err := f(&Call{VM: vm, this: fc.This, args: fc.Arguments})
		if err != nil {
			panic(vm.exception(err))
		}
		return vm.ToValue(v)
	})
	if err := o.DefineDataProperty(name, method, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
}

func extendSymbol(vm *VM, o *goja.Object) {
	for name, s := range map[string]*goja.Symbol{
		"asyncIterator": SymbolAsyncIterator, "dispose": SymbolDispose, "asyncDispose": SymbolAsyncDispose,
	} {
		if err := o.DefineDataProperty(name, s, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
}

// extendPromise adds Promise.withResolvers and Promise.try.
//
// Spec: https://tc39.es/ecma262/#sec-promise.withResolvers
func extendPromise(vm *VM, o *goja.Object) {
	vm.addMethod(o, "withResolvers", 0, func(c *Call) (any, error) {
		var resolve, reject Value
		executor := vm.function("", 2, func(c *Call) (any, error) {
			resolve, reject = c.Arg(0), c.Arg(1)
			return Undefined, nil
		})
		promise := vm.Construct(c.This(), executor)
		return Record{{"promise", promise}, {"resolve", resolve}, {"reject", reject}}, nil
	})
	vm.addMethod(o, "try", 1, func(c *Call) (any, error) {
		if c.This() != Value(o) {
			return nil, TypeError("Promise.try: the receiver is not Promise")
		}
		return vm.promised(func() (any, error) {
			return vm.Invoke(c.Arg(0), Undefined, anyValues(c.args[1:])...), nil
		}), nil
	})
}

// extendObject adds Object.groupBy.
//
// Spec: https://tc39.es/ecma262/#sec-object.groupby
func extendObject(vm *VM, o *goja.Object) {
	vm.addMethod(o, "groupBy", 2, func(c *Call) (any, error) {
		groups := vm.rt.CreateObject(nil)
		var failed error
		i := 0
		vm.ForOf(c.Arg(0), func(e Value) bool {
			key := vm.String(vm.Invoke(c.Arg(1), Undefined, e, i))
			i++
			list, ok := groups.Get(key).(*goja.Object)
			if !ok {
				list = vm.rt.NewArray()
				vm.define(groups, key, list)
			}
			vm.define(list, vm.String(list.Get("length")), e)
			return failed == nil
		})
		return groups, failed
	})
}

// extendMap adds Map.groupBy.
func extendMap(vm *VM, o *goja.Object) {
	vm.addMethod(o, "groupBy", 2, func(c *Call) (any, error) {
		groups := vm.Construct(o)
		get, set := o.Get("prototype").(*goja.Object).Get("get"), o.Get("prototype").(*goja.Object).Get("set")
		i := 0
		vm.ForOf(c.Arg(0), func(e Value) bool {
			key := vm.Invoke(c.Arg(1), Undefined, e, i)
			i++
			list, ok := vm.Invoke(get, groups, key).(*goja.Object)
			if !ok {
				list = vm.rt.NewArray()
				vm.Invoke(set, groups, key, list)
			}
			vm.define(list, vm.String(list.Get("length")), e)
			return true
		})
		return groups, nil
	})
}

// extendError adds V8's Error.captureStackTrace, which many packages call.
func extendError(vm *VM, o *goja.Object) {
	vm.addMethod(o, "captureStackTrace", 1, func(c *Call) (any, error) {
		target, ok := c.Arg(0).(*goja.Object)
		if !ok {
			return nil, TypeError("Error.captureStackTrace: the target is not an object")
		}
		stack := vm.newError("Error", "").Get("stack")
		return Undefined, target.DefineDataProperty("stack", stack, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	})
}

// extendRegExp adds RegExp.escape.
//
// Spec: https://tc39.es/ecma262/#sec-regexp.escape
func extendRegExp(vm *VM, o *goja.Object) {
	vm.addMethod(o, "escape", 1, func(c *Call) (any, error) {
		if !IsString(c.Arg(0)) {
			return nil, TypeError("RegExp.escape: the argument is not a string")
		}
		return escapeRegExp(c.String(0)), nil
	})
}

func extendJSON(vm *VM, o *goja.Object) { vm.addMethod(o, "parse", 2, vm.parseJSON) }

// escapeRegExp writes s so that as a pattern it matches itself.
func escapeRegExp(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch {
		case i == 0 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'):
			fmt.Fprintf(&out, `\x%02x`, r)
		case strings.ContainsRune(`^$\.*+?()[]{}|/`, r):
			out.WriteByte('\\')
			out.WriteRune(r)
		case strings.ContainsRune(",-=<>#&!%:;@~'`\"", r):
			fmt.Fprintf(&out, `\x%02x`, r)
		case r == '\t', r == '\n', r == '\v', r == '\f', r == '\r':
			out.WriteByte('\\')
			out.WriteByte("tnvfr"[r-'\t'])
		case unicode.IsSpace(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
