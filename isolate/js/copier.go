package js

import (
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Copier copies objects and arrays that hold data: what all of a graph mostly is. Its owner
// copies the rest.
type Copier struct {
	VM *VM

	// Made is told of each copy before anything is in it.
	Made func(original, copied *Object)

	// Inner copies a value, an object or a symbol, that is in another.
	Inner func(Value) (Value, error)

	// Ran counts what can have run a script. The owner adds to it before it does such a thing:
	// what has been seen of an object that is being copied is then looked at again.
	Ran int

	members []jsonMember // of the objects that are being copied, the outer ones first
	last    sharedNames  // names of an object that was copied
}

// Copy copies o if it is a plain object or an array that has all its elements and nothing
// else. Otherwise it has done nothing, and ok is false. Getters run.
func (c *Copier) Copy(o *Object) (copied *Object, ok bool, err error) {
	s := c.VM.platform.seam
	switch s.behind(o).tab {
	case s.plain:
		if o.ClassName() == "Object" {
			copied, err = c.object(o)
			return copied, true, err
		}
	case s.array:
		if elements, ok := s.elementsOf(c.VM.rt, o); ok && s.countOf(o) == 1 { // its length
			copied, err = c.array(o, elements)
			return copied, true, err
		}
	}
	return nil, false, nil
}

func (c *Copier) object(o *Object) (*Object, error) {
	s, vm := c.VM.platform.seam, c.VM
	vm.checkpoint()
	vm.order(o)
	start := len(c.members)
	c.members = s.appendMembers(c.members, o)
	end := len(c.members)
	copied, properties := s.newRoom(vm.rt, c.names(c.members[start:end]))
	c.Made(o, copied)
	for i, ran := start, c.Ran; i < end; i++ {
		m := c.members[i]
		if c.Ran != ran || s.hasAttributes(m.value) {
			if m.value = ownKey(o, stringOfName(m.name)); m.value == nil {
				continue // a script has deleted it
			}
			m.value = c.read(o, m)
		}
		v, err := c.value(m.value)
		if err != nil {
			return nil, err
		}
		properties[m.name] = v
		if i&0xff == 0xff {
			vm.checkpoint()
		}
	}
	if len(properties) < end-start {
		s.dropNames(copied)
	}
	clear(c.members[start:end])
	c.members = c.members[:start]
	return copied, nil
}

// read returns what a property with attributes has for a value now.
func (c *Copier) read(o *Object, m jsonMember) Value {
	s := c.VM.platform.seam
	if _, _, accessors := s.accessorsOf(m.value); !accessors {
		return s.valueOf(m.value)
	}
	c.Ran++
	return s.getNamed(o, m.name)
}

func (c *Copier) value(v Value) (Value, error) {
	switch v.(type) {
	case *goja.Object, *goja.Symbol:
		return c.Inner(v)
	}
	return v, nil
}

// names returns the names of members, the same list for objects that look alike.
func (c *Copier) names(members []jsonMember) sharedNames {
	if !slices.EqualFunc(members, c.last, func(m jsonMember, name unistring.String) bool { return m.name == name }) {
		names := make([]unistring.String, len(members))
		for i, m := range members {
			names[i] = m.name
		}
		c.last = shareNames(names)
	}
	return c.last
}

func (c *Copier) array(o *Object, elements []Value) (*Object, error) {
	vm := c.VM
	vm.checkpoint()
	vm.allocate(int64(len(elements))*valueBytes, arrayTooLong)
	values := make([]goja.Value, len(elements))
	for i := range values {
		values[i] = Undefined
	}
	copied := newArrayOf(vm.rt, values)
	c.Made(o, copied)
	var holes []Value // that a script has made meanwhile
	for i, ran := 0, c.Ran; i < len(values); i++ {
		var v Value
		if c.Ran == ran {
			v = elements[i]
		} else {
			key := vm.rt.ToValue(i)
			if v = ownKey(o, key); v == nil {
				holes = append(holes, key)
				continue
			}
			c.Ran++
			v = orUndefined(getKey(o, key, o))
		}
		v, err := c.value(v)
		if err != nil {
			return nil, err
		}
		values[i] = v
		if i&0xff == 0xff {
			vm.checkpoint()
		}
	}
	for _, key := range holes {
		deleteKey(copied, key, false)
	}
	return copied, nil
}
