package js

import (
	"math"

	"github.com/dop251/goja"
)

// arraySort is Array.prototype.sort. The original sorts a dense array in place, where a
// comparator that shortens it makes the engine fail.
//
// Spec: https://tc39.es/ecma262/#sec-array.prototype.sort
func arraySort(vm *VM, original native, c goja.FunctionCall) goja.Value {
	order, ok := vm.ordering(c.Argument(0))
	if !ok || goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	elements, dense := vm.platform.seam.elementsOf(vm.rt, o)
	n := int64(len(elements))
	var sorted []goja.Value
	if dense {
		sorted = order.sort(append(sorted, elements...))
	} else {
		n = vm.lengthOf(o)
		steps := work{vm: vm}
		for i := range n {
			steps.done(1)
			if key := vm.rt.ToValue(i); hasKey(o, key) {
				sorted = append(sorted, orUndefined(getKey(o, key, o)))
			}
		}
		sorted = order.sort(sorted)
	}
	if elements, ok := vm.platform.seam.elementsOf(vm.rt, o); ok && dense && len(elements) == len(sorted) {
		copy(elements, sorted)
		return o
	}
	steps := work{vm: vm}
	for i, v := range sorted {
		steps.done(1)
		setKey(o, vm.rt.ToValue(i), v, o, true)
	}
	for i := int64(len(sorted)); i < n; i++ {
		steps.done(1)
		deleteKey(o, vm.rt.ToValue(i), true)
	}
	return o
}

// arrayToSorted is Array.prototype.toSorted.
//
// Spec: https://tc39.es/ecma262/#sec-array.prototype.tosorted
func arrayToSorted(vm *VM, original native, c goja.FunctionCall) goja.Value {
	order, ok := vm.ordering(c.Argument(0))
	if !ok || goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	if elements, ok := vm.platform.seam.elementsOf(vm.rt, o); ok {
		return newArrayOf(vm.rt, order.sort(append([]goja.Value(nil), elements...)))
	}
	n := vm.lengthOf(o)
	if n > math.MaxUint32 {
		panic(vm.newError("RangeError", arrayTooLong))
	}
	vm.allocate(n*valueBytes, arrayTooLong)
	values, steps := make([]goja.Value, n), work{vm: vm}
	for i := range values {
		steps.done(1)
		values[i] = orUndefined(getKey(o, vm.rt.ToValue(i), o))
	}
	return newArrayOf(vm.rt, order.sort(values))
}

// ordering is how an array is sorted.
type ordering struct {
	work
	compare native // nil: by the elements as strings
}

// ordering returns the order that comparator means, and false if it is no comparator.
func (vm *VM) ordering(comparator goja.Value) (order ordering, ok bool) {
	order.vm = vm
	if goja.IsUndefined(comparator) {
		return order, true
	}
	order.compare, ok = callableOf(comparator)
	return order, ok
}

// ranked is an element with what it is compared by where there is no comparator.
type ranked struct {
	value goja.Value
	text  goja.String
}

// What an element takes while it is sorted.
const (
	comparedBytes = 2 * valueBytes
	rankedBytes   = 2 * (2*valueBytes + pieceBytes)
)

// sort sorts values, which it overwrites: undefined comes last.
func (o *ordering) sort(values []goja.Value) []goja.Value {
	list := make([]goja.Value, 0, len(values))
	for _, v := range values {
		if !goja.IsUndefined(v) {
			list = append(list, v)
		}
	}
	for i := len(list); i < len(values); i++ {
		values[i] = Undefined
	}
	if o.compare != nil {
		o.vm.allocate(int64(len(values))*comparedBytes, arrayTooLong)
		copy(values, merge(list, make([]goja.Value, len(list)), o.comesAfter))
		return values
	}
	o.vm.allocate(int64(len(values))*rankedBytes, arrayTooLong)
	texts := make([]ranked, len(list))
	for i, v := range list {
		o.done(1)
		texts[i] = ranked{v, o.vm.text(v)}
	}
	for i, r := range merge(texts, make([]ranked, len(texts)), o.readsAfter) {
		values[i] = r.value
	}
	return values
}

// comesAfter says whether the comparator puts x after y.
func (o *ordering) comesAfter(x, y goja.Value) bool {
	o.done(1)
	return o.compare(goja.FunctionCall{This: Undefined, Arguments: []goja.Value{y, x}}).ToFloat() < 0
}

// readsAfter says whether x as a string comes after y.
func (o *ordering) readsAfter(x, y ranked) bool {
	o.done(1 + min(x.text.Length(), y.text.Length())>>3)
	return x.text.CompareTo(y.text) > 0
}

// merge sorts list, using as much spare room, and returns one of the two: it is stable, and
// calls after as rarely as can be. One that contradicts itself makes an order of its own.
func merge[T any](list, spare []T, after func(x, y T) bool) []T {
	const run = 6
	for start := 0; start < len(list); start += run {
		part := list[start:min(start+run, len(list))]
		for i := 1; i < len(part); i++ {
			for j := i; j > 0 && after(part[j-1], part[j]); j-- {
				part[j-1], part[j] = part[j], part[j-1]
			}
		}
	}
	for width := run; width < len(list); width *= 2 {
		for start := 0; start < len(list); start += 2 * width {
			middle, end := min(start+width, len(list)), min(start+2*width, len(list))
			out, left, right := spare[start:start:end], list[start:middle], list[middle:end]
			for len(left) > 0 && len(right) > 0 {
				if after(left[0], right[0]) {
					out, right = append(out, right[0]), right[1:]
				} else {
					out, left = append(out, left[0]), left[1:]
				}
			}
			copy(spare[start+len(out):], left)
			copy(spare[start+len(out)+len(left):], right)
		}
		list, spare = spare, list
	}
	return list
}
