package webapi_test

import (
	"context"
	"io"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// supply is a source of so many chunks of a size, which it fills again.
type supply struct {
	chunk []byte
	left  int
}

func (s *supply) Next(context.Context) ([]byte, error) {
	if s.left == 0 {
		return nil, io.EOF
	}
	s.left--
	return s.chunk, nil
}

func (s *supply) Cancel(error) {}

const (
	benchChunk  = 64 << 10
	benchChunks = 64
)

// BenchmarkStreams moves 4 MiB in chunks of 64 KiB. "host" is what does not enter the VM.
func BenchmarkStreams(b *testing.B) {
	for _, bc := range []struct{ name, src string }{
		{"host", `return new Response(request.body)`},
		{"host through an identity", `const t = new IdentityTransformStream(); request.body.pipeTo(t.writable); return new Response(t.readable)`},
		{"host teed", `const [x, y] = request.body.tee(); y.cancel(); return new Response(x)`},
		{"read by a script and enqueued", `const r = request.body.getReader(); return new Response(new ReadableStream({async pull(c) { const {value, done} = await r.read(); if (done) c.close(); else c.enqueue(value) }}))`},
		{"piped through a script", `return new Response(request.body.pipeThrough(new TransformStream({transform(x, c) { c.enqueue(x) }})))`},
		{"enqueued by pull", `const chunk = new Uint8Array(65536); let n = 0; return new Response(new ReadableStream({pull(c) { if (n++ === 64) c.close(); else c.enqueue(chunk) }}))`},
		{"enqueued in views", `let n = 0; return new Response(new ReadableStream({type: "bytes", autoAllocateChunkSize: 65536, pull(c) { if (n++ === 64) { c.close(); c.byobRequest.respond(0) } else c.byobRequest.respond(65536) }}))`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			p := newPlatform(b)
			b.SetBytes(benchChunk * benchChunks)
			b.ReportAllocs()
			for b.Loop() {
				vm := p.NewVM(js.Config{})
				response := respond(b, vm, upload(&supply{make([]byte, benchChunk), benchChunks}), bc.src)
				sum := make(chan int, 1)
				go func() {
					n := 0
					for {
						chunk, err := response.Stream.Next(b.Context())
						if err != nil {
							break
						}
						n += len(chunk)
						webapi.Reuse(response.Stream, chunk)
					}
					sum <- n
				}()
				_ = vm.Run(b.Context(), func() bool { return false }, nil) // until nothing is under way
				if n := <-sum; n != benchChunk*benchChunks {
					b.Fatalf("%d bytes came", n)
				}
				vm.Abandon()
			}
		})
	}
}

// BenchmarkStreamCalls is what a script pays for each.
func BenchmarkStreamCalls(b *testing.B) {
	for _, bc := range []struct{ name, setup, call string }{
		{"new ReadableStream", ``, `new ReadableStream()`},
		{"new TransformStream", ``, `new TransformStream()`},
		{"new IdentityTransformStream", ``, `new IdentityTransformStream()`},
		{"enqueue and read", `let c; const s = new ReadableStream({start(k) { c = k }}), r = s.getReader();`, `c.enqueue(1); await r.read()`},
		{"write", `const w = new WritableStream({write() {}}).getWriter();`, `await w.write(1)`},
		{"through a transform", `const t = new TransformStream(), w = t.writable.getWriter(), r = t.readable.getReader();`, `w.write(1); await r.read()`},
		{"body.getReader", ``, `new Response("x").body.getReader()`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			vm := newPlatform(b).NewVM(js.Config{})
			program, err := js.CompileFunction("bench.js", bc.setup+"return async n => { for (let i = 0; i < n; i++) { "+bc.call+" } }", nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			const calls = 100
			for b.Loop() {
				if err := vm.Enter(b.Context(), func() {
					f, err := vm.Evaluate(program)
					if err == nil {
						_, err = vm.Call(f, js.Undefined, calls)
					}
					if err != nil {
						b.Fatal(err)
					}
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/calls, "ns/call")
		})
	}
}
