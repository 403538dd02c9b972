package js

import "github.com/dop251/goja"

// argumentsMax is how many arguments a list can give to a function.
const argumentsMax = 1 << 17

// functionGuards are the guards of what calls a function with a list of arguments, and of
// what makes functions.
func functionGuards() []guard {
	return []guard{
		{name: "Function.prototype.apply", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			return vm.withList(original, c, 1)
		}},
		{name: "Reflect.apply", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			return vm.withList(original, c, 2)
		}},
		{name: "Reflect.construct", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			return vm.withList(original, c, 1)
		}},
		{name: "Function.prototype.bind", call: functionBind},
		{name: "Function.prototype.toString", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			for o, ok := c.This.(*goja.Object); ok && o != nil; o = vm.platform.seam.proxyTarget(o) {
				vm.platform.seam.behind(o)
			}
			return original(c)
		}},
		{name: "Promise.any", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			vm.touch("AggregateError") // which the original may be the first to make
			return original(c)
		}},
	}
}

// withList runs original, whose argument number i is a list of arguments.
func (vm *VM) withList(original native, c goja.FunctionCall, i int) goja.Value {
	o, ok := c.Argument(i).(*goja.Object)
	if !ok {
		return original(c)
	}
	if elements, ok := vm.platform.seam.elementsOf(vm.rt, o); ok {
		if len(elements) > argumentsMax {
			panic(vm.newError("RangeError", tooManyArgs))
		}
		return original(c)
	}
	n := vm.lengthOf(o)
	if n > argumentsMax {
		panic(vm.newError("RangeError", tooManyArgs))
	}
	list, steps := make([]goja.Value, n), work{vm: vm}
	for k := range list {
		steps.done(1)
		list[k] = orUndefined(getKey(o, vm.rt.ToValue(k), o))
	}
	setArgument(&c, i, newArrayOf(vm.rt, list))
	return original(c)
}

// functionBind puts the gate into bound functions too: they may be bound over each other any
// number of times.
func functionBind(vm *VM, original native, c goja.FunctionCall) goja.Value {
	v := original(c)
	if o, ok := v.(*goja.Object); ok {
		// goja's bound function begins with its function of Go.
		s := vm.platform.seam
		vm.gateFunction(s.behind(o).data, s.nativeFunction, nil)
		vm.noteBound(o, c)
	}
	return v
}
