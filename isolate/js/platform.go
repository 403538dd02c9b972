package js

import (
	"fmt"
	"reflect"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Global is one name that scripts find on globalThis: a [Class], a [Namespace], a
// [Function], an [Attribute] or a [Lazy] value. It is made in a VM when a script first asks
// for it. A [Scope] is what globalThis itself is.
type Global interface {
	// compile prepares what all VMs share, and returns the global's name and the
	// function that makes its property in one of them; nil: scripts can't name it.
	compile(*Platform) (name string, make globalProperty, err error)

	describe() Description
}

// globalProperty makes a property of globalThis, or the value of one that nothing
// restricts.
type globalProperty = func(*VM) goja.Value

// Platform is the set of globals that VMs are made with, prepared once: a new VM pays
// for none of them. It is safe for concurrent use.
type Platform struct {
	seam       *seam
	global     *objectTemplate // of globalThis
	functions  *objectTemplate // of Function.prototype
	byType     map[reflect.Type]*class
	byID       map[*byte]*class
	signatures signatures // of functions; filled as they are made

	scope *scope // nil: globalThis is a plain object

	// domException makes the state of a DOMException; nil: the platform has no such class.
	domException func(name, message string) holder
}

// NewPlatform prepares globals for many VMs. It fails if the engine's inside is not what
// this package was written for, or if two globals share a name.
func NewPlatform(globals ...Global) (*Platform, error) {
	s, err := openSeam()
	if err != nil {
		return nil, fmt.Errorf("js: this build of the engine does not fit: %w", err)
	}
	p := &Platform{
		seam:      s,
		global:    s.clone(getGlobalObjectTemplate()),
		functions: s.clone(functionTemplate(s)),
		byType:    make(map[reflect.Type]*class),
		byID:      make(map[*byte]*class),
	}
	s.remove(p.global, "GoError")
	p.guardEval()
	p.installLanguage()
	seen := make(map[string]bool)
	for _, g := range globals {
		name, make, err := g.compile(p)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("js: two globals are named %s", name)
		}
		seen[name] = true
		if make == nil { // a class that scripts cannot name
			continue
		}
		s.replace(p.global, name, func(rt *goja.Runtime) goja.Value { return make(s.vmOf(rt)) })
	}
	return p, nil
}

// functionTemplate returns goja's template of Function.prototype.
func functionTemplate(s *seam) *objectTemplate {
	return s.templateOf(functionPrototype(goja.New()))
}

// Function is a global function.
type Function struct {
	Name    string
	Length  int  // as JavaScript reports it: the number of required arguments
	Promise bool // Call returns a promise: its errors reject instead of throwing
	Call    func(*Call) (any, error)
}

func (f Function) compile(*Platform) (string, globalProperty, error) {
	return f.Name, func(vm *VM) goja.Value {
		if f.Promise {
			return vm.promiseFunction(f.Name, f.Length, f.Call)
		}
		return vm.function(f.Name, f.Length, f.Call)
	}, nil
}

// Namespace is a global object of functions, such as console. Each is made in a VM when a
// script first touches it.
//
// Spec: https://webidl.spec.whatwg.org/#js-namespaces
type Namespace struct {
	Name    string
	Members []Static
	Globals []Global // what stands in the namespace and not on globalThis: classes, above all

	// Apart puts an empty object between the namespace and Object.prototype, as console has
	// for old code that looks for it.
	Apart bool
}

func (n Namespace) compile(p *Platform) (string, globalProperty, error) {
	t := newObjectTemplate()
	for _, m := range n.Members {
		putString(t, unistring.NewFromString(m.about.Name), func(rt *goja.Runtime) goja.Value { return m.make(p.seam.vmOf(rt)) })
	}
	for _, g := range n.Globals {
		name, make, err := g.compile(p)
		if err != nil {
			return "", nil, err
		}
		if make != nil {
			putString(t, unistring.NewFromString(name), func(rt *goja.Runtime) goja.Value { return make(p.seam.vmOf(rt)) })
		}
	}
	putSymbol(t, goja.SymToStringTag, func(rt *goja.Runtime) goja.Value {
		return property(rt.ToValue(n.Name), false, false, true)
	})
	p.seam.inherit(t, func(rt *goja.Runtime) *goja.Object {
		if n.Apart {
			return rt.CreateObject(objectPrototype(rt))
		}
		return objectPrototype(rt)
	})
	return n.Name, func(vm *VM) goja.Value {
		return property(p.seam.object(newTemplatedObject(vm.rt, t, nil)), true, false, true)
	}, nil
}

// Lazy is a global whose value is made at first use. Where Web IDL has a read-only
// attribute it is a property that scripts may replace, because many try to.
type Lazy struct {
	Name string
	Make func(*VM) any // what it returns becomes a Value as a function's result does
}

func (l Lazy) compile(*Platform) (string, globalProperty, error) {
	return l.Name, func(vm *VM) goja.Value { return vm.ToValue(l.Make(vm)) }, nil
}
