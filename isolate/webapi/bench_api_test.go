package webapi_test

import (
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// benchScript calls the function that src defines, in one VM, again and again.
func benchScript(b *testing.B, src string) {
	b.Helper()
	program, err := js.CompileFunction("bench.js", "return "+src, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	vm := newPlatform(b).NewVM(js.Config{Host: new(nothing)})
	if err := vm.Enter(b.Context(), func() {
		f, err := vm.Evaluate(program)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := vm.Call(f, js.Undefined); err != nil {
				b.Fatal(err)
			}
		}
	}); err != nil {
		b.Fatal(err)
	}
}

// nothing is a Host that throws lines away.
type nothing struct{ lines }

func (*nothing) Console(string, string) {}

func BenchmarkURL(b *testing.B) {
	for _, bc := range []struct{ name, src string }{
		{"parse", `() => new URL("https://api.example.com/v1/users/42?expand=orders&limit=10")`},
		{"parse and read", `() => { let u = new URL("https://api.example.com/v1/users/42?expand=orders"); return u.pathname + u.searchParams.get("expand") }`},
		{"against a base", `(() => { let base = new URL("https://example.com/a/b"); return () => new URL("../c?d", base) })()`},
		{"not ASCII", `() => new URL("https://bücher.example/straße?q=ä")`},
		{"set a part", `(() => { let u = new URL("https://example.com/a/b"); return () => { u.pathname = "/x/y" } })()`},
	} {
		b.Run(bc.name, func(b *testing.B) { benchScript(b, bc.src) })
	}
}

func BenchmarkURLSearchParams(b *testing.B) {
	for _, bc := range []struct{ name, src string }{
		{"parse", `() => new URLSearchParams("a=1&b=two%20words&c=3+4&d=&e=ä")`},
		{"build", `() => { let p = new URLSearchParams(); p.append("a", "1"); p.append("b", "two words"); return p.toString() }`},
		{"iterate", `(() => { let p = new URLSearchParams("a=1&b=2&c=3&d=4"); return () => { for (let e of p); } })()`},
	} {
		b.Run(bc.name, func(b *testing.B) { benchScript(b, bc.src) })
	}
}

func BenchmarkText(b *testing.B) {
	const size = 64 << 10
	for _, bc := range []struct{ name, src string }{
		{"encode ASCII", `(() => { let s = "0123456789abcdef".repeat(4096), e = new TextEncoder(); return () => e.encode(s) })()`},
		{"encode Greek", `(() => { let s = "αβγδεζηθικλμνξοπ".repeat(2048), e = new TextEncoder(); return () => e.encode(s) })()`},
		{"decode ASCII", `(() => { let b = new TextEncoder().encode("0123456789abcdef".repeat(4096)), d = new TextDecoder(); return () => d.decode(b) })()`},
		{"decode Greek", `(() => { let b = new TextEncoder().encode("αβγδεζηθικλμνξοπ".repeat(2048)), d = new TextDecoder(); return () => d.decode(b) })()`},
		{"decode broken", `(() => { let b = new TextEncoder().encode("0123456789abcdef".repeat(4096)), d = new TextDecoder(); for (let i = 0; i < b.length; i += 100) b[i] = 0xFF; return () => d.decode(b) })()`},
		{"decode windows-1252", `(() => { let b = new TextEncoder().encode("0123456789abcdef".repeat(4096)), d = new TextDecoder("latin1"); return () => d.decode(b) })()`},
		{"atob", `(() => { let s = btoa("0123456789abcdef".repeat(4096)); return () => atob(s) })()`},
		{"atob, not ASCII", `(() => { let s = btoa("0123456789abcde\xff".repeat(4096)); return () => atob(s) })()`},
		{"btoa", `(() => { let s = "0123456789abcdef".repeat(4096); return () => btoa(s) })()`},
		{"btoa, not ASCII", `(() => { let s = "0123456789abcde\xff".repeat(4096); return () => btoa(s) })()`},
		{"toBase64", `(() => { let b = new TextEncoder().encode("0123456789abcdef".repeat(4096)); return () => b.toBase64() })()`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(size)
			benchScript(b, bc.src)
		})
	}
}

