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
	return vm.Pairs(v, h.add)
}

// add appends a field.
//
// Spec: https://fetch.spec.whatwg.org/#concept-headers-append
func (h *headers) add(name, value string) error {
	name, value, err := h.field(name, value)
	if err != nil {
		return err
	}
	h.own()
	h.list = append(h.list, Field{name, value})
	return nil
}

// field checks a field that is to be written, and normalises its value.
func (h *headers) field(name, value string) (string, string, error) {
	value, err := byteString("the value of header "+name, value)
	if err != nil {
		return "", "", err
	}
	value = strings.Trim(value, "\t\n\r ")
	if err := checkName(name); err != nil {
		return "", "", err
	}
	if i := strings.IndexAny(value, "\x00\r\n"); i >= 0 {
		return "", "", js.TypeError("the value of header %s has the byte %#02x in it, which no header can carry", name, value[i])
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
		return js.TypeError("%q is not the name of a header", name)
	}
	return nil
}

// index returns where the first field of that name is, -1 if there is none.
func (h *headers) index(name string) int {
	for i := range h.list {
		if sameName(h.list[i].Name, name) {
			return i
		}
	}
	return -1
}

func sameName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// value returns the values of a name, combined.
//
// Spec: https://fetch.spec.whatwg.org/#concept-header-list-get
func (h *headers) value(name string) (string, bool) {
	i := h.index(name)
	if i < 0 {
		return "", false
	}
	value, more := h.list[i].Value, []string(nil)
	for _, f := range h.list[i+1:] {
		if sameName(f.Name, name) {
			more = append(more, f.Value)
		}
	}
	if more == nil {
		return value, true
	}
	return value + ", " + strings.Join(more, ", "), true
}

func (h *headers) append(c *js.Call) error { return h.add(c.String(0), c.String(1)) }

func (h *headers) delete(c *js.Call) error {
	name := c.String(0)
	if err := checkName(name); err != nil {
		return err
	}
	if err := h.writable(); err != nil {
		return err
	}
	if h.index(name) < 0 {
		return nil
	}
	h.own()
	h.list = slices.DeleteFunc(h.list, func(f Field) bool { return sameName(f.Name, name) })
	return nil
}

func (h *headers) get(c *js.Call) (any, error) {
	name := c.String(0)
	if err := checkName(name); err != nil {
		return nil, err
	}
	value, ok := h.value(name)
	if !ok {
		return nil, nil // null: absent is not empty
	}
	return isomorphic(value), nil
}

func (h *headers) getSetCookie(*js.Call) (any, error) {
	values := []string{}
	for _, f := range h.list {
		if sameName(f.Name, "set-cookie") {
			values = append(values, isomorphic(f.Value))
		}
	}
	return values, nil
}

func (h *headers) has(c *js.Call) (any, error) {
	name := c.String(0)
	return h.index(name) >= 0, checkName(name)
}

func (h *headers) set(c *js.Call) error {
	name, value, err := h.field(c.String(0), c.String(1))
	if err != nil {
		return err
	}
	h.own()
	h.replace(name, value)
	return nil
}

// replace makes value the only one of name, where the first was. The caller owns the list.
func (h *headers) replace(name, value string) {
	i := h.index(name)
	if i < 0 {
		h.list = append(h.list, Field{name, value})
		return
	}
	h.list[i].Value = value
	rest := slices.DeleteFunc(h.list[i+1:], func(f Field) bool { return sameName(f.Name, name) })
	h.list = h.list[:i+1+len(rest)]
}

// at is for iteration: pair i of the sorted and combined list as it is now.
func (h *headers) at(i int) (name, value any, ok bool) {
	if h.sorted == nil {
		h.sorted = sortAndCombine(h.list)
	}
	if i >= len(h.sorted) {
		return nil, nil, false
	}
	return h.sorted[i].Name, h.sorted[i].Value, true
}

// sortAndCombine returns what scripts see when they iterate over list.
//
// Spec: https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
func sortAndCombine(list []Field) []Field {
	all := make([]Field, len(list))
	for i, f := range list {
		all[i] = Field{strings.ToLower(f.Name), isomorphic(f.Value)}
	}
	slices.SortStableFunc(all, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	out := all[:0]
	for i := 0; i < len(all); {
		same := all[i : i+1]
		for all[i].Name != "set-cookie" && i+len(same) < len(all) && all[i+len(same)].Name == all[i].Name {
			same = all[i : i+len(same)+1]
		}
		i += len(same)
		out = append(out, Field{same[0].Name, joinValues(same)})
	}
	return out
}

// joinValues combines the values of fields.
func joinValues(fields []Field) string {
	if len(fields) == 1 {
		return fields[0].Value
	}
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = f.Value
	}
	return strings.Join(values, ", ")
}
