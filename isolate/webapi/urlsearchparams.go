package webapi

import (
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// URLSearchParams is the query of a URL, or a form, as a list of names and values.
//
// Spec: https://url.spec.whatwg.org/#interface-urlsearchparams
var URLSearchParams = js.Class[urlSearchParams]{
	Name:        "URLSearchParams",
	Constructor: newURLSearchParams,
	Members: append([]js.Member[urlSearchParams]{
		js.Getter("size", func(p *urlSearchParams, _ *js.Call) (any, error) { return len(p.list), nil }),
		js.Do("append", 2, (*urlSearchParams).append),
		js.Do("delete", 1, (*urlSearchParams).delete),
		js.Method("get", 1, (*urlSearchParams).get),
		js.Method("getAll", 1, (*urlSearchParams).getAll),
		js.Method("has", 1, (*urlSearchParams).has),
		js.Do("set", 2, (*urlSearchParams).set),
		js.Do("sort", 0, (*urlSearchParams).sort),
		js.Method("toString", 0, func(p *urlSearchParams, c *js.Call) (any, error) { return p.serialize(c.VM), nil }),
	}, js.PairIterable((*urlSearchParams).at)...),
}

type urlSearchParams struct {
	js.Instance
	list []param
	url  *url // whose query this is; nil: nobody's
}

// newURLSearchParams takes a query with or without its question mark, pairs, or a record.
func newURLSearchParams(c *js.Call) (*urlSearchParams, error) {
	p := new(urlSearchParams)
	switch init := c.Arg(0); {
	case js.IsUndefined(init):
	case !js.IsObject(init):
		p.list = parseURLEncoded(c.VM, strings.TrimPrefix(c.String(0), "?"))
	default:
		if from := js.As[urlSearchParams](c.VM, init); from != nil {
			p.list = cloneList(c.VM, from.list)
			break
		}
		return p, c.Pairs(0, func(name, value string) error {
			p.list = appendTo(c.VM, p.list, param{name, value})
			return nil
		})
	}
	return p, nil
}

// serialize writes the list as a query or a form.
func (p *urlSearchParams) serialize(vm *js.VM) string { return serializeURLEncoded(vm, p.list) }

// changed brings the URL in line with the list.
//
// Spec: https://url.spec.whatwg.org/#concept-urlsearchparams-update
func (p *urlSearchParams) changed(vm *js.VM) error {
	if p.url == nil {
		return nil
	}
	query := p.serialize(vm)
	if len(query) > urlBytesMax {
		return js.RangeError("the query of the URL is longer than %d bytes", urlBytesMax)
	}
	changed := p.url.record.withQuery(query)
	if tooLong(changed.href) {
		return js.RangeError("the URL is longer than %d bytes", urlBytesMax)
	}
	p.url.record = changed
	return nil
}

func (p *urlSearchParams) at(_ *js.VM, i int) (name, value any, ok bool) {
	if i >= len(p.list) {
		return nil, nil, false
	}
	return p.list[i].name, p.list[i].value, true
}

func (p *urlSearchParams) append(c *js.Call) error {
	p.list = appendTo(c.VM, p.list, param{c.String(0), c.String(1)})
	return p.changed(c.VM)
}

func (p *urlSearchParams) delete(c *js.Call) error {
	p.list = slices.DeleteFunc(p.list, selected(c))
	return p.changed(c.VM)
}

// selected selects by name, and by value too if the script gave one.
func selected(c *js.Call) func(param) bool {
	name := matching(c.VM, c.String(0))
	if !c.Given(1) {
		return func(e param) bool { return name.is(e.name) }
	}
	value := matching(c.VM, c.String(1))
	return func(e param) bool { return name.is(e.name) && value.is(e.value) }
}

func (p *urlSearchParams) get(c *js.Call) (any, error) {
	name := matching(c.VM, c.String(0))
	for _, e := range p.list {
		if name.is(e.name) {
			return c.VM.Text(e.value), nil
		}
	}
	return nil, nil // null: absent is not empty
}

func (p *urlSearchParams) getAll(c *js.Call) (any, error) {
	name := matching(c.VM, c.String(0))
	values := []string{}
	for _, e := range p.list {
		if name.is(e.name) {
			values = appendTo(c.VM, values, e.value)
		}
	}
	return values, nil
}

func (p *urlSearchParams) has(c *js.Call) (any, error) {
	return slices.ContainsFunc(p.list, selected(c)), nil
}

// set gives the first of a name its value and takes the others away.
func (p *urlSearchParams) set(c *js.Call) error {
	name, value := c.String(0), c.String(1)
	wanted := matching(c.VM, name)
	named := func(e param) bool { return wanted.is(e.name) }
	first := slices.IndexFunc(p.list, named)
	if first < 0 {
		p.list = appendTo(c.VM, p.list, param{name, value})
	} else {
		p.list[first].value = value
		others := slices.DeleteFunc(p.list[first+1:], named)
		p.list = p.list[:first+1+len(others)]
	}
	return p.changed(c.VM)
}

func (p *urlSearchParams) sort(c *js.Call) error {
	steps := c.VM.Steps()
	slices.SortStableFunc(p.list, func(a, b param) int { return compareUTF16(&steps, a.name, b.name) })
	return p.changed(c.VM)
}

// compareUTF16 orders strings by their UTF-16 code units, as JavaScript does. That is the
// order of their UTF-8 bytes, except that surrogates, which stand for characters from
// U+10000, come before U+E000.
func compareUTF16(steps *js.Steps, a, b string) int {
	steps.Done(1)
	for len(a) > chunkBytes && len(b) > chunkBytes && a[:chunkBytes] == b[:chunkBytes] {
		a, b = a[chunkBytes:], b[chunkBytes:]
		steps.Done(chunkBytes / 16)
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	steps.Done(i)
	if i < len(a) && i < len(b) && a[i] != b[i] && (a[i] >= 0xEE) && (b[i] >= 0xEE) {
		return int(utf16Rank(a[i])) - int(utf16Rank(b[i]))
	}
	return strings.Compare(a[i:], b[i:])
}

// utf16Rank orders the first bytes of characters from U+E000 by their first code unit.
func utf16Rank(first byte) byte {
	if first >= 0xF0 {
		return first - 0xF0
	}
	return first
}
