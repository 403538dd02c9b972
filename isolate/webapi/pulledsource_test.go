package webapi_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// outcome is how a source was read to its end.
type outcome struct {
	chunks []string
	err    error
}

// readBody reads a source to its end on a goroutine of its own while vm's loop runs. read is
// called after each chunk.
func readBody(t testing.TB, vm *js.VM, s webapi.Source, read func(n int) (more bool)) outcome {
	t.Helper()
	over := make(chan outcome, 1)
	go func() {
		var out outcome
		for {
			chunk, err := s.Next(t.Context())
			if err != nil {
				if !errors.Is(err, io.EOF) {
					out.err = err
				}
				break
			}
			out.chunks = append(out.chunks, string(chunk))
			if read != nil && !read(len(out.chunks)) {
				break
			}
		}
		over <- out
	}()
	if err := vm.Run(t.Context(), func() bool { return false }, nil); !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("the loop ended with %v", err)
	}
	vm.Abandon()
	return <-over
}

// TestScriptsBodiesGoOut is not parallel: it counts the goroutines of the process.
func TestScriptsBodiesGoOut(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const encode = `const b = s => new TextEncoder().encode(s); `
	for _, tc := range []struct{ name, src, want string }{
		{"one chunk", `return new Response(new ReadableStream({start(c) { c.enqueue(b("a")); c.close() }}))`, "a"},
		{"nothing", `return new Response(new ReadableStream({start(c) { c.close() }}))`, ""},
		{"chunks that are there go together", `return new Response(new ReadableStream({start(c) { c.enqueue(b("a")); c.enqueue(b("b")); c.close() }}))`, "ab"},
		{"empty chunks are none", `return new Response(new ReadableStream({start(c) { c.enqueue(b("")); c.enqueue(b("a")); c.enqueue(b("")); c.close() }}))`, "a"},
		{"chunks on request", `let n = 0; return new Response(new ReadableStream({pull(c) { if (n++ < 3) c.enqueue(b("x" + n)); else c.close() }}, {highWaterMark: 0}))`, "x1|x2|x3"},
		{"chunks in time", `let n = 0; return new Response(new ReadableStream({async pull(c) { await new Promise(r => setTimeout(r, 1)); if (n++ < 2) c.enqueue(b("x" + n)); else c.close() }}))`, "x1|x2"},
		{"bytes", `let n = 0; return new Response(new ReadableStream({type: "bytes", pull(c) { if (n++ < 2) c.enqueue(b("x" + n)); else c.close() }}))`, "x1|x2"},
		{"bytes into a request", `let n = 0; return new Response(new ReadableStream({type: "bytes", autoAllocateChunkSize: 4, pull(c) { if (n++ < 2) { c.byobRequest.view[0] = 48 + n; c.byobRequest.respond(1) } else { c.close(); c.byobRequest.respond(0) } }}))`, "1|2"},
		{"through a transform", `let t = new TransformStream({transform(x, c) { c.enqueue(b("<" + new TextDecoder().decode(x) + ">")) }}); new Response("abc").body.pipeTo(t.writable); return new Response(t.readable)`, "<abc>"},
		{"of an upload", `let r = request.body.getReader(); await r.read(); r.releaseLock(); return request.body.locked`, "throws"},
		{"of an upload that was looked at", `request.body.getReader().releaseLock(); return new Response(request.body)`, "one|two"},
		{"of an upload, changed", `return new Response(request.body.pipeThrough(new TransformStream({transform(x, c) { c.enqueue(b(x.length + "")) }})))`, "3|3"},
		{"a clone's", `let r = new Response(new ReadableStream({start(c) { c.enqueue(b("a")); c.close() }})); let c = r.clone(); await r.text(); return c`, "a"},
		{"a copy's", `return new Response(new Request("http://a/", {method: "POST", body: new ReadableStream({start(c) { c.enqueue(b("a")); c.close() }})}).body)`, "a"},
		{"a copy of a copy's", `let a = new Request("http://a/", {method: "POST", body: new ReadableStream({pull(c) { c.enqueue(b("a")); c.close() }}, {highWaterMark: 0})}); return new Response(new Request(a).body)`, "a"},
		{"a copy of a transform's", `let t = new TransformStream(), w = t.writable.getWriter(); w.write(b("a")); w.close(); return new Response(new Request("http://a/", {method: "POST", body: t.readable}).body)`, "a"},
		{"an error at once", `return new Response(new ReadableStream({start(c) { c.error(new RangeError("no")) }}))`, "!RangeError: no"},
		{"an error after a chunk", `let n = 0; return new Response(new ReadableStream({pull(c) { if (n++) throw new Error("no"); c.enqueue(b("a")) }}, {highWaterMark: 0}))`, "a!Error: no"},
		{"a chunk that is a string", `return new Response(new ReadableStream({start(c) { c.enqueue("a") }, cancel(e) { console.log(e) }}))`, "!TypeError: a chunk of the body is a string; the chunks of a body must be Uint8Arrays"},
		{"a chunk that is a view of another kind", `return new Response(new ReadableStream({start(c) { c.enqueue(new Int8Array(1)) }}))`, "!TypeError: a chunk of the body is an Int8Array; the chunks of a body must be Uint8Arrays"},
		{"what never comes", `return new Response(new ReadableStream({start(c) { c.enqueue(b("a")) }}))`, "a!" + webapi.ErrAbandoned.Error()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			vm := newPlatform(t).NewVM(js.Config{Host: network(nil)})
			response, err := tryRespond(t, vm, upload(source("one", "two")), encode+tc.src)
			if err != nil {
				vm.Abandon()
				if tc.want != "throws" {
					t.Fatal(err)
				}
				return
			}
			out := readBody(t, vm, response.Stream, nil)
			got := strings.Join(out.chunks, "|")
			if out.err != nil {
				got += "!" + out.err.Error()
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestScriptsBodiesAreCanceled(t *testing.T) {
	t.Parallel()
	vm := newPlatform(t).NewVM(js.Config{})
	response := respond(t, vm, upload(source()), `
		globalThis.log = [];
		return new Response(new ReadableStream({pull(c) { c.enqueue(new Uint8Array(3)) }, cancel(e) { log.push(e.name, e.message) }}, {highWaterMark: 0}))`)
	done := make(chan bool)
	go func() {
		defer close(done)
		if _, err := response.Stream.Next(t.Context()); err != nil {
			t.Error(err)
		}
		response.Stream.Cancel(errors.New("the client left"))
		response.Stream.Cancel(nil)
		if _, err := response.Stream.Next(t.Context()); err == nil {
			t.Error("a stream goes on after it was canceled")
		}
	}()
	if err := vm.Run(t.Context(), func() bool { return false }, nil); !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("the loop ended with %v", err)
	}
	<-done
	if err := vm.Enter(t.Context(), func() {
		if got := vm.String(vm.Global("log")); got != "AbortError,the client left" {
			t.Errorf("the script was told %q", got)
		}
	}); err != nil {
		t.Fatal(err)
	}
	vm.Abandon()
}

// TestScriptsBodiesWaitForTheirReader has a client that is slow: the script makes no more
// than its queue holds.
func TestScriptsBodiesWaitForTheirReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int32
		p, err := js.NewPlatform(append(webapi.All(), js.Function{Name: "made", Call: func(*js.Call) (any, error) {
			return int(made.Add(1)), nil
		}})...)
		if err != nil {
			t.Fatal(err)
		}
		vm := p.NewVM(js.Config{})
		response := respond(t, vm, upload(source()), `
			return new Response(new ReadableStream({pull(c) { c.enqueue(new Uint8Array(64 << 10)); if (made() == 10) c.close() }}))`)
		out := readBody(t, vm, response.Stream, func(n int) bool {
			time.Sleep(time.Minute)
			if most := int32(min(n+2, 10)); made.Load() > most {
				t.Errorf("%d chunks were made for %d that were read", made.Load(), n)
			}
			return true
		})
		if len(out.chunks) != 10 || out.err != nil {
			t.Errorf("%d chunks came, and %v", len(out.chunks), out.err)
		}
	})
}

