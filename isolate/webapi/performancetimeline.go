package webapi

import (
	"cmp"
	"math"
	"slices"

	"github.com/skerry-edge/skerry/isolate/js"
)

// entriesMax bounds the marks and measures that a VM remembers: of more, the older half is
// forgotten.
const entriesMax = 10_000

// timelineMembers are what Performance has for marks and measures.
//
// Spec: https://w3c.github.io/user-timing/
func timelineMembers() []js.Member[performance] {
	clear := func(kind string) func(*performance, *js.Call) error {
		return func(p *performance, c *js.Call) error {
			name := matching(c.VM, c.String(0))
			p.entries = slices.DeleteFunc(p.entries, func(e *performanceEntry) bool {
				return e.kind == kind && (!c.Given(0) || name.is(e.name))
			})
			return nil
		}
	}
	return []js.Member[performance]{
		js.Do("clearMarks", 0, clear("mark")),
		js.Do("clearMeasures", 0, clear("measure")),
		js.Method("getEntries", 0, func(p *performance, c *js.Call) (any, error) {
			return p.found(c.VM, func(*performanceEntry) bool { return true }), nil
		}),
		js.Method("getEntriesByName", 1, func(p *performance, c *js.Call) (any, error) {
			name, kind := matching(c.VM, c.String(0)), c.String(1)
			return p.found(c.VM, func(e *performanceEntry) bool { return name.is(e.name) && (!c.Given(1) || e.kind == kind) }), nil
		}),
		js.Method("getEntriesByType", 1, func(p *performance, c *js.Call) (any, error) {
			kind := c.String(0)
			return p.found(c.VM, func(e *performanceEntry) bool { return e.kind == kind }), nil
		}),
		js.Method("mark", 1, func(p *performance, c *js.Call) (any, error) {
			m, err := newMark(c)
			if err != nil {
				return nil, err
			}
			c.VM.ToValue(m)
			p.add(c.VM, &m.performanceEntry)
			return m, nil
		}),
		js.Method("measure", 1, (*performance).measure),
	}
}

// add remembers e, which has its object already.
func (p *performance) add(vm *js.VM, e *performanceEntry) {
	if len(p.entries) == entriesMax {
		p.entries = slices.Delete(p.entries, 0, entriesMax/2)
	}
	p.entries = appendTo(vm, p.entries, e)
}

// found returns the entries that are asked for, in order of their times.
func (p *performance) found(vm *js.VM, asked func(*performanceEntry) bool) []any {
	var found []*performanceEntry
	for _, e := range p.entries {
		if asked(e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *performanceEntry) int { return cmp.Compare(a.start, b.start) })
	vm.Checkpoint()
	out := make([]any, len(found))
	for i, e := range found {
		out[i] = e
	}
	return out
}

// measure notes the time between two marks, or between other moments.
//
// Spec: https://w3c.github.io/user-timing/#measure-method
func (p *performance) measure(c *js.Call) (any, error) {
	vm := c.VM
	m := &performanceMeasure{performanceEntry{name: c.String(0), kind: "measure", detail: js.Null}}
	var start, end, duration js.Value = js.Undefined, js.Undefined, js.Undefined
	if from := c.Arg(1); js.IsObject(from) {
		detail := vm.Get(from, "detail")
		duration, end, start = vm.Get(from, "duration"), vm.Get(from, "end"), vm.Get(from, "start")
		given := !js.IsUndefined(start) || !js.IsUndefined(end)
		switch { // step 1
		case c.Given(2) && (given || !js.IsUndefined(duration) || !js.IsUndefined(detail)):
			return nil, js.TypeError("measure: an end is given twice: in the options, and after them")
		case !given && (!js.IsUndefined(duration) || !js.IsUndefined(detail)):
			return nil, js.TypeError("measure: the options have neither start nor end")
		case !js.IsUndefined(start) && !js.IsUndefined(end) && !js.IsUndefined(duration):
			return nil, js.TypeError("measure: the options have start, end and duration, which is one too many")
		}
		var err error
		if m.detail, err = detailOf(vm, detail); err != nil {
			return nil, err
		}
	} else if !js.IsNullish(from) {
		start = vm.ToValue(vm.String(from))
	}
	if c.Given(2) {
		end = vm.ToValue(c.String(2))
	}
	from, to, err := p.span(vm, start, end, duration)
	if err != nil {
		return nil, err
	}
	m.start, m.duration = from, to-from
	vm.ToValue(m)
	p.add(vm, &m.performanceEntry)
	return m, nil
}

// span finds where a measure begins and ends: steps 2 and 3.
func (p *performance) span(vm *js.VM, start, end, duration js.Value) (from, to float64, err error) {
	length := math.NaN()
	if !js.IsUndefined(duration) {
		if length, err = p.moment(vm, duration); err != nil {
			return 0, 0, err
		}
	}
	if !js.IsUndefined(start) {
		if from, err = p.moment(vm, start); err != nil {
			return 0, 0, err
		}
	}
	switch {
	case !js.IsUndefined(end):
		if to, err = p.moment(vm, end); err != nil {
			return 0, 0, err
		}
		if js.IsUndefined(start) && !math.IsNaN(length) {
			from = to - length
		}
	case !math.IsNaN(length):
		to = from + length
	default:
		to = now(vm)
	}
	return from, to, nil
}

// moment is the time of the latest mark of a name, or a number of milliseconds.
//
// Spec: https://w3c.github.io/user-timing/#convert-a-mark-to-a-timestamp
func (p *performance) moment(vm *js.VM, v js.Value) (float64, error) {
	if js.IsNumber(v) {
		at := vm.Float(v)
		if !(at >= 0) || math.IsInf(at, 0) {
			return 0, js.TypeError("measure: %v is no time", at)
		}
		return at, nil
	}
	text := vm.String(v)
	name := matching(vm, text)
	for _, e := range slices.Backward(p.entries) {
		if e.kind == "mark" && name.is(e.name) {
			return e.start, nil
		}
	}
	return 0, &js.DOMError{Name: "SyntaxError", Message: "measure: there is no mark " + clip(text, 100)}
}
