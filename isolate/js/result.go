package js

import (
	"slices"

	"github.com/dop251/goja"
)

var (
	trueValue  = new(goja.Runtime).ToValue(true)
	falseValue = new(goja.Runtime).ToValue(false)
)

// stepResult returns {value, done} for a method next that was called with these arguments.
//
// The engine's own loops call next with no list of arguments at all, read the two properties,
// and drop the object: they get one that is a sixth of the size of a plain one. To a script
// that comes by it, it is an object like any other, unless it wants to freeze it.
func (vm *VM) stepResult(arguments []goja.Value, value goja.Value, done bool) goja.Value {
	flag := falseValue
	if done {
		flag = trueValue
	}
	if arguments == nil {
		return vm.rt.NewDynamicObject(&stepObject{value: value, done: flag})
	}
	return vm.iteratorResult(value, flag)
}

// IteratorResult becomes the plain object {value, done} that iterators and the readers of
// streams give.
type IteratorResult struct {
	Value Value
	Done  bool
}

func (vm *VM) iteratorResult(value, done goja.Value) goja.Value {
	o := vm.rt.NewObject()
	vm.platform.seam.put(o, "value", value)
	vm.platform.seam.put(o, "done", done)
	return o
}

// stepObject is the inside of a result: two properties, or whatever a script has made of them.
type stepObject struct {
	value, done goja.Value
	changed     bool
	properties  []stepProperty // once changed
}

type stepProperty struct {
	name  string
	value goja.Value
}

// Get returns a property; nil: there is none.
func (s *stepObject) Get(name string) goja.Value {
	if s.changed {
		if i := s.index(name); i >= 0 {
			return s.properties[i].value
		}
		return nil
	}
	switch name {
	case "value":
		return s.value
	case "done":
		return s.done
	}
	return nil
}

// Has says whether there is a property.
func (s *stepObject) Has(name string) bool { return s.Get(name) != nil }

// Set writes a property.
func (s *stepObject) Set(name string, v goja.Value) bool {
	s.change()
	if i := s.index(name); i >= 0 {
		s.properties[i].value = v
	} else {
		s.properties = append(s.properties, stepProperty{name, v})
	}
	return true
}

// Delete removes a property, if it is there.
func (s *stepObject) Delete(name string) bool {
	s.change()
	s.properties = slices.DeleteFunc(s.properties, func(p stepProperty) bool { return p.name == name })
	return true
}

// Keys lists the properties.
func (s *stepObject) Keys() []string {
	if !s.changed {
		return []string{"value", "done"}
	}
	names := make([]string, len(s.properties))
	for i, p := range s.properties {
		names[i] = p.name
	}
	return names
}

func (s *stepObject) change() {
	if !s.changed {
		s.changed, s.properties = true, []stepProperty{{"value", s.value}, {"done", s.done}}
	}
}

func (s *stepObject) index(name string) int {
	return slices.IndexFunc(s.properties, func(p stepProperty) bool { return p.name == name })
}
