package js_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// newReactions returns a VM in which scripts can ask for what Go code does with promises.
func newReactions(t *testing.T) *js.VM {
	t.Helper()
	var log []string
	p, err := js.NewPlatform(
		js.Function{Name: "note", Call: func(c *js.Call) (any, error) {
			log = append(log, c.String(0))
			return js.Undefined, nil
		}},
		js.Function{Name: "noted", Call: func(*js.Call) (any, error) { return strings.Join(log, " "), nil }},
		js.Function{Name: "react", Call: func(c *js.Call) (any, error) {
			c.VM.React(c.Arg(0),
				func(v js.Value) { log = append(log, "fulfilled:"+c.VM.String(v)) },
				func(v js.Value) { log = append(log, "rejected:"+c.VM.String(v)) })
			return js.Undefined, nil
		}},
		js.Function{Name: "soon", Call: func(c *js.Call) (any, error) {
			f, vm := c.Arg(0), c.VM
			vm.Soon(func() { vm.Invoke(f, js.Undefined); log = append(log, "after") })
			return js.Undefined, nil
		}},
		js.Function{Name: "resolved", Call: func(c *js.Call) (any, error) {
			d := c.VM.NewDeferred()
			d.Resolve(c.Arg(0))
			d.Reject(errors.New("late"))
			return d.Promise(), nil
		}},
		js.Function{Name: "unheard", Call: func(c *js.Call) (any, error) {
			d := c.VM.NewDeferred()
			if c.Bool(0) {
				d.Handled()
			}
			d.Reject(js.Throw(c.Arg(1)))
			if c.Bool(2) {
				d.Handled()
			}
			return js.Undefined, nil
		}},
		js.Function{Name: "view", Call: func(c *js.Call) (any, error) {
			v, ok := c.VM.ViewOf(c.Arg(0))
			if !ok {
				return "none", nil
			}
			return []any{v.Kind, v.Offset, v.Length, v.ElementBytes, len(v.Memory)}, nil
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	vm := p.NewVM(js.Config{})
	t.Cleanup(vm.Abandon)
	return vm
}

func TestReactions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"a reaction is a promise job", `react(Promise.resolve(1)); note("now"); await 0; return noted()`, "now fulfilled:1"},
		{"reactions keep their order", `let p = Promise.reject(1); p.catch(() => note("a")); react(p); p.catch(() => note("b")); await 0; await 0; return noted()`, "a rejected:1 b"},
		{"a patched then is not called", `let then = Promise.prototype.then; Promise.prototype.then = () => note("patched"); react(Promise.resolve(1)); note("x"); Promise.prototype.then = then; await 0; return noted()`, "x fulfilled:1"},
		{"a job stands in line", `Promise.resolve().then(() => note("a")); soon(() => note("b")); Promise.resolve().then(() => note("c")); await 0; await 0; return noted()`, "a b after c"},
		{"no job runs within a call", `soon(() => { Promise.resolve().then(() => note("job")); note("call") }); await 0; await 0; return noted()`, "call after job"},
		{"what a job throws is lost", `soon(() => { throw 1 }); soon(() => note("next")); await 0; await 0; return noted()`, "next after"},
		{"a promise is followed in a job of its own", `let t = {then(f) { note("then"); f(7) }}; let p = resolved(t); note("now"); let v = await p; return noted() + v`, "now then7"},
		{"following takes as long as in the language", `let log = []; let a = resolved(Promise.resolve()), b = new Promise(r => r(Promise.resolve()));
			b.then(() => log.push("language")); a.then(() => log.push("go")); for (let i = 0; i < 9; i++) await 0; return log`, "go,language"},
		{"what can't be followed rejects", `return await resolved({get then() { throw 5 }}).catch(e => "no " + e)`, "no 5"},
		{"a then that throws rejects", `return await resolved({then() { throw 5 }}).catch(e => "no " + e)`, "no 5"},
		{"views", `let b = new ArrayBuffer(16); return [view(new Uint16Array(b, 4, 3)), view(new DataView(b, 2)), view(new Uint8Array(b)), view(b), view({}), view(1)].join(" ")`,
			"Uint16Array,4,6,2,6 DataView,2,14,1,14 Uint8Array,0,16,1,16 none none none"},
		{"views can't lie", `let v = new Uint8Array(8); Object.defineProperty(v, "byteLength", {value: 1e9}); Object.setPrototypeOf(v, null); return view(v)`, "Uint8Array,0,8,1,8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.EvalIn(t, newReactions(t), tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestHandledRejections(t *testing.T) {
	t.Parallel()
	vm := newReactions(t)
	jstest.EvalIn(t, vm, `unheard(true, "before"); unheard(false, "after", true); unheard(false, "never")`)
	var reasons []string
	if err := vm.Enter(t.Context(), func() {
		for _, v := range vm.Unhandled() {
			reasons = append(reasons, vm.String(v))
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(reasons, " "); got != "never" {
		t.Errorf("unhandled are %q, want %q", got, "never")
	}
}

func TestExpect(t *testing.T) {
	t.Parallel()
	vm := newReactions(t)
	var e *js.Expected
	if err := vm.Enter(t.Context(), func() { e = vm.Expect() }); err != nil {
		t.Fatal(err)
	}
	done := false
	go func() {
		e.Done(func() { done = true })
		if e.Done(func() { t.Error("it is done twice") }) {
			t.Error("it says that it is done twice")
		}
	}()
	if err := vm.Run(t.Context(), func() bool { return done }, nil); err != nil {
		t.Errorf("the loop did not wait: %v", err)
	}
	if err := vm.Run(t.Context(), func() bool { return false }, nil); !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("the loop waits for more: %v", err)
	}
	var late *js.Expected
	if err := vm.Enter(t.Context(), func() { late = vm.Expect() }); err != nil {
		t.Fatal(err)
	}
	ctx := vm.Context()
	vm.Abandon()
	if ctx.Err() != context.Canceled {
		t.Error("work goes on after its event was abandoned")
	}
	late.Done(func() { t.Error("it runs after its event was abandoned") })
	if err := vm.Run(t.Context(), func() bool { return false }, nil); !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("the loop waits for what was abandoned: %v", err)
	}
}

func TestPort(t *testing.T) {
	t.Parallel()
	vm := newReactions(t)
	port := func() (p *js.Port) {
		if err := vm.Enter(t.Context(), func() { p = vm.NewPort(); p.Await(true); p.Await(true) }); err != nil {
			t.Fatal(err)
		}
		return p
	}
	p, times := port(), 0
	go func() {
		p.Post(func() { times++ })
		p.Post(func() { p.Await(false); times++ })
	}()
	if err := vm.Run(t.Context(), func() bool { return times == 2 }, nil); err != nil {
		t.Errorf("the loop did not wait: %v", err)
	}
	if err := vm.Run(t.Context(), func() bool { return false }, nil); !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("the loop waits for more: %v", err)
	}
	p = port()
	vm.Abandon()
	p.Post(func() { t.Error("it runs after its event was abandoned") })
	if err := vm.Enter(t.Context(), func() { p.Await(false) }); err != nil {
		t.Fatal(err)
	}
	if err := vm.Run(t.Context(), func() bool { return false }, nil); !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("the loop waits for what was abandoned: %v", err)
	}
}