func BenchmarkHeaders(b *testing.B) {
	const fields = `[["accept", "*/*"], ["accept-encoding", "gzip, br"], ["accept-language", "en"], ["cache-control", "no-cache"], ["cookie", "a=b"],
		["host", "shop.example.com"], ["referer", "https://shop.example.com/"], ["user-agent", "Mozilla/5.0"], ["x-forwarded-for", "192.0.2.7"], ["x-request-id", "01J9Z3"]]`
	for _, bc := range []struct{ name, src string }{
		{"of pairs", `(() => { let f = ` + fields + `; return () => new Headers(f) })()`},
		{"of a record", `(() => { let f = Object.fromEntries(` + fields + `); return () => new Headers(f) })()`},
		{"get", `(() => { let h = new Headers(` + fields + `); return () => h.get("User-Agent") })()`},
		{"iterate", `(() => { let h = new Headers(` + fields + `); return () => { for (let [k, v] of h); } })()`},
	} {
		b.Run(bc.name, func(b *testing.B) { benchScript(b, bc.src) })
	}
}

func BenchmarkForOf(b *testing.B) {
	benchScript(b, `(() => { let a = Array.from({length: 100}, (_, i) => [i, i]); return () => { let n = 0; for (let [x, y] of a) n += x + y; return n } })()`)
}

func BenchmarkConsole(b *testing.B) {
	for _, bc := range []struct{ name, src string }{
		{"a string", `() => console.log("GET /users/42 200")`},
		{"a format", `() => console.log("%s %s %d", "GET", "/users/42", 200)`},
		{"an object", `(() => { let o = {method: "GET", path: "/users/42", status: 200, tags: ["a", "b"]}; return () => console.log("done", o) })()`},
		{"an error", `(() => { let e = new Error("bad"); return () => console.error(e) })()`},
	} {
		b.Run(bc.name, func(b *testing.B) { benchScript(b, bc.src) })
	}
}

func BenchmarkOther(b *testing.B) {
	for _, bc := range []struct{ name, src string }{
		{"randomUUID", `() => crypto.randomUUID()`},
		{"structuredClone", `(() => { let o = {a: 1, b: [1, 2, 3], c: {d: "x"}}; return () => structuredClone(o) })()`},
		{"structuredClone of many", `(() => { let o = Array.from({length: 100}, (_, i) => ({id: i, name: "name " + i, tags: ["a", "b"], at: {x: i, y: null}})); return () => structuredClone(o) })()`},
		{"dispatchEvent", `(() => { let t = new EventTarget(); t.addEventListener("x", () => 1); return () => t.dispatchEvent(new Event("x")) })()`},
		{"performance.now", `() => performance.now()`},
		{"digest 64 B", `(() => { let b = new Uint8Array(64); return () => crypto.subtle.digest("SHA-256", b) })()`},
	} {
		b.Run(bc.name, func(b *testing.B) { benchScript(b, bc.src) })
	}
}

// A fresh VM pays for what it touches: the first line of console, the first URL.
func BenchmarkFirstUse(b *testing.B) {
	p := newPlatform(b)
	for _, bc := range []struct{ name, src string }{
		{"console", `console.log("x")`},
		{"URL", `new URL("https://h/")`},
		{"crypto", `crypto.randomUUID()`},
		{"abort", `new AbortController().signal.aborted`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			program, err := js.CompileFunction("bench.js", strings.TrimSpace(bc.src), nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				vm := p.NewVM(js.Config{Host: new(nothing)})
				if err := vm.Enter(b.Context(), func() { _, _ = vm.Evaluate(program) }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNewVM makes a VM with the whole platform installed.
func BenchmarkNewVM(b *testing.B) {
	p, err := platform()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.NewVM(js.Config{})
	}
}
