package webapi

import (
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Headers is a list of headers.
//
// Spec: https://fetch.spec.whatwg.org/#headers-class
var Headers = js.Class[headers]{
	Name: "Headers",
	Constructor: func(c *js.Call) (*headers, error) {
		h := new(headers)
		return h, h.fill(c.VM, c.Arg(0))
	},
	Members: append([]js.Member[headers]{
		js.Do("append", 2, (*headers).append),
		js.Do("delete", 1, (*headers).delete),
		js.Method("get", 1, (*headers).get),
		js.Method("getSetCookie", 0, (*headers).getSetCookie),
		js.Method("has", 1, (*headers).has),
		js.Do("set", 2, (*headers).set),
	}, js.PairIterable((*headers).at)...),
}

// headers keeps fields in order of insertion, their names spelled as they were first
// given.
type headers struct {
	js.Instance
	list      []Field
	sorted    []Field // what scripts iterate over, made when they do; nil: not made since list changed
	shared    bool    // others hold list too: it is copied before it is changed
	immutable bool    // a received message's headers refuse writes
}

// snapshot returns the list as it stands. It never changes.
func (h *headers) snapshot() []Field {
	h.shared = true
	return h.list
}

// own makes the list h's alone, to be changed.
func (h *headers) own() {
	if h.shared {
		h.list, h.shared = slices.Clone(h.list), false
	}
	h.sorted = nil
}

// fill adds what v has: another Headers, pairs, or a record; undefined has none.
//
// Spec: https://fetch.spec.whatwg.org/#concept-headers-fill
func (h *headers) fill(vm *js.VM, v js.Value) error {
	if js.IsUndefined(v) {
		return nil
	}
	if from := js.As[headers](vm, v); from != nil && len(h.list) == 0 {
		h.list, h.shared = from.snapshot(), true
		return nil
	}
	return vm.Pairs(v, func(name, value string) error { return h.add(vm, name, value) })
}

// add appends a field.
//
// Spec: https://fetch.spec.whatwg.org/#concept-headers-append
func (h *headers) add(vm *js.VM, name, value string) error {
	name, value, err := h.field(vm, name, value)
	if err != nil {
		return err
	}
	h.own()
	h.list = appendTo(vm, h.list, Field{name, value})
	return nil
}

// field checks a field that is to be written, and normalises its value.
func (h *headers) field(vm *js.VM, name, value string) (string, string, error) {
	if !isASCII(value) {
		var err error
		if value, err = byteString(vm, "the value of header "+clip(name, 100), value); err != nil {
			return "", "", err
		}
	}
	value = trim(vm, value, "\t\n\r ")
	if err := checkName(name); err != nil {
		return "", "", err
	}
	for piece := range chunks(vm, value) {
		if i := strings.IndexAny(piece, "\x00\r\n"); i >= 0 {
			return "", "", js.TypeError("the value of header %s has the byte %#02x in it, which no header can carry", clip(name, 100), piece[i])
		}
	}
	return name, value, h.writable()
}

func (h *headers) writable() error {
	if h.immutable {
		return js.TypeError("these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)")
	}
	return nil
}

func checkName(name string) error {
	if !isToken(name) {
		return js.TypeError("%q is not the name of a header", clip(name, 100))
	}
	return nil
}

// nameOf makes a matcher of the name of a header.
func nameOf(vm *js.VM, name string) matcher {
	m := matching(vm, name)
	m.fold = true
	return m
}

// indexOf returns where the first field of that name is, -1 if there is none.
func (h *headers) indexOf(name *matcher) int {
	return slices.IndexFunc(h.list, func(f Field) bool { return name.is(f.Name) })
}

// value returns the values of a name, combined.
//
// Spec: https://fetch.spec.whatwg.org/#concept-header-list-get
func (h *headers) value(vm *js.VM, name string) (string, bool) {
	wanted := nameOf(vm, name)
	i := h.indexOf(&wanted)
	if i < 0 {
		return "", false
	}
	all := h.list[i : i+1 : i+1]
	for _, f := range h.list[i+1:] {
		if wanted.is(f.Name) {
			all = appendTo(vm, all, f)
		}
	}
	return joinValues(vm, all), true
}

func (h *headers) append(c *js.Call) error { return h.add(c.VM, c.String(0), c.String(1)) }

func (h *headers) delete(c *js.Call) error {
	name := c.String(0)
	if err := checkName(name); err != nil {
		return err
	}
	if err := h.writable(); err != nil {
		return err
	}
	wanted := nameOf(c.VM, name)
	if h.indexOf(&wanted) < 0 {
		return nil
	}
	h.own()
	h.list = slices.DeleteFunc(h.list, func(f Field) bool { return wanted.is(f.Name) })
	return nil
}

func (h *headers) get(c *js.Call) (any, error) {
	name := c.String(0)
	if err := checkName(name); err != nil {
		return nil, err
	}
	value, ok := h.value(c.VM, name)
	if !ok {
		return nil, nil // null: absent is not empty
	}
	return isomorphic(c.VM, value), nil
}

func (h *headers) getSetCookie(c *js.Call) (any, error) {
	values, wanted := []string{}, nameOf(c.VM, "set-cookie")
	for _, f := range h.list {
		if wanted.is(f.Name) {
			values = appendTo(c.VM, values, isomorphic(c.VM, f.Value))
		}
	}
	return values, nil
}

func (h *headers) has(c *js.Call) (any, error) {
	name := c.String(0)
	if err := checkName(name); err != nil {
		return nil, err
	}
	wanted := nameOf(c.VM, name)
	return h.indexOf(&wanted) >= 0, nil
}

func (h *headers) set(c *js.Call) error {
	name, value, err := h.field(c.VM, c.String(0), c.String(1))
	if err != nil {
		return err
	}
	h.own()
	h.replace(c.VM, name, value)
	return nil
}

// replace makes value the only one of name, where the first was. The caller owns the list.
func (h *headers) replace(vm *js.VM, name, value string) {
	wanted := nameOf(vm, name)
	i := h.indexOf(&wanted)
	if i < 0 {
		h.list = appendTo(vm, h.list, Field{name, value})
		return
	}
	h.list[i].Value = value
	rest := slices.DeleteFunc(h.list[i+1:], func(f Field) bool { return wanted.is(f.Name) })
	h.list = h.list[:i+1+len(rest)]
}

// at is for iteration: pair i of the sorted and combined list as it is now.
func (h *headers) at(vm *js.VM, i int) (name, value any, ok bool) {
	if h.sorted == nil {
		h.sorted = sortAndCombine(vm, h.list)
	}
	if i >= len(h.sorted) {
		return nil, nil, false
	}
	return h.sorted[i].Name, h.sorted[i].Value, true
}

// sortAndCombine returns what scripts see when they iterate over list.
//
// Spec: https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
func sortAndCombine(vm *js.VM, list []Field) []Field {
	all, steps, size := cloneList(vm, list), vm.Steps(), 0
	for i, f := range list {
		steps.Done(16 + len(f.Name)/16)
		if size += len(f.Name); !isASCII(f.Value) {
			size += 2 * len(f.Value)
		}
		vm.Allocate(int64(size), "the list")
		all[i] = Field{strings.ToLower(f.Name), isomorphic(vm, f.Value)}
	}
	slices.SortStableFunc(all, func(a, b Field) int {
		steps.Done(1 + min(len(a.Name), len(b.Name))/16)
		return strings.Compare(a.Name, b.Name)
	})
	out := all[:0]
	for i := 0; i < len(all); {
		same := all[i : i+1]
		for all[i].Name != "set-cookie" && i+len(same) < len(all) && all[i+len(same)].Name == all[i].Name {
			same = all[i : i+len(same)+1]
		}
		i += len(same)
		out = append(out, Field{same[0].Name, joinValues(vm, same)})
	}
	return out
}

// joinValues combines the values of fields.
func joinValues(vm *js.VM, fields []Field) string {
	if len(fields) == 1 {
		return fields[0].Value
	}
	size, steps := 0, vm.Steps()
	for _, f := range fields {
		steps.Done(1)
		size += len(f.Value) + len(", ")
	}
	out := newBuffer(vm, size)
	for i, f := range fields {
		if i > 0 {
			out.write(", ")
		}
		out.write(f.Value)
	}
	return out.text()
}
