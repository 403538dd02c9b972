package gateway_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

func TestConfigNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	good := gateway.Config{Dispatcher: handler(echo), Observer: observe.New(observe.Config{})}
	for field, change := range map[string]func(*gateway.Config){
		"Dispatcher":       func(c *gateway.Config) { c.Dispatcher = nil },
		"Observer":         func(c *gateway.Config) { c.Observer = nil },
		"Connections":      func(c *gateway.Config) { c.Connections = -1 },
		"ConnectionsPerIP": func(c *gateway.Config) { c.ConnectionsPerIP = -1 },
		"HeadTimeout":      func(c *gateway.Config) { c.HeadTimeout = -1 },
		"BodyTimeout":      func(c *gateway.Config) { c.BodyTimeout = -1 },
		"IdleTimeout":      func(c *gateway.Config) { c.IdleTimeout = -1 },
		"WriteTimeout":     func(c *gateway.Config) { c.WriteTimeout = -1 },
		"Backlog":          func(c *gateway.Config) { c.Admission = admit.Config{Backlog: -1} },
	} {
		cfg := good
		change(&cfg)
		if _, err := gateway.New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("got %v, want an error about %s", err, field)
		}
	}
}

func TestRoutesAreReplacedWhole(t *testing.T) {
	t.Parallel()
	n := start(t, echo)
	function := func(host string) string {
		r := n.one(t, "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		name, _, _ := strings.Cut(r.body, "\n")
		return fmt.Sprint(r.status, " ", name)
	}
	if got := function("g.localhost") + ", " + function("else"); got != "200 function g, 200 function f" {
		t.Errorf("at first: %s", got)
	}
	if err := n.SetRoutes([]bundles.Version{version("h"), version("g", "x.test")}); err != nil {
		t.Fatal(err)
	}
	if got := function("h.localhost") + ", " + function("x.test"); got != "200 function h, 200 function g" {
		t.Errorf("then: %s", got)
	}
	if got := function("g.localhost"); !strings.HasPrefix(got, "404") {
		t.Errorf("g's old host: %s", got)
	}
	err := n.SetRoutes([]bundles.Version{version("h"), version("i", "h.localhost/*")})
	if err == nil || !strings.Contains(err.Error(), `"h.localhost/*" is taken by function "h"`) {
		t.Errorf("got %v, want a conflict", err)
	}
	if got := function("h.localhost"); got != "200 function h" {
		t.Errorf("after a conflict: %s", got)
	}
	if got := len(n.Routes().Routes()); got != 2 {
		t.Errorf("%d routes, want 2", got)
	}
}

func TestNodeWithoutRoutesIsNotReady(t *testing.T) {
	t.Parallel()
	s, err := gateway.New(gateway.Config{Dispatcher: handler(echo), Observer: observe.New(observe.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	if s.Ready() {
		t.Error("ready before there are routes")
	}
	if err := s.SetRoutes(nil); err != nil || !s.Ready() {
		t.Errorf("not ready with an empty catalog: %v", err)
	}
}

func TestEngineGetsDefaultsWrittenOut(t *testing.T) {
	t.Parallel()
	n := start(t, func(_ context.Context, v *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		return &isolate.Response{Status: 200, Body: fmt.Appendf(nil, "%s %d %s %d %d", v.Function, v.Number, ev.Kind, v.Manifest.Concurrency, v.Manifest.Limits.Subrequests)}, nil
	})
	if got := n.get(t, "/").body; got != "f 3 fetch 200 50" {
		t.Errorf("got %s", got)
	}
}

func TestAccessLineOfARequest(t *testing.T) {
	t.Parallel()
	n := start(t, answer(isolate.Response{Status: 201, Body: []byte("four")}))
	id := n.one(t, "POST /a/b?secret=1 HTTP/1.1\r\nHost: G.localhost\r\nContent-Length: 3\r\n\r\nabc").header.Get("X-Skerry-Request-Id")
	n.stop()
	log := n.log.String()
	for _, want := range []string{
		`"id":"` + id + `","function":"g","version":3,"kind":"fetch","method":"POST","host":"g.localhost","path":"/a/b","status":201,"outcome":"ok"`,
		`"cpu_ms":1,"bytes_in":3,"bytes_out":4,"subrequests":2,"client":"127.0.0.1"}`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in %s", want, log)
		}
	}
	if strings.Count(log, "\n") != 1 || strings.Contains(log, "secret") {
		t.Errorf("log: %s", log)
	}
	for name, want := range map[string]string{
		`skerry_requests_total{function="g",outcome="ok",status="2xx"}`: "1",
		`skerry_events_in_flight{function="g"}`:                         "0",
		`skerry_received_bytes_total{function="g"}`:                     "3",
		"skerry_connections":                                            "0",
	} {
		if got := metric(t, n.observer, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestRequestThatCanNotBeReadIsLogged(t *testing.T) {
	t.Parallel()
	n := start(t, echo)
	n.one(t, "GET /x\x01 HTTP/1.1\r\nHost: a\r\n\r\n")
	n.one(t, "GET /y%00?q HTTP/1.1\r\nHost: a\r\n\r\n")
	n.stop()
	log := n.log.String()
	if !strings.Contains(log, `"method":"","host":"","path":"","status":400,"outcome":"bad_request"`) ||
		!strings.Contains(log, `"method":"GET","host":"a","path":"/y%00","status":400,"outcome":"bad_request"`) {
		t.Errorf("log: %s", log)
	}
	if got := metric(t, n.observer, `skerry_requests_total{function="",outcome="bad_request",status="4xx"}`); got != "2" {
		t.Errorf("%s are counted, want 2", got)
	}
}

func TestRemovedFunctionLeavesNoMetrics(t *testing.T) {
	t.Parallel()
	n := start(t, echo)
	n.get(t, "/")
	if err := n.SetRoutes([]bundles.Version{version("g")}); err != nil {
		t.Fatal(err)
	}
	n.stop()
	got := exposition(t, n.observer)
	if strings.Contains(got, `function="f"`) {
		t.Error("f's metrics are still there")
	}
	if strings.Contains(got, `function="g"`) {
		t.Error("g has metrics before its first request")
	}
}

// TestPanicCostsOneRequest has an engine that breaks its promise.
func TestPanicCostsOneRequest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		called bool // whether Done was
	}{{"before the event is over", false}, {"after it", true}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := start(t, nil, func(c *gateway.Config) {
				c.Dispatcher = panics{tc.called}
				c.Admission.Events = 1 // a slot that is lost would be seen
				c.Admission.Wait = time.Millisecond
			})
			for range 3 {
				r := n.get(t, "/")
				if r.status != 500 || !strings.Contains(r.body, `"code":"internal"`) || strings.Contains(r.body, "boom") {
					t.Errorf("got %d %s", r.status, r.body)
				}
			}
			n.stop()
			if log := n.log.String(); !strings.Contains(log, "boom") || !strings.Contains(log, "server_test.go") || strings.Count(log, `"outcome":"internal"`) != 3 {
				t.Errorf("log: %s", log)
			}
			if got := metric(t, n.observer, "skerry_panics_total"); got != "3" {
				t.Errorf("%s panics are counted, want 3", got)
			}
			if got := metric(t, n.observer, `skerry_events_in_flight{function="f"}`); got != "0" {
				t.Errorf("%s events in flight, want 0", got)
			}
		})
	}
}

type panics struct{ done bool }

func (p panics) Dispatch(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	if p.done {
		ev.Done(isolate.Result{Outcome: isolate.OutcomeOK})
	}
	panic("boom")
}

// TestEventOutlivesItsResponse has work that goes on for waitUntil: the record waits for it,
// and so does the slot, but not the client.
func TestEventOutlivesItsResponse(t *testing.T) {
	t.Parallel()
	late := make(chan func(), 1)
	n := start(t, nil, func(c *gateway.Config) { c.Dispatcher = lingering{late} })
	c := n.dial(t)
	c.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
	if r := c.reply("GET"); r.status != 200 {
		t.Fatalf("got %d", r.status)
	}
	if got := metric(t, n.observer, `skerry_events_in_flight{function="f"}`); got != "1" {
		t.Errorf("%s events in flight, want 1", got)
	}
	end := <-late
	c.send("GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
	c.reply("GET")
	second := <-late
	end()
	second()
	n.stop()
	log := n.log.String()
	if first := strings.Index(log, `"path":"/first","status":200,"outcome":"exceeded_cpu"`); first < 0 || first > strings.Index(log, `"path":"/second"`) {
		t.Errorf("log: %s", log)
	}
}

type lingering struct{ late chan func() }

func (l lingering) Dispatch(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	l.late <- func() {
		ev.Done(isolate.Result{Outcome: isolate.OutcomeExceededCPU, Failure: &isolate.Failure{Message: "in waitUntil"}})
	}
	return &isolate.Response{Status: 200}, nil
}

// TestEventsOwnTheirRequests keeps what events were given beyond their handlers, while other
// requests use the same connections and buffers.
func TestEventsOwnTheirRequests(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	kept := make(map[string]*isolate.Event)
	n := start(t, func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		kept[strings.Clone(ev.ID)] = ev
		return &isolate.Response{Status: 200, Body: []byte(ev.ID)}, nil
	})
	const clients, requests = 8, 200
	var wg sync.WaitGroup
	ids := make(chan string, clients*requests)
	for client := range clients {
		wg.Go(func() {
			c := n.dial(t)
			for i := range requests {
				nonce := fmt.Sprintf("%d-%d", client, i)
				body := strings.Repeat(nonce+";", 1+i*7%300)
				c.send(fmt.Sprintf("POST /%s?%s HTTP/1.1\r\nHost: h%s.test\r\nX-Nonce: %s\r\nContent-Length: %d\r\n\r\n%s",
					nonce, nonce, nonce, nonce, len(body), body))
				r := c.reply("POST")
				ids <- r.body + " " + nonce
			}
		})
	}
	wg.Wait()
	close(ids)
	runtime.GC()
	seen := 0
	for pair := range ids {
		id, nonce, _ := strings.Cut(pair, " ")
		ev := kept[id]
		if ev == nil {
			t.Fatalf("no event has the id %q", id)
		}
		r := ev.Request
		if r.URL != fmt.Sprintf("http://h%s.test/%s?%s", nonce, nonce, nonce) || ev.ID != id ||
			!slices.Contains(r.Header, isolate.Field{Name: "x-nonce", Value: nonce}) ||
			strings.Trim(strings.ReplaceAll(string(r.Body), nonce, ""), ";") != "" {
			t.Fatalf("the event of %s became %+v", nonce, r)
		}
		seen++
	}
	if seen != clients*requests || len(kept) != seen {
		t.Errorf("%d responses, %d ids, want %d", seen, len(kept), clients*requests)
	}
}

func TestDrainUnderLoadLosesNoRequest(t *testing.T) {
	t.Parallel()
	n := start(t, echo)
	var wg sync.WaitGroup
	var served atomic.Int64
	for range 16 {
		wg.Go(func() {
			c := n.dial(t)
			for {
				c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				r := c.reply("GET") // fails the test if the connection ends instead
				if r.status != 200 {
					t.Errorf("got %d", r.status)
				}
				served.Add(1)
				if r.header.Get("Connection") == "close" {
					c.wantClosed()
					return
				}
			}
		})
	}
	for served.Load() < 500 {
		runtime.Gosched()
	}
	n.stop()
	wg.Wait()
	if _, err := net.Dial("tcp", n.addr); err == nil {
		t.Error("the port is still open")
	}
}

func TestRequestIDsAreUniqueAndSorted(t *testing.T) {
	t.Parallel()
	n := start(t, answer(isolate.Response{Status: 200}))
	c := n.dial(t)
	seen := make(map[string]bool)
	last := ""
	for range 1000 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		id := c.reply("GET").header.Get("X-Skerry-Request-Id")
		if seen[id] || len(id) != 26 || strings.Trim(id, "0123456789abcdefghjkmnpqrstvwxyz") != "" {
			t.Fatalf("id %q", id)
		}
		if id[:10] < last {
			t.Fatalf("id %s after %s", id, last)
		}
		seen[id], last = true, id[:10]
	}
}
