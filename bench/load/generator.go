package load

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// probeInterval is how often the generator looks how late its timers are.
	probeInterval = 5 * time.Millisecond
	// lagMin is a lag that no measurement is refused for.
	lagMin = time.Millisecond
	// lagShareMax is how much of a latency may be the generator's own.
	lagShareMax = 0.5
	// cpuShareMax is how much of the CPU time that it can have a generator may use.
	cpuShareMax = 0.95
)

// Generator is what the one who measured did itself.
type Generator struct {
	CPU        float64 `json:"cpu_cores"` // used, on average
	Cores      int     `json:"cores"`     // that it could use
	LagP50     float64 `json:"lag_p50_ms"`
	LagP99     float64 `json:"lag_p99_ms"`
	LagMax     float64 `json:"lag_max_ms"`
	Bottleneck string  `json:"bottleneck,omitempty"` // why the result says little of the server; empty: it does
}

// BottleneckError says that the generator, not the server, set the figures.
type BottleneckError struct{ Reason string }

func (e *BottleneckError) Error() string {
	return "the generator itself was the bottleneck: " + e.Reason +
		"; give it cores of its own, or another machine, or load less"
}

// lags collects how late the generator was.
type lags struct {
	mu struct {
		sync.Mutex
		histogram *hdrhistogram.Histogram
	}
}

func newLags() *lags {
	l := new(lags)
	l.mu.histogram = newHistogram()
	return l
}

func (l *lags) add(d time.Duration) {
	l.mu.Lock()
	record(l.mu.histogram, d)
	l.mu.Unlock()
}

// probe watches how late timers are, until ctx ends.
func (l *lags) probe(ctx context.Context, w waiter) {
	for {
		at := time.Now().Add(probeInterval)
		if w.until(ctx, at) != nil {
			return
		}
		l.add(time.Since(at))
	}
}

// report says how the generator did, in a time in which it used cpu.
func (l *lags) report(cpu, wall time.Duration, latency *hdrhistogram.Histogram) Generator {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.mu.histogram
	g := Generator{
		CPU: cpu.Seconds() / max(wall.Seconds(), 1e-9), Cores: runtime.GOMAXPROCS(0),
		LagP50: millis(h.ValueAtQuantile(50)), LagP99: millis(h.ValueAtQuantile(99)), LagMax: millis(h.Max()),
	}
	g.Bottleneck = g.bottleneck(millis(latency.ValueAtQuantile(50)), millis(latency.ValueAtQuantile(99)))
	return g
}

// bottleneck says why latencies, in milliseconds, are more the generator's than the
// server's; empty: they are not.
func (g Generator) bottleneck(p50, p99 float64) string {
	least := float64(lagMin) / float64(time.Millisecond)
	switch {
	case g.CPU > cpuShareMax*float64(g.Cores):
		return fmt.Sprintf("it used %.2f of the %d cores that it can have", g.CPU, g.Cores)
	case g.LagP50 > least && g.LagP50 > lagShareMax*p50:
		return fmt.Sprintf("half of its timers were %.1f ms late or more, and half of the answers took %.1f ms or less", g.LagP50, p50)
	case g.LagP99 > least && g.LagP99 > lagShareMax*p99:
		return fmt.Sprintf("one in a hundred of its timers was %.1f ms late or more, and the 99th percentile of latency is %.1f ms", g.LagP99, p99)
	}
	return ""
}

func millis(microseconds int64) float64 { return float64(microseconds) / 1000 }
