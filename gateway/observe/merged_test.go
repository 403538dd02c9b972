package observe_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/skerry-edge/skerry/gateway/observe"
)

func snapshot(t testing.TB, o *observe.Observer) []byte {
	t.Helper()
	b, err := o.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func set(t testing.TB, m *observe.Merged, process string, o *observe.Observer) {
	t.Helper()
	if err := m.Set(process, snapshot(t, o)); err != nil {
		t.Fatal(err)
	}
}

func scrape(t testing.TB, m *observe.Merged) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func wantSums(t *testing.T, m *observe.Merged, want ...string) {
	t.Helper()
	got := scrape(t, m)
	for _, line := range want {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %s in\n%s", line, only(got, "skerry_"))
		}
	}
}

func TestMergedAddsUp(t *testing.T) {
	t.Parallel()
	a, b := observe.New(observe.Config{}), observe.New(observe.Config{})
	end(a, record())
	end(a, record())
	slow := record()
	slow.Head, slow.Status, slow.CPU = 20*time.Millisecond, 404, 300*time.Microsecond
	end(b, slow)
	other := record()
	other.Function = "blog"
	end(b, other)
	a.Function("shop").Begin()
	b.Function("shop").Begin()
	b.Function("shop").Begin()

	m := observe.NewMerged()
	set(t, m, "1", a)
	set(t, m, "2", b)
	wantSums(t, m,
		`skerry_requests_total{function="shop",outcome="ok",status="2xx"} 2`,
		`skerry_requests_total{function="shop",outcome="ok",status="4xx"} 1`,
		`skerry_requests_total{function="blog",outcome="ok",status="2xx"} 1`,
		`skerry_cpu_seconds_total{function="shop"} 0.0017`,
		`skerry_received_bytes_total{function="shop"} 9`,
		`skerry_events_in_flight{function="shop"} 3`,
		`skerry_request_duration_seconds_bucket{function="shop",le="0.001"} 0`,
		`skerry_request_duration_seconds_bucket{function="shop",le="0.0025"} 2`,
		`skerry_request_duration_seconds_bucket{function="shop",le="0.025"} 3`,
		`skerry_request_duration_seconds_bucket{function="shop",le="+Inf"} 3`,
		`skerry_request_duration_seconds_sum{function="shop"} 0.023`,
		`skerry_request_duration_seconds_count{function="shop"} 3`,
		`# TYPE skerry_request_duration_seconds histogram`,
	)
	set(t, m, "1", a) // the newer replaces the older, and isn't added
	wantSums(t, m, `skerry_received_bytes_total{function="shop"} 9`)
}

func TestMergedKeepsWhatTheGoneCounted(t *testing.T) {
	t.Parallel()
	a, b := observe.New(observe.Config{}), observe.New(observe.Config{})
	end(a, record())
	a.Function("shop").Begin()
	end(b, record())
	b.Function("shop").Begin()
	m := observe.NewMerged()
	for process := range 3 { // one after the other takes the place of the last
		set(t, m, strconv.Itoa(process), a)
		set(t, m, "stays", b)
		m.Keep("stays", strconv.Itoa(process))
	}
	want := []string{
		`skerry_requests_total{function="shop",outcome="ok",status="2xx"} 4`,
		`skerry_request_duration_seconds_count{function="shop"} 4`,
		`skerry_request_duration_seconds_bucket{function="shop",le="0.0025"} 4`,
		`skerry_events_in_flight{function="shop"} 2`,
	}
	wantSums(t, m, want...)
	m.Keep()
	wantSums(t, m, want[:3]...)
	m.Keep()
	wantSums(t, m, want[:3]...)
	if got := scrape(t, m); strings.Contains(got, "skerry_events_in_flight") {
		t.Errorf("the gauges of the gone are left:\n%s", only(got, "skerry_"))
	}
	set(t, m, "0", a) // a number used again
	wantSums(t, m, `skerry_requests_total{function="shop",outcome="ok",status="2xx"} 5`)
}

func TestMergedServesTheSameTwice(t *testing.T) {
	t.Parallel()
	m := observe.NewMerged()
	for i := range 5 {
		o := observe.New(observe.Config{})
		for j := range 10 {
			r := record()
			r.Function = fmt.Sprint("f", (i*7+j*3)%11)
			end(o, r)
		}
		set(t, m, strconv.Itoa(i), o)
	}
	m.Keep("0", "2", "4")
	if first, again := scrape(t, m), scrape(t, m); first != again {
		t.Errorf("first\n%s\nand then\n%s", first, again)
	}
}

func TestMergedTakesTheOldestStart(t *testing.T) {
	t.Parallel()
	m := observe.NewMerged()
	for process, start := range map[string]float64{"a": 300, "b": 100, "c": 200} {
		if err := m.Set(process, encoded(t, gauge("process_start_time_seconds", start))); err != nil {
			t.Fatal(err)
		}
	}
	wantSums(t, m, "process_start_time_seconds 100")
}

