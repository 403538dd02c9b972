package js

import "github.com/dop251/goja"

// Scope makes globalThis an instance of Class: it inherits from the class's prototype, and
// the class's members work on it, also when they are called with no receiver. A platform
// has one at most.
//
// Spec: https://webidl.spec.whatwg.org/#Global
type Scope[T any] struct {
	Class Class[T]
	State func(*VM) *T // makes what globalThis of a VM holds, when it is first asked for
}

// scope is what all VMs of a platform share of a Scope.
type scope struct {
	class *class
	state func(*VM) holder
}

func (s Scope[T]) compile(p *Platform) (string, globalProperty, error) {
	c, err := s.Class.class(p)
	if err != nil {
		return "", nil, err
	}
	p.scope = &scope{c, func(vm *VM) holder { return any(s.State(vm)).(holder) }}
	p.seam.inherit(p.global, func(rt *goja.Runtime) *goja.Object { return p.seam.vmOf(rt).prototype(c) })
	putSymbol(p.global, goja.SymToStringTag, func(rt *goja.Runtime) goja.Value {
		return property(rt.ToValue("global"), false, false, true)
	})
	return "globalThis", nil, nil
}

func (s Scope[T]) describe() Description {
	return Description{Name: "globalThis", Kind: KindScope, Extends: s.Class.Name}
}

// scopeState returns the state of globalThis and its class, if o is that.
func (vm *VM) scopeState(o *goja.Object) (any, *class) {
	s := vm.platform.scope
	if s == nil || o != vm.rt.GlobalObject() {
		return nil, nil
	}
	rare := vm.rarely()
	if rare.scope == nil {
		rare.scope = s.state(vm)
		rare.scope.instance().object = o
	}
	return rare.scope, s.class
}

// ScopeOf returns what globalThis holds, nil if it is no instance of the class over T.
func ScopeOf[T any](vm *VM) *T { return As[T](vm, vm.rt.GlobalObject()) }

// Attribute is an accessor of globalThis; Set may be nil.
//
// Spec: https://webidl.spec.whatwg.org/#js-attributes
type Attribute struct {
	Name string
	Get  func(*Call) (any, error)
	Set  func(*Call) error
}

func (a Attribute) compile(*Platform) (string, globalProperty, error) {
	return a.Name, func(vm *VM) goja.Value {
		var setter *goja.Object
		if a.Set != nil {
			setter = vm.function("set "+a.Name, 1, func(c *Call) (any, error) { return Undefined, a.Set(c) })
		}
		return vm.platform.seam.accessorProperty(vm.function("get "+a.Name, 0, a.Get), setter, true)
	}, nil
}

func (a Attribute) describe() Description { return Description{Name: a.Name, Kind: KindAttribute} }
