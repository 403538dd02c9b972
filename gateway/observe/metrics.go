package observe

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/skerry-edge/skerry/isolate"
)

// latencyBuckets are the upper bounds of the histogram of response times, in seconds.
var latencyBuckets = []float64{
	.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30,
}

// metrics are the series of all functions.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by function, outcome and status class
	latency  *prometheus.HistogramVec // by function
	cpu      *prometheus.CounterVec
	fetches  *prometheus.CounterVec
	received *prometheus.CounterVec
	sent     *prometheus.CounterVec
	inFlight *prometheus.GaugeVec
}

func newMetrics() *metrics {
	byFunction := []string{"function"}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append(byFunction, labels...))
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("skerry_requests_total", "Events that are over, by how they ended.", "outcome", "status"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "skerry_request_duration_seconds", Help: "Time until the response head.", Buckets: latencyBuckets,
		}, byFunction),
		cpu:      counter("skerry_cpu_seconds_total", "Time spent running JavaScript."),
		fetches:  counter("skerry_subrequests_total", "Subrequests made by functions."),
		received: counter("skerry_received_bytes_total", "Bytes of request bodies."),
		sent:     counter("skerry_sent_bytes_total", "Bytes of response bodies."),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "skerry_events_in_flight", Help: "Events that have begun and are not over.",
		}, byFunction),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, v := range m.vectors() {
		m.registry.MustRegister(v)
	}
	return m
}

// vector is what all the kinds of series can do.
type vector interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

func (m *metrics) vectors() []vector {
	return []vector{m.requests, m.latency, m.cpu, m.fetches, m.received, m.sent, m.inFlight}
}

// series are the metrics of one function, resolved once.
type series struct {
	metrics  *metrics
	name     string
	latency  prometheus.Observer
	cpu      prometheus.Counter
	fetches  prometheus.Counter
	received prometheus.Counter
	sent     prometheus.Counter
	inFlight prometheus.Gauge

	// ended is replaced, never changed: reading it takes no lock.
	ended atomic.Pointer[map[ending]prometheus.Counter]
	mu    struct {
		sync.Mutex
		removed bool
	}
}

// ending is how an event ended, as far as labels tell.
type ending struct {
	outcome isolate.Outcome
	class   int // status / 100
}

func (m *metrics) series(name string) *series {
	s := &series{
		metrics: m, name: name,
		latency:  m.latency.WithLabelValues(name),
		cpu:      m.cpu.WithLabelValues(name),
		fetches:  m.fetches.WithLabelValues(name),
		received: m.received.WithLabelValues(name),
		sent:     m.sent.WithLabelValues(name),
		inFlight: m.inFlight.WithLabelValues(name),
	}
	s.ended.Store(&map[ending]prometheus.Counter{})
	return s
}

func (s *series) observe(r *Record) {
	if c := s.requests(ending{r.Outcome, r.Status / 100}); c != nil {
		c.Inc()
	}
	s.latency.Observe(r.Head.Seconds())
	add(s.cpu, r.CPU.Seconds())
	add(s.fetches, float64(r.Subrequests))
	add(s.received, float64(r.BytesIn))
	add(s.sent, float64(r.BytesOut))
}

// add spares the many events that add nothing an atomic operation, and the process a panic
// should a clock ever give less than nothing.
func add(c prometheus.Counter, n float64) {
	if n > 0 {
		c.Add(n)
	}
}

// requests returns the counter for e, made at its first use; nil once the function is
// removed.
func (s *series) requests(e ending) prometheus.Counter {
	if c := (*s.ended.Load())[e]; c != nil {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := (*s.ended.Load())[e]; c != nil || s.mu.removed {
		return c
	}
	c := s.metrics.requests.WithLabelValues(s.name, string(e.outcome), statusClass(e.class))
	next := maps.Clone(*s.ended.Load())
	next[e] = c
	s.ended.Store(&next)
	return c
}

func statusClass(class int) string {
	if class < 1 || class > 5 {
		return "none"
	}
	return [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}[class-1]
}

// remove drops the function's series. Events that are not over yet go uncounted.
func (s *series) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.removed = true
	for _, v := range s.metrics.vectors() {
		v.DeletePartialMatch(prometheus.Labels{"function": s.name})
	}
}

// counterFunc registers a counter that is read when metrics are.
func (m *metrics) counterFunc(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}

// gaugeFunc registers a gauge that is read when metrics are.
func (m *metrics) gaugeFunc(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}
