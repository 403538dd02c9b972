package js

import "github.com/dop251/goja"

// walksPlainly says whether a for-of loop over v would do nothing but read v's elements: v is an
// array as literals make it, and nobody has changed how such arrays are iterated over. The
// engine's own loop makes three objects for an array and one for each element.
func (vm *VM) walksPlainly(v goja.Value) bool {
	if standardArray(vm.rt, v) == nil {
		return false
	}
	s, iterators := vm.platform.seam, arrayIteratorPrototype(vm.rt)
	return s.getNamed(iterators, "next") == vm.gate.next && IsUndefined(s.getNamed(iterators, "return"))
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
