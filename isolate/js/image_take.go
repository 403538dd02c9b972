package js

import (
	"maps"
	"slices"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// taking is an image that is being taken.
type taking struct {
	*Image
	vm, twin *VM
	seam     *seam
	ids      map[*goja.Object]int32
	stashIDs map[*gojaStash]int32
	twins    map[*goja.Object]*goja.Object // of vm's intrinsics, in a VM that no script has run in
	paired   []*goja.Object                // those, in order
	compared int                           // how many of them
	err      error                         // the first
}

func (t *taking) fail(format string, args ...any) {
	if t.err == nil {
		t.err = notCopyable(format, args...)
	}
}

// runtime looks at what is of the whole VM.
func (t *taking) runtime(worldly func(string) bool) error {
	switch w := t.vm.rarely().watched; {
	case !w.on:
		return notCopyable("the VM was not watched")
	case w.source != "":
		return notCopyable("the script has asked for %s", w.source)
	}
	touched := (*gojaBase)(selfWord(t.vm.rt.GlobalObject(), t.seam.objectSelf).data).values
	for _, name := range slices.Sorted(maps.Keys(touched)) {
		if worldly != nil && worldly(name.String()) {
			return notCopyable("the script has touched the global %s", name)
		}
	}
	rt := unsafe.Pointer(t.vm.rt)
	globals := (*gojaStash)(unsafe.Add(rt, t.seam.globalStash))
	switch {
	case t.vm.loop.used:
		return notCopyable("the script has waited for something outside of it")
	case len(t.vm.locals) > 0:
		return notCopyable("a global keeps something for the script")
	case t.vm.rare.scope != nil:
		return notCopyable("the script has used globalThis as an EventTarget")
	case len(*(*[]func())(unsafe.Add(rt, t.seam.jobQueue))) > 0:
		return notCopyable("promise jobs are waiting")
	case len(globals.values) > 0 || len(globals.names) > 0 || globals.object != nil:
		return notCopyable("there are global variables")
	}
	t.symbols = maps.Clone(*(*map[unistring.String]*goja.Symbol)(unsafe.Add(rt, t.seam.symbolRegistry)))
	for _, symbol := range t.symbols {
		t.seam.scanSymbol(symbol)
	}
	return nil
}

func (t *taking) add(o *goja.Object, n node) int32 {
	id := int32(len(t.nodes))
	t.ids[o] = id
	t.nodes = append(t.nodes, n)
	return id
}

// object returns o's number. What is behind o is looked at later.
func (t *taking) object(o *goja.Object) int32 {
	if o == nil {
		return none
	}
	if id, ok := t.ids[o]; ok {
		return id
	}
	self := *selfWord(o, t.seam.objectSelf)
	k := t.seam.kinds[self.tab]
	switch _, bound := t.vm.rare.watched.bound[o]; {
	case k == kindBound && !bound:
		t.fail("the script keeps a function that was bound in an unknown way: %s", t.nameOf(o))
	case k == kindNone || k == kindTemplated:
		t.fail("the script keeps an object of kind %s: %s", kindOf(o), t.nameOf(o))
	case k == kindPlain && o.ClassName() != "Object":
		t.fail("the script keeps an instance of %s", o.ClassName())
	}
	latent := k == kindPlain || k == kindFunction || k == kindMethod || k == kindArrow || k == kindClass
	return t.add(o, node{kind: k, self: self, latent: latent, outside: none})
}

// nameOf returns the name of a function, the class of anything else.
func (t *taking) nameOf(o *goja.Object) string {
	if callable, ok := t.seam.methodsOf(o).assertCallable(); !ok || callable == nil || t.seam.isProxy(o) {
		return o.ClassName()
	}
	v := t.seam.methodsOf(o).getOwnPropStr("name")
	if v != nil && t.seam.hasAttributes(v) {
		v = propertyOf(v).value
	}
	if name, ok := v.(goja.String); ok && name.Length() > 0 {
		return name.String()
	}
	return o.ClassName()
}

// imageObjectsMax bounds an image: each VM made from one has a list of all its objects.
const imageObjectsMax = 100_000

// all looks at every object that has got a number, and gives numbers to what those reach.
func (t *taking) all() error {
	for o, s := 0, 0; t.err == nil && (o < len(t.nodes) || s < len(t.stashes)); {
		if s < len(t.stashes) {
			t.stashAt(s)
			s++
			continue
		}
		if o&0xff == 0 {
			t.vm.checkpoint()
		}
		if len(t.nodes) > imageObjectsMax {
			t.fail("there are more than %d objects", imageObjectsMax)
			break
		}
		if n := &t.nodes[o]; n.outside == none && n.route.from == noRoute {
			done := *n
			t.inside(&done)
			t.nodes[o] = done
		}
		o++
	}
	return t.err
}

// inside looks at what is behind an object.
func (t *taking) inside(n *node) {
	base := (*gojaBase)(n.self.data)
	var length *gojaProperty
	n.stash, n.other = none, none
	switch n.kind {
	case kindFunction:
		f := (*gojaFunction)(n.self.data)
		length, n.stash = &f.length, t.stash(f.stash)
	case kindMethod:
		f := (*gojaMethod)(n.self.data)
		length, n.stash, n.other = &f.length, t.stash(f.stash), t.object(f.home)
	case kindArrow:
		f := (*gojaArrow)(n.self.data)
		length, n.stash, n.other, n.one = &f.length, t.stash(f.stash), t.object(f.function), t.term(f.newTarget, nil)
	case kindClass:
		f := (*gojaClass)(n.self.data)
		length, n.stash, n.list, n.methods = &f.length, t.stash(f.stash), t.terms(f.keys), t.terms(f.privateMethods)
	case kindBound:
		length, n.list = &(*gojaBound)(n.self.data).length, t.terms(t.vm.rare.watched.bound[base.val])
	case kindArray:
		a := (*gojaArray)(n.self.data)
		length, n.list = &a.length, t.terms(a.elements)
	case kindCollection:
		n.contents = t.pairs((*gojaCollection)(n.self.data).table)
	case kindPattern:
		scan((*gojaPattern)(n.self.data).source)
	case kindBoxed:
		n.one = t.term((*gojaBoxed)(n.self.data).value, nil)
	}
	n.prototype = t.object(base.prototype)
	n.names = shareNames(base.names)
	for _, name := range base.names {
		v, ok := base.values[name]
		if !ok {
			t.fail("a property %q without a value", name)
			return
		}
		m := member{name, t.term(v, length)}
		if p := m.value.property; p != nil && !p.within {
			n.accessors++
		}
		n.values = append(n.values, m)
	}
	if len(base.values) != len(base.names) {
		t.fail("properties without a name")
	}
	if base.symbols != nil {
		n.symbols = t.pairs(base.symbols)
	}
	for of, p := range base.privateOnes {
		n.private = append(n.private, privateNode{of, t.terms(p.methods), t.terms(p.fields)})
	}
}

func (t *taking) pairs(table *gojaTable) []pair {
	pairs := make([]pair, 0, table.size)
	for e := table.first; e != nil; e = e.next {
		if e.key != nil {
			pairs = append(pairs, pair{t.term(e.key, nil), t.term(e.value, nil)})
		}
	}
	return pairs
}

func (t *taking) terms(values []goja.Value) []term {
	if values == nil {
		return nil
	}
	terms := make([]term, len(values))
	for i, v := range values {
		terms[i] = t.term(v, nil)
	}
	return terms
}

// term describes v. length is the property that the object has inside.
func (t *taking) term(v goja.Value, length *gojaProperty) term {
	if v == nil {
		return term{id: none}
	}
	if o, ok := v.(*goja.Object); ok {
		return term{id: t.object(o)}
	}
	word := *(*iface)(unsafe.Pointer(&v))
	if word.tab == t.seam.restricted {
		p := (*gojaProperty)(word.data)
		return term{id: none, property: &propertyTerm{
			flags: gojaProperty{writable: p.writable, configurable: p.configurable, enumerable: p.enumerable, accessor: p.accessor},
			value: t.term(p.value, nil), get: t.object(p.get), set: t.object(p.set), within: p == length,
		}}
	}
	if !slices.Contains(t.seam.fixed, word.tab) {
		t.fail("a value of type %T", v)
	}
	if symbol, ok := v.(*goja.Symbol); ok {
		t.seam.scanSymbol(symbol)
	}
	scan(v)
	return term{fixed: v, id: none}
}

// scan makes the engine look at a string now, which it would note in it.
func scan(v goja.Value) {
	if s, ok := v.(goja.String); ok {
		s.Length()
	}
}

// scanSymbol is scan for a symbol's description.
func (s *seam) scanSymbol(symbol *goja.Symbol) {
	if description := (*gojaSymbol)(unsafe.Pointer(symbol)).description; description != nil {
		scan(description)
	}
}

// stash returns the number of a scope's variables.
func (t *taking) stash(s *gojaStash) int32 {
	switch {
	case s == nil:
		return none
	case unsafe.Pointer(s) == unsafe.Add(unsafe.Pointer(t.vm.rt), t.seam.globalStash):
		return global
	}
	id, ok := t.stashIDs[s]
	if !ok {
		id = int32(len(t.stashes))
		t.stashIDs[s] = id
		t.stashes = append(t.stashes, stashNode{source: s})
	}
	return id
}

func (t *taking) stashAt(i int) {
	s := t.stashes[i].source
	if s.object != nil {
		t.fail("a scope that is an object")
	}
	n := stashNode{s, t.terms(s.values), t.terms(s.extraArgs), t.stash(s.outer)}
	t.stashes[i] = n
}
