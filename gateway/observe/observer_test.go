package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 23, 10, 0, 0, 123_456_789, time.UTC)

func record() *observe.Record {
	return &observe.Record{
		Time: start, ID: "r1", Function: "shop", Version: 7, Kind: isolate.KindFetch,
		Method: "GET", Host: "shop.localhost", Path: "/cart", Client: netip.MustParseAddr("192.0.2.1"),
		Status: 200, Outcome: isolate.OutcomeOK,
		Head: 1500 * time.Microsecond, Total: 20 * time.Millisecond, CPU: 700 * time.Microsecond,
		BytesIn: 3, BytesOut: 5, Subrequests: 2,
	}
}

// end observes r as one event of its function.
func end(o *observe.Observer, r *observe.Record) {
	f := o.Unrouted()
	if r.Function != "" {
		f = o.Function(r.Function)
	}
	f.Begin()
	f.End(r)
}

// closed fails the test if the observer can't write its last lines.
func closed(t *testing.T, o *observe.Observer) {
	t.Helper()
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func metrics(t *testing.T, o *observe.Observer) string {
	t.Helper()
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func wantMetrics(t *testing.T, o *observe.Observer, want ...string) {
	t.Helper()
	got := metrics(t, o)
	for _, line := range want {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %s in\n%s", line, only(got, "skerry_"))
		}
	}
}

func only(text, prefix string) string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) && !strings.Contains(line, "_bucket") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func TestAccessLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := observe.New(observe.Config{Out: &out})
	end(o, record())
	failed := record()
	failed.Function, failed.Outcome, failed.Status, failed.Client = "", "exceeded_cpu", 503, netip.Addr{}
	failed.Failure = &isolate.Failure{
		Message: "too slow", Stack: "at f (a.ts:1:2)", Detail: "not for the line",
		Source: &isolate.Frame{File: "a.ts", Line: 1, Column: 2, Text: "f()"},
		Limit:  "cpu_ms", Used: 51, Allowed: 50,
	}
	end(o, failed)
	closed(t, o)
	want := `{"time":"2026-11-23T10:00:00.123Z","type":"request","id":"r1","function":"shop","version":7,"kind":"fetch",` +
		`"method":"GET","host":"shop.localhost","path":"/cart","status":200,"outcome":"ok","head_ms":1.500,"total_ms":20,"cpu_ms":0.700,` +
		`"bytes_in":3,"bytes_out":5,"subrequests":2,"client":"192.0.2.1"}` + "\n" +
		`{"time":"2026-11-23T10:00:00.123Z","type":"request","id":"r1","function":"","version":7,"kind":"fetch",` +
		`"method":"GET","host":"shop.localhost","path":"/cart","status":503,"outcome":"exceeded_cpu","head_ms":1.500,"total_ms":20,"cpu_ms":0.700,` +
		`"bytes_in":3,"bytes_out":5,"subrequests":2,"error":"too slow","stack":"at f (a.ts:1:2)","source":"a.ts","line":1,"column":2,` +
		`"limit":"cpu_ms","used":51,"allowed":50}` + "\n"
	if out.String() != want {
		t.Errorf("got  %swant %s", out.String(), want)
	}
}

func TestConsoleLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := observe.New(observe.Config{Out: &out})
	o.Log(isolate.LogLine{Time: start, EventID: "r1", Function: "shop", Version: 7, Level: "warn", Message: "a\x1b]0;x\x07\nb"})
	closed(t, o)
	want := `{"time":"2026-11-23T10:00:00.123Z","type":"log","id":"r1","function":"shop","version":7,"level":"warn",` +
		`"message":"a\u001b]0;x\u0007\nb"}` + "\n"
	if out.String() != want {
		t.Errorf("got  %swant %s", out.String(), want)
	}
}

func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	for _, fill := range []string{"x", "\x00", "é", "\u2028", `"`} {
		long := strings.Repeat(fill, 100_000)
		var out bytes.Buffer
		o := observe.New(observe.Config{Out: &out})
		o.Log(isolate.LogLine{Message: long, Function: long, EventID: long, Level: long})
		r := record()
		r.ID, r.Function, r.Method, r.Host, r.Path, r.Outcome = long, long, long, long, long, isolate.Outcome(long)
		r.Failure = &isolate.Failure{Message: long, Stack: long, Limit: long, Source: &isolate.Frame{File: long}}
		o.Unrouted().Begin()
		o.Unrouted().End(r)
		closed(t, o)
		lines := strings.SplitAfter(out.String(), "\n")
		for _, line := range lines[:2] {
			if !json.Valid([]byte(line)) || len(line) > 10<<10 {
				t.Errorf("%q: a line of %d bytes, valid JSON: %v", fill, len(line), json.Valid([]byte(line)))
			}
		}
		if want := fmt.Sprintf(`"message_bytes":%d`, len(long)); !strings.Contains(lines[0], want) || !strings.Contains(lines[0], "…") {
			t.Errorf("%q: no %s in the cut line", fill, want)
		}
	}
}

