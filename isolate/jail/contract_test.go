package jail_test

import (
	"bytes"
	"context"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv/memory"
)

// A dispatcher runs events: an engine here, or one in a jail.
type dispatcher interface {
	Dispatch(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error)
}

// told is what a test sees of an event.
type told struct {
	Response *isolate.Response
	Failure  isolate.Failure
	Outcome  isolate.Outcome
	After    string // the failure that came after the response
	Status   int
	Fetches  int
	Lines    []string
}

// TestContract holds that nobody can tell by its outcome whether an event ran in a jail.
func TestContract(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	engine, err := isolate.New(isolate.Config{
		Host: isolate.Host{KV: memory.New(memory.Config{}), Cache: newCache(t), Fetch: newEcho(), Console: n.log}, Load: n.load,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	bound := func(m *bundles.Manifest) {
		m.Vars = map[string]string{"GREETING": "hello"}
		m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
		m.Limits.Subrequests = 3
	}
	for _, tc := range []struct {
		name, script string
		edit         func(*bundles.Manifest)
		want         string // in the body or the failure
	}{
		{"answers", handler(`return new Response("hi " + request.url, {status: 201, statusText: "Made", headers: {"X-Out": "yes", "Set-Cookie": "a=b"}})`), nil, "hi http://"},
		{"sees the request", handler(`return new Response([request.method, request.headers.get("x-in"), request.headers.get("cf-connecting-ip"), request.cf.colo, await request.text()].join(" "))`), nil, "POST in 2001:db8::1 FRA body"},
		{"answers with bytes", handler(`return new Response(new Uint8Array([0, 255, 128]))`), nil, "\x00\xff\x80"},
		{"answers without a body", handler(`return new Response(null, {status: 204})`), nil, ""},
		{"answers with an empty body", handler(`return new Response("")`), nil, ""},
		{"answers with much", handler(`return new Response("x".repeat(3 << 20))`), nil, "xxx"},
		{"reads a variable", handler(`return new Response(env.GREETING)`), bound, "hello"},
		{"uses KV", handler(`await env.KV.put("k", "v", {metadata: {a: 1}}); let r = await env.KV.getWithMetadata("k"); return new Response(r.value + r.metadata.a)`), bound, "v1"},
		{"misses in KV", handler(`return new Response(String(await env.KV.get("none")))`), bound, "null"},
		{"counts in KV", handler(`await env.KV.put("c", "41"); return new Response(String(await env.KV.incr("c")))`), bound, "42"},
		{"can't count in KV", handler(`await env.KV.put("c", "x"); await env.KV.incr("c")`), bound, "not a whole number"},
		{"swaps in KV", handler(`await env.KV.delete("s"); return new Response([await env.KV.put("s", "1", {ifAbsent: true}), await env.KV.put("s", "2", {ifAbsent: true})].join())`), bound, "true,false"},
		{"lists KV", handler(`await env.KV.put("l/a", ""); await env.KV.put("l/b", ""); return new Response((await env.KV.list({prefix: "l/"})).keys.map(k => k.name).join())`), bound, "l/a,l/b"},
		{"puts a large value", handler(`await env.KV.put("big", "y".repeat(1 << 20)); return new Response(String((await env.KV.get("big")).length))`), bound, "1048576"},
		{"puts a value that is too large", handler(`await env.KV.put("big", new Uint8Array((25 << 20) + 1))`), bound, "413"},
		{"uses a long key", handler(`await env.KV.get("k".repeat(513))`), bound, "513"},
		{"misses in a cache", handler(`return new Response(String(await caches.default.match("http://a.example/")) + await caches.default.delete("http://a.example/"))`), nil, "undefinedfalse"},
		{"hits in a cache", handler(`const c = await caches.open("n"), get = l => new Request("http://a.example/", {headers: {"accept-language": l}});
			for (const l of ["de", "en"]) await c.put(get(l), new Response(l, {status: 203, statusText: "Sure", headers: {vary: "accept-language", "cache-control": "max-age=9"}}));
			const r = await c.match(get("en")); return new Response([r.status, r.statusText, await r.text(), r.headers.get("cf-cache-status"), await c.delete(get("")), await c.match(get("en"))].join())`), nil, "203,Sure,en,HIT,true,"},
		{"keeps much in a cache", handler(`await caches.default.put("http://a.example/", new Response("z".repeat(2 << 20))); return caches.default.match("http://a.example/", {}).then(r => r.text()).then(t => new Response(t.length))`), nil, "2097152"},
		{"keeps nothing in a cache", handler(`await caches.default.put("http://a.example/n", new Response("x", {headers: {"cache-control": "no-store"}})); return new Response(String(await caches.default.match("http://a.example/n")))`), nil, "undefined"},
		{"fetches", handler(`let r = await fetch("http://a.example/x?y", {method: "POST", body: "12345"}); return new Response(await r.text() + r.status + r.statusText + r.headers.get("x-echo") + r.url)`), bound, "f 1 e POST http://a.example/x?y 5203Sureyes"},
		{"fails to fetch", handler(`await fetch("http://a.example/fail")`), bound, "no route to host"},
		{"gives up a fetch", handler(`const c = new AbortController(), waits = fetch("http://a.example/wait", {signal: c.signal});
			await fetch("http://a.example/begun"); c.abort(); try { await waits } catch (e) { return new Response(e.name) }`), bound, "AbortError"},
		{"fetches too often", handler(`for (let i = 0; i < 9; i++) await fetch("http://a.example/")`), bound, "all of its 3 subrequests"},
		{"logs", `console.info("top"); ` + handler(`console.log("a", 1); console.warn("b"); console.error("c"); return new Response()`), nil, ""},
		{"works after its response", handler(`ctx.waitUntil((async () => { await env.KV.put("w", "1"); await fetch("http://a.example/"); console.log("late") })()); return new Response("first")`), bound, "first"},
		{"loops after its response", handler(`ctx.waitUntil((async () => { await new Promise(r => setTimeout(r)); for (;;) {} })()); return new Response("first")`), func(m *bundles.Manifest) { m.Limits.CPUMillis = 20 }, "first"},
		{"throws", handler(`null.x`), nil, "TypeError: Cannot read property 'x'"},
		{"throws what can't be shown", handler(`throw {toString() { throw this }}`), nil, ""},
		{"returns no Response", handler(`return 1`), nil, "TypeError"},
		{"never settles", handler(`await new Promise(() => {})`), nil, "never settle"},
		{"has no default export", `__register({})`, nil, "no default export"},
		{"is not JavaScript", `let = ;`, nil, "SyntaxError"},
		{"throws at the top level", `throw new Error("early")`, nil, "Error: early"},
		{"waits at the top level", `const x = await Promise.resolve("late"); ` + handler(`return new Response(x)`), nil, "late"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target := n.function("f", tc.script, func(m *bundles.Manifest) {
				m.Limits.CPUMillis = 5000
				if tc.edit != nil {
					tc.edit(m)
				}
			})
			inside := n.tell(t, engine, target)
			jailed := n.tell(t, n, target)
			if !reflect.DeepEqual(inside, jailed) {
				t.Errorf("in a jail\n got %+v\nwant %+v", jailed, inside)
			}
			got := inside.Failure.Message
			if inside.Response != nil {
				got = string(inside.Response.Body)
			}
			if !strings.Contains(got, tc.want) {
				t.Errorf("got %.200q, want %q in it", got, tc.want)
			}
		})
	}
}

// TestLimitsInAJail holds those limits whose numbers differ from run to run.
func TestLimitsInAJail(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	wall := 50
	busy := func(m *bundles.Manifest) { m.Limits = bundles.Limits{CPUMillis: 20} }
	slow := func(m *bundles.Manifest) { m.Limits = bundles.Limits{WallMillis: &wall} }
	for _, tc := range []struct {
		name, script, limit string
		edit                func(*bundles.Manifest)
	}{
		{"busy", handler(`for (;;) {}`), "cpu_ms", busy},
		{"busy promises", handler(`for (;;) await 0`), "cpu_ms", busy},
		{"slow", handler(`const again = () => setTimeout(again); again(); await new Promise(() => {})`), "wall_ms", slow},
		{"waiting", handler(`await fetch("http://a.example/wait")`), "wall_ms", slow},
		{"busy at the top level", `for (;;) {}`, "startup_ms", busy},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, result, err := n.get(t, n.function("f", tc.script, tc.edit))
			f, ok := err.(*isolate.Failure)
			if !ok || f.Limit != tc.limit || result.Outcome != f.Outcome || result.Failure == nil {
				t.Errorf("got %v, result %+v; want %s", err, result, tc.limit)
			}
		})
	}
}

