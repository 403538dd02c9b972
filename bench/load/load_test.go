package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bench/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server that says what it was asked.
func serve(t testing.TB) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/missing":
			http.NotFound(w, r)
		case "/closing":
			w.Header().Set("Connection", "close")
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(30 * time.Second):
			}
		default:
			fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.Host, r.URL, r.Header.Get("X-A"), body)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

// one is a load of one request.
func one(t testing.TB, method, url string, header [][2]string, body []byte) load.Config {
	t.Helper()
	r, err := load.NewRequest(method, url, header, body)
	if err != nil {
		t.Fatal(err)
	}
	m, err := load.NewMix(load.Weighted{Request: r, Weight: 1})
	if err != nil {
		t.Fatal(err)
	}
	return load.Config{Source: m, Concurrency: 2, Duration: 100 * time.Millisecond}
}

// run loads a server; that this machine is too busy to measure with is no matter here.
func run(t testing.TB, cfg load.Config) *load.Result {
	t.Helper()
	r, err := load.Run(t.Context(), cfg)
	var late *load.BottleneckError
	if err != nil && !errors.As(err, &late) {
		t.Fatal(err)
	}
	return r
}

func TestRealLoads(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	port := url[strings.LastIndex(url, ":"):]
	for _, tc := range []struct {
		name   string
		change func(*load.Config)
		cfg    load.Config
		kinds  []string // of the errors; nil: none
	}{
		{name: "closed", cfg: one(t, "", url+"/a?b=c", nil, nil)},
		{name: "open", cfg: one(t, "POST", url+"/", [][2]string{{"x-a", "1"}}, []byte("body")), change: func(c *load.Config) { c.Rate = load.Rate{From: 50, To: 200} }},
		{name: "HEAD", cfg: one(t, "HEAD", url+"/", nil, nil)},
		{name: "connections that close", cfg: one(t, "", url+"/closing", nil, nil)},
		{name: "a host under localhost", cfg: one(t, "", "http://shop.localhost"+port, nil, nil)},
		{name: "another address", cfg: one(t, "", "http://shop.example/", nil, nil), change: func(c *load.Config) { c.Connect = "127.0.0.1" + port }},
		{name: "a status", cfg: one(t, "", url+"/missing", nil, nil), kinds: []string{"status 404"}},
		{name: "time", cfg: one(t, "", url+"/slow", nil, nil), change: func(c *load.Config) { c.Timeout = 50 * time.Millisecond }, kinds: []string{"timeout"}},
		{name: "nobody there", cfg: one(t, "", "http://127.0.0.1:1/", nil, nil), kinds: []string{"refused"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.change != nil {
				tc.change(&tc.cfg)
			}
			r := run(t, tc.cfg)
			if r.Requests == 0 {
				t.Fatal("nothing was sent")
			}
			for kind := range r.Errors {
				if len(tc.kinds) == 0 || kind != tc.kinds[0] {
					t.Errorf("errors %v, want %v", r.Errors, tc.kinds)
				}
			}
			if len(tc.kinds) > 0 && r.Failed != r.Requests {
				t.Errorf("%d of %d requests failed", r.Failed, r.Requests)
			}
		})
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	url, connections := serve(t)
	r := run(t, one(t, "", url+"/", nil, nil))
	if n := connections.Load(); n != 2 {
		t.Errorf("%d requests of 2 clients took %d connections", r.Requests, n)
	}
}

func TestALoadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	cfg := one(t, "", url+"/slow", nil, nil)
	cfg.Duration, cfg.Timeout = time.Hour, time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if r, err := load.Run(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestAResultSurvivesJSON(t *testing.T) {
	t.Parallel()
	url, _ := serve(t)
	r := run(t, one(t, "", url+"/", nil, nil))
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := load.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, back) {
		t.Errorf("got  %+v\nwant %+v", back, r)
	}
	for _, wrong := range []string{"", "{}", `{"format":2}`, "[]"} {
		if _, err := load.Read(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q is taken for a result", wrong)
		}
	}
}

func TestRequestsThatCantBe(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, url string
		header            [2]string
	}{
		{"no scheme", "", "localhost:8787", [2]string{"a", "b"}},
		{"another scheme", "", "ftp://localhost/", [2]string{"a", "b"}},
		{"no host", "", "http:///a", [2]string{"a", "b"}},
		{"no URL", "", "http://[", [2]string{"a", "b"}},
		{"a method with a space", "GET /", "http://a/", [2]string{"a", "b"}},
		{"a header with a line break", "", "http://a/", [2]string{"a", "b\r\nc: d"}},
		{"a name with a space", "", "http://a/", [2]string{"a b", "c"}},
		{"a length", "", "http://a/", [2]string{"content-length", "7"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := load.NewRequest(tc.method, tc.url, [][2]string{tc.header}, nil); err == nil {
				t.Error("it is accepted")
			}
		})
	}
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]load.Rate{"100": {From: 100, To: 100}, "0.5": {From: 0.5, To: 0.5}, "100..1000": {From: 100, To: 1000}, "0..10": {To: 10}} {
		got, err := load.ParseRate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "fast", "0", "0..0", "-1", "1..", "NaN", "Inf", "1e9"} {
		if r, err := load.ParseRate(text); err == nil {
			t.Errorf("%q is %v", text, r)
		}
	}
}

