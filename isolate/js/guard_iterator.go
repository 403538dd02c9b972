package js

import "github.com/dop251/goja"

// iteratorGuards are the guards of what consumes iterators. Most have none: each step calls
// a built-in, which passes the gate, or a script. A dense array is taken in one go.
func iteratorGuards() []guard {
	guards := []guard{{name: arrayIteratorPath + ".next", call: arrayNext}}
	for _, name := range []string{"Map", "Set", "WeakMap", "WeakSet"} {
		guards = append(guards, guard{name: name, construct: newCollection})
	}
	return guards
}

// newCollection is `new` of a Map, a Set and their weak kin: they get an array that is large
// step by step.
func newCollection(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
	if len(args) == 0 {
		return original(args, newTarget)
	}
	o, ok := args[0].(*goja.Object)
	if !ok {
		return original(args, newTarget)
	}
	if elements, ok := vm.platform.seam.elementsOf(vm.rt, o); !ok || len(elements) <= quickLength {
		return original(args, newTarget)
	}
	steps := vm.rt.NewObject()
	iterator := vm.native("", 0, func(goja.FunctionCall) goja.Value {
		method := toMethod(orUndefined(getKey(o, goja.SymIterator, o)))
		if method == nil {
			panic(vm.newError("TypeError", "object is not iterable"))
		}
		return method(goja.FunctionCall{This: o})
	})
	if err := steps.DefineDataPropertySymbol(goja.SymIterator, iterator, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
		panic(err)
	}
	return original([]goja.Value{steps}, newTarget)
}

// arrayNext is %ArrayIteratorPrototype%.next. The original makes a result that costs more than all
// the rest of a loop.
//
// Spec: https://tc39.es/ecma262/#sec-createarrayiterator
func arrayNext(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s := vm.platform.seam
	it, ok := c.This.(*goja.Object)
	if !ok || c.Arguments != nil {
		return original(c)
	}
	v, more, ok := s.nextElement(vm.rt, it)
	if !ok {
		return original(c)
	}
	return vm.stepResult(c.Arguments, v, !more)
}
