package main

import (
	"fmt"
	"strings"

	"github.com/skerry-edge/skerry/bench/load"
)

// benchView shows how far a load is: a line a second, and the percentiles so far where a
// person watches.
type benchView struct {
	t     *terminal
	live  bool // the percentiles are drawn over, below the lines
	drawn int  // lines of them on the screen
}

func (b *bench) view() *benchView { return &benchView{t: b.terminal, live: b.prompt && !b.json} }

// show is called once a second.
func (v *benchView) show(p load.Progress) {
	v.erase()
	s := p.Second
	what := fmt.Sprintf("%4.3g/%.3g s", s.At+s.Length, p.Overall.Seconds())
	if p.Warmup {
		what = "warm-up  "
	}
	line := fmt.Sprintf("%s  %8.0f a second  p50 %.3f ms  p99 %.3f ms  max %.3f ms", what, s.Throughput(), s.Latency.P50, s.Latency.P99, s.Latency.Max)
	if s.CPU > 0 {
		line += fmt.Sprintf("  server CPU %.3f ms", s.CPU)
	}
	if s.Failed > 0 {
		line += v.t.paint(red, fmt.Sprintf("  %d failed", s.Failed))
	}
	v.t.note("%s", line)
	if v.live && !p.Warmup {
		v.draw(p.Total)
	}
}

// end removes what is drawn over.
func (v *benchView) end() { v.erase() }

func (v *benchView) draw(l load.Latency) {
	rows := []struct {
		name string
		ms   float64
	}{{"p50", l.P50}, {"p75", l.P75}, {"p90", l.P90}, {"p95", l.P95}, {"p99", l.P99}, {"p99.9", l.P999}, {"max", l.Max}}
	for _, r := range rows {
		length := 0
		if l.Max > 0 {
			length = int(r.ms / l.Max * 40)
		}
		fmt.Fprintf(v.t.err, "  %-6s %10.3f ms %s\n", r.name, r.ms, v.t.paint(cyan, strings.Repeat("▇", length)))
	}
	v.drawn = len(rows)
}

func (v *benchView) erase() {
	if v.drawn > 0 {
		fmt.Fprintf(v.t.err, "\x1b[%dA\x1b[J", v.drawn)
		v.drawn = 0
	}
}
