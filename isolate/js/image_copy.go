package js

import (
	"maps"
	"slices"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// copies are the objects of an image that one VM has made so far.
type copies struct {
	vm      *VM
	image   *Image
	outside func(i int) *Object
	objects []*goja.Object
	stashes []*gojaStash
	room    []latentObject // for the next
	waiting []waiting      // made, and still empty
	busy    bool
}

// waiting is an object, or a stash, to be filled.
type waiting struct {
	id    int32
	stash bool
}

// latentObject is an object with what is behind it at first.
type latentObject struct {
	object goja.Object
	behind latent
}

// roomStep is how many latent objects are allocated at once.
const roomStep = 32

// Copy makes what the image was taken of in vm, in which no script has run yet, and returns
// the roots. outside returns vm's own of what came from outside, when it is first needed. The
// caller has entered vm.
func (vm *VM) Copy(image *Image, outside func(i int) *Object) []*Object {
	vm.closeParser()
	vm.prepare(image.prepared)
	vm.script.bigints = vm.script.bigints || image.bigints
	c := &copies{
		vm: vm, image: image, outside: outside,
		objects: make([]*goja.Object, len(image.nodes)),
		stashes: make([]*gojaStash, len(image.stashes)),
	}
	if len(image.symbols) > 0 {
		*(*map[unistring.String]*goja.Symbol)(unsafe.Add(unsafe.Pointer(vm.rt), image.platform.seam.symbolRegistry)) = maps.Clone(image.symbols)
	}
	roots := make([]*Object, len(image.roots))
	for i, id := range image.roots {
		roots[i] = c.object(id)
	}
	c.settle()
	return roots
}

// object returns the object with that number, which may be latent, or empty until settle.
func (c *copies) object(id int32) *goja.Object {
	if id == none {
		return nil
	}
	if o := c.objects[id]; o != nil {
		return o
	}
	n := &c.image.nodes[id]
	var o *goja.Object
	switch {
	case n.outside >= ownOutside:
		o = c.outside(int(n.outside) - ownOutside)
	case n.outside >= 0:
		o = c.vm.outsider(n.outside)
	case n.route.from != noRoute:
		o = c.walk(n.route)
	case n.latent:
		o = c.latent(id)
	default:
		o = new(goja.Object)
		c.adopt(o)
		c.waiting = append(c.waiting, waiting{id: id})
	}
	c.objects[id] = o
	return o
}

// adopt makes o an object of the VM.
func (c *copies) adopt(o *goja.Object) {
	*(**goja.Runtime)(unsafe.Add(unsafe.Pointer(o), c.image.platform.seam.objectRuntime)) = c.vm.rt
}

func (c *copies) latent(id int32) *goja.Object {
	if len(c.room) == 0 {
		c.room = make([]latentObject, roomStep)
	}
	l := &c.room[0]
	c.room = c.room[1:]
	l.behind = latent{&l.object, c, id}
	c.adopt(&l.object)
	s := c.image.platform.seam
	*selfWord(&l.object, s.objectSelf) = iface{unsafe.Pointer(s.latent), unsafe.Pointer(&l.behind)}
	return &l.object
}

// fill makes the inside of a latent object, and all that must be there with it.
func (c *copies) fill(id int32) {
	c.inside(id)
	c.settle()
}

// settle fills what is still empty.
func (c *copies) settle() {
	if c.busy {
		return
	}
	c.busy = true
	defer func() { c.busy = false }()
	for len(c.waiting) > 0 {
		c.vm.checkpoint()
		w := c.waiting[len(c.waiting)-1]
		c.waiting = c.waiting[:len(c.waiting)-1]
		if w.stash {
			c.fillStash(w.id)
		} else if !c.filled(w.id) {
			c.inside(w.id)
		}
	}
}

// filled says whether the object with that number has its inside.
func (c *copies) filled(id int32) bool {
	s := c.image.platform.seam
	self := selfWord(c.objects[id], s.objectSelf)
	return self.tab != nil && self.tab != unsafe.Pointer(s.latent)
}

// inside makes what is behind an object.
func (c *copies) inside(id int32) {
	n := &c.image.nodes[id]
	o, source := c.objects[id], n.self.data
	var base *gojaBase
	var length *gojaProperty
	switch n.kind {
	case kindPlain:
		base = new(gojaBase)
		*base = *(*gojaBase)(source)
	case kindFunction:
		f := new(gojaFunction)
		*f = *(*gojaFunction)(source)
		base, length, f.stash = &f.gojaBase, &f.length, c.stash(n.stash)
	case kindMethod:
		f := new(gojaMethod)
		*f = *(*gojaMethod)(source)
		base, length, f.stash, f.home = &f.gojaBase, &f.length, c.stash(n.stash), c.object(n.other)
	case kindArrow:
		f := new(gojaArrow)
		*f = *(*gojaArrow)(source)
		base, length, f.stash, f.function, f.newTarget = &f.gojaBase, &f.length, c.stash(n.stash), c.object(n.other), c.value(&n.one)
		if n.other != none && c.image.nodes[n.other].latent {
			c.waiting = append(c.waiting, waiting{id: n.other}) // the engine looks at its kind
		}
	case kindClass:
		f := new(gojaClass)
		*f = *(*gojaClass)(source)
		base, length, f.stash, f.keys, f.privateMethods = &f.gojaBase, &f.length, c.stash(n.stash), c.values(n.list), c.values(n.methods)
	case kindBound:
		b := new(gojaBound)
		*b = *(*gojaBound)(source)
		base, length = &b.gojaBase, &b.length
		c.bind(b, o, c.values(n.list))
	case kindArray:
		a := new(gojaArray)
		*a = *(*gojaArray)(source)
		base, length, a.elements = &a.gojaBase, &a.length, c.values(n.list)
	case kindCollection:
		m := new(gojaCollection)
		*m = *(*gojaCollection)(source)
		base, m.table = &m.gojaBase, c.table(n.contents, true)
	case kindPattern:
		p := new(gojaPattern)
		*p = *(*gojaPattern)(source)
		base, p.pattern = &p.gojaBase, clonePattern(p.pattern)
	case kindDate:
		d := new(gojaDate)
		*d = *(*gojaDate)(source)
		base = &d.gojaBase
	case kindBoxed:
		b := new(gojaBoxed)
		*b = *(*gojaBoxed)(source)
		base, b.value = &b.gojaBase, c.value(&n.one)
	}
	base.val, base.prototype = o, c.object(n.prototype)
	base.names = n.names
	base.values = make(map[unistring.String]goja.Value, len(n.values))
	if length != nil {
		*length = gojaProperty{}
	}
	properties := make([]gojaProperty, n.accessors)
	for i := range n.values {
		m := &n.values[i]
		p := m.value.property
		if p == nil {
			base.values[m.name] = c.value(&m.value)
			continue
		}
		at := length
		if !p.within {
			at, properties = &properties[0], properties[1:]
		}
		base.values[m.name] = c.property(p, at)
	}
	if base.symbols != nil {
		base.symbols = c.table(n.symbols, false)
	}
	if base.privateOnes != nil {
		base.privateOnes = make(map[unsafe.Pointer]*gojaPrivate, len(n.private))
		for i := range n.private {
			p := &n.private[i]
			base.privateOnes[p.of] = &gojaPrivate{c.values(p.methods), c.values(p.fields)}
		}
	}
	*selfWord(o, c.image.platform.seam.objectSelf) = iface{n.self.tab, unsafe.Pointer(base)}
}

// bind makes b what a function is bound to: o is its object, and bound what Function.prototype.bind
// was called on, and with.
func (c *copies) bind(b *gojaBound, o *goja.Object, bound []goja.Value) {
	rt, target := c.vm.rt, bound[0].(*goja.Object)
	this, args := goja.Undefined(), []goja.Value(nil)
	if len(bound) > 1 {
		this, args = bound[1], slices.Clip(bound[2:])
	}
	b.target = target
	b.call = c.vm.gated(nil, func(call goja.FunctionCall) goja.Value {
		return toCallable(rt, target)(goja.FunctionCall{This: this, Arguments: append(args, call.Arguments...)})
	})
	if b.construct != nil {
		b.construct = c.vm.gatedConstructor(nil, func(list []goja.Value, newTarget *goja.Object) *goja.Object {
			if newTarget == o {
				newTarget = nil
			}
			return constructorOf(rt, target)(append(args, list...), newTarget)
		})
	}
}

// property makes p at that place.
func (c *copies) property(p *propertyTerm, at *gojaProperty) goja.Value {
	*at = p.flags
	at.value, at.get, at.set = c.value(&p.value), c.object(p.get), c.object(p.set)
	word := iface{c.image.platform.seam.restricted, unsafe.Pointer(at)}
	return *(*goja.Value)(unsafe.Pointer(&word))
}

func (c *copies) value(t *term) goja.Value {
	if t.id != none {
		return c.object(t.id)
	}
	if t.property != nil {
		return c.property(t.property, new(gojaProperty))
	}
	return t.fixed
}

func (c *copies) values(terms []term) []goja.Value {
	if terms == nil {
		return nil
	}
	values := make([]goja.Value, len(terms))
	for i := range terms {
		values[i] = c.value(&terms[i])
	}
	return values
}

// table makes a table of goja's, one of any keys or one of symbols.
func (c *copies) table(pairs []pair, keys bool) *gojaTable {
	hash := hashOf(c.vm.rt)
	if !keys {
		hash = nil
	}
	t := newTable(hash)
	for i := range pairs {
		setEntry(t, c.value(&pairs[i].key), c.value(&pairs[i].value))
	}
	return t
}

func (c *copies) stash(id int32) *gojaStash {
	switch id {
	case none:
		return nil
	case global:
		return (*gojaStash)(unsafe.Add(unsafe.Pointer(c.vm.rt), c.image.platform.seam.globalStash))
	}
	if c.stashes[id] == nil {
		c.stashes[id] = new(gojaStash)
		c.waiting = append(c.waiting, waiting{id: id, stash: true})
	}
	return c.stashes[id]
}

func (c *copies) fillStash(id int32) {
	n, s := &c.image.stashes[id], c.stashes[id]
	*s = gojaStash{
		values: c.values(n.values), extraArgs: c.values(n.extra), names: maps.Clone(n.source.names),
		outer: c.stash(n.outer), function: n.source.function,
	}
}
