package webapi_test

import (
	"net/netip"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// incoming is a request as a browser sends it.
func incoming() *webapi.HTTPRequest {
	return &webapi.HTTPRequest{
		Method: "GET",
		URL:    "http://shop.localhost:8787/products?page=2",
		Client: netip.AddrFrom4([4]byte{192, 0, 2, 1}),
		Header: []webapi.Field{
			{"host", "shop.localhost:8787"}, {"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			{"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, {"accept-language", "en-US,en;q=0.5"},
			{"accept-encoding", "gzip, deflate, br, zstd"}, {"cookie", "session=0123456789abcdef"}, {"connection", "keep-alive"},
		},
	}
}

// handlers are what functions do, from a little to more.
var handlers = []struct{ name, src string }{
	{"hello", `return new Response("hi")`},
	{"url", `return new Response(request.url)`},
	{"header", `return new Response(request.headers.get("user-agent"))`},
	{"json", `return Response.json({a: 1})`},
	{"init", `return new Response("<p>", {status: 201, headers: {"content-type": "text/html", "cache-control": "no-store"}})`},
	{"copy", `let r = new Request(request, {headers: {x: "1"}}); let a = new Response("hi"); return new Response(a.body, a)`},
	{"headers", `let h = new Headers(request.headers); h.set("a", "b"); h.append("c", "d"); h.delete("cookie"); return new Response(null, {headers: h})`},
}

// handler compiles src as the body of a handler that makes its answer at once.
func handler(t testing.TB, src string) *js.Program {
	t.Helper()
	program, err := js.CompileFunction("handler.js", src, []string{"request"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// serve is one event in vm: a Request, the handler, what it answers.
func serve(t testing.TB, vm *js.VM, program *js.Program, r *webapi.HTTPRequest) {
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program, webapi.NewRequest(vm, r))
		if err != nil {
			t.Error(vm.Report(err).Message)
			return
		}
		if _, err := webapi.ResponseOf(vm, v); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkEvent serves one event in a VM that has done nothing yet. Making the VM and
// evaluating the handler's script are part of it.
func BenchmarkEvent(b *testing.B) {
	p := newPlatform(b)
	for _, h := range handlers {
		b.Run(h.name, func(b *testing.B) {
			program, r := handler(b, h.src), incoming()
			b.ReportAllocs()
			for b.Loop() {
				serve(b, p.NewVM(js.Config{}), program, r)
			}
		})
	}
}

// BenchmarkWarmEvent serves all its events in one VM.
func BenchmarkWarmEvent(b *testing.B) {
	p := newPlatform(b)
	for _, h := range handlers {
		b.Run(h.name, func(b *testing.B) {
			vm, program, r := p.NewVM(js.Config{}), handler(b, h.src), incoming()
			b.ReportAllocs()
			for b.Loop() {
				serve(b, vm, program, r)
			}
		})
	}
}

// BenchmarkNothing is what BenchmarkEvent does beside this package's work.
func BenchmarkNothing(b *testing.B) {
	p, program := newPlatform(b), handler(b, `return 1`)
	b.ReportAllocs()
	for b.Loop() {
		vm := p.NewVM(js.Config{})
		if err := vm.Enter(b.Context(), func() { _, _ = vm.Evaluate(program, js.Undefined) }); err != nil {
			b.Fatal(err)
		}
	}
}
