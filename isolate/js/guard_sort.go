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

// ranked is an element with what it is compared by.
type ranked struct {
	value goja.Value
	text  goja.String // of an order without a comparator
}

// sort sorts values, which it may overwrite: undefined comes last.
func (o *ordering) sort(values []goja.Value) []goja.Value {
	list := make([]ranked, 0, len(values))
	for _, v := range values {
		if goja.IsUndefined(v) {
			continue
		}
		r := ranked{value: v}
		if o.compare == nil {
			o.done(1)
			r.text = o.vm.text(v)
		}
		list = append(list, r)
	}
	sorted := o.merge(list, make([]ranked, len(list)))
	for i, r := range sorted {
		values[i] = r.value
	}
	for i := len(sorted); i < len(values); i++ {
		values[i] = Undefined
	}
	return values
}

// after says whether x comes after y.
func (o *ordering) after(x, y ranked) bool {
	if o.compare == nil {
		o.done(1 + min(x.text.Length(), y.text.Length())>>3)
		return x.text.CompareTo(y.text) > 0
	}
	o.done(1)
	return o.compare(goja.FunctionCall{This: Undefined, Arguments: []goja.Value{y.value, x.value}}).ToFloat() < 0
}

// merge sorts list, using as much spare room: it is stable, and calls the comparator as
// rarely as can be. A comparator that contradicts itself makes an order of its own.
func (o *ordering) merge(list, spare []ranked) []ranked {
	const run = 6
	for start := 0; start < len(list); start += run {
		part := list[start:min(start+run, len(list))]
		for i := 1; i < len(part); i++ {
			for j := i; j > 0 && o.after(part[j-1], part[j]); j-- {
				part[j-1], part[j] = part[j], part[j-1]
			}
		}
	}
	for width := run; width < len(list); width *= 2 {
		for start := 0; start < len(list); start += 2 * width {
			middle, end := min(start+width, len(list)), min(start+2*width, len(list))
			out, left, right := spare[start:start:end], list[start:middle], list[middle:end]
			for len(left) > 0 && len(right) > 0 {
				if o.after(left[0], right[0]) {
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
