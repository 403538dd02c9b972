package webapi

import (
	"slices"

	"github.com/skerry-edge/skerry/isolate/js"
)

// FormData is the fields of a form, files among them.
//
// Spec: https://xhr.spec.whatwg.org/#interface-formdata
var FormData = js.Class[formData]{
	Name: "FormData",
	Constructor: func(c *js.Call) (*formData, error) {
		if c.Given(0) {
			return nil, js.TypeError("FormData: there are no form elements here; call new FormData() and append to it")
		}
		return new(formData), nil
	},
	Members: append([]js.Member[formData]{
		js.Do("append", 2, (*formData).append),
		js.Do("delete", 1, (*formData).delete),
		js.Method("get", 1, (*formData).get),
		js.Method("getAll", 1, (*formData).getAll),
		js.Method("has", 1, (*formData).has),
		js.Do("set", 2, (*formData).set),
	}, js.PairIterable((*formData).at)...),
}

type formData struct {
	js.Instance
	list []entry
}

// entry is one field of a form: a text or a file.
type entry struct {
	name string
	text string
	file *file // nil: a text
}

func (e entry) value() any {
	if e.file != nil {
		return e.file
	}
	return e.text
}

// size is about how many bytes e is in a body.
func (e entry) size() int {
	if e.file != nil {
		return len(e.name) + len(e.file.name) + len(e.file.blob.data)
	}
	return len(e.name) + len(e.text)
}

// newEntry makes an entry of the arguments of append and set.
//
// Spec: https://xhr.spec.whatwg.org/#create-an-entry
func newEntry(c *js.Call) (entry, error) {
	e := entry{name: c.String(0)}
	b := js.As[blob](c.VM, c.Arg(1))
	if b == nil {
		if c.Len() > 2 {
			return e, js.TypeError("FormData: a filename was given, but the value is neither a Blob nor a File")
		}
		e.text = c.String(1)
		return e, nil
	}
	e.file = js.As[file](c.VM, c.Arg(1))
	if e.file != nil && !c.Given(2) {
		return e, nil
	}
	made := &file{blob: blob{data: b.data, typ: b.typ}, name: "blob"}
	if e.file != nil {
		made.lastModified = e.file.lastModified
	} else {
		made.lastModified = dateNow(c.VM)
	}
	if c.Given(2) {
		made.name = c.String(2)
	}
	e.file = made
	return e, nil
}

func (f *formData) append(c *js.Call) error {
	e, err := newEntry(c)
	if err == nil {
		f.list = appendTo(c.VM, f.list, e)
	}
	return err
}

func (f *formData) delete(c *js.Call) error {
	name := matching(c.VM, c.String(0))
	f.list = slices.DeleteFunc(f.list, func(e entry) bool { return name.is(e.name) })
	return nil
}

func (f *formData) index(name *matcher) int {
	return slices.IndexFunc(f.list, func(e entry) bool { return name.is(e.name) })
}

func (f *formData) get(c *js.Call) (any, error) {
	name := matching(c.VM, c.String(0))
	i := f.index(&name)
	if i < 0 {
		return nil, nil // null: absent is not empty
	}
	return f.list[i].value(), nil
}

func (f *formData) getAll(c *js.Call) (any, error) {
	name, values := matching(c.VM, c.String(0)), []any{}
	for _, e := range f.list {
		if name.is(e.name) {
			values = appendTo(c.VM, values, e.value())
		}
	}
	return values, nil
}

func (f *formData) has(c *js.Call) (any, error) {
	name := matching(c.VM, c.String(0))
	return f.index(&name) >= 0, nil
}

// set makes the new entry the only one of its name, where the first was.
func (f *formData) set(c *js.Call) error {
	e, err := newEntry(c)
	if err != nil {
		return err
	}
	name := matching(c.VM, e.name)
	i := f.index(&name)
	if i < 0 {
		f.list = appendTo(c.VM, f.list, e)
		return nil
	}
	f.list[i] = e
	rest := slices.DeleteFunc(f.list[i+1:], func(other entry) bool { return name.is(other.name) })
	f.list = f.list[:i+1+len(rest)]
	return nil
}

func (f *formData) at(_ *js.VM, i int) (name, value any, ok bool) {
	if i >= len(f.list) {
		return nil, nil, false
	}
	return f.list[i].name, f.list[i].value(), true
}
