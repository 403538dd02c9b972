package load

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// barWidth is how long the longest bar of a histogram is, in characters.
const barWidth = 40

// WriteText writes r for people to read.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	how := fmt.Sprintf("%d clients, each of which waits for its answer", r.Concurrency)
	if r.Rate != nil {
		how = fmt.Sprintf("%s requests a second, whatever happens", r.Rate)
	}
	if r.Target != "" {
		fmt.Fprintf(&b, "%s\n", r.Target)
	}
	fmt.Fprintf(&b, "%s, for %.4g s\n\n", how, r.Duration)
	fmt.Fprintf(&b, "  requests    %d, %.1f successes a second\n", r.Requests, r.Throughput)
	fmt.Fprintf(&b, "  failed      %d (%.4g %%)\n", r.Failed, 100*r.failedShare())
	for _, e := range byCount(r.Errors) {
		fmt.Fprintf(&b, "    %-22s %d\n", e, r.Errors[e])
	}
	fmt.Fprintf(&b, "  received    %.4g MB of bodies\n\n", float64(r.Bytes)/1e6)
	l := r.Latency
	fmt.Fprintf(&b, "  latency     mean %s, least %s\n", ms(l.Mean), ms(l.Min))
	for _, p := range []struct {
		name string
		ms   float64
	}{{"p50", l.P50}, {"p75", l.P75}, {"p90", l.P90}, {"p95", l.P95}, {"p99", l.P99}, {"p99.9", l.P999}, {"max", l.Max}} {
		length := 0
		if l.Max > 0 {
			length = int(p.ms / l.Max * barWidth)
		}
		fmt.Fprintf(&b, "    %-6s %10s  %s\n", p.name, ms(p.ms), strings.Repeat("▇", length))
	}
	if s := r.Server; s != nil {
		fmt.Fprintf(&b, "\n  server      %.4g ms of CPU per request, %.4g ms of it JavaScript; memory %.1f MB, at most %.1f MB\n",
			s.CPUMillis, s.JavaScriptMillis, float64(s.MemoryBytes)/(1<<20), float64(s.MemoryBytesMax)/(1<<20))
	}
	g := r.Generator
	fmt.Fprintf(&b, "\n  generator   %.2f of %d cores; its timers were %s late, 1 %% of them %s or more\n", g.CPU, g.Cores, ms(g.LagP50), ms(g.LagP99))
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Result) failedShare() float64 {
	if r.Requests == 0 {
		return 0
	}
	return float64(r.Failed) / float64(r.Requests)
}

// byCount lists kinds of errors, the most frequent first.
func byCount(errors map[string]int64) []string {
	kinds := slices.Sorted(maps.Keys(errors))
	slices.SortStableFunc(kinds, func(a, b string) int { return cmp.Compare(errors[b], errors[a]) })
	return kinds
}

// ms writes milliseconds with three digits.
func ms(v float64) string {
	switch {
	case v >= 10_000:
		return fmt.Sprintf("%.2f s", v/1000)
	case v >= 100:
		return fmt.Sprintf("%.0f ms", v)
	case v >= 10:
		return fmt.Sprintf("%.1f ms", v)
	case v >= 1:
		return fmt.Sprintf("%.2f ms", v)
	default:
		return fmt.Sprintf("%.3f ms", v)
	}
}
