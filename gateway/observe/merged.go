package observe

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// Merged adds up the metrics of several processes and serves the sums, as an http.Handler.
// What a process has counted stays in the sums when it is gone, so that they never go back;
// its gauges don't. It is safe for concurrent use.
type Merged struct {
	handler http.Handler
	mu      struct {
		sync.Mutex
		live map[string]families // by process
		gone families            // counters and histograms of processes that are no more
	}
}

// families are metrics by name.
type families map[string]*dto.MetricFamily

// NewMerged returns a Merged without any process.
func NewMerged() *Merged {
	m := new(Merged)
	m.mu.live, m.mu.gone = make(map[string]families), make(families)
	m.handler = promhttp.HandlerFor(prometheus.GathererFunc(m.gather), promhttp.HandlerOpts{})
	return m
}

// Set replaces the metrics of a process by a newer snapshot. The process may be broken:
// whatever it sent, the sums can be served. After an error the metrics before stay.
func (m *Merged) Set(process string, snapshot []byte) error {
	got, err := decodeSnapshot(snapshot)
	if err != nil {
		return fmt.Errorf("observe: metrics of process %s: %w", process, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.live[process] = got
	return nil
}

// Keep says which processes there are: the others are gone.
func (m *Merged) Keep(processes ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, f := range m.mu.live {
		if slices.Contains(processes, name) {
			continue
		}
		delete(m.mu.live, name)
		for _, family := range f {
			if family.GetType() != dto.MetricType_GAUGE {
				m.mu.gone.add(family)
			}
		}
	}
}

// ServeHTTP serves the sums in Prometheus' text format.
func (m *Merged) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// gather makes the sums.
func (m *Merged) gather() ([]*dto.MetricFamily, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := make(families)
	for _, family := range m.mu.gone {
		sum.add(family)
	}
	for _, process := range slices.Sorted(maps.Keys(m.mu.live)) { // so that series keep their places
		for _, family := range m.mu.live[process] {
			sum.add(family)
		}
	}
	out := slices.Collect(maps.Values(sum))
	slices.SortFunc(out, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return out, nil
}

// add adds family to what is there under its name. It keeps nothing of family that it might
// change.
func (f families) add(family *dto.MetricFamily) {
	name := family.GetName()
	sum := f[name]
	if sum == nil {
		sum = &dto.MetricFamily{Name: family.Name, Help: family.Help, Type: family.Type, Unit: family.Unit}
		f[name] = sum
	}
	if sum.GetType() != family.GetType() {
		return // two versions of Skerry that mean different things by it
	}
	have := make(map[string]int, len(sum.Metric))
	for i, metric := range sum.Metric {
		have[labelsOf(metric)] = i
	}
	for _, metric := range family.Metric {
		labels := labelsOf(metric)
		if i, ok := have[labels]; ok {
			sum.Metric[i] = added(name, sum.Metric[i], metric)
		} else {
			have[labels] = len(sum.Metric)
			sum.Metric = append(sum.Metric, added(name, nil, metric))
		}
	}
}

// labelsOf tells the series of a family apart.
func labelsOf(m *dto.Metric) string {
	var b strings.Builder
	for _, l := range m.Label {
		fmt.Fprintf(&b, "%q=%q,", l.GetName(), l.GetValue())
	}
	return b.String()
}

// added is the sum of two series, a being nil or a sum.
func added(name string, a, b *dto.Metric) *dto.Metric {
	sum := &dto.Metric{Label: b.Label}
	switch {
	case b.Counter != nil:
		v := a.GetCounter().GetValue() + b.Counter.GetValue()
		sum.Counter = &dto.Counter{Value: &v}
	case b.Gauge != nil:
		v := a.GetGauge().GetValue() + b.Gauge.GetValue()
		if strings.HasSuffix(name, "_start_time_seconds") && a != nil { // that of the oldest
			v = min(a.Gauge.GetValue(), b.Gauge.GetValue())
		}
		sum.Gauge = &dto.Gauge{Value: &v}
	case b.Histogram != nil:
		sum.Histogram = addedHistogram(a.GetHistogram(), b.Histogram)
	case b.Summary != nil: // quantiles have no sum
		n := a.GetSummary().GetSampleCount() + b.Summary.GetSampleCount()
		s := a.GetSummary().GetSampleSum() + b.Summary.GetSampleSum()
		sum.Summary = &dto.Summary{SampleCount: &n, SampleSum: &s}
	}
	return sum
}

// addedHistogram leaves b out if it has other buckets, which then is another histogram.
func addedHistogram(a, b *dto.Histogram) *dto.Histogram {
	if a != nil && !slices.EqualFunc(a.Bucket, b.Bucket, func(x, y *dto.Bucket) bool { return x.GetUpperBound() == y.GetUpperBound() }) {
		return a
	}
	n := a.GetSampleCount() + b.GetSampleCount()
	s := a.GetSampleSum() + b.GetSampleSum()
	sum := &dto.Histogram{SampleCount: &n, SampleSum: &s}
	for i, bucket := range b.GetBucket() {
		count := bucket.GetCumulativeCount()
		if a != nil {
			count += a.Bucket[i].GetCumulativeCount()
		}
		sum.Bucket = append(sum.Bucket, &dto.Bucket{UpperBound: bucket.UpperBound, CumulativeCount: &count})
	}
	return sum
}
