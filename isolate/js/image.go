package js

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Image is what some objects of a VM were at one moment, with all that they reach: other VMs
// begin where it stood, without running the scripts that made it. A VM pays for the objects
// that its scripts touch: the others are not made.
//
// Nothing that can change is shared: neither by two VMs, nor with the one that the image was
// taken of, which never runs again. What they share are strings, numbers, symbols and code. An
// image is safe for concurrent use.
type Image struct {
	platform *Platform
	eval     bool
	prepared nameless
	nodes    []node
	stashes  []stashNode
	symbols  map[unistring.String]*goja.Symbol // what Symbol.for has made
	roots    []int32
}

// none stands for an object that is not there.
const none int32 = -1

// node is one object of an image.
type node struct {
	kind    kind
	self    iface // what goja had behind the object
	latent  bool  // it is made when it is first touched
	route   route // to an intrinsic: the VM has its own
	outside int32 // the number among the objects that come from outside; none: it is no such

	prototype int32
	values    []member
	names     sharedNames
	accessors int // how many of values need a property of their own
	symbols   []pair
	private   []privateNode

	stash    int32
	other    int32  // a method's home, an arrow function's function
	one      term   // an arrow function's new.target, what is boxed
	list     []term // an array's elements, a class's computed keys
	methods  []term // a class's private methods
	contents []pair // of a Map, of a Set
}

type member struct {
	name  unistring.String
	value term
}

type pair struct{ key, value term }

type privateNode struct {
	of              unsafe.Pointer
	methods, fields []term
}

type stashNode struct {
	source *gojaStash
	values []term
	extra  []term
	outer  int32 // none: there is none; global: the VM's own
}

const global int32 = -2

// term is a value of an image.
type term struct {
	fixed    goja.Value    // one that all VMs may have; nil: see id
	id       int32         // of an object, or none
	property *propertyTerm // of a property that is more than its value
}

type propertyTerm struct {
	flags    gojaProperty
	value    term
	get, set int32
	within   bool // it is the one that functions and arrays have inside for their length
}

// NotCopyable says why no image can be taken.
type NotCopyable struct{ Reason string }

func (e *NotCopyable) Error() string { return "js: no image: " + e.Reason }

func notCopyable(format string, args ...any) error {
	return &NotCopyable{fmt.Sprintf(format, args...)}
}

// watched is what scripts have asked for that differs from one VM to the next.
type watched struct {
	on     bool
	source string // what they have asked for first; "": nothing
	bound  map[*goja.Object][]goja.Value
}

// noteBound notes what a function was bound of, and to: the engine keeps that where nothing
// finds it.
func (vm *VM) noteBound(o *goja.Object, c goja.FunctionCall) {
	if vm.rare == nil || !vm.rare.watched.on {
		return
	}
	w := &vm.rare.watched
	if w.bound == nil {
		w.bound = make(map[*goja.Object][]goja.Value)
	}
	w.bound[o] = append([]goja.Value{c.This}, c.Arguments...)
}

// watchSources is Config.Watched.
func (vm *VM) watchSources() {
	w := &vm.rarely().watched
	w.on = true
	vm.rt.SetTimeSource(func() time.Time { vm.Varies("the time"); return time.Now() })
	vm.rt.SetRandSource(func() float64 { vm.Varies("a random number"); return rand.Float64() })
}

// Varies notes that a script is given source, which is another in each VM.
func (vm *VM) Varies(source string) {
	if vm.rare != nil && vm.rare.watched.source == "" {
		vm.rare.watched.source = source
	}
}

// Taken says what an image is taken of.
type Taken struct {
	Roots   []*Object // with all that they reach
	Outside []*Object // what VMs have their own of; see [VM.Copy]

	// Worldly says which globals are the world's: if a script has touched one, what it has made
	// may differ from one VM to the next. nil: none is.
	Worldly func(name string) bool
}

// NewImage takes an image and ends vm, which was made with Config.Watched. It fails with a
// [*NotCopyable] where what is taken reaches what can't be copied safely, where scripts have
// changed the language's own objects, and where they have asked for what differs each time.
//
// The owner of vm calls it when nothing is under way in vm.
func NewImage(vm *VM, taken Taken) (image *Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			image, err = nil, notCopyable("%v", r)
		}
	}()
	if vm.ended != nil {
		return nil, vm.ended
	}
	vm.end(errors.New("js: an image was taken of the VM"))
	p := vm.platform
	twin := p.NewVM(Config{Host: vm.host, Eval: vm.eval})
	twin.closeParser()
	twin.prepare(vm.gate.prepared)
	t := &taking{
		Image: &Image{platform: p, eval: vm.eval, prepared: vm.gate.prepared},
		vm:    vm, twin: twin, seam: p.seam,
		ids: make(map[*goja.Object]int32), stashIDs: make(map[*gojaStash]int32),
		twins: make(map[*goja.Object]*goja.Object),
	}
	if err := t.runtime(taken.Worldly); err != nil {
		return nil, err
	}
	for i, o := range t.outsiders(taken.Outside) {
		if o != nil {
			t.add(o, node{outside: int32(i)})
		}
	}
	if err := t.intrinsics(); err != nil {
		return nil, err
	}
	for _, o := range taken.Roots {
		t.roots = append(t.roots, t.object(o))
	}
	if err := t.all(); err != nil {
		return nil, err
	}
	return t.Image, nil
}

