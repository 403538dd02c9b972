package js

import (
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// intrinsic is one that goja makes whole, with every function in it, when a script first
// touches any of it: 25 µs for Promise, of which an async function needs next to nothing.
// Once in a process goja makes it for us, and what that is like becomes templates
// (intrinsic_record.go). In a VM of ours its properties come into being one by one, as those
// of goja's own templates do.
type intrinsic struct {
	name   string // of the global, and of goja's field for it
	parent string // what it and its prototype inherit from; empty: what functions and objects do

	// construct makes an instance; nil: the intrinsic is an object that makes none, and has no
	// prototype for them.
	construct instanceMaker

	// prototype returns that of goja, which has a template. nil: there is none.
	prototype func(*goja.Runtime) *goja.Object
}

// intrinsics lists them. One stands behind its parent.
func intrinsics() []intrinsic {
	return []intrinsic{
		{name: "Promise", construct: forTarget(newPromiseObject)},
		{name: "ArrayBuffer", construct: forTarget(newBufferObject)},
		{name: "TypedArray", construct: forTarget(newTypedArrayObject), prototype: typedArrayPrototype},
		{name: "Uint8Array", construct: newBytes, parent: "TypedArray"},
		{name: "Array", construct: withPrototype(newArrayObject), prototype: arrayPrototype},
		{name: "Map", construct: forTarget(newMapObject)},
		{name: "Set", construct: forTarget(newSetObject)},
		{name: "WeakMap", construct: forTarget(newWeakMapObject)},
		{name: "WeakSet", construct: forTarget(newWeakSetObject)},
		{name: "Error", construct: withPrototype(newErrorObject)},
		{name: "TypeError", construct: withPrototype(newErrorObject), parent: "Error"},
		{name: "RangeError", construct: withPrototype(newErrorObject), parent: "Error"},
		{name: "ReferenceError", construct: withPrototype(newErrorObject), parent: "Error"},
		{name: "SyntaxError", construct: withPrototype(newErrorObject), parent: "Error"},
		{name: "EvalError", construct: withPrototype(newErrorObject), parent: "Error"},
		{name: "URIError", construct: withPrototype(newErrorObject), parent: "Error"},
		{name: "JSON"},
		{name: "Reflect"},
	}
}

// instanceMaker makes an instance of the intrinsic that has this constructor and prototype.
// newTarget is nil in a call without new.
type instanceMaker = func(rt *goja.Runtime, args []goja.Value, newTarget, constructor, prototype *goja.Object) *goja.Object

// forTarget is for makers that look for the prototype themselves.
func forTarget(instance func(rt *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object) instanceMaker {
	return func(rt *goja.Runtime, args []goja.Value, newTarget, _, _ *goja.Object) *goja.Object {
		return instance(rt, args, newTarget)
	}
}

// withPrototype is for makers that are given the prototype.
//
// Spec: https://tc39.es/ecma262/#sec-getprototypefromconstructor
func withPrototype(instance func(rt *goja.Runtime, args []goja.Value, prototype *goja.Object) *goja.Object) instanceMaker {
	return func(rt *goja.Runtime, args []goja.Value, newTarget, constructor, prototype *goja.Object) *goja.Object {
		if newTarget != nil && newTarget != constructor {
			if own, ok := newTarget.Get("prototype").(*goja.Object); ok {
				prototype = own
			}
		}
		return instance(rt, args, prototype)
	}
}

func newBytes(rt *goja.Runtime, args []goja.Value, newTarget, _, prototype *goja.Object) *goja.Object {
	return newBytesObject(rt, args, newTarget, prototype)
}

// keptMax is how much a VM keeps of intrinsics that goja has no place for.
const keptMax = 16

// place is where an object of a VM is: in its Runtime, or else among what the VM keeps.
type place struct {
	inRuntime uintptr // 0: it is kept
	kept      int
}

func (s *seam) at(rt *goja.Runtime, p place) **goja.Object {
	if p.inRuntime != 0 {
		return (**goja.Object)(unsafe.Add(unsafe.Pointer(rt), p.inRuntime))
	}
	return &s.vmOf(rt).kept[p.kept]
}

// lazyIntrinsic is an intrinsic with its templates.
type lazyIntrinsic struct {
	intrinsic
	seam     *seam
	original propertyFactory // of the global; nil: there is none

	place, prototypePlace   place
	template                *objectTemplate
	prototypeTemplate       *objectTemplate // nil: see intrinsic.prototype
	inherits                *lazyIntrinsic  // its parent; nil: none
	prototypeIsNeededByGoja bool            // which would make one of its own
}

// installIntrinsics puts them into goja's templates.
func (s *seam) installIntrinsics() {
	global := getGlobalObjectTemplate()
	for name, i := range s.intrinsics {
		if f := (*s.propsOf(global))[unistring.NewFromString(name)]; f != nil {
			i.original = f
			s.replace(global, name, i.property)
		}
	}
	// What inherits from TypedArray, or belongs to it, asks goja for it.
	typedArray := s.intrinsics["TypedArray"]
	s.makeBefore(typedArrayPrototypeTemplate(), "constructor", typedArray)
	for name := range elementBytes {
		if s.intrinsics[name] == nil {
			s.makeBefore(global, name, typedArray)
		}
	}
}

// makeBefore has i made before t's property of that name.
func (s *seam) makeBefore(t *objectTemplate, name string, i *lazyIntrinsic) {
	f := (*s.propsOf(t))[unistring.NewFromString(name)]
	s.replace(t, name, func(rt *goja.Runtime) goja.Value {
		if s.vmOf(rt) != nil {
			i.in(rt)
		}
		return f(rt)
	})
}

// property makes the property of the global object.
func (i *lazyIntrinsic) property(rt *goja.Runtime) goja.Value {
	if i.seam.vmOf(rt) == nil {
		return i.original(rt)
	}
	return property(i.in(rt), true, false, true)
}

// in returns the intrinsic of a VM's runtime. It is made, and gated, if it is not there.
func (i *lazyIntrinsic) in(rt *goja.Runtime) *goja.Object {
	s := i.seam
	slot := s.at(rt, i.place)
	if *slot != nil {
		return *slot
	}
	if i.construct == nil {
		*slot = s.object(newTemplatedObject(rt, i.template, nil))
		return *slot
	}
	var o *goja.Object
	call := func(c goja.FunctionCall) goja.Value {
		return i.construct(rt, c.Arguments, nil, o, i.prototypeIn(rt))
	}
	construct := func(args []goja.Value, newTarget *goja.Object) *goja.Object {
		if newTarget == nil {
			newTarget = o
		}
		return i.construct(rt, args, newTarget, o, i.prototypeIn(rt))
	}
	o = s.object(newTemplatedFunction(rt, i.template, nil, call, construct))
	*slot = o
	s.vmOf(rt).gateObject(i.name, s.guards[""][i.name], o, false)
	if i.prototypeIsNeededByGoja {
		i.prototypeIn(rt)
	}
	return o
}

// prototypeIn returns the prototype of a VM's runtime.
func (i *lazyIntrinsic) prototypeIn(rt *goja.Runtime) *goja.Object {
	if i.prototype != nil {
		return i.prototype(rt)
	}
	slot := i.seam.at(rt, i.prototypePlace)
	if *slot == nil {
		*slot = i.seam.object(newTemplatedObject(rt, i.prototypeTemplate, nil))
	}
	return *slot
}
