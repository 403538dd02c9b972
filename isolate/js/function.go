package js

import (
	"sync"

	"github.com/dop251/goja"
)

// signature is what JavaScript sees of a function beside what it does.
type signature struct {
	name   string
	length int
}

// signatures holds the properties of functions written in Go, which all VMs share: a
// function is made in three allocations instead of eleven. There are as many as there are
// functions in the binary.
type signatures struct {
	mu        sync.RWMutex
	templates map[signature]*objectTemplate
}

// of returns the template of functions with a name and a length.
func (s *signatures) of(p *Platform, name string, length int) *objectTemplate {
	key := signature{name, length}
	s.mu.RLock()
	t := s.templates[key]
	s.mu.RUnlock()
	if t != nil {
		return t
	}
	t = newObjectTemplate()
	putString(t, "length", func(rt *goja.Runtime) goja.Value { return property(rt.ToValue(length), false, false, true) })
	putString(t, "name", func(rt *goja.Runtime) goja.Value { return property(rt.ToValue(name), false, false, true) })
	p.seam.inherit(t, functionPrototype)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.templates == nil {
		s.templates = make(map[signature]*objectTemplate)
	}
	s.templates[key] = t
	return t
}

// native makes a function that scripts can call and not construct.
func (vm *VM) native(name string, length int, call func(goja.FunctionCall) goja.Value) *goja.Object {
	p := vm.platform
	return p.seam.object(newTemplatedFunction(vm.rt, p.signatures.of(p, name, length), nil, vm.gated(nil, call), nil))
}
