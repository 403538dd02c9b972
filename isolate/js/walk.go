package js

import "github.com/dop251/goja"

// walksPlainly says whether a for-of loop over v would do nothing but read v's elements: v is an
// array as literals make it, and nobody has changed how such arrays are iterated over. The
// engine's own loop makes three objects for an array and one for each element.
func (vm *VM) walksPlainly(v goja.Value) bool {
	if standardArray(vm.rt, v) == nil {
		return false
	}
	return vm.stepsPlainly(arrayIteratorPrototype(vm.rt))
}

// stepsPlainly says whether an iterator over an array, or the prototype of such iterators, has
// the methods that it was made with.
func (vm *VM) stepsPlainly(iterator *goja.Object) bool {
	s := vm.platform.seam
	return s.getNamed(iterator, "next") == vm.gate.next && IsUndefined(s.getNamed(iterator, "return"))
}

// walk calls step with each element of an array as a for-of loop does: what step does to the
// array shows.
func (vm *VM) walk(o *goja.Object, step func(Value) bool) {
	s := vm.platform.seam
	for i := 0; ; i++ {
		vm.checkpoint()
		elements, dense := s.elementsOf(vm.rt, o)
		switch {
		case dense && i < len(elements):
			if !step(elements[i]) {
				return
			}
		case dense || int64(i) >= vm.lengthOf(o):
			return
		case !step(orUndefined(getKey(o, vm.rt.ToValue(i), o))):
			return
		}
	}
}

// iterate calls step with each value of the iterator that method makes for o, which it closes
// if step throws. Those over the values of arrays and typed arrays are asked for no objects.
func (vm *VM) iterate(o *goja.Object, method native, step func(Value)) {
	made := orUndefined(method(goja.FunctionCall{This: o}))
	if it, ok := made.(*goja.Object); ok && vm.platform.seam.isArrayIterator(it) && vm.stepsPlainly(it) {
		for {
			vm.checkpoint()
			v, more, plain := vm.platform.seam.nextElement(vm.rt, it)
			if !plain {
				break
			}
			if !more {
				return
			}
			step(v)
		}
	}
	iterate(iteratorOf(vm.rt, o, func(goja.FunctionCall) goja.Value { return made }), step)
}
