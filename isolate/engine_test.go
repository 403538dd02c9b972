package isolate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is an engine whose bundles are scripts in memory.
type node struct {
	*isolate.Engine
	bundles map[bundles.Digest]*bundles.Bundle
	mu      sync.Mutex
	lines   []isolate.LogLine
	called  func(isolate.LogLine) // for each line; nil: nothing is
	close   func()                // closes the engine; may be called again
	stuck   func() bool           // console.log("spin") spins while it says so; "panic" panics
}

func newNode(t testing.TB, cfg isolate.Config) *node {
	t.Helper()
	n := &node{bundles: make(map[bundles.Digest]*bundles.Bundle)}
	cfg.Load = func(_ context.Context, d bundles.Digest) (*bundles.Bundle, error) {
		b, ok := n.bundles[d]
		if !ok {
			return nil, errors.New("no such bundle")
		}
		return b, nil
	}
	everywhere := os.Getenv(imagesEverywhere) != ""
	cfg.Host.Console = func(l isolate.LogLine) {
		if everywhere && strings.HasPrefix(l.Message, notCopied) {
			return
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.lines = append(n.lines, l)
		if n.called != nil {
			n.called(l)
		}
		switch l.Message {
		case "spin":
			for n.stuck() {
			}
		case "panic":
			panic(l.Message)
		}
	}
	if cfg.Host.KV == nil {
		cfg.Host.KV = memory.New(memory.Config{})
	}
	if everywhere {
		cfg.ImageCPU = -1
	}
	e, err := isolate.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.Engine, n.close = e, sync.OnceFunc(e.Close)
	t.Cleanup(n.close)
	return n
}

// function makes a function of a script whose last expression statement is the default
// export.
func (n *node) function(name, script string, edit ...func(*bundles.Manifest)) *isolate.Target {
	m := bundles.Manifest{Name: name}
	for _, f := range edit {
		f(&m)
	}
	b := &bundles.Bundle{Manifest: m, Script: []byte(script)}
	d := bundles.Digest(fmt.Sprintf("%064x", len(n.bundles)+1))
	n.bundles[d] = b
	return &isolate.Target{Function: name, Number: 1, Digest: d, Manifest: m.WithDefaults()}
}

func handler(body string) string {
	return "__register({default: {async fetch(request, env, ctx) {" + body + "}}})"
}

func (n *node) get(t *isolate.Target) (string, error) {
	r, err := n.Dispatch(context.Background(), t, &isolate.Event{ID: "e", Kind: isolate.KindFetch,
		Request: &isolate.Request{Method: "GET", URL: "http://hello.localhost/a?b=c"}})
	if err != nil {
		return "", err
	}
	return string(r.Body), nil
}

func outcome(err error) isolate.Outcome {
	var f *isolate.Failure
	if errors.As(err, &f) {
		return f.Outcome
	}
	return isolate.OutcomeOK
}

func TestHandlers(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	small := func(m *bundles.Manifest) {
		wall := 50
		m.Limits = bundles.Limits{CPUMillis: 20, WallMillis: &wall}
		m.Vars = map[string]string{"GREETING": "hello"}
		m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
	}
	for _, tc := range []struct {
		name, script string
		want         string
		outcome      isolate.Outcome
	}{
		{"answers", handler(`return new Response("hi " + request.url)`), "hi http://hello.localhost/a?b=c", "ok"},
		{"reads a variable", handler(`return new Response(env.GREETING)`), "hello", "ok"},
		{"awaits KV", handler(`await env.KV.put("k", "v"); return new Response(await env.KV.get("k"))`), "v", "ok"},
		{"answers after a top-level await", `const x = await Promise.resolve("late"); ` + handler(`return new Response(x)`), "late", "ok"},
		{"a thrown error is an exception", handler(`null.x`), "TypeError: Cannot read property 'x'", "exception"},
		{"no Response is an exception", handler(`return 1`), "TypeError: ", "exception"},
		{"a promise that nothing can settle is named at once", handler(`await new Promise(() => {})`), "", "never_settled"},
		{"a busy handler is stopped", handler(`for (;;) {}`), "cpu_ms", "exceeded_cpu"},
		{"busy promises are stopped", handler(`for (;;) await 0`), "cpu_ms", "exceeded_cpu"},
		{"a slow handler is stopped", handler(`const again = () => setTimeout(again); again(); await new Promise(() => {})`), "wall_ms", "exceeded_wall"},
		{"no default export", `__register({})`, "no default export", "exception"},
		{"no fetch", `__register({default: {}})`, "no method fetch", "exception"},
		{"a syntax error", `let = ;`, "SyntaxError", "exception"},
		{"a top level that throws", `throw new Error("early")`, "Error: early", "exception"},
		{"a top level that never ends", `for (;;) {}`, "400 ms", "exceeded_startup"},
		{"a top level that never settles", `await new Promise(() => {})`, "top-level await", "never_settled"},
		{"what makes the engine panic ends the event alone", handler(`console.log("panic"); return new Response("went on")`), "", "internal"},
		{"a comparator that empties the array", handler(`let a = [3, 2, 1]; a.sort(() => { a.length = 0; return 1 }); return new Response("sorted")`), "sorted", "ok"},
		{"endless recursion", handler(`const f = () => f() + 1; return new Response(f())`), "RangeError", "exception"},
		{"an error that can't be shown", handler(`throw {toString() { throw this }}`), "", "exception"},
		{"no network at all", handler(`return new Response(typeof fetch)`), "", "ok"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target := n.function("f", tc.script, small)
			body, err := n.get(target)
			if got := outcome(err); got != tc.outcome {
				t.Fatalf("outcome %s (%v), want %s", got, err, tc.outcome)
			}
			if err != nil {
				body = err.Error()
			}
			if !strings.Contains(body, tc.want) {
				t.Errorf("got %q, want %q in it", body, tc.want)
			}
		})
	}
}

