package rewrite

import (
	"slices"
	"unsafe"
)

// stateBytesMax bounds what is remembered of open elements.
const stateBytesMax = 8 << 20

// matcher runs a program over the tags of a document. What waits for elements within others
// is kept on stacks that grow and shrink with that of the open elements, so that a match is
// found without looking at ancestors.
type matcher struct {
	program program
	meter   Meter
	open    []openElement
	names   int   // bytes of the names in open and types
	root    int32 // children of the document, up to now

	forChildren    []int32 // states that wait for the children of an open element
	forDescendants []int32 // states that wait for anything within an open element
	waiting        []bool  // by state: it is in forDescendants
	matched        []int32 // sets that open elements are of
	types          []typeKey
	counts         map[typeKey]int  // children of open elements, by name; types has the keys in the order they came
	deep           map[string]int32 // how many of the elements from deepElements on have a name

	serial int32   // counts elements
	seen   []int32 // by set: the last element that it was found to match
	found  struct{ sets, forChildren, forDescendants []int32 }
}

// openElement is an element whose end has not come. What a stack of the matcher has from its
// base on is the element's, up to the base of the next.
type openElement struct {
	name     string
	children int32 // up to now
	base     struct{ forChildren, forDescendants, matched, types int32 }
	closing  *closing // what is to be done at its end; nil: nothing
}

// typeKey is the children of one name that an open element has.
type typeKey struct {
	depth int32 // of the parent
	name  string
}

const (
	openBytes = int(unsafe.Sizeof(openElement{}))
	typeBytes = 4 * int(unsafe.Sizeof(typeKey{})) // in types and in counts
)

// deepElements is the depth from which names are counted, so that nobody looks for an element
// that is not there through a stack that is long.
const deepElements = 64

func newMatcher(p program, sets int, meter Meter) *matcher {
	meter.Allocate(int64(len(p.states) + 4*sets))
	return &matcher{program: p, meter: meter, waiting: make([]bool, len(p.states)), seen: make([]int32, sets)}
}

// start matches an element that begins, whose places among its siblings it fills in, and
// returns the sets it is of, in the order of their rules, until the next call.
func (m *matcher) start(e *element) []int32 {
	m.count(e)
	m.serial++
	f := &m.found
	f.sets, f.forChildren, f.forDescendants = f.sets[:0], f.forChildren[:0], f.forDescendants[:0]
	m.try(m.program.entries, e)
	m.try(m.forDescendants, e)
	if n := len(m.open); n > 0 {
		m.try(m.forChildren[m.open[n-1].base.forChildren:], e)
	}
	slices.Sort(f.sets)
	return f.sets
}

// try matches states that may begin with e.
func (m *matcher) try(states []int32, e *element) {
	m.meter.Done(1 + len(states))
	for _, i := range states {
		s := &m.program.states[i]
		if s.compound.name != "" && s.compound.name != e.name || !s.compound.matches(e) {
			continue
		}
		switch f := &m.found; {
		case !s.last && s.child:
			f.forChildren = append(f.forChildren, s.next)
		case !s.last:
			f.forDescendants = append(f.forDescendants, s.next)
		case m.seen[s.set] != m.serial:
			m.seen[s.set] = m.serial
			f.sets = append(f.sets, s.set)
		}
	}
}

// count gives e its places among its siblings.
func (m *matcher) count(e *element) {
	depth := len(m.open)
	children := &m.root
	if depth > 0 {
		children = &m.open[depth-1].children
	}
	*children++
	e.child = int(*children)
	if !m.program.typed {
		return
	}
	key := typeKey{int32(depth), e.name}
	n := m.counts[key]
	if n == 0 {
		if m.counts == nil {
			m.counts = make(map[typeKey]int)
		}
		m.types = push(m.meter, m.types, key)
		m.names += len(key.name)
	}
	m.counts[key] = n + 1
	e.ofType = n + 1
}

// push opens the element that start matched last.
func (m *matcher) push(e *element) {
	o := openElement{name: e.name}
	o.base.forChildren, o.base.forDescendants = int32(len(m.forChildren)), int32(len(m.forDescendants))
	o.base.matched, o.base.types = int32(len(m.matched)), int32(len(m.types))
	for _, s := range m.found.forChildren {
		m.forChildren = push(m.meter, m.forChildren, s)
	}
	for _, s := range m.found.forDescendants {
		if !m.waiting[s] {
			m.waiting[s] = true
			m.forDescendants = push(m.meter, m.forDescendants, s)
		}
	}
	for _, s := range m.found.sets {
		m.matched = push(m.meter, m.matched, s)
	}
	if len(m.open) >= deepElements {
		if m.deep == nil {
			m.deep = make(map[string]int32)
		}
		m.deep[e.name]++
	}
	m.open = push(m.meter, m.open, o)
	m.names += len(o.name)
}

// room checks the bound on what is remembered.
func (m *matcher) room() error {
	if len(m.open)*openBytes+len(m.types)*typeBytes+4*(len(m.forChildren)+len(m.matched))+m.names > stateBytesMax {
		return ErrTooDeep
	}
	return nil
}

// top is the innermost open element.
func (m *matcher) top() *openElement { return &m.open[len(m.open)-1] }

// find returns where the innermost open element of that name is, -1 if there is none.
func (m *matcher) find(name string) int {
	i := len(m.open) - 1
	if i >= deepElements && m.deep[name] == 0 {
		i = deepElements - 1
	}
	for from := i; i >= 0; i-- {
		if m.open[i].name == name {
			m.meter.Done(from - i)
			return i
		}
	}
	m.meter.Done(min(len(m.open), deepElements))
	return -1
}

// pop closes the innermost open element. It returns what is to be done, and the sets that it
// was of, until the next call of push.
func (m *matcher) pop() (c *closing, sets []int32) {
	m.meter.Done(1)
	o := m.top()
	c, sets = o.closing, m.matched[o.base.matched:]
	for _, s := range m.forDescendants[o.base.forDescendants:] {
		m.waiting[s] = false
	}
	for _, key := range m.types[o.base.types:] {
		delete(m.counts, key)
		m.names -= len(key.name)
	}
	m.names -= len(o.name)
	if n := m.deep[o.name]; len(m.open) > deepElements {
		if m.deep[o.name] = n - 1; n == 1 {
			delete(m.deep, o.name)
		}
	}
	m.forChildren = m.forChildren[:o.base.forChildren]
	m.forDescendants = m.forDescendants[:o.base.forDescendants]
	m.matched = m.matched[:o.base.matched]
	m.types = m.types[:o.base.types]
	*o = openElement{}
	m.open = m.open[:len(m.open)-1]
	return c, sets
}

// push appends to a list that a document can make long.
func push[T any](meter Meter, list []T, v T) []T {
	if len(list) == cap(list) {
		if size := (len(list) + len(list)/4) * int(unsafe.Sizeof(v)); size >= meteredBytes {
			meter.Allocate(int64(size))
			meter.Done(size / 64)
		}
	}
	return append(list, v)
}
