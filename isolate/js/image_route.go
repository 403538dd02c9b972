package js

import (
	"fmt"
	"slices"
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
}

// noRoute is route.from of what is no intrinsic. Numbers below it are those of origins.
const noRoute int32 = 0

// stride is how to come from one intrinsic to the next.
type stride uint8

const (
	stepNone stride = iota
	stepValue
	stepGetter
	stepSetter
	stepPrototype
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
}

// literals are globals whose instances scripts may have without having touched the global.
var literals = []unistring.String{"RegExp", "Date", "Number", "String", "Boolean", "BigInt", "Symbol", "Map", "Set", "Error"}

// intrinsics gives numbers to the intrinsics of the VM, and compares them with those of one
// that no script has run in: what a script has changed is not the VM's own any more.
func (t *taking) intrinsics() error {
	for _, name := range literals {
		t.seam.methodsOf(t.vm.rt.GlobalObject()).getOwnPropStr(name)
	}
	for i, origin := range origins {
		t.match(origin(t.vm.rt), origin(t.twin.rt), route{from: -1 - int32(i)}, "an intrinsic")
	}
	for i := 0; i < len(t.paired) && t.err == nil; i++ {
		o := t.paired[i]
		t.compare(o, t.twins[o])
	}
	return t.err
}

// match notes that o, where r leads to, is what twin is in the other VM.
func (t *taking) match(o, twin *goja.Object, r route, where string) {
	if o == nil && twin == nil {
		return
	}
	if o == nil || twin == nil {
		t.fail("scripts have changed %s", where)
		return
	}
	if known, ok := t.twins[o]; ok {
		if known != twin {
			t.fail("scripts have changed %s", where)
		}
		return
	}
	if _, ok := t.ids[o]; ok {
		t.fail("scripts have changed %s", where)
		return
	}
	t.twins[o] = twin
	t.paired = append(t.paired, o)
	t.add(o, node{route: r, outside: none})
}

// from is where routes through o go on.
func (t *taking) from(o *goja.Object) int32 { return t.ids[o] + 1 }

func (t *taking) compare(o, twin *goja.Object) {
	self, other := *selfWord(o, t.seam.objectSelf), *selfWord(twin, t.seam.objectSelf)
	if self.tab != other.tab {
		t.fail("scripts have put a %s in the place of a %s", kindOf(o), kindOf(twin))
		return
	}
	base, was := (*gojaBase)(self.data), (*gojaBase)(other.data)
	from, templated := t.from(o), t.seam.kinds[self.tab] == kindTemplated
	methods := t.seam.methodsOf(twin)
	if templated {
		t.seam.methodsOf(o).getOwnPropStr("prototype") // which instances have without it
		a, b := (*gojaTemplated)(self.data), (*gojaTemplated)(other.data)
		names := b.names
		if names == nil {
			names = *t.seam.namesOf(a.template)
		}
		if a.template != b.template || a.names != nil && !sameNames(a.names, names) ||
			a.symbols != nil && a.symbols.size != len(*t.seam.orderOf(a.template)) {
			t.fail("scripts have changed what properties an intrinsic has: %v", a.names)
			return
		}
		if a.inherited {
			t.match(a.prototype, methods.proto(), route{from: from, step: stepPrototype}, "a prototype")
		}
	} else {
		if len(base.values) != len(was.values) || !sameNames(base.names, was.names) {
			t.fail("scripts have changed what properties an intrinsic has: %v", base.names)
			return
		}
		t.match(base.prototype, was.prototype, route{from: from, step: stepPrototype}, "a prototype")
	}
	if base.extensible != was.extensible || len(base.privateOnes) > 0 {
		t.fail("scripts have changed an intrinsic")
	}
	for name, v := range base.values {
		t.compareProperty(v, methods.getOwnPropStr(name), route{from: from, name: name}, name.String())
	}
	if base.symbols != nil {
		for e := base.symbols.first; e != nil; e = e.next {
			if symbol, ok := e.key.(*goja.Symbol); ok {
				t.compareProperty(e.value, methods.getOwnPropSym(symbol), route{from: from, symbol: symbol}, symbol.String())
			}
		}
	}
}

// sameNames says whether a and b are the same names: their order in intrinsics may differ.
func sameNames(a, b []unistring.String) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// compareProperty compares one property of an intrinsic with what it was.
func (t *taking) compareProperty(v, was goja.Value, r route, name string) {
	if v == nil || was == nil {
		t.fail("scripts have changed %s", name)
		return
	}
	if t.seam.hasAttributes(v) != t.seam.hasAttributes(was) {
		t.fail("scripts have changed %s", name)
		return
	}
	if !t.seam.hasAttributes(v) {
		t.compareValue(v, was, r.by(stepValue), name)
		return
	}
	a, b := propertyOf(v), propertyOf(was)
	if a.writable != b.writable || a.configurable != b.configurable || a.enumerable != b.enumerable || a.accessor != b.accessor {
		t.fail("scripts have changed %s", name)
		return
	}
	t.match(a.get, b.get, r.by(stepGetter), name)
	t.match(a.set, b.set, r.by(stepSetter), name)
	t.compareValue(a.value, b.value, r.by(stepValue), name)
}

func (t *taking) compareValue(v, was goja.Value, r route, name string) {
	o, ok := v.(*goja.Object)
	twin, too := was.(*goja.Object)
	switch {
	case ok && too:
		t.match(o, twin, r, name)
	case ok != too, (v == nil) != (was == nil), v != nil && !v.SameAs(was):
		t.fail("scripts have changed %s", name)
	}
}

func (r route) by(s stride) route {
	r.step = s
	return r
}

// propertyOf returns what is behind a Value that has attributes.
func propertyOf(v goja.Value) *gojaProperty {
	return (*gojaProperty)((*iface)(unsafe.Pointer(&v)).data)
}

// walk returns the intrinsic at the end of r.
func (c *copies) walk(r route) *goja.Object {
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