func TestModuleStateDiesWithTheEvent(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	script := "let count = 0; " + handler(`return new Response(String(++count))`)
	fresh := n.function("fresh", script)
	reused := n.function("reused", script, func(m *bundles.Manifest) { m.Isolation = bundles.IsolationReuse })
	for i := range 20 {
		if body, err := n.get(fresh); body != "1" || err != nil {
			t.Fatalf("event %d of a fresh isolate counted %q, %v", i, body, err)
		}
		if body, err := n.get(reused); body != fmt.Sprint(i+1) || err != nil {
			t.Fatalf("event %d of a reused isolate counted %q, %v", i, body, err)
		}
	}
}

func TestReuseDropsABrokenIsolate(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("f", "let count = 0; "+handler(`if (++count == 3) for (;;) {} return new Response(String(count))`),
		func(m *bundles.Manifest) { m.Isolation = bundles.IsolationReuse; m.Limits.CPUMillis = 10 })
	var got []string
	for range 5 {
		body, err := n.get(f)
		got = append(got, body+string(outcome(err)))
	}
	if s := strings.Join(got, " "); s != "1ok 2ok exceeded_cpu 1ok 2ok" {
		t.Errorf("got %s", s)
	}
}

func TestCPUTimeOfAnEvent(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("f", handler(`
		const before = ctx.cpuTime()
		await new Promise(r => setTimeout(r, 50))
		const waited = ctx.cpuTime()
		let x = 0
		while (ctx.cpuTime() < waited + 5) x++
		return new Response([typeof before, before >= 0, waited - before < 50, ctx.cpuTime() - waited < 1000].join())`))
	ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}}
	r, err := n.Dispatch(t.Context(), f, ev)
	if err != nil || string(r.Body) != "number,true,true,true" {
		t.Errorf("got %v %v", r, err)
	}
	if ev.HeadCPU < 5*time.Millisecond {
		t.Errorf("the event says that it took %v of CPU", ev.HeadCPU)
	}
}

func TestWaitUntilGoesOnAfterTheResponse(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Config{})
	n := newNode(t, isolate.Config{Host: isolate.Host{KV: store}})
	f := n.function("f", handler(`ctx.waitUntil((async () => { await new Promise(r => setTimeout(r)); await env.KV.put("done", "yes") })()); return new Response("first")`),
		func(m *bundles.Manifest) { m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}} })
	done := make(chan isolate.Result, 1)
	r, err := n.Dispatch(t.Context(), f, &isolate.Event{ID: "e", Kind: isolate.KindFetch,
		Request: &isolate.Request{Method: "GET", URL: "http://f/"}, Done: func(r isolate.Result) { done <- r }})
	if err != nil || string(r.Body) != "first" {
		t.Fatal(r, err)
	}
	result := <-done
	e, err := store.Get(t.Context(), "n", "done")
	if err != nil || string(e.Value) != "yes" {
		t.Errorf("when the event was over, KV held %q, %v", e.Value, err)
	}
	if result.Outcome != isolate.OutcomeOK || result.Status != 200 || result.Total < result.Head {
		t.Errorf("result %+v", result)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("f", handler(`let u = request.url; await new Promise(r => setTimeout(r)); return new Response(u)`))
	var group sync.WaitGroup
	var wrong atomic.Int64
	for g := range 16 {
		group.Go(func() {
			for k := range 50 {
				url := fmt.Sprintf("http://f/%d/%d", g, k)
				r, err := n.Dispatch(t.Context(), f, &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: url}})
				if err != nil || string(r.Body) != url {
					wrong.Add(1)
				}
			}
		})
	}
	group.Wait()
	if wrong.Load() != 0 {
		t.Errorf("%d answers were wrong", wrong.Load())
	}
}

func TestTheLeastRecentlyUsedPoolsAreDropped(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{MemoryBytes: 100 << 10})
	for i := range 40 {
		if err := n.Warm(t.Context(), n.function(fmt.Sprint("f", i), handler(`return new Response("x")`))); err != nil {
			t.Fatal(err)
		}
	}
	if got := n.Pools(); got >= 40 || got < 1 {
		t.Errorf("%d pools are loaded, want fewer than 40 under this bound", got)
	}
}

func TestTheClientLeaves(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("f", handler(`const again = () => setTimeout(again); again(); await new Promise(() => {})`))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := n.Dispatch(ctx, f, &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}})
	if outcome(err) != isolate.OutcomeCanceled {
		t.Errorf("got %v", err)
	}
}

func BenchmarkHello(b *testing.B) {
	for _, isolation := range []bundles.Isolation{bundles.IsolationEvent, bundles.IsolationReuse} {
		b.Run(string(isolation), func(b *testing.B) {
			n := newNode(b, isolate.Config{})
			f := n.function("hello", hello,
				func(m *bundles.Manifest) { m.Isolation = isolation })
			ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Dispatch(context.Background(), f, ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
