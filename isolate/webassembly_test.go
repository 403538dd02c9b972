package isolate_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// counterWasm is a module that counts and computes:
//
//	(module
//	  (memory (export "memory") 1)
//	  (func (export "next") (result i32)
//	    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
//	    (i32.load (i32.const 0)))
//	  (func $fib (export "fib") (param i32) (result i32)
//	    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
//	      (then (local.get 0))
//	      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
//	                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
//	  (func (export "spin") (loop br 0))
//	  (func (export "grow") (loop (drop (memory.grow (i32.const 16))) (br 0))))
const counterWasm = "\x00asm\x01\x00\x00\x00" +
	"\x01\x0d\x03\x60\x00\x01\x7f\x60\x01\x7f\x01\x7f\x60\x00\x00" +
	"\x03\x05\x04\x00\x01\x02\x02" +
	"\x05\x03\x01\x00\x01" +
	"\x07\x25\x05\x06\x6d\x65\x6d\x6f\x72\x79\x02\x00\x04\x6e\x65\x78\x74\x00\x00\x03\x66\x69\x62\x00\x01\x04\x73\x70\x69\x6e\x00\x02\x04\x67\x72\x6f\x77\x00\x03" +
	"\x0a\x48\x04\x14\x00\x41\x00\x41\x00\x28\x02\x00\x41\x01\x6a\x36\x02\x00\x41\x00\x28\x02\x00\x0b\x1c\x00\x20\x00\x41\x02\x48\x04\x7f\x20\x00\x05\x20\x00\x41\x01\x6b\x10\x01\x20\x00\x41\x02\x6b\x10\x01\x6a\x0b\x0b\x07\x00\x03\x40\x0c\x00\x0b\x0b\x0c\x00\x03\x40\x41\x10\x40\x00\x1a\x0c\x00\x0b\x0b"

// wasmFunction makes a function whose bundle has files.
func (n *node) wasmFunction(script string, files map[string][]byte, edit ...func(*bundles.Manifest)) *isolate.Target {
	t := n.function("wasm", script, edit...)
	n.bundles[t.Digest].Modules = files
	return t
}

var counterFiles = map[string][]byte{"counter.wasm": []byte(counterWasm)}

func TestWebAssemblyImports(t *testing.T) {
	t.Parallel()
	limits := func(m *bundles.Manifest) { m.Limits.CPUMillis = 100 }
	for _, tc := range []struct {
		name, script string
		want         string
		outcome      isolate.Outcome
	}{
		{"a module", handler(`let m = __wasm("counter.wasm"); return new Response([m instanceof WebAssembly.Module, new WebAssembly.Instance(m).exports.fib(10)].join())`), "true,55", "ok"},
		{"at the top level", `let e = new WebAssembly.Instance(__wasm("counter.wasm")).exports; ` + handler(`return new Response(e.next() + e.next())`), "3", "ok"},
		{"what a module's memory has", `let e = new WebAssembly.Instance(__wasm("counter.wasm")).exports; ` + handler(`e.next(); return new Response(new Uint8Array(e.memory.buffer, 0, 2))`), "\x01\x00", "ok"},
		{"streaming", handler(`let r = await WebAssembly.instantiateStreaming(new Response(__module("counter.wasm"), {headers: {"content-type": "application/wasm"}})); __wasm; return new Response(r.instance.exports.fib(9))`), "34", "ok"},
		{"streaming of another type", handler(`__wasm("counter.wasm"); try { await WebAssembly.compileStreaming(new Response(__module("counter.wasm"))) } catch (e) { return new Response(e.message) }`),
			`WebAssembly.compileStreaming(): the response must have content-type application/wasm, and has "null"`, "ok"},
		{"no such file", handler(`return new Response(__wasm("other.wasm"))`), "", "exception"},
		{"a broken file", handler(`try { __wasm("broken.wasm") } catch (e) { return new Response(e.constructor === WebAssembly.CompileError) }`), "true", "ok"},
		{"a loop", handler(`new WebAssembly.Instance(__wasm("counter.wasm")).exports.spin()`), "", "exceeded_cpu"},
		{"memory without end", handler(`new WebAssembly.Instance(__wasm("counter.wasm")).exports.grow()`), "", "exceeded_memory"},
		{"a loop at the top level", `new WebAssembly.Instance(__wasm("counter.wasm")).exports.spin(); ` + handler(``), "", "exceeded_startup"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, isolate.Config{})
			edit := limits
			if tc.outcome == isolate.OutcomeExceededMemory {
				edit = func(m *bundles.Manifest) { m.Limits.CPUMillis, m.Limits.MemoryMB = 20_000, 32 }
			}
			f := n.wasmFunction(tc.script, map[string][]byte{"counter.wasm": []byte(counterWasm), "broken.wasm": []byte("\x00asm\x01\x00\x00\x00\x63")}, edit)
			for range 2 {
				got, err := n.get(f)
				if got != tc.want || outcome(err) != tc.outcome {
					t.Errorf("got %q, %v; want %q, %s", got, err, tc.want, tc.outcome)
				}
			}
		})
	}
}

