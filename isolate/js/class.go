package js

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Class is a JavaScript class over the Go type T, as Web IDL describes interfaces. *T
// must embed [Instance]. A Class is a value that never changes after it was given to
// [NewPlatform]; its prototype and constructor are made in a VM at first use, and each
// member when it is first touched.
//
// Spec: https://webidl.spec.whatwg.org/#js-interfaces
type Class[T any] struct {
	Name string
	Tag  string // what Object.prototype.toString says of instances; empty: the name

	// Constructor makes the state of a new instance. nil: `new` throws, and instances
	// come from Go alone.
	Constructor func(*Call) (*T, error)
	Length      int // required arguments of the constructor

	Members []Member[T]
	Statics []Static

	// Extends is the class that this one inherits from, nil: none. As finds the state of
	// the parent class in the state of a class that extends it; a class that is extended
	// needs it.
	Extends Global
	As      func(any) (*T, bool)

	// Error, if not nil, makes this the platform's DOMException: its instances are errors
	// (they inherit from Error.prototype and have a stack), and a [DOMError] becomes what
	// Error returns.
	Error func(name, message string) *T

	// Hidden keeps the class's name off globalThis.
	Hidden bool
}

// Instance is what the state of a class's instances embeds: it holds the JavaScript
// object that the state belongs to, so that one Go value is one object.
type Instance struct{ object *goja.Object }

func (i *Instance) instance() *Instance { return i }

type holder interface{ instance() *Instance }

// class is what all VMs of a platform share of a Class.
type class struct {
	name        string // its bytes' address marks instances: see Platform.byID
	iterator    string // "Headers Iterator"; marks its iterators likewise
	parent      *class
	prototype   *objectTemplate
	constructor *objectTemplate
	construct   func(*VM, *Call) (holder, error)
	length      int
	as          func(any) (any, bool)
	error       bool         // instances get a stack
	typ         reflect.Type // of *T
}

func (c *class) extends(base *class) bool {
	for ; c != nil; c = c.parent {
		if c == base {
			return true
		}
	}
	return false
}

func (cl Class[T]) compile(p *Platform) (string, globalProperty, error) {
	c, err := cl.class(p)
	if err != nil || cl.Hidden {
		return cl.Name, nil, err
	}
	return cl.Name, func(vm *VM) goja.Value { return property(vm.constructor(c), true, false, true) }, nil
}

// class prepares cl in p, once.
func (cl Class[T]) class(p *Platform) (*class, error) {
	typ := reflect.TypeFor[*T]()
	if c := p.byType[typ]; c != nil {
		return c, nil
	}
	if _, ok := any((*T)(nil)).(holder); !ok {
		return nil, fmt.Errorf("js: class %s: *%s does not embed Instance", cl.Name, typ.Elem())
	}
	c := &class{
		name:        strings.Clone(cl.Name),
		iterator:    cl.Name + " Iterator",
		prototype:   newObjectTemplate(),
		constructor: newObjectTemplate(),
		length:      cl.Length,
		typ:         typ,
	}
	if cl.As != nil {
		c.as = func(v any) (any, bool) { t, ok := cl.As(v); return t, ok }
	}
	if cl.Constructor != nil {
		c.construct = func(vm *VM, call *Call) (holder, error) {
			t, err := cl.Constructor(call)
			return any(t).(holder), err
		}
	}
	if cl.Extends != nil {
		if _, _, err := cl.Extends.compile(p); err != nil {
			return nil, err
		}
		c.parent = p.byName(cl.Extends)
	}
	p.byType[typ] = c
	p.byID[unsafe.StringData(c.name)] = c
	c.fillConstructor(p, cl.Statics)
	putString(c.prototype, "constructor", func(rt *goja.Runtime) goja.Value {
		return property(p.seam.vmOf(rt).constructor(c), true, false, true)
	})
	for _, m := range cl.Members {
		make := func(rt *goja.Runtime) goja.Value { return m.make(p.seam.vmOf(rt), c) }
		if m.about.Symbol != nil {
			putSymbol(c.prototype, m.about.Symbol, make)
		} else {
			putString(c.prototype, unistring.NewFromString(m.about.Name), make)
		}
	}
	tag := cmp.Or(cl.Tag, cl.Name)
	putSymbol(c.prototype, goja.SymToStringTag, func(rt *goja.Runtime) goja.Value {
		return property(rt.ToValue(tag), false, false, true)
	})
	if cl.Error != nil {
		c.error = true
		p.domException = func(name, message string) holder { return any(cl.Error(name, message)).(holder) }
	}
	if c.error {
		p.seam.inherit(c.prototype, func(rt *goja.Runtime) *goja.Object {
			return p.seam.vmOf(rt).Intrinsic("Error").Get("prototype").(*goja.Object)
		})
	} else if c.parent != nil {
		p.seam.inherit(c.prototype, func(rt *goja.Runtime) *goja.Object { return p.seam.vmOf(rt).prototype(c.parent) })
	} else {
		p.seam.inherit(c.prototype, objectPrototype)
	}
	return c, nil
}

// fillConstructor lists the properties of the constructor.
func (c *class) fillConstructor(p *Platform, statics []Static) {
	putString(c.constructor, "length", func(rt *goja.Runtime) goja.Value {
		return property(rt.ToValue(c.length), false, false, true)
	})
	putString(c.constructor, "name", func(rt *goja.Runtime) goja.Value {
		return property(rt.ToValue(c.name), false, false, true)
	})
	putString(c.constructor, "prototype", func(rt *goja.Runtime) goja.Value {
		return property(p.seam.vmOf(rt).prototype(c), false, false, false)
	})
	for _, s := range statics {
		putString(c.constructor, unistring.NewFromString(s.about.Name), func(rt *goja.Runtime) goja.Value {
			return s.make(p.seam.vmOf(rt))
		})
	}
	p.seam.inherit(c.constructor, func(rt *goja.Runtime) *goja.Object {
		if c.parent != nil {
			return p.seam.vmOf(rt).constructor(c.parent)
		}
		return functionPrototype(rt)
	})
}

// byName finds the class that g compiled to.
func (p *Platform) byName(g Global) *class {
	typ := reflect.ValueOf(g).FieldByName("Constructor").Type().Out(0)
	return p.byType[typ]
}

func objectPrototype(rt *goja.Runtime) *goja.Object {
	return intrinsicObject(rt).Get("prototype").(*goja.Object)
}
