// Package report writes the result of a load as one page of HTML, which needs nothing else:
// charts are SVG within it, and it follows the reader's choice of light or dark.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"maps"
	"slices"

	"github.com/skerry-edge/skerry/bench/load"
)

//go:embed page.html
var page string

// view is what the page shows.
type view struct {
	*load.Result
	Text    func(float64) string
	Latency template.HTML // charts
	Curve   template.HTML
	Rate    template.HTML
	Errors  template.HTML
	Kinds   []kind
	CPU     template.HTML // empty: nobody knows
}

// kind is a kind of error.
type kind struct {
	Name  string
	Count int64
}

// Write writes the page of r.
func Write(w io.Writer, r *load.Result) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	v := view{Result: r, Text: number, Curve: curve(r), Errors: failures(r)}
	v.Latency = overTime(r, "ms", func(s load.Second) bool { return s.Requests > s.Failed },
		line{"p50", func(s load.Second) float64 { return s.Latency.P50 }},
		line{"p90", func(s load.Second) float64 { return s.Latency.P90 }},
		line{"p99", func(s load.Second) float64 { return s.Latency.P99 }},
		line{"max", func(s load.Second) float64 { return s.Latency.Max }})
	all := func(s load.Second) bool { return s.Length > 0 }
	v.Rate = overTime(r, "a second", all,
		line{"successes", load.Second.Throughput},
		line{"failures", func(s load.Second) float64 { return float64(s.Failed) / s.Length }})
	known := func(s load.Second) bool { return s.CPU > 0 }
	if slices.ContainsFunc(r.Seconds, known) {
		v.CPU = overTime(r, "ms per request", known, line{"CPU of the server", func(s load.Second) float64 { return s.CPU }})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Errors)) {
		v.Kinds = append(v.Kinds, kind{name, r.Errors[name]})
	}
	return t.Execute(w, v)
}
