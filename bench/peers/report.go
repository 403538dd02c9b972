package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// report collects figures and writes them as Markdown.
type report struct {
	lab       *lab
	peers     []peer
	workloads []string // that were measured, in order
	rows      map[string]map[string]figures
	alone     map[string]figures // of hello with one connection
	bounds    []bound            // of what Skerry does alone
}

// bound is something that was measured and what it must be.
type bound struct {
	what, want, got string
	holds           bool
}

func (r *report) check(b bound) { r.bounds = append(r.bounds, b) }

func newReport(l *lab, peers []peer) *report {
	return &report{lab: l, peers: peers, rows: make(map[string]map[string]figures)}
}

func (r *report) add(workload string, f map[string]figures) {
	r.workloads = append(r.workloads, workload)
	r.rows[workload] = f
}

// ratio compares requests per CPU second; it is false if one of them is not known.
func (r *report) ratio(workload, ours, of, theirs string) (float64, bool) {
	a, ok := r.rows[workload][ours]
	b, ok2 := r.rows[of][theirs]
	return a.perCPU / max(b.perCPU, 1e-9), ok && ok2
}

func number(n float64, ok bool, format string) string {
	if !ok {
		return "–"
	}
	return fmt.Sprintf(format, n)
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Peers, %s\n\n%s\n", time.Now().Format(time.DateOnly), r.conditions())
	fmt.Fprintf(&b, "## Floors\n\nRatios of requests per CPU second of the server.\n\n%s\n", r.floors())
	if len(r.bounds) > 0 {
		b.WriteString("| Skerry alone | wanted | measured |  |\n| --- | ---: | ---: | --- |\n")
		for _, c := range r.bounds {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.what, c.want, c.got, verdict(c.holds, true))
		}
		b.WriteString("\n")
	}
	b.WriteString("## Requests per CPU second of the server\n\n" + r.table(func(f figures) string { return count(f.perCPU) + r.failures(f) }))
	b.WriteString("\n## Requests per second\n\nOther load on the machine moves these.\n\n" + r.table(func(f figures) string { return count(f.perWall) }))
	fmt.Fprintf(&b, "\n## Latency with %d connections, saturated: p50 / p99 in ms\n\n", r.lab.connections)
	b.WriteString(r.table(func(f figures) string { return fmt.Sprintf("%.2f / %.2f", ms(f.p50), ms(f.p99)) }))
	if r.alone != nil {
		b.WriteString("\n## Latency of hello with one connection, in ms\n\n| peer | p50 | p99 |\n| --- | ---: | ---: |\n")
		for _, p := range r.peers {
			if f, ok := r.alone[p.name]; ok {
				fmt.Fprintf(&b, "| %s | %.3f | %.3f |\n", p.name, ms(f.p50), ms(f.p99))
			}
		}
	}
	b.WriteString("\n## Memory after the last run, in MB\n\nOf all processes; pages that they share count once.\n\n" +
		r.table(func(f figures) string { return fmt.Sprintf("%.0f", float64(f.memory)/(1<<20)) }))
	for _, ours := range []string{nameReuse, nameEvent} {
		b.WriteString(r.ratios(ours))
	}
	if len(r.lab.skipped) > 0 {
		b.WriteString("\n## Skipped\n\n- " + strings.Join(r.lab.skipped, "\n- ") + "\n")
	}
	return b.String()
}

// conditions says what was measured, and how.
func (r *report) conditions() string {
	generator := "wrk"
	if r.lab.wrk == "" {
		generator = "bench/load"
	}
	return fmt.Sprintf("Skerry %s, %s; %d cores%s. A server with all its processes is pinned to one core, Skerry has one worker; %s, Redis and the origin have another core. "+
		"%d connections, the median of %d runs of %v, in turns. %s\n",
		r.lab.version, runtime.Version(), runtime.NumCPU(), processor(), generator, r.lab.connections, r.lab.runs, r.lab.duration, busyness())
}

// busyness says how much else the machine has to do.
func busyness() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(text))
	return "Of the last 15 minutes the load average is " + fields[2] + ": 2 is a machine that does nothing else."
}

// processor is the name of the machine's processor, in parentheses; empty: it has none.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}

// failures marks a figure that not all requests agree with.
func (r *report) failures(f figures) string {
	if f.failed == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d failed)", f.failed)
}

// table has a row for each workload and a column for each peer.
func (r *report) table(cell func(figures) string) string {
	text := "| workload |"
	rule := "| --- |"
	for _, p := range r.peers {
		text += " " + p.name + " |"
		rule += " ---: |"
	}
	text += "\n" + rule + "\n"
	for _, w := range r.workloads {
		text += "| " + w + " |"
		for _, p := range r.peers {
			if f, ok := r.rows[w][p.name]; ok {
				text += " " + cell(f) + " |"
			} else {
				text += " – |"
			}
		}
		text += "\n"
	}
	return text
}

// ratios compares one of ours with each of the others.
func (r *report) ratios(ours string) string {
	text, rule := "\n## "+ours+" ÷ peer, per CPU second\n\n| workload |", "| --- |"
	for _, p := range r.peers {
		if p.name != ours {
			text, rule = text+" "+p.name+" |", rule+" ---: |"
		}
	}
	text += "\n" + rule + "\n"
	for _, w := range r.workloads {
		text += "| " + w + " |"
		for _, p := range r.peers {
			if p.name != ours {
				ratio, ok := r.ratio(w, ours, w, p.name)
				text += " " + number(ratio, ok, "%.2f") + " |"
			}
		}
		text += "\n"
	}
	return text
}

// count writes a number with commas.
func count(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
