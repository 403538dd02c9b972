package js

import (
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

// Member is one property of a class's prototype.
type Member[T any] struct {
	name   string
	symbol *goja.Symbol
	// make returns the property in one VM.
	make func(vm *VM, c *class) goja.Value
}

// Static is one property of a class's constructor, or of its prototype where it is a
// constant.
type Static struct {
	name string
	make func(vm *VM) goja.Value
}

// Method is a function that returns a value: nil is null, [Undefined] undefined.
func Method[T any](name string, length int, f func(*T, *Call) (any, error)) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, c *class) goja.Value {
		return property(method(vm, c, name, length, f), true, true, true)
	}}
}

// Do is a method that returns nothing, which is undefined.
func Do[T any](name string, length int, f func(*T, *Call) error) Member[T] {
	return Method(name, length, func(t *T, c *Call) (any, error) { return Undefined, f(t, c) })
}

// PromiseMethod is a method that returns a promise: what it returns, if not a promise
// already, is wrapped in one, and its errors reject instead of throwing.
func PromiseMethod[T any](name string, length int, f func(*T, *Call) (any, error)) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, c *class) goja.Value {
		fn := vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
			return vm.promised(func() (any, error) {
				call := Call{VM: vm, this: fc.This, args: fc.Arguments}
				if err := call.need(name, length); err != nil {
					return nil, err
				}
				return f(receiver[T](vm, c, fc.This), &call)
			})
		})
		return property(fn, true, true, true)
	}}
}

// Getter is a read-only attribute.
func Getter[T any](name string, get func(*T, *Call) (any, error)) Member[T] {
	return Accessor(name, get, nil)
}

// Accessor is an attribute; set may be nil.
func Accessor[T any](name string, get func(*T, *Call) (any, error), set func(*T, *Call) error) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, c *class) goja.Value {
		var setter *goja.Object
		if set != nil {
			setter = method(vm, c, "set "+name, 1, func(t *T, c *Call) (any, error) { return Undefined, set(t, c) })
		}
		return vm.platform.seam.accessorProperty(method(vm, c, "get "+name, 0, get), setter, true)
	}}
}

// Constant is a number on both the prototype and, where it is given as a Static too, the
// constructor.
func Constant[T any](name string, value int) Member[T] {
	return Member[T]{name: name, make: func(vm *VM, _ *class) goja.Value {
		return property(vm.rt.ToValue(value), false, true, false)
	}}
}

// StaticMethod is a function on the constructor.
func StaticMethod(name string, length int, f func(*Call) (any, error)) Static {
	return Static{name: name, make: func(vm *VM) goja.Value {
		return property(vm.function(name, length, f), true, true, true)
	}}
}

// StaticConstant is a number on the constructor.
func StaticConstant(name string, value int) Static {
	return Static{name: name, make: func(vm *VM) goja.Value {
		return property(vm.rt.ToValue(value), false, true, false)
	}}
}

// SymbolMethod is a method whose name is a well-known symbol.
func SymbolMethod[T any](symbol *Symbol, length int, f func(*T, *Call) (any, error)) Member[T] {
	name := "[" + strings.TrimSuffix(strings.TrimPrefix(symbol.String(), "Symbol("), ")") + "]"
	return Member[T]{symbol: symbol, make: func(vm *VM, c *class) goja.Value {
		return property(method(vm, c, name, length, f), true, false, true)
	}}
}

// method makes a function whose receiver must be an instance of c.
func method[T any](vm *VM, c *class, name string, length int, f func(*T, *Call) (any, error)) *goja.Object {
	return vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
		call := Call{VM: vm, this: fc.This, args: fc.Arguments}
		t := receiver[T](vm, c, fc.This)
		if err := call.need(name, length); err != nil {
			panic(vm.exception(err))
		}
		v, err := f(t, &call)
		if err != nil {
			panic(vm.exception(err))
		}
		return vm.ToValue(v)
	})
}

// receiver returns the state behind this, or throws.
func receiver[T any](vm *VM, c *class, this goja.Value) *T {
	state, from := vm.state(this)
	if from == c {
		return state.(*T)
	}
	if from.extends(c) {
		if t, ok := c.as(state); ok {
			return t.(*T)
		}
	}
	panic(vm.exception(TypeError("Illegal invocation: this is not a %s", c.name)))
}

