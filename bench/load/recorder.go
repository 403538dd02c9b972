package load

import (
	"maps"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are kept in microseconds, to three digits, up to an hour.
const (
	histogramMax    = int64(time.Hour / time.Microsecond)
	histogramDigits = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, histogramMax, histogramDigits)
}

// record puts d into h.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	// A value in range is never refused.
	_ = h.RecordValue(min(max(d.Microseconds(), 1), histogramMax))
}

// tally is what became of some requests.
type tally struct {
	histogram *hdrhistogram.Histogram
	requests  int64
	bytes     int64 // of bodies that came back
	errors    map[string]int64
	statuses  map[int]int64
}

func newTally() *tally {
	return &tally{histogram: newHistogram(), errors: make(map[string]int64), statuses: make(map[int]int64)}
}

func (t *tally) add(latency time.Duration, a answer) {
	t.requests++
	t.bytes += int64(a.bytes)
	if a.err == nil {
		t.statuses[a.status]++
	}
	kind := a.kind()
	if kind != "" {
		t.errors[kind]++
	}
	if kind == "" || kind == kindTimeout || kind == kindUnsent {
		record(t.histogram, latency)
	}
}

func (t *tally) merge(from *tally) {
	t.histogram.Merge(from.histogram)
	t.requests += from.requests
	t.bytes += from.bytes
	for k, n := range from.errors {
		t.errors[k] += n
	}
	for k, n := range from.statuses {
		t.statuses[k] += n
	}
}

func (t *tally) reset() {
	t.histogram.Reset()
	t.requests, t.bytes = 0, 0
	clear(t.errors)
	clear(t.statuses)
}

func (t *tally) errorCount() int64 {
	n := int64(0)
	for v := range maps.Values(t.errors) {
		n += v
	}
	return n
}

// recorder collects what many goroutines report.
type recorder struct {
	shards [8]shard
	spare  *tally // used by take alone
}

// shard is a part of a recorder, so that few goroutines wait for one another.
type shard struct {
	mu struct {
		sync.Mutex
		tally *tally
	}
}

func newRecorder() *recorder {
	r := &recorder{spare: newTally()}
	for i := range r.shards {
		r.shards[i].mu.tally = newTally()
	}
	return r
}

// add reports a request. i tells goroutines apart.
func (r *recorder) add(i int, latency time.Duration, a answer) {
	s := &r.shards[i%len(r.shards)]
	s.mu.Lock()
	s.mu.tally.add(latency, a)
	s.mu.Unlock()
}

// take returns what was reported since it was called before. One goroutine at a time may.
func (r *recorder) take() *tally {
	sum := newTally()
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.mu.tally, r.spare = r.spare, s.mu.tally
		s.mu.Unlock()
		sum.merge(r.spare)
		r.spare.reset()
	}
	return sum
}
