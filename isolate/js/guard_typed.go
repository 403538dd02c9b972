package js

import (
	"cmp"
	"math"
	"slices"

	"github.com/dop251/goja"
)

// typedArrayGuards are the guards of the methods that typed arrays share. They matter for
// millions of elements: fewer are the originals'.
func typedArrayGuards() []guard {
	return []guard{
		{name: "TypedArray.prototype.fill", call: typedFill},
		{name: "TypedArray.prototype.includes", call: typedSearch{includes: true}.call},
		{name: "TypedArray.prototype.indexOf", call: typedSearch{}.call},
		{name: "TypedArray.prototype.join", call: typedJoin},
		{name: "TypedArray.prototype.lastIndexOf", call: typedSearch{last: true}.call},
		{name: "TypedArray.prototype.reverse", call: typedReverse},
		{name: "TypedArray.prototype.set", call: typedSet},
		{name: "TypedArray.prototype.sort", call: typedSort},
		{name: "TypedArray.prototype.toLocaleString", call: typedJoin},
		{name: "TypedArray.prototype.toReversed", call: typedToReversed},
		{name: "TypedArray.prototype.toSorted", call: typedToSorted},
	}
}

// element is what a typed array holds.
type element interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | float32 | float64 | int64 | uint64
}

// typedMax is how many elements a guard of typed arrays leaves to the original.
const typedMax = 1 << 18

// longTyped returns v if it is a typed array with more than length elements that are still
// there.
func (vm *VM) longTyped(v goja.Value, length int) *goja.Object {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	if n, ok := vm.platform.seam.typedLength(o); !ok || n <= length {
		return nil
	}
	return o
}

// typedFill is %TypedArray%.prototype.fill, piece by piece.
func typedFill(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, typedMax)
	if o == nil {
		return original(c)
	}
	value := c.Argument(0)
	if _, ok := value.(*goja.Object); ok {
		if kind := kindOf(o); kind == "BigInt64Array" || kind == "BigUint64Array" {
			return original(c)
		}
		value = value.ToNumber()
	}
	n, _ := vm.platform.seam.typedLength(o)
	start := relativeIndex(c.Argument(1).ToInteger(), int64(n))
	end := int64(n)
	if arg := c.Argument(2); !goja.IsUndefined(arg) {
		end = relativeIndex(arg.ToInteger(), int64(n))
	}
	for start < end {
		vm.checkpoint()
		next := min(end, start+typedMax)
		original(goja.FunctionCall{This: o, Arguments: []goja.Value{value, vm.rt.ToValue(start), vm.rt.ToValue(next)}})
		start = next
	}
	return o
}

// relativeIndex is an index that counts from the end if it is negative, within a length.
func relativeIndex(i, length int64) int64 {
	if i < 0 {
		return max(length+i, 0)
	}
	return min(i, length)
}

// typedSearch is the search for an element.
type typedSearch struct {
	last     bool // from the right
	includes bool // NaN can be found, and the result is whether it was
}

func (t typedSearch) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, typedMax)
	if o == nil || !goja.IsNumber(c.Argument(0)) {
		return original(c) // what is no number is in no array of numbers, and 64 bits make short arrays
	}
	n, _ := vm.platform.seam.typedLength(o)
	from := int64(0)
	if t.last {
		from = int64(n) - 1
	}
	if len(c.Arguments) > 1 {
		from = vm.numberArgument(&c, 1).ToInteger()
		if from < 0 {
			from += int64(n)
		}
	}
	var at int
	v := c.Argument(0).ToFloat()
	switch s := o.Export().(type) {
	case []uint8:
		at = find(vm, s, v, from, t)
	case []int8:
		at = find(vm, s, v, from, t)
	case []uint16:
		at = find(vm, s, v, from, t)
	case []int16:
		at = find(vm, s, v, from, t)
	case []uint32:
		at = find(vm, s, v, from, t)
	case []int32:
		at = find(vm, s, v, from, t)
	case []float32:
		at = find(vm, s, v, from, t)
	case []float64:
		at = find(vm, s, v, from, t)
	default:
		return original(c)
	}
	if t.includes {
		return vm.rt.ToValue(at >= 0)
	}
	return vm.rt.ToValue(at)
}

// find returns where v is in s, from an index on that may lie outside; -1: nowhere.
func find[T element](vm *VM, s []T, v float64, from int64, t typedSearch) int {
	steps := work{vm: vm}
	same := func(e T) bool {
		steps.done(1)
		return float64(e) == v || t.includes && e != e && v != v
	}
	if t.last {
		for i := min(from, int64(len(s))-1); i >= 0; i-- {
			if same(s[i]) {
				return int(i)
			}
		}
		return -1
	}
	for i := max(from, 0); i < int64(len(s)); i++ {
		if same(s[i]) {
			return int(i)
		}
	}
	return -1
}

