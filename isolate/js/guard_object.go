package js

import (
	"slices"

	"github.com/dop251/goja"
)

// Bounds of the elements of an array, a typed array or a string whose properties are listed:
// each becomes a string and more.
const (
	keysMax   = 1 << 18 // to list the names or the values takes up to a quarter of a microsecond each
	copiesMax = 1 << 16 // to copy the properties, or to make entries or descriptors of them, a microsecond or two
)

// prototypesMax bounds a chain of prototypes, which the engine walks by recursion.
const prototypesMax = 1000

// objectGuards are the guards of Object and Reflect. What lists properties is in proportion
// to what made them, except for elements: those come by the million.
func objectGuards() []guard {
	guards := []guard{
		{name: "Object.create", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			vm.checkPrototype(nil, c.Argument(0))
			if properties, ok := c.Argument(1).(*goja.Object); ok {
				vm.order(properties)
			}
			return original(c)
		}},
		{name: "Object.setPrototypeOf", call: setPrototypeOf},
		{name: "Reflect.setPrototypeOf", call: setPrototypeOf},
		{name: "set Object.prototype.__proto__", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			vm.checkPrototype(c.This, c.Argument(0))
			return original(c)
		}},
	}
	for _, name := range []string{"freeze", "getOwnPropertyNames", "isFrozen", "isSealed", "keys", "seal", "values"} {
		guards = append(guards, guard{name: "Object." + name, call: listsKeys{0, keysMax}.call})
	}
	return append(guards,
		guard{name: "Object.assign", call: listsKeys{1, copiesMax}.call},
		guard{name: "Object.defineProperties", call: listsKeys{1, copiesMax}.call},
		guard{name: "Object.entries", call: listsKeys{0, copiesMax}.call},
		guard{name: "Object.getOwnPropertyDescriptors", call: listsKeys{0, copiesMax}.call},
		guard{name: "Reflect.ownKeys", call: listsKeys{0, keysMax}.call},
	)
}

// listsKeys guards a built-in that lists the properties of its arguments from the first on,
// which have at most that many elements.
type listsKeys struct{ first, most int }

func (l listsKeys) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	for i := l.first; i < len(c.Arguments); i++ {
		if o, ok := c.Arguments[i].(*goja.Object); ok {
			vm.order(o)
		}
		if vm.elementCount(c.Arguments[i]) > l.most {
			panic(vm.newError("RangeError", tooManyKeys))
		}
	}
	return original(c)
}

// elementCount is how many elements v has that are properties.
func (vm *VM) elementCount(v goja.Value) int {
	switch v := v.(type) {
	case goja.String:
		return v.Length()
	case *goja.Object:
		s := vm.platform.seam
		if n, ok := s.typedLength(v); ok {
			return n
		}
		if n, ok := s.arraySlots(v); ok {
			return n
		}
		if v.ClassName() == "String" && kindOf(v) == "String" {
			return int(vm.lengthOf(v)) // a property that nothing can change
		}
	}
	return 0
}

func setPrototypeOf(vm *VM, original native, c goja.FunctionCall) goja.Value {
	vm.checkPrototype(c.Argument(0), c.Argument(1))
	return original(c)
}

// checkPrototype throws if prototype as the prototype of o would make a chain that the engine
// can't walk: one that is too long, or that comes back to o by way of a proxy. o is nil for
// an object that nothing refers to yet.
func (vm *VM) checkPrototype(o, prototype goja.Value) {
	p, ok := prototype.(*goja.Object)
	if !ok {
		return
	}
	w := chainWalk{s: vm.platform.seam}
	for object, ok := o.(*goja.Object); ok && object != nil && len(w.avoid) < prototypesMax; object = w.s.proxyTarget(object) {
		w.avoid = append(w.avoid, object)
	}
	w.from(p)
	switch {
	case w.cyclic && len(w.proxies) > 0:
		panic(vm.newError("TypeError", "Cyclic __proto__ value"))
	case w.tooLong():
		panic(vm.newError("RangeError", "Maximum call stack size exceeded"))
	}
}

// chainWalk follows what the engine goes through to find a property: prototypes, and of
// proxies targets and handlers.
type chainWalk struct {
	s       *seam
	avoid   []*goja.Object // what makes a cycle
	proxies []*goja.Object // that were met
	steps   int
	cyclic  bool
}

// tooLong says whether there are more objects than the engine should go through. A proxy
// comes with a handler, and that with a prototype.
func (w *chainWalk) tooLong() bool {
	return w.steps-2*len(w.proxies) > prototypesMax
}

func (w *chainWalk) from(o *goja.Object) {
	for ; o != nil && !w.tooLong(); o = o.Prototype() {
		w.steps++
		if slices.Contains(w.avoid, o) {
			w.cyclic = true
			return
		}
		if !w.s.isProxy(o) {
			continue
		}
		if slices.Contains(w.proxies, o) {
			return
		}
		w.proxies = append(w.proxies, o)
		w.from(w.s.proxyHandler(o))
		w.from(w.s.proxyTarget(o))
		return
	}
}