// ownOutside is how many of the objects from outside are this package's: what lowered scripts
// are called with.
const ownOutside = 5

// outsiders returns what comes from outside, this package's own first.
func (t *taking) outsiders(outside []*Object) []*goja.Object {
	all := make([]*goja.Object, ownOutside, ownOutside+len(outside))
	all[0] = t.vm.gate.listed
	for i, h := range t.vm.script.helpers {
		all[1+i] = h.(*goja.Object)
	}
	return append(all, outside...)
}

// outsider makes this package's own object from outside with that number.
func (vm *VM) outsider(i int32) *goja.Object {
	if i == 0 {
		return vm.listed()
	}
	return vm.helpers()[i-1].(*goja.Object)
}

// taking is an image that is being taken.
type taking struct {
	*Image
	vm, twin *VM
	seam     *seam
	ids      map[*goja.Object]int32
	stashIDs map[*gojaStash]int32
	twins    map[*goja.Object]*goja.Object // of vm's intrinsics, in a VM that no script has run in
	paired   []*goja.Object                // those, in order
	err      error                         // the first
}

// runtime looks at what is of the whole VM.
func (t *taking) runtime(worldly func(string) bool) error {
	switch w := t.vm.rarely().watched; {
	case !w.on:
		return notCopyable("the VM was not watched")
	case w.source != "":
		return notCopyable("a script has asked for %s", w.source)
	}
	switch {
	case len(t.vm.locals) > 0:
		return notCopyable("a global keeps something for the script")
	case t.vm.rare.scope != nil:
		return notCopyable("a script has used globalThis as an EventTarget")
	}
	touched := (*gojaBase)(selfWord(t.vm.rt.GlobalObject(), t.seam.objectSelf).data).values
	for _, name := range slices.Sorted(maps.Keys(touched)) {
		if worldly != nil && worldly(name.String()) {
			return notCopyable("a script has touched %s", name)
		}
	}
	rt := unsafe.Pointer(t.vm.rt)
	globals := (*gojaStash)(unsafe.Add(rt, t.seam.globalStash))
	switch {
	case len(*(*[]func())(unsafe.Add(rt, t.seam.jobQueue))) > 0:
		return notCopyable("promise jobs are waiting")
	case len(globals.values) > 0 || len(globals.names) > 0 || globals.object != nil:
		return notCopyable("there are global variables")
	}
	t.symbols = *(*map[unistring.String]*goja.Symbol)(unsafe.Add(rt, t.seam.symbolRegistry))
	return nil
}

func (t *taking) fail(format string, args ...any) {
	if t.err == nil {
		t.err = notCopyable(format, args...)
	}
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
	if bound, ok := t.vm.rare.watched.bound[o]; ok && t.pristineBound(self) {
		id := t.add(o, node{kind: kindBound, self: self, outside: none})
		list := t.terms(bound)
		t.nodes[id].list = list
		return id
	}
	switch {
	case k == kindNone || k == kindTemplated:
		t.fail("an object of kind %s: %s", kindOf(o), t.nameOf(o))
	case k == kindPlain && t.platform.byID[unsafe.StringData(o.ClassName())] != nil:
		t.fail("an instance of %s", o.ClassName())
	}
	latent := k == kindPlain || k == kindFunction || k == kindMethod || k == kindArrow || k == kindClass
	return t.add(o, node{kind: k, self: self, latent: latent, outside: none})
}

// pristineBound says whether a bound function has nothing but what binding has given it.
func (t *taking) pristineBound(self iface) bool {
	base := (*gojaBase)(self.data)
	return base.extensible && base.symbols == nil && len(base.values) == 2 && base.values["name"] != nil && base.values["length"] != nil &&
		base.prototype == functionPrototype(t.vm.rt)
}

// nameOf returns the name of a function.
func (t *taking) nameOf(o *goja.Object) string {
	v := t.seam.methodsOf(o).getOwnPropStr("name")
	if v != nil && t.seam.hasAttributes(v) {
		v = propertyOf(v).value
	}
	if name, ok := v.(goja.String); ok {
		return name.String()
	}
	return o.ClassName()
}

// all looks at every object that has got a number, and gives numbers to what those reach.
func (t *taking) all() error {
	for o, s := 0, 0; t.err == nil && (o < len(t.nodes) || s < len(t.stashes)); {
		if s < len(t.stashes) {
			t.stashAt(s)
			s++
			continue
		}
		if n := &t.nodes[o]; n.outside == none && n.route.from == noRoute && n.kind != kindBound {
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
	scan(v)
	return term{fixed: v, id: none}
}

// scan makes the engine look at a string now, which it would note in it.
func scan(v goja.Value) {
	if s, ok := v.(goja.String); ok {
		s.Length()
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
	t.stashes[i] = stashNode{s, t.terms(s.values), t.terms(s.extraArgs), t.stash(s.outer)}
}
