package js

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// intrinsics gives numbers to the intrinsics of the VM and of its platform, and compares them
// with those of one that no script has run in: what a script has changed is not the VM's own any
// more.
func (t *taking) intrinsics() error {
	for i, origin := range origins {
		t.match(origin(t.vm.rt), origin(t.twin.rt), node{route: route{from: -1 - int32(i)}, outside: none}, "an intrinsic")
	}
	if err := t.comparePairs(); err != nil {
		return err
	}
	for r := t.vm.realms; r != nil; r = r.next {
		for _, made := range []struct {
			o    *goja.Object
			step stride
		}{{r.prototype, stepPrototype}, {r.constructor, stepConstructor}, {r.iterator, stepIterator}} {
			if made.o != nil {
				way := route{from: classRoute, step: made.step, class: r.class}
				t.match(made.o, t.twin.ofClass(r.class, made.step), node{route: way, outside: none}, r.class.name)
			}
		}
	}
	if err := t.comparePairs(); err != nil {
		return err
	}
	for _, i := range t.seam.held {
		t.hidden(i)
	}
	return t.err
}

// hidden looks at an intrinsic that nothing has led to yet: scripts can have come to it by what
// the engine has made of it, though they have not touched the global that it comes with.
func (t *taking) hidden(i held) {
	o := t.intrinsic(i)
	if o == nil || t.twins[o] != nil {
		return
	}
	name := unistring.String(strings.TrimSuffix(string(i.name), "Prototype"))
	of := t.vm.rt.GlobalObject()
	if v := t.seam.methodsOf(of).getOwnPropStr(name); v != nil {
		was := t.seam.methodsOf(t.twin.rt.GlobalObject()).getOwnPropStr(name)
		t.compareProperty(v, was, route{from: t.from(of), name: name}, name.String())
	}
	if t.comparePairs() == nil && t.twins[o] == nil && !t.untouched(o, i.name) {
		t.fail("the script may have changed the language's %s", i.name)
	}
}

// intrinsic returns one of the VM's; nil: it has not been made.
func (t *taking) intrinsic(i held) *goja.Object {
	return *(**goja.Object)(unsafe.Add(unsafe.Pointer(t.vm.rt), i.offset))
}

// comparePairs compares what was matched, and with it what that reaches.
func (t *taking) comparePairs() error {
	for ; t.compared < len(t.paired) && t.err == nil; t.compared++ {
		o := t.paired[t.compared]
		t.compare(o, t.twins[o])
	}
	return t.err
}

// thrower is an intrinsic that goja freezes.
const thrower = "thrower"

// untouched says whether o, an intrinsic of that name, is a function of goja's as goja makes it.
func (t *taking) untouched(o *goja.Object, name unistring.String) bool {
	self := selfWord(o, t.seam.objectSelf)
	if self.tab != t.seam.nativeFunction.tab {
		return false
	}
	base := (*gojaBase)(self.data)
	if base.extensible == (name == thrower) || base.symbols != nil || base.prototype != functionPrototype(t.vm.rt) || len(base.values) != 2 {
		return false
	}
	for _, property := range []unistring.String{"name", "length"} {
		v := base.values[property]
		if v == nil || !t.seam.hasAttributes(v) {
			return false
		}
		if p := propertyOf(v); p.accessor || p.writable || p.enumerable || p.configurable == (name == thrower) {
			return false
		}
	}
	return true
}

// match notes that o, which is n in an image, is what twin is in the other VM.
func (t *taking) match(o, twin *goja.Object, n node, where string) {
	if o == nil && twin == nil {
		return
	}
	if o == nil || twin == nil {
		t.fail("the script has changed %s", where)
		return
	}
	if known, ok := t.twins[o]; ok {
		if known != twin {
			t.fail("the script has changed %s", where)
		}
		return
	}
	if _, ok := t.ids[o]; ok {
		t.fail("the script has changed %s", where)
		return
	}
	t.twins[o] = twin
	t.paired = append(t.paired, o)
	t.add(o, n)
}

// from is where routes through o go on.
func (t *taking) from(o *goja.Object) int32 { return t.ids[o] + 1 }

func (t *taking) compare(o, twin *goja.Object) {
	self, other := *selfWord(o, t.seam.objectSelf), *selfWord(twin, t.seam.objectSelf)
	if self.tab != other.tab {
		t.fail("the script has put a %s in the place of a %s", kindOf(o), kindOf(twin))
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
			t.fail("the script has changed what properties an intrinsic has: %v", a.names)
			return
		}
		if a.inherited {
			t.match(a.prototype, methods.proto(), by(from, stepPrototype), "a prototype")
		}
	} else {
		if len(base.values) != len(was.values) || !sameNames(base.names, was.names) {
			t.fail("the script has changed what properties an intrinsic has: %v", base.names)
			return
		}
		t.match(base.prototype, was.prototype, by(from, stepPrototype), "a prototype")
	}
	if base.extensible != was.extensible || len(base.privateOnes) > 0 {
		t.fail("the script has changed an intrinsic")
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
		t.fail("the script has changed %s", name)
		return
	}
	if t.seam.hasAttributes(v) != t.seam.hasAttributes(was) {
		t.fail("the script has changed %s", name)
		return
	}
	if !t.seam.hasAttributes(v) {
		t.compareValue(v, was, r.by(stepValue), name)
		return
	}
	a, b := propertyOf(v), propertyOf(was)
	if a.writable != b.writable || a.configurable != b.configurable || a.enumerable != b.enumerable || a.accessor != b.accessor {
		t.fail("the script has changed %s", name)
		return
	}
	t.match(a.get, b.get, r.by(stepGetter), name)
	t.match(a.set, b.set, r.by(stepSetter), name)
	t.compareValue(a.value, b.value, r.by(stepValue), name)
}

func (t *taking) compareValue(v, was goja.Value, n node, name string) {
	o, ok := v.(*goja.Object)
	twin, too := was.(*goja.Object)
	switch {
	case ok && too:
		t.match(o, twin, n, name)
	case ok != too, (v == nil) != (was == nil), v != nil && !v.SameAs(was):
		t.fail("the script has changed %s", name)
	}
}

func (r route) by(s stride) node {
	r.step = s
	return node{route: r, outside: none}
}

func by(from int32, s stride) node { return route{from: from}.by(s) }
