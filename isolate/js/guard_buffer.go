package js

import (
	"strings"

	"github.com/dop251/goja"
)

// elementBytes lists the typed arrays, with the size of their elements.
var elementBytes = map[string]int64{
	"Uint8Array": 1, "Uint8ClampedArray": 1, "Int8Array": 1, "Uint16Array": 2, "Int16Array": 2,
	"Uint32Array": 4, "Int32Array": 4, "Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8,
}

// bufferGuards are the guards of what makes buffers and typed arrays.
func bufferGuards() []guard {
	guards := []guard{
		{name: "ArrayBuffer", construct: newArrayBuffer},
		{name: "TypedArray.from", call: typedArrayFrom},
	}
	for name, size := range elementBytes {
		construct := typedArrayConstructor(size).construct
		if strings.HasPrefix(name, "Big") {
			construct = withBigInts(construct)
		}
		guards = append(guards, guard{name: name, construct: construct})
	}
	return guards
}

// newArrayBuffer is `new ArrayBuffer`.
func newArrayBuffer(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
	if len(args) == 0 {
		return original(args, newTarget)
	}
	n := args[0]
	if !goja.IsNumber(n) {
		n = n.ToNumber()
	}
	vm.allocate(n.ToInteger(), bufferTooLong)
	return original([]goja.Value{n}, newTarget)
}

// typedArrayConstructor makes typed arrays whose elements have that many bytes.
type typedArrayConstructor int64

// construct is `new` of a typed array.
//
// Spec: https://tc39.es/ecma262/#sec-typedarray
func (size typedArrayConstructor) construct(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
	if len(args) == 0 {
		return original(args, newTarget)
	}
	source, ok := args[0].(*goja.Object)
	if !ok {
		n := args[0]
		if !goja.IsNumber(n) {
			n = n.ToNumber()
		}
		vm.allocateElements(n.ToInteger(), int64(size))
		return original([]goja.Value{n}, newTarget)
	}
	s := vm.platform.seam
	if n, ok := s.typedLength(source); ok {
		vm.allocateElements(int64(n), int64(size))
		if n <= quickDense {
			return original(args, newTarget)
		}
		if kind := kindOf(source); elementBytes[kind] == int64(size) {
			return original(args, newTarget) // a copy of the bytes, or a few milliseconds
		}
		return vm.fillTyped(original([]goja.Value{vm.rt.ToValue(n)}, newTarget), source, int64(n))
	}
	if source.ExportType() == bufferType {
		return original(args, newTarget)
	}
	if elements, ok := s.elementsOf(vm.rt, source); ok && len(elements) <= quickDense {
		return original(args, newTarget)
	}
	list, n := vm.listOf(source)
	vm.allocateElements(n, int64(size))
	return vm.fillTyped(original([]goja.Value{vm.rt.ToValue(n)}, newTarget), list, n)
}

// allocateElements is allocate for n elements of size bytes.
func (vm *VM) allocateElements(n, size int64) {
	if n > maxSafeInteger/size {
		n = maxSafeInteger / size
	}
	vm.allocate(n*size, bufferTooLong)
}

// listOf returns what a typed array is made from: of an iterable, an array of what it
// gives; else o itself, with its length.
func (vm *VM) listOf(o *goja.Object) (list *goja.Object, n int64) {
	method := toMethod(orUndefined(getKey(o, goja.SymIterator, o)))
	if method == nil {
		return o, vm.lengthOf(o)
	}
	var values []goja.Value
	steps := work{vm: vm}
	vm.iterate(o, method, func(v goja.Value) {
		steps.done(1)
		values = append(values, v)
	})
	return newArrayOf(vm.rt, values), int64(len(values))
}

// fillTyped copies the n elements of list into typed, converting each.
func (vm *VM) fillTyped(typed, list *goja.Object, n int64) *goja.Object {
	steps := work{vm: vm}
	for i := range n {
		steps.done(1)
		key := vm.rt.ToValue(i)
		setKey(typed, key, orUndefined(getKey(list, key, list)), typed, true)
	}
	return typed
}

// typedArrayFrom is %TypedArray%.from.
//
// Spec: https://tc39.es/ecma262/#sec-%typedarray%.from
func typedArrayFrom(vm *VM, original native, c goja.FunctionCall) goja.Value {
	source := c.Argument(0)
	if o, ok := source.(*goja.Object); ok {
		if elements, ok := vm.platform.seam.elementsOf(vm.rt, o); ok && len(elements) <= quickDense {
			return original(c)
		}
	} else if goja.IsUndefined(source) || goja.IsNull(source) {
		return original(c) // throws
	}
	constructor, ok := c.This.(*goja.Object)
	if !ok || !isConstructor(constructor) {
		panic(vm.newError("TypeError", "TypedArray.from is not called on a constructor"))
	}
	var mapper native
	if f := c.Argument(1); !goja.IsUndefined(f) {
		mapper = toCallable(vm.rt, f)
	}
	list, n := vm.listOf(source.ToObject(vm.rt))
	vm.allocate(n, bufferTooLong)
	typed := vm.platform.seam.object(newTyped(vm.rt, constructor, vm.rt.ToValue(n)))
	if mapper == nil {
		return vm.fillTyped(typed, list, n)
	}
	for i := range n {
		key := vm.rt.ToValue(i)
		v := mapper(goja.FunctionCall{This: c.Argument(2), Arguments: []goja.Value{orUndefined(getKey(list, key, list)), key}})
		setKey(typed, key, orUndefined(v), typed, true)
		vm.checkpoint()
	}
	return typed
}