// stuck is a sink that takes nothing until it is released.
type stuck struct {
	released chan struct{}
	entered  chan struct{} // receives once for each call of Write
	mu       sync.Mutex
	got      bytes.Buffer
}

func newStuck() *stuck {
	return &stuck{released: make(chan struct{}), entered: make(chan struct{}, 100)}
}

func (s *stuck) Write(p []byte) (int, error) {
	s.entered <- struct{}{}
	<-s.released
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(p)
}

func (s *stuck) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

func TestSlowSinkDropsLinesAndCountsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := newStuck()
		o := observe.New(observe.Config{Out: out, BufferBytes: 16 << 10})
		line := isolate.LogLine{Message: strings.Repeat("x", 1000)}
		o.Log(line)
		<-out.entered // the sink is stuck with the first line
		before := time.Now()
		for range 100 {
			o.Log(line)
		}
		if time.Since(before) != 0 {
			t.Error("a line waited for the sink")
		}
		close(out.released)
		closed(t, o)
		written := strings.Count(out.text(), `"type":"log"`)
		if written < 10 || written > 17 {
			t.Errorf("%d lines of about 1,100 bytes were written through a buffer of 16 KiB", written)
		}
		lost := 101 - written
		if want := fmt.Sprintf(`"type":"dropped","lines":%d}`, lost); !strings.Contains(out.text(), want) {
			t.Errorf("no %s in the log", want)
		}
		wantMetrics(t, o, fmt.Sprintf("skerry_log_lines_dropped_total %d", lost))
	})
}

func TestLinesAreWrittenWithoutClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := newStuck()
		close(out.released)
		o := observe.New(observe.Config{Out: out})
		for range 3 {
			o.Log(isolate.LogLine{Message: "first"})
		}
		time.Sleep(time.Second)
		o.Log(isolate.LogLine{Message: "second"})
		time.Sleep(time.Second)
		if got := strings.Count(out.text(), "\n"); got != 4 {
			t.Errorf("%d lines were written, want 4", got)
		}
		if len(out.entered) != 2 {
			t.Errorf("%d writes, want 2: lines that come together are written together", len(out.entered))
		}
		closed(t, o)
	})
}

