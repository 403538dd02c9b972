package js

import (
	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// ErrorClass is a class of errors like the language's own, such as TypeError: it extends
// Error, can be called without `new`, and its instances have a stack.
//
// Spec: https://tc39.es/ecma262/#sec-nativeerror-object-structure
type ErrorClass struct{ Name string }

// New returns an error that scripts see as an instance of e with a message, whatever a
// script has made of the property that e is found by.
func (e *ErrorClass) New(vm *VM, message string) error {
	r := vm.errorRealm(e)
	o := vm.newError("Error", message)
	if err := o.SetPrototype(r.prototype); err != nil {
		panic(err)
	}
	return Throw(o)
}

func (e *ErrorClass) compile(*Platform) (string, globalProperty, error) {
	return e.Name, func(vm *VM) goja.Value { return property(vm.errorRealm(e).constructor, true, false, true) }, nil
}

func (e *ErrorClass) describe() Description {
	return Description{Name: e.Name, Kind: KindError, Length: 1, Extends: "Error", Constructible: true, Error: true}
}

// errorRealm is what one VM has made of an ErrorClass.
type errorRealm struct{ prototype, constructor *goja.Object }

type errorRealms map[*ErrorClass]*errorRealm

func (vm *VM) errorRealm(e *ErrorClass) *errorRealm {
	realms := Local[errorRealms](vm)
	if r := (*realms)[e]; r != nil {
		return r
	}
	if *realms == nil {
		*realms = make(errorRealms)
	}
	vm.touch("Error")
	base := vm.Intrinsic("Error")
	r := &errorRealm{prototype: vm.rt.NewObject()}
	if err := r.prototype.SetPrototype(base.Get("prototype").(*goja.Object)); err != nil {
		panic(err)
	}
	t := newObjectTemplate()
	for name, v := range map[unistring.String]goja.Value{
		"length":    property(vm.rt.ToValue(1), false, false, true),
		"name":      property(vm.rt.ToValue(e.Name), false, false, true),
		"prototype": property(r.prototype, false, false, false),
	} {
		putString(t, name, func(*goja.Runtime) goja.Value { return v })
	}
	vm.platform.seam.inherit(t, func(*goja.Runtime) *goja.Object { return base })
	construct := vm.gatedConstructor(nil, func(args []goja.Value, newTarget *goja.Object) *goja.Object {
		return vm.constructError(r, args, newTarget)
	})
	call := vm.gated(nil, func(c goja.FunctionCall) goja.Value { return construct(c.Arguments, nil) })
	r.constructor = vm.platform.seam.object(newTemplatedFunction(vm.rt, t, nil, call, construct))
	vm.Define(r.prototype, "constructor", r.constructor, false)
	vm.Define(r.prototype, "name", e.Name, false)
	vm.Define(r.prototype, "message", "", false)
	(*realms)[e] = r
	return r
}

// constructError is `new` of an ErrorClass, or of a class that a script derived from it.
func (vm *VM) constructError(r *errorRealm, args []goja.Value, newTarget *goja.Object) *goja.Object {
	prototype := r.prototype
	if newTarget != nil && newTarget != r.constructor {
		if o, ok := newTarget.Get("prototype").(*goja.Object); ok {
			prototype = o
		}
	}
	o, err := vm.rt.New(vm.Intrinsic("Error"), args...)
	if err == nil {
		err = o.SetPrototype(prototype)
	}
	if err != nil {
		panic(err)
	}
	return o
}
