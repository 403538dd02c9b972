package webapi_test

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// TestHostileStreams is TestHostile for streams: most of what is below runs no instruction of
// a script for long.
func TestHostileStreams(t *testing.T) { runAttacks(t, hostileStreams) }

var hostileStreams = []attack{
	{"a start that enqueues", `/**/ new ReadableStream({start(c) { for (;;) c.enqueue(1) }})`},
	{"a start that enqueues, read", `const s = new ReadableStream({start(c) { for (let i = 0; i < 1e6; i++) c.enqueue(i); c.close() }}); const r = s.getReader(); while (!(await r.read()).done);`},
	{"a start that enqueues bytes", `/**/ new ReadableStream({type: "bytes", start(c) { for (;;) c.enqueue(new Uint8Array(1)) }})`},
	{"a pull that enqueues", `const s = new ReadableStream({pull(c) { c.enqueue(1) }}, {highWaterMark: Infinity}); await new Promise(() => {})`},
	{"a size that enqueues", `let k; const s = new ReadableStream({start(c) { k = c }}, {size() { k.enqueue(1); return 1 }}); k.enqueue(1)`},
	{"a native size", `let k; const s = new ReadableStream({start(c) { k = c }}, {size: Math.random}); for (;;) k.enqueue("x")`},
	{"an endless iterable", `const next = Object.bind(null, {done: false, value: 1}); await ReadableStream.from({[Symbol.iterator]: Object.bind(null, {next})}).pipeTo(new WritableStream())`},
	{"an endless iterable of bytes", `const next = Object.bind(null, {done: false, value: new Uint8Array(1e5)}); await new Response(ReadableStream.from({[Symbol.iterator]: Object.bind(null, {next})})).text()`},
	{"an endless iterable of nothing", `const next = Object.bind(null, {done: false, value: new Uint8Array(0)}); await new Response(ReadableStream.from({[Symbol.iterator]: Object.bind(null, {next})})).text()`},
	{"an endless iterable, teed", `const next = Object.bind(null, {done: false, value: 1}); const [a, b] = ReadableStream.from({[Symbol.iterator]: Object.bind(null, {next})}).tee(); await a.pipeTo(new WritableStream())`},
	{"a native pull", `let k; const s = new ReadableStream({start(c) { k = c }, pull: ReadableStreamDefaultController.prototype.enqueue.bind(undefined)}); for (;;) await 0`},
	{"many reads", `const r = new ReadableStream().getReader(); for (;;) r.read()`},
	{"many reads, released", `const r = new ReadableStream().getReader(); for (let i = 0; i < 5e4; i++) r.read(); /**/ r.releaseLock()`},
	{"many reads, closed", `let k; const r = new ReadableStream({start(c) { k = c }}).getReader(); for (let i = 0; i < 5e4; i++) r.read(); /**/ k.close()`},
	{"many reads into views", `let k; const r = new ReadableStream({type: "bytes", start(c) { k = c }}).getReader({mode: "byob"}); for (let i = 0; i < 2e4; i++) r.read(new Uint8Array(1)); /**/ k.enqueue(new Uint8Array(1e6)); for (;;) r.read(new Uint8Array(1))`},
	{"a read into a large view", `let k; const r = new ReadableStream({type: "bytes", start(c) { k = c }}).getReader({mode: "byob"}); const b = new Uint8Array(2e7); k.enqueue(new Uint8Array(2e7)); for (let v = b; ;) { v = (await r.read(v)).value; k.enqueue(new Uint8Array(2e7)) }`},
	{"auto allocation of what can't be", `const s = new ReadableStream({type: "bytes", autoAllocateChunkSize: 2 ** 52}); const r = s.getReader(); await r.read()`},
	{"auto allocation of much", `const s = new ReadableStream({type: "bytes", autoAllocateChunkSize: 3e7}); const r = s.getReader(); for (;;) r.read()`},
	{"many writes", `const w = new WritableStream().getWriter(); for (;;) w.write(1)`},
	{"many writes, aborted", `const w = new WritableStream({write: () => new Promise(() => {})}).getWriter(); for (let i = 0; i < 5e4; i++) w.write(1); /**/ w.abort()`},
	{"tees of tees", `let s = new ReadableStream({pull(c) { c.enqueue(1) }}); for (;;) s = s.tee()[0]`},
	{"tees of tees of bytes", `let s = new ReadableStream({type: "bytes", pull(c) { c.enqueue(new Uint8Array(1)) }}); for (let i = 0; i < 100; i++) s = s.tee()[0]; /**/ const r = s.getReader(); for (;;) await r.read()`},
	{"tees that are canceled", `const all = []; let s = new ReadableStream({}); for (let i = 0; i < 100; i++) { const [a, b] = s.tee(); all.push(b); s = a } /**/ for (const b of all) b.cancel(); s.cancel()`},
	{"a long chain of pipes", `let s = new ReadableStream({pull(c) { c.enqueue(1) }}); for (let i = 0; i < 300; i++) s = s.pipeThrough(new TransformStream()); /**/ const r = s.getReader(); for (;;) await r.read()`},
	{"a long chain of identities", `let s = new Response("x").body; for (;;) s = s.pipeThrough(new IdentityTransformStream())`},
	{"a long chain of pipes that is canceled", `let s = new ReadableStream(); for (let i = 0; i < 3000; i++) s = s.pipeThrough(new TransformStream()); /**/ await s.cancel()`},
	{"a transform that enqueues", `/**/ const t = new TransformStream({start(c) { for (;;) c.enqueue(1) }})`},
	{"a transform of everything", `const t = new TransformStream({}, {highWaterMark: 1e9}, {highWaterMark: 1e9}); const w = t.writable.getWriter(); for (;;) w.write(1)`},
	{"many pipes with one signal", `const a = new AbortController(); for (let i = 0; i < 3000; i++) new ReadableStream().pipeTo(new WritableStream(), {signal: a.signal}).catch(() => {}); /**/ a.abort()`},
	{"a large chunk encoded", `const t = new TextEncoderStream(), w = t.writable.getWriter(), r = t.readable.getReader(); const s = "ä".repeat(2e6); for (;;) { r.read(); await w.write(s) }`},
	{"a large chunk decoded", `const t = new TextDecoderStream(), w = t.writable.getWriter(), r = t.readable.getReader(); const b = new Uint8Array(6e6).fill(200); for (;;) { r.read(); await w.write(b) }`},
	{"a large chunk compressed", `const b = new Uint8Array(1e7); for (;;) { const t = new CompressionStream("gzip"), w = t.writable.getWriter(); t.readable.pipeTo(new WritableStream()); await w.write(b); await w.close() }`},
	{"a large chunk compressed well", `const b = new Uint8Array(1e7); for (;;) { const t = new CompressionStream("br"), w = t.writable.getWriter(); t.readable.pipeTo(new WritableStream()); await w.write(b); await w.close() }`},
	{"a large chunk that is not compressed", `const b = new Uint8Array(1e7); for (;;) { const t = new DecompressionStream("deflate-raw"), w = t.writable.getWriter(); t.readable.pipeTo(new WritableStream()).catch(() => {}); await w.write(b).catch(() => {}) }`},
	{"many compressions", `const all = []; for (;;) try { all.push(new CompressionStream("br")) } catch (e) { if (!/at a time/.test(e.message)) throw e; all.length = 0; }`},
	{"a large chunk digested", `const d = new crypto.DigestStream("SHA-512"), w = d.getWriter(), b = new Uint8Array(6e6); for (;;) w.write(b)`},
	{"a large body in pieces", `const s = () => new ReadableStream({start(c) { for (let i = 0; i < 100; i++) c.enqueue(new Uint8Array(1e5)); c.close() }}); for (;;) await new Response(s()).arrayBuffer()`},
	{"a body teed and cloned", `let r = new Response(new ReadableStream({pull(c) { c.enqueue(new Uint8Array(1e5)) }})); const c = r.clone(); await r.text()`},
	{"a chunk that is cloned", `let l = []; for (let i = 0; i < 1e5; i++) l.push({}); let k; const r = new Response(new ReadableStream({start(c) { k = c }})); const c = r.clone(); /**/ k.enqueue(l); const x = c.body.getReader(); await x.read()`},
}

