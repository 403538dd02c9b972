package load

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// format is the version of the JSON of a Result.
const format = 1

// Result is what came of a load. Times are in milliseconds unless a name says otherwise.
type Result struct {
	Format      int       `json:"format"` // of this document: 1
	Target      string    `json:"target"` // for people; Run leaves it empty
	Started     time.Time `json:"started"`
	Rate        *Rate     `json:"rate,omitempty"` // of an open loop; nil: it was closed
	Concurrency int       `json:"concurrency"`
	Duration    float64   `json:"duration_seconds"`
	Interrupted bool      `json:"interrupted,omitempty"` // before the time was over

	Requests   int64            `json:"requests"`
	Failed     int64            `json:"failed"`
	Throughput float64          `json:"throughput"` // successes a second, in Duration
	Bytes      int64            `json:"bytes"`      // of bodies that came back
	Errors     map[string]int64 `json:"errors"`     // by kind
	Statuses   map[string]int64 `json:"statuses"`

	Latency   Latency   `json:"latency_ms"`
	Curve     []Point   `json:"curve"`     // of percentiles
	Seconds   []Second  `json:"seconds"`   // each in turn
	Histogram string    `json:"histogram"` // of latencies in µs: HDR, V2, compressed, base64
	Generator Generator `json:"generator"`
	Server    *Server   `json:"server,omitempty"` // nil: nobody knows
}

// Latency is a distribution, in milliseconds.
type Latency struct {
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P75  float64 `json:"p75"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// Point is one of a curve: a part of the requests took Millis or less.
type Point struct {
	Percentile float64 `json:"percentile"`
	Millis     float64 `json:"ms"`
}

// Second is what was answered in one second of a load, or what there is of the last.
type Second struct {
	At       float64          `json:"at"`      // seconds since the beginning
	Length   float64          `json:"seconds"` // 1, or less at the end
	Requests int64            `json:"requests"`
	Failed   int64            `json:"failed"`
	Errors   map[string]int64 `json:"errors,omitempty"`
	Latency  Latency          `json:"latency_ms"`
	CPU      float64          `json:"cpu_ms_per_request,omitempty"` // the server's; 0: nobody knows
}

// Throughput is how many successes there were a second.
func (s Second) Throughput() float64 {
	if s.Length <= 0 {
		return 0
	}
	return float64(s.Requests-s.Failed) / s.Length
}

// Progress is how far a load is.
type Progress struct {
	Second  Second
	Warmup  bool    // the second is not measured
	Total   Latency // of all that was measured so far
	Overall time.Duration
}

// Read decodes a Result from JSON.
func Read(r io.Reader) (*Result, error) {
	out := new(Result)
	if err := json.NewDecoder(r).Decode(out); err != nil {
		return nil, fmt.Errorf("it is no result of a load: %w", err)
	}
	if out.Format != format {
		return nil, fmt.Errorf("it is no result of a load that this version can read: its format is %d, not %d", out.Format, format)
	}
	return out, nil
}

func latencyOf(h *hdrhistogram.Histogram) Latency {
	if h.TotalCount() == 0 {
		return Latency{}
	}
	at := func(p float64) float64 { return millis(h.ValueAtQuantile(p)) }
	return Latency{
		Min: millis(h.Min()), Mean: h.Mean() / 1000, P50: at(50), P75: at(75), P90: at(90), P95: at(95),
		P99: at(99), P999: at(99.9), Max: millis(h.Max()),
	}
}

// curveOf has five points for each halving of the part of requests that took longer.
func curveOf(h *hdrhistogram.Histogram) []Point {
	if h.TotalCount() == 0 {
		return []Point{}
	}
	var curve []Point
	for _, b := range h.CumulativeDistributionWithTicks(5) {
		curve = append(curve, Point{Percentile: b.Quantile, Millis: millis(b.ValueAt)})
	}
	return curve
}

func (t *tally) second(at, length time.Duration) Second {
	s := Second{
		At: at.Seconds(), Length: length.Seconds(), Requests: t.requests, Failed: t.errorCount(),
		Latency: latencyOf(t.histogram),
	}
	if s.Failed > 0 {
		s.Errors = t.errors
	}
	return s
}

// fill puts the sums of a whole load into r.
func (r *Result) fill(t *tally) error {
	r.Requests, r.Failed, r.Bytes, r.Errors = t.requests, t.errorCount(), t.bytes, t.errors
	r.Statuses = make(map[string]int64, len(t.statuses))
	for status, n := range t.statuses {
		r.Statuses[strconv.Itoa(status)] = n
	}
	r.Latency, r.Curve = latencyOf(t.histogram), curveOf(t.histogram)
	encoded, err := t.histogram.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	r.Histogram = string(encoded)
	return err
}