// typedJoin is %TypedArray%.prototype.join, and toLocaleString, which is the same for numbers
// here.
func typedJoin(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, quickString)
	if o == nil {
		if separator, ok := c.Argument(0).(goja.String); !ok || separator.Length() <= quickString {
			return original(c)
		}
		if o = vm.longTyped(c.This, 0); o == nil {
			return original(c)
		}
	}
	separator := goja.String(nil)
	if arg := c.Argument(0); !goja.IsUndefined(arg) {
		separator = vm.text(arg)
	}
	n, _ := vm.platform.seam.typedLength(o)
	w := textWriter{vm: vm}
	for i := range n {
		if i > 0 && separator == nil {
			w.writeComma()
		} else if i > 0 {
			w.write(separator)
		}
		if v := getKey(o, vm.rt.ToValue(i), o); v != nil {
			w.write(vm.text(v))
		}
	}
	return w.finish()
}

// typedReverse is %TypedArray%.prototype.reverse.
func typedReverse(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, typedMax)
	if o == nil {
		return original(c)
	}
	vm.reverseTyped(o)
	return o
}

// typedToReversed is %TypedArray%.prototype.toReversed.
func typedToReversed(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, typedMax)
	if o == nil {
		return original(c)
	}
	result := vm.copyTyped(o)
	vm.reverseTyped(result)
	return result
}

// copyTyped makes a typed array of the same kind with the same elements.
func (vm *VM) copyTyped(o *goja.Object) *goja.Object {
	return vm.Construct(vm.Intrinsic(kindOf(o)), o)
}

func (vm *VM) reverseTyped(o *goja.Object) {
	switch s := o.Export().(type) {
	case []uint8:
		reverseElements(vm, s)
	case []int8:
		reverseElements(vm, s)
	case []uint16:
		reverseElements(vm, s)
	case []int16:
		reverseElements(vm, s)
	case []uint32:
		reverseElements(vm, s)
	case []int32:
		reverseElements(vm, s)
	case []float32:
		reverseElements(vm, s)
	case []float64:
		reverseElements(vm, s)
	case []int64:
		reverseElements(vm, s)
	case []uint64:
		reverseElements(vm, s)
	}
}

func reverseElements[T element](vm *VM, s []T) {
	steps := work{vm: vm}
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		steps.done(1)
		s[i], s[j] = s[j], s[i]
	}
}

// typedSort is %TypedArray%.prototype.sort.
func typedSort(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, quickString)
	if o == nil || !goja.IsUndefined(c.Argument(0)) {
		return original(c) // what compares is a script, or passes the gate
	}
	vm.sortTyped(o)
	return o
}

// typedToSorted is %TypedArray%.prototype.toSorted.
func typedToSorted(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o := vm.longTyped(c.This, quickString)
	if o == nil || !goja.IsUndefined(c.Argument(0)) {
		return original(c)
	}
	result := vm.copyTyped(o)
	vm.sortTyped(result)
	return result
}

func (vm *VM) sortTyped(o *goja.Object) {
	switch s := o.Export().(type) {
	case []uint8:
		sortElements(vm, s)
	case []int8:
		sortElements(vm, s)
	case []uint16:
		sortElements(vm, s)
	case []int16:
		sortElements(vm, s)
	case []uint32:
		sortElements(vm, s)
	case []int32:
		sortElements(vm, s)
	case []float32:
		sortElements(vm, s)
	case []float64:
		sortElements(vm, s)
	case []int64:
		sortElements(vm, s)
	case []uint64:
		sortElements(vm, s)
	}
}

// sortElements sorts numbers as the language does: -0 is less than 0, NaN comes last.
func sortElements[T element](vm *VM, s []T) {
	steps := work{vm: vm}
	slices.SortFunc(s, func(a, b T) int {
		steps.done(1)
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		case a == b:
			return cmp.Compare(zeroSign(b), zeroSign(a))
		case a != a && b != b:
			return 0
		case a != a:
			return 1
		}
		return -1
	})
}

// zeroSign is 1 for -0, else 0.
func zeroSign[T element](v T) int {
	if v == 0 && math.Signbit(float64(v)) {
		return 1
	}
	return 0
}

// typedSet is %TypedArray%.prototype.set.
func typedSet(vm *VM, original native, c goja.FunctionCall) goja.Value {
	target, ok := c.This.(*goja.Object)
	if !ok {
		return original(c)
	}
	if _, ok := vm.platform.seam.typedLength(target); !ok {
		return original(c)
	}
	source, ok := c.Argument(0).(*goja.Object)
	if !ok {
		return original(c)
	}
	n, typed := vm.platform.seam.typedLength(source)
	switch {
	case !typed && vm.quickArray(source, quickDense):
		return original(c)
	case !typed:
		setArgument(&c, 0, vm.watch(source))
		return original(c)
	case n <= typedMax || kindOf(source) == kindOf(target):
		return original(c)
	}
	// The elements are converted. A copy of them is safe from being overwritten on the way.
	source = vm.copyTyped(source)
	offset := vm.numberArgument(&c, 1).ToInteger()
	buffer, size := source.Get("buffer"), elementBytes[kindOf(source)]
	kind := vm.Intrinsic(kindOf(source))
	m, _ := vm.platform.seam.typedLength(target)
	if offset < 0 || offset+int64(n) > int64(m) {
		return original(c) // throws
	}
	for start := int64(0); start < int64(n); start += typedMax {
		vm.checkpoint()
		piece := vm.Construct(kind, buffer, start*size, min(typedMax, int64(n)-start))
		original(goja.FunctionCall{This: target, Arguments: []goja.Value{piece, vm.rt.ToValue(offset + start)}})
	}
	return Undefined
}