// TestWebAssemblyState holds what becomes of a module's memory: with isolation = "event" each
// event finds it as it was when the bundle was evaluated.
func TestWebAssemblyState(t *testing.T) {
	t.Parallel()
	script := `let e = new WebAssembly.Instance(__wasm("counter.wasm")).exports; e.next(); ` + handler(`return new Response(e.next())`)
	for isolation, want := range map[bundles.Isolation]string{bundles.IsolationEvent: "2 2 2", bundles.IsolationReuse: "2 3 4"} {
		n := newNode(t, isolate.Config{})
		f := n.wasmFunction(script, counterFiles, func(m *bundles.Manifest) { m.Isolation = isolation })
		var got []string
		for range 3 {
			body, err := n.get(f)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, body)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("isolation %s: %s, want %s", isolation, got, want)
		}
	}
}

// TestWebAssemblyChurn runs events that instantiate a module and compile another of their own,
// in isolates that are used once and in one that is used again.
func TestWebAssemblyChurn(t *testing.T) {
	t.Parallel()
	script := `let m = __wasm("counter.wasm"); ` + handler(`
		let i = new WebAssembly.Instance(m), bytes = __module("counter.wasm");
		let own = await WebAssembly.instantiate(bytes);
		return new Response(i.exports.next() + own.instance.exports.fib(5))`)
	for _, isolation := range []bundles.Isolation{bundles.IsolationEvent, bundles.IsolationReuse} {
		n := newNode(t, isolate.Config{})
		f := n.wasmFunction(script, counterFiles, func(m *bundles.Manifest) { m.Isolation = isolation })
		for i := range 300 {
			if got, err := n.get(f); err != nil || got != "6" {
				t.Fatalf("isolation %s, event %d: %q %v", isolation, i, got, err)
			}
		}
	}
}

// TestHeavyIsolatesAreFew holds how many isolates wait for events if each has 16 MB, and that
// events of such isolates are not taken for hogs. It is not parallel: the memory of other
// engines' events would be taken for that of these.
func TestHeavyIsolatesAreFew(t *testing.T) {
	n := newNode(t, isolate.Config{MemoryBytes: 256 << 20})
	f := n.wasmFunction(`__wasm("counter.wasm"); let m = new WebAssembly.Memory({initial: 256}); `+
		handler(`await new Promise(r => setTimeout(r, 20)); return new Response("ok")`), counterFiles,
		func(m *bundles.Manifest) { m.Isolation = bundles.IsolationReuse })
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 2 {
				if _, err := n.get(f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if idle := n.Idle(); idle > 4 {
		t.Errorf("%d isolates of 16 MB wait for events, in an engine that may keep 256 MB", idle)
	}
}

// BenchmarkWebAssembly is an event that has a module compute, with the module's instance made
// for each event, and once.
func BenchmarkWebAssembly(b *testing.B) {
	script := `let e = new WebAssembly.Instance(__wasm("counter.wasm")).exports; `
	for _, bm := range []struct{ name, script string }{
		{"hello", handler(`return new Response("Hello")`)},
		{"next", script + handler(`return new Response(String(e.next()))`)},
		{"fib25", script + handler(`return new Response(String(e.fib(25)))`)},
		{"fib25 in JavaScript", `function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }` + handler(`return new Response(String(fib(25)))`)},
	} {
		for _, isolation := range []bundles.Isolation{bundles.IsolationEvent, bundles.IsolationReuse} {
			b.Run(fmt.Sprintf("%s/%s", bm.name, isolation), func(b *testing.B) {
				n := newNode(b, isolate.Config{})
				f := n.wasmFunction(bm.script, counterFiles, func(m *bundles.Manifest) { m.Isolation, m.Limits.CPUMillis = isolation, 1000 })
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
}