func TestCloseGivesUpOnAStuckSink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := newStuck()
		o := observe.New(observe.Config{Out: out})
		o.Log(isolate.LogLine{Message: "x"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := o.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		close(out.released)
		closed(t, o)
		o.Log(isolate.LogLine{Message: "late"})
		wantMetrics(t, o, "skerry_log_lines_dropped_total 1")
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFailedWritesAreCounted(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{Out: broken{}})
	for range 3 {
		o.Log(isolate.LogLine{Message: "x"})
	}
	closed(t, o)
	wantMetrics(t, o, "skerry_log_lines_failed_total 3", "skerry_log_lines_dropped_total 0")
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	end(o, record())
	end(o, record())
	failed := record()
	failed.Outcome, failed.Status = isolate.OutcomeExceededCPU, 503
	end(o, failed)
	gone := record()
	gone.Outcome, gone.Status, gone.Function = isolate.OutcomeCanceled, 0, ""
	end(o, gone)
	o.Function("shop").Begin()
	wantMetrics(t, o,
		`skerry_requests_total{function="shop",outcome="ok",status="2xx"} 2`,
		`skerry_requests_total{function="shop",outcome="exceeded_cpu",status="5xx"} 1`,
		`skerry_requests_total{function="",outcome="canceled",status="none"} 1`,
		`skerry_request_duration_seconds_count{function="shop"} 3`,
		`skerry_request_duration_seconds_bucket{function="shop",le="0.001"} 0`,
		`skerry_request_duration_seconds_bucket{function="shop",le="0.0025"} 3`,
		`skerry_cpu_seconds_total{function="shop"} 0.0021`,
		`skerry_subrequests_total{function="shop"} 6`,
		`skerry_received_bytes_total{function="shop"} 9`,
		`skerry_sent_bytes_total{function="shop"} 15`,
		`skerry_events_in_flight{function="shop"} 1`,
		`skerry_events_in_flight{function=""} 0`,
	)
}

func TestRemovedFunctionLeavesNoSeries(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	end(o, record())
	f := o.Function("shop")
	f.Begin()
	o.Remove("shop")
	late := record()
	late.Outcome = isolate.OutcomeException // a series that was not there yet
	f.End(late)
	if got := metrics(t, o); strings.Contains(got, "shop") {
		t.Errorf("series are left:\n%s", only(got, "skerry_"))
	}
	end(o, record())
	wantMetrics(t, o, `skerry_requests_total{function="shop",outcome="ok",status="2xx"} 1`)
	o.Remove("never seen")
}

func TestWhatClientsChooseIsNoLabel(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	series := func() int { return strings.Count(metrics(t, o), "\n") }
	end(o, record())
	before := series()
	for i := range 1000 {
		r := record()
		r.Method, r.Path, r.Host, r.ID = fmt.Sprint("M", i), fmt.Sprint("/", i), fmt.Sprint("h", i), fmt.Sprint(i)
		end(o, r)
	}
	if after := series(); after != before {
		t.Errorf("%d lines of metrics became %d", before, after)
	}
}

func TestCustomMetrics(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	o.GaugeFunc("skerry_connections", "Open connections.", func() float64 { return 4 })
	o.CounterFunc("skerry_panics_total", "Panics.", func() float64 { return 2 })
	wantMetrics(t, o, "skerry_connections 4", "skerry_panics_total 2", "# TYPE skerry_panics_total counter")
	if !strings.Contains(metrics(t, o), "go_goroutines ") {
		t.Error("the metrics of the process are missing")
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	all, shop := o.Subscribe(""), o.Subscribe("shop")
	defer all.Close()
	defer shop.Close()
	other := record()
	other.Function = "other"
	end(o, other)
	end(o, record())
	o.Log(isolate.LogLine{Function: "shop", Message: "hi"})
	for _, tc := range []struct {
		name string
		sub  *observe.Subscription
		want string
	}{
		{"all functions", all, "other shop hi"},
		{"one function", shop, "shop hi"},
	} {
		var got []string
		for len(tc.sub.C) > 0 {
			if item := <-tc.sub.C; item.Record != nil {
				got = append(got, item.Record.Function)
			} else {
				got = append(got, item.Line.Message)
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, got, tc.want)
		}
	}
}

func TestTailKeepsItsOwnRecord(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	sub := o.Subscribe("shop")
	defer sub.Close()
	r := record()
	end(o, r)
	r.Path = "/changed"
	item := <-sub.C
	if item.Record.Path != "/cart" {
		t.Errorf("the path became %s", item.Record.Path)
	}
	text, err := json.Marshal(item)
	if err != nil || !strings.Contains(string(text), `"type":"request"`) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestSlowSubscriberLosesItsOwnItems(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	slow, fast := o.Subscribe(""), o.Subscribe("")
	defer fast.Close()
	seen := 0
	for range 1000 {
		o.Log(isolate.LogLine{Message: "x"})
		<-fast.C
		seen++
	}
	if fast.Dropped() != 0 || seen != 1000 {
		t.Errorf("the fast one saw %d and lost %d", seen, fast.Dropped())
	}
	if got := len(slow.C) + int(slow.Dropped()); got != 1000 || slow.Dropped() == 0 {
		t.Errorf("the slow one has %d items and lost %d", len(slow.C), slow.Dropped())
	}
	slow.Close()
	slow.Close()
	before := slow.Dropped()
	o.Log(isolate.LogLine{Message: "x"})
	if slow.Dropped() != before {
		t.Error("a closed subscription still receives")
	}
}

func TestObserverUnderRace(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{Out: io.Discard})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 300 {
				r := record()
				r.Function = fmt.Sprint("f", i%3)
				r.Status = 100 * (1 + i%6)
				end(o, r)
				o.Log(isolate.LogLine{Function: r.Function})
				switch {
				case worker == 0 && i%50 == 0:
					o.Remove(r.Function)
				case worker == 1 && i%20 == 0:
					sub := o.Subscribe(r.Function)
					defer sub.Close()
				case worker == 2 && i%100 == 0:
					metrics(t, o)
				}
			}
		})
	}
	wg.Wait()
	closed(t, o)
}

func TestConfigNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	for _, size := range []int{-1, 100} {
		if err := (observe.Config{BufferBytes: size}).Validate(); err == nil || !strings.Contains(err.Error(), "BufferBytes") {
			t.Errorf("BufferBytes %d: got %v", size, err)
		}
	}
	if err := (observe.Config{}).Validate(); err != nil {
		t.Errorf("the zero value is invalid: %v", err)
	}
}

func TestEndDoesNotAllocate(t *testing.T) {
	if underRace {
		t.Skip("allocations are not counted under the race detector")
	}
	o := observe.New(observe.Config{Out: io.Discard})
	defer o.Close(context.Background())
	f, r := o.Function("shop"), record()
	if n := testing.AllocsPerRun(1000, func() {
		f.Begin()
		f.End(r)
	}); n > 0 {
		t.Errorf("%v allocations for an event, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		o.Log(isolate.LogLine{Time: start, Function: "shop", Message: "hi"})
	}); n > 1 {
		t.Errorf("%v allocations for a line, want 1 at most", n)
	}
}

func BenchmarkEnd(b *testing.B) {
	for _, bc := range []struct {
		name string
		out  io.Writer
	}{{"metrics alone", nil}, {"with access lines", io.Discard}} {
		b.Run(strings.ReplaceAll(bc.name, " ", "-"), func(b *testing.B) {
			o := observe.New(observe.Config{Out: bc.out})
			defer o.Close(context.Background())
			f, r := o.Function("shop"), record()
			b.ReportAllocs()
			for b.Loop() {
				f.Begin()
				f.End(r)
			}
		})
	}
}