// bomb is a little deflate of so many MiB.
func bomb(t testing.TB, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return append(bytes.Repeat(out.Bytes(), size), 1, 0, 0, 0xff, 0xff) // and an empty last block
}

// TestCodecsAreBounded begins more streams that compress than may be at a time, and ends one.
func TestCodecsAreBounded(t *testing.T) {
	t.Parallel()
	got := eval(t, `const all = [], more = () => { for (;;) all.push(new CompressionStream("gzip")) }
		const out = []
		try { more() } catch (e) { out.push(all.length, e.name) }
		await all[0].writable.abort()
		try { more() } catch (e) { out.push(all.length) }
		return out.join(" ")`)
	if want := "32 RangeError 33"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBombs decompresses kilobytes that become 100 MiB. It has the process for itself: what an
// event holds is told from what the heap grows by, and others' garbage would make up for it.
func TestBombs(t *testing.T) {
	small := bomb(t, 100)
	for _, tc := range []struct{ name, src, want string }{
		{"that is read whole", `await new Response(request.body.pipeThrough(new DecompressionStream("deflate-raw"))).text()`, "js: memory used up"},
		{"that is kept", `const all = [], r = request.body.pipeThrough(new DecompressionStream("deflate-raw")).getReader(); for (let c; !(c = await r.read()).done;) all.push(c.value)`, "js: memory used up"},
		{"that is not read", `const s = request.body.pipeThrough(new DecompressionStream("deflate-raw")); await new Promise(r => setTimeout(r, 1)); return "fine"`, "fine"},
		{"that is thrown away", `let n = 0, r = request.body.pipeThrough(new DecompressionStream("deflate-raw")).getReader(); for (let c; !(c = await r.read()).done;) n += c.value.length; return n`, "104857600"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			turns := js.NewTurns(js.TurnsConfig{})
			defer turns.Close()
			vm := newPlatform(t).NewVM(js.Config{Turns: turns})
			defer vm.Abandon()
			vm.Meter().Reset(js.Account{CPU: 30 * time.Second, MemoryBytes: 32 << 20})
			got := runRequest(t, vm, &webapi.HTTPRequest{Method: "POST", URL: "http://a/", Body: small}, tc.src)
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestBodiesThatDoNotFit reads bodies that are larger than the event may hold. However busy the
// process is, and what can be told of the heap therefore, the event ends.
func TestBodiesThatDoNotFit(t *testing.T) {
	t.Parallel()
	pieces := make([]string, 20)
	for i := range pieces {
		pieces[i] = strings.Repeat("x", 1<<20)
	}
	for _, tc := range []struct{ name, src string }{
		{"the host's", `try { await request.text() } catch (e) { return e.name }`},
		{"a script's", `const part = new Uint8Array(1 << 20); let n = 20;
			const s = new ReadableStream({ pull(c) { if (n-- > 0) c.enqueue(part); else c.close() } });
			try { await new Response(s).bytes() } catch (e) { return e.name }`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vm := newPlatform(t).NewVM(js.Config{}) // without turns, nothing is known of the heap
			defer vm.Abandon()
			vm.Meter().Reset(js.Account{CPU: time.Minute, MemoryBytes: 10 << 20})
			if got := runRequest(t, vm, upload(source(pieces...)), tc.src); got != js.ErrMemory.Error() {
				t.Errorf("got %q, want %q", got, js.ErrMemory)
			}
		})
	}
}

// TestDecompressionIsCharged holds that what decompresses beside the turns is the event's work.
func TestDecompressionIsCharged(t *testing.T) {
	t.Parallel()
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 5 * time.Millisecond, MemoryBytes: 64 << 20})
	got := runRequest(t, vm, &webapi.HTTPRequest{Method: "POST", URL: "http://a/", Body: bomb(t, 200)},
		`let r = request.body.pipeThrough(new DecompressionStream("deflate-raw")).getReader(); while (!(await r.read()).done);`)
	if want := js.ErrCPU.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// runRequest runs src, the body of an async function, with r as request, and says how it
// ended.
func runRequest(t testing.TB, vm *js.VM, r *webapi.HTTPRequest, src string) (out string) {
	t.Helper()
	program, err := js.CompileFunction("handler.js", "return (async () => {"+src+"\n})()", []string{"request"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var result js.Value
	var failed error
	if err := vm.Enter(t.Context(), func() { result, failed = vm.Evaluate(program, webapi.NewRequest(vm, r)) }); err != nil {
		return err.Error()
	}
	if failed != nil {
		t.Fatal(failed)
	}
	if err := vm.Run(t.Context(), func() bool {
		state, v := js.Peek(result)
		switch state {
		case js.Fulfilled:
			out = vm.String(v)
		case js.Rejected:
			out = "throws " + vm.ReportValue(v).Message
		}
		return state != js.Pending
	}, nil); err != nil {
		return err.Error()
	}
	return out
}