// class is what all VMs of a platform share of a Class.
type class struct {
	name        string // its bytes' address marks instances: see Platform.byID
	iterator    string // "Headers Iterator"; marks its iterators likewise
	index       int    // in VM.classes
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

func (cl Class[T]) compile(p *Platform) (string, func(*VM) Value, error) {
	c, err := cl.class(p)
	if err != nil || cl.Hidden {
		return cl.Name, nil, err
	}
	return cl.Name, func(vm *VM) Value { return vm.constructor(c) }, nil
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
		index:       len(p.classes),
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
		c.index = len(p.classes)
	}
	p.classes = append(p.classes, c)
	p.byType[typ] = c
	p.byID[unsafe.StringData(c.name)] = c
	c.fillConstructor(p, cl.Statics)
	putString(c.prototype, "constructor", func(rt *goja.Runtime) goja.Value {
		return property(p.seam.vmOf(rt).constructor(c), true, false, true)
	})
	for _, m := range cl.Members {
		make := func(rt *goja.Runtime) goja.Value { return m.make(p.seam.vmOf(rt), c) }
		if m.symbol != nil {
			putSymbol(c.prototype, m.symbol, make)
		} else {
			putString(c.prototype, unistring.NewFromString(m.name), make)
		}
	}
	putSymbol(c.prototype, goja.SymToStringTag, func(rt *goja.Runtime) goja.Value {
		return property(rt.ToValue(c.name), false, false, true)
	})
	if cl.Error != nil {
		c.error = true
		p.domException = func(name, message string) holder { return any(cl.Error(name, message)).(holder) }
	}
	if c.error {
		p.seam.inherit(c.prototype, func(rt *goja.Runtime) *goja.Object {
			return intrinsicError(rt).Get("prototype").(*goja.Object)
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
		putString(c.constructor, unistring.NewFromString(s.name), func(rt *goja.Runtime) goja.Value {
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

// realm is what one VM has made of a class.
type realm struct {
	prototype   *goja.Object
	constructor *goja.Object
	iterator    *goja.Object // the prototype of its iterators
}

func (vm *VM) realm(c *class) *realm {
	if vm.realms == nil {
		vm.realms = make([]*realm, len(vm.platform.classes))
	}
	r := vm.realms[c.index]
	if r == nil {
		r = new(realm)
		vm.realms[c.index] = r
	}
	return r
}

// prototype returns c's prototype object in vm.
func (vm *VM) prototype(c *class) *goja.Object {
	r := vm.realm(c)
	if r.prototype == nil {
		r.prototype = vm.platform.seam.object(newTemplatedObject(vm.rt, c.prototype, nil))
	}
	return r.prototype
}

// constructor returns c's constructor in vm.
func (vm *VM) constructor(c *class) *goja.Object {
	r := vm.realm(c)
	if r.constructor == nil {
		r.constructor = vm.platform.seam.object(newTemplatedFunction(vm.rt, c.constructor, nil,
			func(goja.FunctionCall) goja.Value {
				panic(vm.exception(TypeError("Class constructor %s cannot be invoked without 'new'", c.name)))
			},
			func(args []goja.Value, newTarget *goja.Object) *goja.Object { return vm.construct(c, args, newTarget) }))
	}
	return r.constructor
}

// construct is `new` of c, or of a class that a script derived from it.
func (vm *VM) construct(c *class, args []goja.Value, newTarget *goja.Object) *goja.Object {
	if c.construct == nil {
		panic(vm.exception(TypeError("Illegal constructor: %s", c.name)))
	}
	call := Call{VM: vm, this: goja.Undefined(), args: args}
	if err := call.need(c.name, c.length); err != nil {
		panic(vm.exception(err))
	}
	prototype := vm.prototype(c)
	if newTarget != nil && newTarget != vm.realm(c).constructor {
		if o, ok := newTarget.Get("prototype").(*goja.Object); ok {
			prototype = o
		}
	}
	state, err := c.construct(vm, &call)
	if err != nil {
		panic(vm.exception(err))
	}
	return vm.bind(c, state, prototype)
}

// bind makes the object of state.
func (vm *VM) bind(c *class, state holder, prototype *goja.Object) *goja.Object {
	o := vm.platform.seam.newInstance(vm.rt, prototype, c.name, state)
	state.instance().object = o
	if c.error {
		stack := vm.newError("Error", "").Get("stack")
		if err := o.DefineDataProperty("stack", stack, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
	return o
}

// Wrap returns the object of a class's state, the same one each time. It panics if state
// is of no class of the platform.
func (vm *VM) wrap(state holder) *goja.Object {
	if o := state.instance().object; o != nil {
		return o
	}
	c := vm.platform.byType[typeOf(state)]
	if c == nil {
		panic(fmt.Sprintf("js: %T is of no class of this platform", state))
	}
	return vm.bind(c, state, vm.prototype(c))
}

func typeOf(state holder) reflect.Type { return reflect.TypeOf(state) }

// sameString says whether a and b are the same bytes in memory: scripts can make strings
// that are equal, but none that is the same.
func sameString(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) }

// state returns the state of v and its class; a nil class if v is of none.
func (vm *VM) state(v goja.Value) (any, *class) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, nil
	}
	c := vm.platform.byID[unsafe.StringData(o.ClassName())]
	if c == nil {
		return nil, nil
	}
	return vm.platform.seam.stateOf(o), c
}

// As returns the state of v if v is an instance of the class over T, or nil.
func As[T any](vm *VM, v Value) *T {
	state, c := vm.state(v)
	if c == nil {
		return nil
	}
	if t, ok := state.(*T); ok {
		return t
	}
	if want := vm.platform.byType[reflect.TypeFor[*T]()]; want != nil && want.as != nil && c.extends(want) {
		if t, ok := want.as(state); ok {
			return t.(*T)
		}
	}
	return nil
}