func TestReadLines(t *testing.T) {
	t.Parallel()
	got, err := load.ReadLines(strings.NewReader("# all\nhttp://a/#part # a comment\n\n 3 http://b/\n0.5 post http://c/?d\nPUT http://e/\r\n"))
	want := []load.Line{{Weight: 1, URL: "http://a/#part"}, {Weight: 3, URL: "http://b/"}, {Weight: 0.5, Method: "POST", URL: "http://c/?d"}, {Weight: 1, Method: "PUT", URL: "http://e/"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, wrong := range []string{"0 http://a/", "-1 http://a/", "NaN http://a/", "1 GET more http://a/", "1 2 3 http://a/", "Inf http://a/", "http://[", "G(T http://a/"} {
		if got, err := load.ReadLines(strings.NewReader("http://a/\n" + wrong)); err == nil || !strings.HasPrefix(err.Error(), "line 2") {
			t.Errorf("%q is %+v, %v", wrong, got, err)
		}
	}
}

func FuzzReadLines(f *testing.F) {
	for _, s := range []string{"http://a/", "2 POST http://a/b?c#d # e", "1e308 http://a/\n1e308 http://b/", "NaN x", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := load.ReadLines(strings.NewReader(s))
		if err != nil {
			return
		}
		for _, l := range list {
			if !(l.Weight > 0) || l.URL == "" {
				t.Errorf("%q has %+v", s, l)
			}
			again, err := load.ReadLines(strings.NewReader(fmt.Sprint(l.Weight, " ", l.Method, " ", l.URL)))
			if err != nil || len(again) != 1 || again[0] != l {
				t.Errorf("%+v is read as %+v, %v", l, again, err)
			}
			if r, err := load.NewRequest(l.Method, l.URL, nil, nil); err == nil && r.URL() != l.URL {
				t.Errorf("%q became %q", l.URL, r.URL())
			}
		}
	})
}

func TestMixKeepsToItsWeights(t *testing.T) {
	t.Parallel()
	var list []load.Weighted
	for i, weight := range []float64{1, 3} {
		r, err := load.NewRequest("", fmt.Sprintf("http://a/%d", i), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, load.Weighted{Request: r, Weight: weight})
	}
	m, err := load.NewMix(list...)
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	for range 10000 {
		r, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts[r.URL()]++
	}
	if n := counts["http://a/1"]; n < 7200 || n > 7800 { // 7 standard deviations
		t.Errorf("drawn %v times", counts)
	}
	if _, err := load.NewMix(); err == nil {
		t.Error("a mix of nothing is accepted")
	}
}

func TestReadUsage(t *testing.T) {
	t.Parallel()
	u, err := load.ReadUsage(strings.NewReader(`# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1e6
# TYPE skerry_requests_total counter
skerry_requests_total{function="a",outcome="ok",status="2xx"} 3
skerry_requests_total{function="b",outcome="ok",status="2xx"} 4
# TYPE skerry_cpu_seconds_total counter
skerry_cpu_seconds_total{function="a"} 0.25
`))
	want := load.Usage{CPU: 1500 * time.Millisecond, JavaScript: 250 * time.Millisecond, Events: 7, MemoryBytes: 1e6}
	if err != nil || u != want {
		t.Errorf("got %+v, %v; want %+v", u, err, want)
	}
	for _, wrong := range []string{"", "<html>", "other 1\n"} {
		if u, err := load.ReadUsage(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q is %+v", wrong, u)
		}
	}
}
