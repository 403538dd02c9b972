package js

import (
	"math"

	"github.com/dop251/goja"
)

// Bounds of what the originals do without a checkpoint: some milliseconds.
const (
	quickLength = 1 << 16 // elements that may be missing, and looked for in prototypes
	quickDense  = 1 << 20 // elements of a dense array
	quickFill   = 1 << 19 // elements of an array that is filled
	quickString = 1 << 10 // the length of a string that each element is compared with
)

// arrayGuards are the guards of Array and of its prototype. What looks at each element once
// takes long on huge or strange receivers alone: those the original sees through a stand-in
// on which every step is a checkpoint.
func arrayGuards() []guard {
	guards := []guard{
		{name: "Array.from", call: arrayFrom},
		{name: "Array.prototype.concat", call: arrayConcat},
		{name: "Array.prototype.flat", call: arrayFlat},
		{name: "Array.prototype.flatMap", call: arrayFlatMap},
		{name: "Array.prototype.join", call: arrayJoin},
		{name: "Array.prototype.sort", call: arraySort},
		{name: "Array.prototype.toSorted", call: arrayToSorted},
		{name: "Array.prototype.toLocaleString", call: arrayToLocaleString},
	}
	for _, name := range []string{
		"every", "some", "find", "findIndex", "findLast", "findLastIndex", "forEach", "map", "filter",
	} {
		guards = append(guards, guard{name: "Array.prototype." + name, call: arrayCallback})
	}
	for _, name := range []string{"reduce", "reduceRight"} {
		guards = append(guards, guard{name: "Array.prototype." + name, call: arrayReduce})
	}
	for _, s := range []arrayScan{
		{name: "copyWithin", indexes: [2]int{0, 3}},
		{name: "fill", indexes: [2]int{1, 3}, length: quickFill},
		{name: "includes", indexes: [2]int{1, 2}, compares: true},
		{name: "indexOf", indexes: [2]int{1, 2}, compares: true},
		{name: "lastIndexOf", indexes: [2]int{1, 2}, compares: true},
		{name: "reverse"},
		{name: "shift"},
		{name: "slice", indexes: [2]int{0, 2}, species: true},
		{name: "splice", indexes: [2]int{0, 2}, species: true},
		{name: "toReversed"},
		{name: "toSpliced", indexes: [2]int{0, 2}},
		{name: "unshift"},
		{name: "with", indexes: [2]int{0, 1}},
	} {
		guards = append(guards, guard{name: "Array.prototype." + s.name, call: s.call})
	}
	return guards
}

// quickArray says whether v is an array, or an object with a small length of its own, that
// the originals walk in no time. A dense array may have up to dense elements.
func (vm *VM) quickArray(v goja.Value, dense int) bool {
	o, ok := v.(*goja.Object)
	if !ok {
		return false
	}
	s := vm.platform.seam
	if n, ok := s.arrayLength(o); ok {
		if n <= quickLength {
			return true
		}
		elements, ok := s.elementsOf(vm.rt, o)
		return ok && len(elements) <= dense
	}
	if s.isProxy(o) {
		return true // each of its operations passes the gate
	}
	length := ownKey(o, lengthKey)
	if length == nil {
		return false
	}
	if _, _, accessor := s.accessorsOf(length); accessor {
		return false
	}
	n, ok := s.valueOf(length).Export().(int64)
	return ok && n <= quickLength
}

// arrayCallback guards a built-in that calls its first argument for each element. A dense
// array is quick at any length: the callback is a script, or passes the gate.
func arrayCallback(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.callingBack(original, c, 2)
}

func arrayReduce(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.callingBack(original, c, 3)
}

// callingBack is arrayCallback where the callback gets the receiver as argument number
// receiver.
func (vm *VM) callingBack(original native, c goja.FunctionCall, receiver int) goja.Value {
	if vm.quickArray(c.This, math.MaxInt) {
		return original(c)
	}
	callback, ok := callableOf(c.Argument(0))
	if !ok {
		return vm.overWatched(original, c, nil) // throws, after it has read the length
	}
	return vm.overWatched(original, c, func(o, watched *goja.Object) []goja.Value {
		args := append([]goja.Value(nil), c.Arguments...)
		args[0] = vm.native("", 0, func(c goja.FunctionCall) goja.Value {
			if len(c.Arguments) > receiver && c.Arguments[receiver] == goja.Value(watched) {
				c.Arguments[receiver] = o
			}
			return callback(c)
		})
		return args
	})
}

// arrayScan guards a built-in that looks at each element, moves it or overwrites it, and
// says what can surprise the original on its way.
type arrayScan struct {
	name     string
	indexes  [2]int // the arguments from the first to before the second are numbers; to convert another value may change the array
	compares bool   // argument 0 is compared with each element
	length   uint32 // of an array that the original is quick with though elements are missing; 0: quickLength
	species  bool   // the result is made by a constructor that the array names
}