// encoded is a snapshot of the given families.
func encoded(t testing.TB, families ...*dto.MetricFamily) []byte {
	t.Helper()
	var b bytes.Buffer
	e := expfmt.NewEncoder(&b, expfmt.NewFormat(expfmt.TypeProtoDelim))
	for _, f := range families {
		if err := e.Encode(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func family(name string, kind dto.MetricType, metrics ...*dto.Metric) *dto.MetricFamily {
	return &dto.MetricFamily{Name: &name, Type: &kind, Metric: metrics}
}

func gauge(name string, v float64) *dto.MetricFamily {
	return family(name, dto.MetricType_GAUGE, &dto.Metric{Gauge: &dto.Gauge{Value: &v}})
}

func counter(name string, v float64, labels ...string) *dto.MetricFamily {
	return family(name, dto.MetricType_COUNTER, &dto.Metric{Counter: &dto.Counter{Value: &v}, Label: pairs(labels)})
}

func pairs(labels []string) (out []*dto.LabelPair) {
	for i := 0; i < len(labels); i += 2 {
		out = append(out, &dto.LabelPair{Name: &labels[i], Value: &labels[i+1]})
	}
	return out
}

func histogram(name string, sum float64, count uint64, buckets ...float64) *dto.MetricFamily {
	h := &dto.Histogram{SampleSum: &sum, SampleCount: &count}
	for i := 0; i < len(buckets); i += 2 {
		n := uint64(buckets[i+1])
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: &buckets[i], CumulativeCount: &n})
	}
	return family(name, dto.MetricType_HISTOGRAM, &dto.Metric{Histogram: h})
}

func TestMergedRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	zero := 0.0
	for _, tc := range []struct {
		name     string
		snapshot []byte
		want     string
	}{
		{"a length without end", bytes.Repeat([]byte{0xff}, 20), "cut off"},
		{"a length of a terabyte", []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x20}, "cut off"},
		{"half a family", encoded(t, gauge("g", 1))[:5], "cut off"},
		{"no protobuf", []byte("\x03abc"), ""},
		{"a name that is none", bytes.ReplaceAll(encoded(t, gauge("a_b", 1)), []byte("a_b"), []byte("a b")), "invalid metric name"},
		{"a label that is none", bytes.ReplaceAll(encoded(t, counter("c", 1, "a_b", "x")), []byte("a_b"), []byte("a b")), "invalid label name"},
		{"a label that is no text", encoded(t, counter("c", 1, "a", "\xff")), ""},
		{"a label twice", encoded(t, counter("c", 1, "a", "x", "a", "y")), "a series of c"},
		{"labels out of order", encoded(t, counter("c", 1, "b", "x", "a", "y")), "a series of c"},
		{"a counter that falls", encoded(t, counter("c", -1)), "a series of c"},
		{"a counter of everything", encoded(t, counter("c", 1/zero)), "a series of c"},
		{"a counter of no number", encoded(t, counter("c", zero/zero)), "a series of c"},
		{"a counter that is a gauge", encoded(t, family("c", dto.MetricType_COUNTER, gauge("c", 1).Metric...)), "a series of c"},
		{"a histogram that is a gauge", encoded(t, family("h", dto.MetricType_HISTOGRAM, gauge("c", 1).Metric...)), "a series of h"},
		{"no type that is known", encoded(t, family("u", dto.MetricType_UNTYPED, gauge("c", 1).Metric...)), "a series of u"},
		{"buckets out of order", encoded(t, histogram("h", 1, 2, 5, 1, 3, 2)), "a series of h"},
		{"buckets that shrink", encoded(t, histogram("h", 1, 2, 3, 2, 5, 1)), "a series of h"},
		{"more in a bucket than in all", encoded(t, histogram("h", 1, 2, 3, 3)), "a series of h"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := observe.NewMerged()
			if err := m.Set("7", encoded(t, gauge("before", 1))); err != nil {
				t.Fatal(err)
			}
			if err := m.Set("7", tc.snapshot); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "process 7") {
				t.Errorf("Set: %v, want an error with %q", err, tc.want)
			}
			wantSums(t, m, "before 1")
		})
	}
}

// Processes of two versions may mean different things by a name. The sums of one are served.
func TestMergedOfDifferentMinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		a, b *dto.MetricFamily
		want string
	}{
		{"types", counter("x", 1), gauge("x", 2), "x 1"},
		{"buckets", histogram("x", 1, 2, 5, 1), histogram("x", 1, 2, 6, 1), `x_bucket{le="5"} 1`},
		{"more buckets", histogram("x", 1, 2, 5, 1), histogram("x", 1, 2, 5, 1, 6, 1), "x_count 2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := observe.NewMerged()
			for process, f := range map[string]*dto.MetricFamily{"a": tc.a, "b": tc.b} {
				if err := m.Set(process, encoded(t, f)); err != nil {
					t.Fatal(err)
				}
			}
			wantSums(t, m, tc.want)
			m.Keep()
			scrape(t, m)
		})
	}
}

func TestMergedAmongMany(t *testing.T) {
	t.Parallel()
	m, o := observe.NewMerged(), observe.New(observe.Config{})
	end(o, record())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 20 {
				set(t, m, strconv.Itoa(i), o)
				if j%3 == 0 {
					m.Keep("0", "1", "2", "3")
				}
				scrape(t, m)
			}
		})
	}
	wg.Wait()
	wantSums(t, m, `skerry_requests_total{function="shop",outcome="ok",status="2xx"} 4`)
}

// FuzzMerged is a process whose metrics are broken: what is taken can be served, and added
// to itself.
func FuzzMerged(f *testing.F) {
	f.Add(encoded(f, counter("c", 1, "a", "x"), gauge("g", -1), histogram("h", 1, 2, 5, 1)))
	f.Add(encoded(f, family("c", dto.MetricType_COUNTER)))
	f.Add(encoded(f, family("s", dto.MetricType_SUMMARY, &dto.Metric{Summary: &dto.Summary{}})))
	f.Add([]byte("\x03abc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := observe.NewMerged()
		if m.Set("a", b) != nil {
			return
		}
		if err := m.Set("b", b); err != nil {
			t.Fatal(err)
		}
		scrape(t, m)
		m.Keep("b")
		scrape(t, m)
	})
}
