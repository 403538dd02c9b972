package observe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/skerry-edge/skerry/isolate"
)

// Config says where lines go.
type Config struct {
	Out         io.Writer // of access and console lines, as JSON; nil: nowhere
	BufferBytes int       // of lines that wait for Out; what comes beyond is dropped; 0: 4 MiB

	// Followed, if not nil, is told which functions somebody follows, sorted, whenever that
	// changes; an empty name stands for all. It is called by one goroutine at a time, which
	// Subscribe or Close waits for.
	Followed func(functions []string)
}

func (c Config) withDefaults() Config {
	if c.BufferBytes == 0 {
		c.BufferBytes = 4 << 20
	}
	return c
}

// Validate names the field that is out of range.
func (c Config) Validate() error {
	if c.BufferBytes != 0 && c.BufferBytes < lineMax {
		return fmt.Errorf("observe: BufferBytes is %d, want 0 or at least %d, one line", c.BufferBytes, lineMax)
	}
	return nil
}

// Observer takes records and lines and passes them on. Its methods are safe for concurrent
// use, and none but Close waits for anything.
type Observer struct {
	sink    *sink // nil: lines go nowhere
	metrics *metrics
	tails   hub
	none    *Function // events that reached no function
	lines   sync.Pool // of *[]byte

	mu struct {
		sync.Mutex
		functions map[string]*Function
	}
}

// New returns an Observer. Close it to get the last lines out. cfg must be valid.
func New(cfg Config) *Observer {
	cfg = cfg.withDefaults()
	o := &Observer{metrics: newMetrics()}
	o.lines.New = func() any { return new([]byte) }
	o.tails.followed = cfg.Followed
	o.mu.functions = make(map[string]*Function)
	o.none = &Function{observer: o}
	o.none.begun()
	if cfg.Out != nil {
		o.sink = newSink(cfg.Out, cfg.BufferBytes)
		o.CounterFunc("skerry_log_lines_dropped_total", "Log lines that found no room in the buffer.",
			func() float64 { return float64(o.sink.dropped.Load()) })
		o.CounterFunc("skerry_log_lines_failed_total", "Log lines that could not be written.",
			func() float64 { return float64(o.sink.failed.Load()) })
	}
	return o
}

// Close writes the lines that wait and ends. Lines that come later are dropped. It returns
// ctx's error if Config.Out takes longer than ctx.
func (o *Observer) Close(ctx context.Context) error {
	if o.sink == nil {
		return nil
	}
	return o.sink.close(ctx)
}

// Function observes the events of one function. It has series once an event has begun: of
// thousands of functions that are asked for nothing, metrics say nothing.
type Function struct {
	observer *Observer
	name     string
	series   atomic.Pointer[series]
	removed  bool // guarded by Observer.mu
}

// Function returns what observes the function of this name. Its series stay until Remove.
// The caller keeps it: asking takes a lock.
func (o *Observer) Function(name string) *Function {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.mu.functions[name]
	if f == nil {
		f = &Function{observer: o, name: name}
		o.mu.functions[name] = f
	}
	return f
}

// Unrouted observes events that reached no function: their label is empty.
func (o *Observer) Unrouted() *Function { return o.none }

// Remove drops the series of a function that is no more. Its events that are not over yet
// are still logged.
func (o *Observer) Remove(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.mu.functions[name]
	if f == nil {
		return
	}
	delete(o.mu.functions, name)
	f.removed = true
	if s := f.series.Load(); s != nil {
		s.remove()
	}
}

// begun returns f's series, making them at the first call.
func (f *Function) begun() *series {
	if s := f.series.Load(); s != nil {
		return s
	}
	o := f.observer
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := f.series.Load(); s != nil {
		return s
	}
	m := o.metrics
	if f.removed { // an event came in while its function went: nobody is to see its series
		m = newMetrics()
	}
	s := m.series(f.name)
	f.series.Store(s)
	return s
}

// Begin counts an event that begins. End must follow.
func (f *Function) Begin() { f.begun().inFlight.Inc() }

// End takes the record of an event that is over. The record stays the caller's, and may be
// used again.
func (f *Function) End(r *Record) {
	s := f.begun()
	s.inFlight.Dec()
	s.observe(r)
	o := f.observer
	if o.sink != nil {
		line := o.lines.Get().(*[]byte)
		*line = append(r.AppendJSON((*line)[:0]), '\n')
		o.sink.write(*line)
		o.lines.Put(line)
	}
	if o.tails.wants(r.Function) {
		own := *r
		o.tails.publish(r.Function, Item{Record: &own})
	}
}

// Log takes one console line.
func (o *Observer) Log(l isolate.LogLine) {
	if o.sink != nil {
		line := o.lines.Get().(*[]byte)
		*line = append(appendLine((*line)[:0], &l), '\n')
		o.sink.write(*line)
		o.lines.Put(line)
	}
	if o.tails.wants(l.Function) {
		o.tails.publish(l.Function, Item{Line: &l})
	}
}

// tailBuffer is how many items a subscriber may be behind.
const tailBuffer = 512

// Subscribe returns a live tail of the records and console lines of one function, or of all
// if function is empty. The caller must Close it.
func (o *Observer) Subscribe(function string) *Subscription {
	return o.tails.subscribe(function, tailBuffer)
}

// Handler serves the metrics in Prometheus' text format.
func (o *Observer) Handler() http.Handler {
	return promhttp.HandlerFor(o.metrics.registry, promhttp.HandlerOpts{Registry: o.metrics.registry})
}

// CounterFunc adds a counter that is read, by any goroutine, whenever metrics are. The name
// is one of Prometheus' and new, else it panics.
func (o *Observer) CounterFunc(name, help string, value func() float64) {
	o.metrics.counterFunc(name, help, value)
}

// GaugeFunc adds a gauge, as CounterFunc does a counter.
func (o *Observer) GaugeFunc(name, help string, value func() float64) {
	o.metrics.gaugeFunc(name, help, value)
}