func (s arrayScan) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if (vm.quickArray(c.This, quickDense) || s.longer(vm, c.This)) && s.quick(vm, c) {
		return original(c)
	}
	return vm.overWatched(original, c, nil)
}

// longer says whether v is an array within the bound that s has of its own.
func (s arrayScan) longer(vm *VM, v goja.Value) bool {
	o, ok := v.(*goja.Object)
	if !ok {
		return false
	}
	n, ok := vm.platform.seam.arrayLength(o)
	return ok && n <= s.length
}

func (s arrayScan) quick(vm *VM, c goja.FunctionCall) bool {
	for i := s.indexes[0]; i < min(s.indexes[1], len(c.Arguments)); i++ {
		if _, ok := c.Arguments[i].(*goja.Object); ok {
			return false
		}
	}
	if s.compares && len(c.Arguments) > 0 {
		if text, ok := c.Arguments[0].(goja.String); ok && text.Length() > quickString {
			return false
		}
	}
	o := c.This.(*goja.Object)
	_, array := vm.platform.seam.arrayLength(o)
	return !s.species || !array || vm.platform.seam.plainArray(vm.rt, o)
}

// arrayFrom is Array.from, where it is not about an iterable: the original makes room for
// the whole length at once.
//
// Spec: https://tc39.es/ecma262/#sec-array.from
func arrayFrom(vm *VM, original native, c goja.FunctionCall) goja.Value {
	items, ok := c.Argument(0).(*goja.Object)
	if !ok || vm.quickArray(items, quickDense) && !vm.platform.seam.isProxy(items) {
		return original(c)
	}
	var mapper native
	if f := c.Argument(1); !goja.IsUndefined(f) {
		if mapper, ok = callableOf(f); !ok {
			return original(c) // throws
		}
	}
	plain := c.This == goja.Value(intrinsicArray(vm.rt)) || !isConstructor(c.This)
	construct := func(args ...goja.Value) *goja.Object {
		if plain {
			return nil // made of elements in the end: until then no script can see it
		}
		return constructorOf(vm.rt, c.This)(args, nil)
	}
	steps, k := work{vm: vm}, int64(0)
	var elements []goja.Value
	var lists argumentLists
	add := func(result *goja.Object, v goja.Value) {
		steps.done(1)
		key := vm.rt.ToValue(k)
		if mapper != nil {
			v = mapper(goja.FunctionCall{This: c.Argument(2), Arguments: append(lists.next(2), v, key)})
		}
		if k++; !plain {
			createKey(result, key, orUndefined(v))
			return
		}
		if elements = append(elements, orUndefined(v)); len(elements)%stepsPerCheckpoint == 0 {
			vm.bound(2*valueBytes*int64(len(elements)), arrayTooLong)
		}
	}
	var result *goja.Object
	if method := toMethod(orUndefined(getOfValue(vm.rt, items, goja.SymIterator))); method != nil {
		result = construct()
		vm.iterate(items, method, func(v goja.Value) { add(result, v) })
	} else {
		n := vm.lengthOf(items)
		result = construct(vm.rt.ToValue(n))
		for i := range n {
			add(result, orUndefined(getKey(items, vm.rt.ToValue(i), items)))
		}
	}
	if plain {
		return newArrayOf(vm.rt, elements)
	}
	setKey(result, lengthKey, vm.rt.ToValue(k), result, true)
	return result
}

// arrayConcat is Array.prototype.concat.
//
// Spec: https://tc39.es/ecma262/#sec-array.prototype.concat
func arrayConcat(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if vm.concatenatesQuickly(c) {
		return original(c)
	}
	if goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	result := speciesArray(o, 0)
	n, steps := int64(0), work{vm: vm}
	for _, item := range append([]goja.Value{o}, c.Arguments...) {
		list, ok := item.(*goja.Object)
		if !ok || !spreadable(list) {
			createKey(result, vm.rt.ToValue(n), item)
			n++
			continue
		}
		length := vm.lengthOf(list)
		if n+length > maxSafeInteger {
			panic(vm.newError("TypeError", arrayTooLong))
		}
		for i := range length {
			steps.done(1)
			if v := getKey(list, vm.rt.ToValue(i), list); v != nil {
				createKey(result, vm.rt.ToValue(n), v)
			}
			n++
		}
	}
	setKey(result, lengthKey, vm.rt.ToValue(n), result, true)
	return result
}

// concatenatesQuickly says whether what is concatenated are plain arrays, not large ones, and
// primitives.
func (vm *VM) concatenatesQuickly(c goja.FunctionCall) bool {
	s, total := vm.platform.seam, 0
	quick := func(v goja.Value) bool {
		o, ok := v.(*goja.Object)
		if !ok {
			return true
		}
		elements, ok := s.elementsOf(vm.rt, o)
		total += len(elements)
		return ok && total <= quickDense && s.plainArray(vm.rt, o)
	}
	if _, ok := c.This.(*goja.Object); !ok || !quick(c.This) {
		return false
	}
	for _, arg := range c.Arguments {
		if !quick(arg) {
			return false
		}
	}
	return true
}

