package js

import (
	"fmt"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// route is the way to an intrinsic: a VM that needs it walks there. The engine makes intrinsics
// when they are first touched, and so may each VM.
type route struct {
	from   int32 // the number of the object where the last step begins; see below
	step   stride
	name   unistring.String
	symbol *goja.Symbol
	class  *class // of the platform; nil: the way leads through a property
}

// noRoute is route.from of what is no intrinsic. Numbers below it are those of origins.
const noRoute int32 = 0

// classRoute is route.from of what a VM has for a class.
const classRoute int32 = -1 << 30

// stride is how to come from one intrinsic to the next.
type stride uint8

const (
	stepNone stride = iota
	stepValue
	stepGetter
	stepSetter
	stepPrototype
	stepConstructor
	stepIterator
)

// origins are the intrinsics where routes begin: those that scripts come to without naming
// a global.
var origins = []func(*goja.Runtime) *goja.Object{
	(*goja.Runtime).GlobalObject,
	objectPrototype,
	functionPrototype,
	asyncFunctionPrototype,
	generatorFunctionPrototype,
	generatorPrototype,
	iteratorPrototype,
	arrayPrototype,
	promisePrototype,
	arrayIteratorPrototype,
	mapIteratorPrototype,
	setIteratorPrototype,
	stringIteratorPrototype,
	regExpStringIteratorPrototype,
}

// ofClass returns an object that vm has for a class.
func (vm *VM) ofClass(c *class, step stride) *goja.Object {
	switch step {
	case stepPrototype:
		return vm.prototype(c)
	case stepConstructor:
		return vm.constructor(c)
	default:
		return vm.iterators(c)
	}
}

// propertyOf returns what is behind a Value that has attributes.
func propertyOf(v goja.Value) *gojaProperty {
	return (*gojaProperty)((*iface)(unsafe.Pointer(&v)).data)
}

// walk returns the intrinsic at the end of r.
func (c *copies) walk(r route) *goja.Object {
	if r.class != nil {
		return c.vm.ofClass(r.class, r.step)
	}
	if r.from < noRoute {
		return origins[-1-r.from](c.vm.rt)
	}
	s := c.image.platform.seam
	methods := s.methodsOf(c.object(r.from - 1))
	if r.step == stepPrototype {
		return methods.proto()
	}
	var v goja.Value
	if r.symbol != nil {
		v = methods.getOwnPropSym(r.symbol)
	} else {
		v = methods.getOwnPropStr(r.name)
	}
	if v != nil && s.hasAttributes(v) {
		switch p := propertyOf(v); r.step {
		case stepGetter:
			return p.get
		case stepSetter:
			return p.set
		default:
			v = p.value
		}
	}
	o, ok := v.(*goja.Object)
	if !ok {
		panic(fmt.Sprintf("js: an image leads to %s, which is not there", r.name))
	}
	return o
}
