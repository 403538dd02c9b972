package isolate_test

import (
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// runtimeModules is what bundles/build makes of an import of cloudflare:workers.
const runtimeModules = `const env = __runtime("env"), waitUntil = __runtime("waitUntil");
class WorkerEntrypoint { constructor(ctx, env) { this.ctx = ctx; this.env = env } }
`

func TestModulesOfTheRuntime(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	for _, tc := range []struct{ name, script, want string }{
		{"env is the handler's", `let same = env; ` + handler(`return new Response([same === env, same.GREETING])`), "true,hello"},
		{"env is there at the top level", `const g = env.GREETING; ` + handler(`return new Response(g)`), "hello"},
		{"env can be used with await at the top level", `const g = await env.GREETING; ` + handler(`return new Response(g)`), "hello"},
		{"waitUntil keeps the event alive", handler(`waitUntil(new Promise(r => setTimeout(r, 1)).then(() => console.log("later"))); return new Response("x")`), "x"},
		{"waitUntil needs an event", `let s; try { waitUntil(Promise.resolve()) } catch (e) { s = e.message } ` + handler(`return new Response(s)`), "waitUntil: no event is being handled; call it in a handler, not at the top level of a module"},
		{"waitUntil needs a promise", handler(`try { waitUntil() } catch (e) { return new Response(e.name) }`), "TypeError"},
		{"a class is an entry point", `__register({default: class extends WorkerEntrypoint { #n = 1; async fetch(request) { return new Response([this.env === env, typeof this.ctx.waitUntil, new URL(request.url).pathname, this.#n++]) } }})`, "true,function,/a,1"},
		{"its methods are found on what it inherits from", `class Base extends WorkerEntrypoint { fetch() { return new Response(this.name()) } } __register({default: class extends Base { name() { return "derived" } }})`, "derived"},
		{"a class with a static fetch is an object", `__register({default: class { static fetch() { return new Response("static") } }})`, "static"},
		{"a constructor that throws is an exception", `__register({default: class extends WorkerEntrypoint { constructor(ctx, env) { super(ctx, env); throw new Error("no") } fetch() {} }})`, "exception: Error: no"},
		{"a class without fetch is refused", `__register({default: class extends WorkerEntrypoint {}})`, "exception: TypeError: the default export has no method fetch; write: export default { fetch(request, env, ctx) { … } }"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target := n.function("f", runtimeModules+tc.script, func(m *bundles.Manifest) {
				m.Vars = map[string]string{"GREETING": "hello"}
			})
			body, err := n.get(target)
			if err != nil {
				body = err.Error()
			}
			if body != tc.want {
				t.Errorf("got %q, want %q", body, tc.want)
			}
		})
	}
}

func TestEntryPointsAreMadeForEachEvent(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	target := n.function("f", runtimeModules+`let made = 0;
		__register({default: class extends WorkerEntrypoint { n = ++made; fetch() { return new Response([made, this.n]) } }})`,
		func(m *bundles.Manifest) { m.Isolation = bundles.IsolationReuse })
	var got []string
	for range 2 {
		body, err := n.get(target)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, body)
	}
	if want := "1,1 2,2"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrorsReachListenersAtGlobalThis(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	for _, tc := range []struct{ name, script, want, log string }{
		{"of timers", `addEventListener("error", e => { s += e.message; e.preventDefault() }); ` + handler(`setTimeout(() => { throw new Error("late") }); await new Promise(r => setTimeout(r, 5)); return new Response(s)`), "Uncaught Error: late", ""},
		{"of promises, before the handler has answered", `onunhandledrejection = e => { s += e.reason; return false }; ` + handler(`Promise.reject("r"); await new Promise(r => setTimeout(r, 5)); return new Response(s)`), "r", ""},
		{"of promises, and the log", handler(`Promise.reject("r"); return new Response("x")`), "x", "Uncaught (in promise) r"},
		{"but not of a handler that rejects", `onunhandledrejection = e => console.log("told"); ` + handler(`throw new Error("mine")`), "exception: Error: mine", ""},
		{"a promise that gets a listener in time is not told of", handler(`let p = Promise.reject(1); await new Promise(r => setTimeout(r, 5)); p.catch(() => 1); return new Response("x")`), "x", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n.mu.Lock()
			n.lines = nil
			n.mu.Unlock()
			body, err := n.get(n.function("f", `let s = ""; `+tc.script))
			if err != nil {
				body = err.Error()
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			log := ""
			for _, l := range n.lines {
				log += l.Message
			}
			if body != tc.want || log != tc.log {
				t.Errorf("got %q and the log %q, want %q and %q", body, log, tc.want, tc.log)
			}
		})
	}
}