// spreadable is IsConcatSpreadable.
func spreadable(o *goja.Object) bool {
	if v := getKey(o, goja.SymIsConcatSpreadable, o); v != nil && !goja.IsUndefined(v) {
		return v.ToBoolean()
	}
	return isArray(o)
}

// arrayFlat is Array.prototype.flat, with a bound to how deep arrays are in arrays: the
// original follows a cycle until the process dies.
//
// Spec: https://tc39.es/ecma262/#sec-array.prototype.flat
func arrayFlat(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	n := vm.lengthOf(o)
	depth := int64(1)
	if arg := c.Argument(0); !goja.IsUndefined(arg) {
		depth = arg.ToInteger()
	}
	f := flattening{work: work{vm: vm}, target: speciesArray(o, 0)}
	f.add(o, n, depth, 0)
	return f.target
}

// arrayFlatMap is Array.prototype.flatMap.
//
// Spec: https://tc39.es/ecma262/#sec-array.prototype.flatmap
func arrayFlatMap(vm *VM, original native, c goja.FunctionCall) goja.Value {
	callback, ok := callableOf(c.Argument(0))
	if !ok || goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	n := vm.lengthOf(o)
	f := flattening{work: work{vm: vm}, target: speciesArray(o, 0), mapper: callback, this: c.Argument(1)}
	f.add(o, n, 1, 0)
	return f.target
}

// flattening is FlattenIntoArray.
type flattening struct {
	work
	target *goja.Object
	n      int64  // elements of target
	mapper native // of the elements of the outermost array; nil: none
	this   goja.Value
}

func (f *flattening) add(source *goja.Object, length, depth int64, level int) {
	vm := f.vm
	if level > nativeDepthMax {
		panic(vm.newError("RangeError", "Maximum call stack size exceeded"))
	}
	for i := range length {
		f.done(1)
		key := vm.rt.ToValue(i)
		if !hasKey(source, key) {
			continue
		}
		element := orUndefined(getKey(source, key, source))
		if f.mapper != nil && level == 0 {
			element = orUndefined(f.mapper(goja.FunctionCall{This: f.this, Arguments: []goja.Value{element, key, source}}))
		}
		if list, ok := element.(*goja.Object); ok && depth > 0 && isArray(list) {
			f.add(list, vm.lengthOf(list), depth-1, level+1)
			continue
		}
		if f.n >= maxSafeInteger {
			panic(vm.newError("TypeError", arrayTooLong))
		}
		createKey(f.target, vm.rt.ToValue(f.n), element)
		f.n++
	}
}

// arrayJoin is Array.prototype.join; what would be longer than a string may be is refused
// on the way.
//
// Spec: https://tc39.es/ecma262/#sec-array.prototype.join
func arrayJoin(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	if vm.gate.joining(o) { // an array within itself is empty, as in other engines
		return vm.rt.ToValue("")
	}
	defer vm.gate.joined()
	elements, dense := vm.platform.seam.elementsOf(vm.rt, o)
	n := int64(len(elements))
	if !dense {
		n = vm.lengthOf(o)
	}
	separator := goja.String(nil)
	if arg := c.Argument(0); !goja.IsUndefined(arg) {
		if _, ok := arg.(*goja.Object); ok {
			dense = false // the conversion may change the array
		}
		separator = vm.text(arg)
	}
	w := textWriter{vm: vm}
	for i := range n {
		if i > 0 && separator == nil {
			w.writeComma()
		} else if i > 0 {
			w.write(separator)
		}
		var v goja.Value
		if dense {
			v = elements[i]
		} else {
			v = getKey(o, vm.rt.ToValue(i), o)
		}
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			continue
		}
		if _, ok := v.(*goja.Object); ok {
			dense = false // the conversion may change the array
		}
		w.write(vm.text(v))
	}
	return w.finish()
}

// arrayToLocaleString guards Array.prototype.toLocaleString: it may be the method that it
// calls itself.
func arrayToLocaleString(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if vm.quickArray(c.This, quickDense) {
		return original(c)
	}
	return vm.overWatched(original, c, nil)
}

// joining notes that o is being joined, and says whether it was already: then there is
// nothing to undo.
func (g *gate) joining(o *goja.Object) bool {
	for _, other := range g.joins {
		if other == o {
			return true
		}
	}
	g.joins = append(g.joins, o)
	return false
}

func (g *gate) joined() {
	g.joins[len(g.joins)-1] = nil
	g.joins = g.joins[:len(g.joins)-1]
}

const maxSafeInteger = 1<<53 - 1

func orUndefined(v goja.Value) goja.Value {
	if v == nil {
		return Undefined
	}
	return v
}

func isConstructor(v goja.Value) bool {
	_, ok := goja.AssertConstructor(v)
	return ok
}
