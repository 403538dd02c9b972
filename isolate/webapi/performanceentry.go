package webapi

import (
	"math"

	"github.com/skerry-edge/skerry/isolate/js"
)

// PerformanceEntry is something that took time, or happened at one.
//
// Spec: https://w3c.github.io/performance-timeline/#the-performanceentry-interface
var PerformanceEntry = js.Class[performanceEntry]{
	Name: "PerformanceEntry",
	As: func(state any) (*performanceEntry, bool) {
		e, ok := state.(interface{ asEntry() *performanceEntry })
		if !ok {
			return nil, false
		}
		return e.asEntry(), true
	},
	Members: []js.Member[performanceEntry]{
		js.Getter("name", func(e *performanceEntry, _ *js.Call) (any, error) { return e.name, nil }),
		js.Getter("entryType", func(e *performanceEntry, _ *js.Call) (any, error) { return e.kind, nil }),
		js.Getter("startTime", func(e *performanceEntry, _ *js.Call) (any, error) { return e.start, nil }),
		js.Getter("duration", func(e *performanceEntry, _ *js.Call) (any, error) { return e.duration, nil }),
		js.Method("toJSON", 0, func(e *performanceEntry, _ *js.Call) (any, error) {
			out := js.Record{
				{Name: "name", Value: e.name}, {Name: "entryType", Value: e.kind},
				{Name: "startTime", Value: e.start}, {Name: "duration", Value: e.duration},
			}
			if e.detail != nil {
				out = append(out, js.Property{Name: "detail", Value: e.detail})
			}
			return out, nil
		}),
	},
}

type performanceEntry struct {
	js.Instance
	name     string
	kind     string   // "mark" or "measure"
	start    float64  // milliseconds since the time origin
	duration float64  // milliseconds
	detail   js.Value // of marks and measures
}

func (e *performanceEntry) asEntry() *performanceEntry { return e }

// PerformanceMark is a moment that a script named.
//
// Spec: https://w3c.github.io/user-timing/#performancemark
var PerformanceMark = js.Class[performanceMark]{
	Name:        "PerformanceMark",
	Length:      1,
	Extends:     PerformanceEntry,
	Constructor: newMark,
	Members: []js.Member[performanceMark]{
		js.Getter("detail", func(m *performanceMark, _ *js.Call) (any, error) { return m.detail, nil }),
	},
}

type performanceMark struct{ performanceEntry }

// newMark makes the mark of the arguments of its constructor, and of performance.mark.
//
// Spec: https://w3c.github.io/user-timing/#the-performancemark-constructor
func newMark(c *js.Call) (*performanceMark, error) {
	m, options := &performanceMark{performanceEntry{name: c.String(0), kind: "mark"}}, c.Arg(1)
	if err := dictionary("the options of a mark", options); err != nil {
		return nil, err
	}
	detail, start := c.VM.Get(options, "detail"), c.VM.Get(options, "startTime")
	if js.IsUndefined(start) {
		m.start = now(c.VM)
	} else if m.start = c.VM.Float(start); !(m.start >= 0) || math.IsInf(m.start, 0) {
		return nil, js.TypeError("the startTime of a mark is neither 0 nor a positive number")
	}
	var err error
	m.detail, err = detailOf(c.VM, detail)
	return m, err
}

// detailOf copies what a script gives along with a mark or a measure; nothing is null.
func detailOf(vm *js.VM, v js.Value) (js.Value, error) {
	if js.IsNullish(v) {
		return js.Null, nil
	}
	out, _, err := newCloner(vm, "detail").run(v, js.Undefined)
	return out, err
}

// PerformanceMeasure is the time between two moments.
//
// Spec: https://w3c.github.io/user-timing/#performancemeasure
var PerformanceMeasure = js.Class[performanceMeasure]{
	Name:    "PerformanceMeasure",
	Extends: PerformanceEntry,
	Members: []js.Member[performanceMeasure]{
		js.Getter("detail", func(m *performanceMeasure, _ *js.Call) (any, error) { return m.detail, nil }),
	},
}

type performanceMeasure struct{ performanceEntry }