func TestAwaited(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		`return new Response(new ReadableStream())`:                                                                 true,
		`const t = new IdentityTransformStream(); request.body.pipeTo(t.writable); return new Response(t.readable)`: true,
		`return new Response(request.body)`:                                                                         false,
		`return new Response(request.body.tee()[0])`:                                                                false,
	} {
		vm := newPlatform(t).NewVM(js.Config{})
		if got := webapi.Awaited(respond(t, vm, upload(source()), src).Stream); got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
		vm.Abandon()
	}
}

func TestEndsAreNotAwaited(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`return new Response(new ReadableStream({pull(c) { c.close() }}))`,
		`const t = new IdentityTransformStream(); request.body.pipeTo(t.writable); return new Response(t.readable)`,
	} {
		vm := newPlatform(t).NewVM(js.Config{})
		stream := respond(t, vm, upload(source()), src).Stream
		go stream.Next(t.Context())
		if err := vm.Run(t.Context(), func() bool { return !webapi.Awaited(stream) }, nil); err != nil {
			t.Errorf("%s: %v", src, err)
		}
		vm.Abandon()
	}
}

func TestReadersOfScriptsBodiesGiveUp(t *testing.T) {
	t.Parallel()
	vm := newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	response := respond(t, vm, upload(source()), `return new Response(new ReadableStream())`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := response.Stream.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next gives %v", err)
	}
}

// TestScriptsBodiesAreSent has fetch read a script's stream.
func TestScriptsBodiesAreSent(t *testing.T) {
	t.Parallel()
	host := network(func(ctx context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
		var body []byte
		for {
			chunk, err := r.Stream.Next(ctx)
			if errors.Is(err, io.EOF) {
				return &webapi.HTTPResponse{URL: r.URL, Status: 200, Body: body}, nil
			}
			if err != nil {
				return nil, err
			}
			body = append(body, chunk...)
		}
	})
	send := func(source string) string {
		return `const b = s => new TextEncoder().encode(s); return await (await fetch("http://a/", {method: "POST", body: new ReadableStream(` + source + `)})).text()`
	}
	for _, tc := range []struct{ name, src, want string }{
		{"chunks", send(`{start(c) { setTimeout(() => { c.enqueue(b("b")); c.close() }, 1); c.enqueue(b("a")) }}`), "ab"},
		{"an error", send(`{start(c) { c.error(new RangeError("no")) }}`), "throws RangeError: no"},
		{"what is no bytes", send(`{start(c) { c.enqueue(1) }}`), "throws TypeError: a chunk of the body is a number; the chunks of a body must be Uint8Arrays"},
		{"a stream that was read", `let s = new ReadableStream({start(c) { c.enqueue(1) }}), r = s.getReader(); await r.read(); r.releaseLock(); await fetch("http://a/", {method: "POST", body: s})`,
			"throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vm := newPlatform(t).NewVM(js.Config{Host: host})
			defer vm.Abandon()
			if got := evalIn(t, vm, tc.src); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
