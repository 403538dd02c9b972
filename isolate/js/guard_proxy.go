package js

import "github.com/dop251/goja"

// proxyGuards are the guards of Proxy. The engine calls a trap wherever it stands in Go
// code, and goes from proxy to proxy by recursion: the traps pass the gate, and how many
// proxies may stand behind each other is bounded where they are made.
func proxyGuards() []guard {
	return []guard{
		{name: "Proxy", construct: func(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
			return original(vm.proxyArguments(args), newTarget)
		}},
		{name: "Proxy.revocable", call: func(vm *VM, original native, c goja.FunctionCall) goja.Value {
			c.Arguments = vm.proxyArguments(c.Arguments)
			return original(c)
		}},
	}
}

// proxyArguments puts a stand-in for the handler into the arguments that a Proxy is made
// with.
func (vm *VM) proxyArguments(args []goja.Value) []goja.Value {
	if len(args) < 2 {
		return args
	}
	target, ok := args[0].(*goja.Object)
	if !ok {
		return args
	}
	handler, ok := args[1].(*goja.Object)
	if !ok {
		return args
	}
	w := chainWalk{s: vm.platform.seam}
	w.from(target)
	w.from(handler)
	if w.tooLong() {
		panic(vm.newError("RangeError", "Maximum call stack size exceeded"))
	}
	return []goja.Value{target, vm.newTraps(handler)}
}

// proxyTraps is what the engine sees as the handler of a script's Proxy: it gives out the
// traps of the handler, each behind the gate.
type proxyTraps struct {
	vm      *VM
	handler *goja.Object
	known   []knownTrap
}

// knownTrap is a trap that was asked for before.
type knownTrap struct {
	name   string
	method goja.Value
	gated  *goja.Object
}

// trapsClass marks the objects that a stand-in of a handler is a proxy of.
var trapsClass = "Proxy Handler"

func (vm *VM) newTraps(handler *goja.Object) goja.Value {
	t := &proxyTraps{vm: vm, handler: handler}
	o := vm.platform.seam.newInstance(vm.rt, nil, trapsClass, t)
	return vm.rt.ToValue(vm.rt.NewProxy(o, &goja.ProxyTrapConfig{
		Get: func(_ *goja.Object, name string, _ goja.Value) goja.Value { return t.get(name) },
	}))
}

// trapsOf returns what stands in for a handler, nil if stand is no stand-in.
func (s *seam) trapsOf(stand *goja.Object) *proxyTraps {
	o := s.proxyTarget(stand)
	if o == nil || s.isProxy(o) || !sameString(o.ClassName(), trapsClass) {
		return nil
	}
	return s.stateOf(o).(*proxyTraps)
}

// get is GetMethod of a trap.
func (t *proxyTraps) get(name string) goja.Value {
	t.vm.enter()
	defer t.vm.leave()
	method := orUndefined(getKey(t.handler, stringValue(name), t.handler))
	call, ok := callableOf(method)
	if !ok {
		return method
	}
	for i := range t.known {
		if t.known[i].name == name {
			if t.known[i].method == method {
				return t.known[i].gated
			}
			t.known = append(t.known[:i], t.known[i+1:]...)
			break
		}
	}
	gated := t.vm.native(name, 0, func(c goja.FunctionCall) goja.Value {
		c.This = t.handler
		v := call(c)
		if name == "ownKeys" {
			return t.vm.keyList(v)
		}
		return v
	})
	t.known = append(t.known, knownTrap{name, method, gated})
	return gated
}

// keyList makes an array of what a trap returned as a list of keys, which may be anything
// with a length.
func (vm *VM) keyList(v goja.Value) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok || vm.platform.seam.isProxy(o) {
		return v
	}
	n := vm.lengthOf(o)
	if n > keysMax {
		panic(vm.newError("RangeError", arrayTooLong))
	}
	keys, steps := make([]goja.Value, n), work{vm: vm}
	for i := range keys {
		steps.done(1)
		keys[i] = orUndefined(getKey(o, vm.rt.ToValue(i), o))
	}
	return newArrayOf(vm.rt, keys)
}
