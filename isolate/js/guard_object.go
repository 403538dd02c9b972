package js

import (
	"slices"

	"github.com/dop251/goja"
)

// keysMax is how many elements an array, a typed array or a string object may have for its
// properties to be listed: each becomes a string and more.
const keysMax = 1 << 19

// prototypesMax bounds a chain of prototypes, which the engine walks by recursion.
const prototypesMax = 1000

// objectGuards are the guards of Object and Reflect. What lists properties is in proportion
// to what made them, except for elements: those come by the million.
func objectGuards() []guard {
	guards := []guard{
		{name: "Object.create", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			vm.checkPrototype(nil, c.Argument(0))
			return original(c)
		}},
		{name: "Object.setPrototypeOf", call: setPrototypeOf},
		{name: "Reflect.setPrototypeOf", call: setPrototypeOf},
		{name: "set Object.prototype.__proto__", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			vm.checkPrototype(c.This, c.Argument(0))
			return original(c)
		}},
	}
	for _, name := range []string{
		"entries", "freeze", "getOwnPropertyDescriptors", "getOwnPropertyNames", "isFrozen", "isSealed", "keys", "seal", "values",
	} {
		guards = append(guards, guard{name: "Object." + name, call: listsKeys{0}.call})
	}
	return append(guards,
		guard{name: "Object.assign", call: listsKeys{1}.call},
		guard{name: "Object.defineProperties", call: listsKeys{1}.call},
		guard{name: "Reflect.ownKeys", call: listsKeys{0}.call},
	)
}

// listsKeys guards a built-in that lists the properties of its arguments from the first on.
type listsKeys struct{ first int }

func (l listsKeys) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	for i := l.first; i < len(c.Arguments); i++ {
		if vm.elementCount(c.Arguments[i]) > keysMax {
			panic(vm.newError("RangeError", arrayTooLong))
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
		if elements, ok := s.elementsOf(vm.rt, v); ok {
			return len(elements)
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
	case w.steps > prototypesMax:
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

func (w *chainWalk) from(o *goja.Object) {
	for ; o != nil && w.steps <= prototypesMax; o = o.Prototype() {
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
