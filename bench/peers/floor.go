package main

import "fmt"

// floor is a bound on how a figure of ours compares with a peer's.
type floor struct {
	workload string
	ours     string // the peer that is ours
	theirs   string
	of       string // the workload that theirs is measured with; empty: the same
	least    float64
}

// floors are the ratios of requests per CPU second that Skerry is built to hold.
func floors() []floor {
	var all []floor
	for _, f := range []struct {
		workload, of string
		reuse, event float64
	}{
		{"hello", "", 3.0, 1.2},
		{"json", "", 1.2, 0.9},
		{"route", "", 1.3, 0.15},
		{"kv", "", 3.0, 1.3},
		{"ssr", "", 0.25, 0.2},
		{"crypto", "", 1.1, 0.9},
		{"echo", "", 1.0, 1.0},
		{"wasm", "cpu", 0.8, 0.8},
	} {
		all = append(all, floor{f.workload, nameReuse, nameWorkerd, f.of, f.reuse}, floor{f.workload, nameEvent, nameWorkerd, f.of, f.event})
	}
	return append(all, floor{"hello", nameReuse, namePlain, "", 0.33})
}

// verdict is whether a bound holds; measured is false if there is nothing to judge by.
func verdict(holds, measured bool) string {
	switch {
	case !measured:
		return "not measured"
	case holds:
		return "held"
	default:
		return "**not held**"
	}
}

func (r *report) floors() string {
	text := "| workload | ours | compared with | at least | measured |  |\n| --- | --- | --- | ---: | ---: | --- |\n"
	for _, f := range floors() {
		of, name := f.of, f.theirs
		if of == "" {
			of = f.workload
		} else {
			name += " (" + of + ")"
		}
		ratio, ok := r.ratio(f.workload, f.ours, of, f.theirs)
		text += fmt.Sprintf("| %s | %s | %s | %g | %s | %s |\n", f.workload, f.ours, name, f.least, number(ratio, ok, "%.2f"), verdict(ratio >= f.least, ok))
	}
	return text + r.latencyFloors()
}

// Bounds on latency: of the median with one connection as a multiple of plain fasthttp's, and of
// the 99th percentile when all connections are busy, in milliseconds.
const (
	aloneMax     = 1.3
	saturatedMax = 8
)

func (r *report) latencyFloors() string {
	text := "\n| latency | ours | at most | measured |  |\n| --- | --- | ---: | ---: | --- |\n"
	for _, ours := range []string{nameReuse, nameEvent} {
		a, ok := r.alone[ours]
		b, ok2 := r.alone[namePlain]
		ok = ok && ok2
		ratio := ms(a.p50) / max(ms(b.p50), 1e-6)
		text += fmt.Sprintf("| hello, one connection, p50 ÷ fasthttp's | %s | %g | %s | %s |\n", ours, aloneMax, number(ratio, ok, "%.2f"), verdict(ratio <= aloneMax, ok))
	}
	for _, ours := range []string{nameReuse, nameEvent} {
		f, ok := r.rows["hello"][ours]
		text += fmt.Sprintf("| hello, %d connections, p99 in ms | %s | %d | %s | %s |\n", r.lab.connections, ours, saturatedMax, number(ms(f.p99), ok, "%.2f"), verdict(ms(f.p99) <= saturatedMax, ok))
	}
	return text
}
