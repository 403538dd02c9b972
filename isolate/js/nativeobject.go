package js

import (
	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Frozen makes an object without a prototype whose properties can't change. They are made
// when a script first touches them: make is given the index of a name, and what it returns
// becomes a Value as a function's result does. It may throw. No two names may be the same.
func (vm *VM) Frozen(names []string, make func(i int) any) *Object {
	t := newObjectTemplate()
	for i, name := range names {
		putString(t, unistring.NewFromString(name), func(*goja.Runtime) goja.Value {
			return property(vm.ToValue(make(i)), false, true, false)
		})
	}
	s := vm.platform.seam
	return s.prevented(s.object(newTemplatedObject(vm.rt, t, nil)))
}

// NewNamedFunction is [VM.NewFunction] for functions of which a script can have any number
// with names and lengths of its own. It throws nothing of its own accord: call is given as
// many arguments as there are.
func (vm *VM) NewNamedFunction(name string, length int, call func(*Call) (any, error)) *Object {
	o := vm.native("", 0, func(fc goja.FunctionCall) goja.Value {
		v, err := call(&Call{VM: vm, this: fc.This, args: fc.Arguments})
		if err != nil {
			panic(vm.exception(err))
		}
		return vm.ToValue(v)
	})
	for _, p := range []Property{{"length", length}, {"name", name}} {
		if err := o.DefineDataProperty(p.Name, vm.ToValue(p.Value), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
	return o
}
