package gateway_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

// startEngine runs a node with the real engine and one function for every host.
func startEngine(tb testing.TB, fetch string, edit ...func(*gateway.Config)) *node {
	tb.Helper()
	b := &bundles.Bundle{Script: []byte("__register({default: {async fetch(request, env, ctx) {" + fetch + "}}})")}
	var n *node
	engine, err := isolate.New(isolate.Config{
		Host: isolate.Host{Console: func(l isolate.LogLine) { n.observer.Log(l) }},
		Load: func(context.Context, bundles.Digest) (*bundles.Bundle, error) { return b, nil },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(engine.Close)
	n = start(tb, nil, append(edit, func(c *gateway.Config) { c.Dispatcher = engine })...)
	v := version("f", "*/*")
	v.Digest = b.Digest()
	if err := n.SetRoutes([]bundles.Version{v}); err != nil {
		tb.Fatal(err)
	}
	return n
}

func TestFunctionSeesTheRequest(t *testing.T) {
	t.Parallel()
	n := startEngine(t, `
		const u = new URL(request.url)
		return new Response([request.method, request.url, u.host, u.pathname, u.search, request.headers.get("X-Foo"),
			request.headers.get("cf-connecting-ip"), await request.text()].join(" "), {status: 201, headers: {"X-Out": "yes"}})`)
	r := n.one(t, "POST /a/../b%2Fc?d='e' HTTP/1.1\r\nHost: Shop.Test:80\r\nX-Foo: bar\r\nContent-Length: 5\r\n\r\nhello")
	if want := "POST http://shop.test/b%2Fc?d=%27e%27 shop.test /b%2Fc ?d=%27e%27 bar 127.0.0.1 hello"; r.body != want || r.status != 201 || r.header.Get("X-Out") != "yes" {
		t.Errorf("got  %d %v %s\nwant %s", r.status, r.header, r.body, want)
	}
}

func TestFunctionSeesWhatTheNodeSays(t *testing.T) {
	t.Parallel()
	n := startEngine(t, `return Response.json(request.cf)`, func(c *gateway.Config) { c.CF = map[string]any{"colo": "FRA", "asn": 64496} })
	for version, want := range map[string]string{
		"1.1": `{"asn":64496,"colo":"FRA","httpProtocol":"HTTP/1.1","clientIp":"127.0.0.1"}`,
		"1.0": `{"asn":64496,"colo":"FRA","httpProtocol":"HTTP/1.0","clientIp":"127.0.0.1"}`,
	} {
		if r := n.one(t, "GET / HTTP/"+version+"\r\nHost: shop.test\r\n\r\n"); r.body != want {
			t.Errorf("HTTP/%s: got %s, want %s", version, r.body, want)
		}
	}
}

func TestFunctionThatFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, fetch, outcome string
		status               int
	}{
		{"by an exception", `console.warn("before"); throw new TypeError("oh no")`, "exception", 500},
		{"by no response", `return 1`, "exception", 500},
		{"by a promise that never settles", `await new Promise(() => {})`, "never_settled", 500},
		{"by a loop", `for (;;) {}`, "exceeded_cpu", 503},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := startEngine(t, tc.fetch)
			r := n.get(t, "/")
			if r.status != tc.status || !strings.Contains(r.body, `"code":"`+tc.outcome+`"`) || strings.Contains(r.body, "oh no") {
				t.Errorf("got %d %s", r.status, r.body)
			}
			n.stop()
			log := n.log.String()
			if !strings.Contains(log, `"outcome":"`+tc.outcome+`"`) || tc.outcome == "exception" && strings.Contains(tc.fetch, "oh no") &&
				!(strings.Contains(log, "oh no") && strings.Contains(log, `"level":"warn","message":"before"`)) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestFunctionOutlivesItsResponse(t *testing.T) {
	t.Parallel()
	n := startEngine(t, `
		ctx.waitUntil(new Promise(r => setTimeout(r, 20)).then(() => console.log("late", request.url)))
		return new Response("early")`)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if r := n.get(t, fmt.Sprint("/", i)); r.body != "early" {
				t.Errorf("got %d %s", r.status, r.body)
			}
		})
	}
	wg.Wait()
	for metric(t, n.observer, `skerry_events_in_flight{function="f"}`) != "0" {
		runtime.Gosched() // the engine bounds how long waitUntil may take
	}
	n.stop()
	for i := range 20 {
		if want := fmt.Sprintf(`"message":"late http://a/%d"`, i); !strings.Contains(n.log.String(), want) {
			t.Errorf("no %s in the log", want)
		}
	}
}

func BenchmarkEngine(b *testing.B) {
	n := startEngine(b, `return new Response("hello")`)
	c := n.dial(b)
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write([]byte(smallGet)); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}
