package js

import "github.com/dop251/goja"

// watch returns a stand-in for o on which each operation is a checkpoint, for an original
// that walks a receiver of any length. Getters and setters of o see o as their receiver.
func (vm *VM) watch(o *goja.Object) *goja.Object {
	key := func(name string) goja.Value { return vm.rt.ToValue(name) }
	index := func(i int) goja.Value { return vm.rt.ToValue(i) }
	get := func(k goja.Value) goja.Value { vm.checkpoint(); return getKey(o, k, o) }
	set := func(k, v goja.Value) bool { vm.checkpoint(); return setKey(o, k, v, o, true) }
	has := func(k goja.Value) bool { vm.checkpoint(); return hasKey(o, k) }
	remove := func(k goja.Value) bool { vm.checkpoint(); return deleteKey(o, k, true) }
	return vm.rt.ToValue(vm.rt.NewProxy(o, &goja.ProxyTrapConfig{
		Get:    func(_ *goja.Object, name string, _ goja.Value) goja.Value { return get(key(name)) },
		GetIdx: func(_ *goja.Object, i int, _ goja.Value) goja.Value { return get(index(i)) },
		GetSym: func(_ *goja.Object, s *goja.Symbol, _ goja.Value) goja.Value { return get(s) },
		Set:    func(_ *goja.Object, name string, v, _ goja.Value) bool { return set(key(name), v) },
		SetIdx: func(_ *goja.Object, i int, v, _ goja.Value) bool { return set(index(i), v) },
		Has:    func(_ *goja.Object, name string) bool { return has(key(name)) },
		HasIdx: func(_ *goja.Object, i int) bool { return has(index(i)) },

		DeleteProperty:    func(_ *goja.Object, name string) bool { return remove(key(name)) },
		DeletePropertyIdx: func(_ *goja.Object, i int) bool { return remove(index(i)) },
	})).(*goja.Object)
}

// overWatched runs original over a watched stand-in for the receiver. arguments, unless
// nil, makes the arguments of the call.
func (vm *VM) overWatched(original native, c goja.FunctionCall, arguments func(o, watched *goja.Object) []goja.Value) goja.Value {
	if goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return original(c) // throws
	}
	o := c.This.ToObject(vm.rt)
	if vm.platform.seam.isProxy(o) {
		return original(c) // each of its operations passes the gate
	}
	watched := vm.watch(o)
	c.This = watched
	if arguments != nil {
		c.Arguments = arguments(o, watched)
	}
	v := original(c)
	if v == goja.Value(watched) {
		return o
	}
	return v
}

// work counts the cheap steps of a loop, and looks at the cut after some.
type work struct {
	vm    *VM
	steps int
}

// stepsPerCheckpoint keeps checkpoints well under a millisecond apart and out of the way.
const stepsPerCheckpoint = 1 << 12

func (w *work) done(steps int) {
	w.steps += steps
	if w.steps >= stepsPerCheckpoint {
		w.steps = 0
		w.vm.checkpoint()
	}
}

// text is ToString: it may run a script, and throws what that throws.
func (vm *VM) text(v goja.Value) goja.String {
	if s, ok := v.(goja.String); ok {
		return s
	}
	if o, ok := v.(*goja.Object); ok {
		v = o.ToString()
	}
	if _, ok := v.(*goja.Symbol); ok {
		panic(vm.newError("TypeError", "Cannot convert a Symbol value to a string"))
	}
	return describedString(v)
}

var lengthKey = stringValue("length")

// lengthOf is LengthOfArrayLike.
func (vm *VM) lengthOf(o *goja.Object) int64 {
	if v := getKey(o, lengthKey, o); v != nil {
		return toLength(v)
	}
	return 0
}