// tell runs an event and says all that can be compared of it.
func (n *node) tell(t *testing.T, d dispatcher, target *isolate.Target) told {
	t.Helper()
	n.mu.Lock()
	n.lines = nil
	n.mu.Unlock()
	ev, done := event("e")
	ev.Request = &isolate.Request{
		Method: "POST", URL: "http://hello.localhost/a?b=c", Body: []byte("body"), Client: netip.MustParseAddr("2001:db8::1"),
		CF:     `{"colo":"FRA"}`,
		Header: []isolate.Field{{Name: "X-In", Value: "in"}, {Name: "X-Bytes", Value: "\xff"}},
	}
	r, err := d.Dispatch(t.Context(), target, ev)
	result := <-done
	got := told{Response: r, Outcome: result.Outcome, Status: result.Status, Fetches: result.Fetches}
	switch f := err.(type) {
	case nil:
		got.After = "nothing"
		if result.Failure != nil {
			got.After = string(result.Failure.Outcome)
		}
	case *isolate.Failure:
		got.Failure = *f
	default:
		t.Fatal(err)
	}
	if r != nil && len(r.Body) == 0 {
		r.Body = bytes.Clone(r.Body)
	}
	if result.Total < result.Head || result.CPU < 0 {
		t.Errorf("result %+v", result)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.lines {
		if l.EventID == "" {
			continue // isolates are warmed meanwhile, and log too
		}
		got.Lines = append(got.Lines, l.EventID+" "+l.Function+" "+l.Level+" "+l.Message)
		if l.Version != 1 || l.Time.IsZero() {
			t.Errorf("line %+v", l)
		}
	}
	return got
}
