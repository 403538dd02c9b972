package webapi_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// fuzzedSteps are what FuzzStreams puts together: s and t are streams of any kind, of which
// there are a few, r readers, w writers, c controllers. All that can go wrong is caught.
var fuzzedSteps = []string{
	`s.push(new ReadableStream({start(k) { c.push(k) }}))`,
	`s.push(new ReadableStream({pull(k) { k.enqueue(chunk()) }}, {highWaterMark: n % 3}))`,
	`s.push(new ReadableStream({type: "bytes", start(k) { c.push(k) }}))`,
	`s.push(new ReadableStream({type: "bytes", autoAllocateChunkSize: 1 + n % 4, start(k) { c.push(k) }}))`,
	`s.push(new ReadableStream({type: "bytes", pull(k) { if (k.byobRequest && n % 2) k.byobRequest.respond(1); else k.enqueue(chunk()) }}))`,
	`s.push(new ReadableStream({start(k) { c.push(k) }, pull() { return act(n) }, cancel() { act(n + 1) }}))`,
	`s.push(new Response("body").body)`,
	`s.push(ReadableStream.from([chunk(), chunk(), chunk()]))`,
	`t.push(new WritableStream({start(k) { c.push(k) }, write(x) { act(n) }, close() { act(n + 2) }, abort() { act(n + 3) }}, {highWaterMark: n % 3}))`,
	`t.push(new WritableStream({write: () => later()}))`,
	`both(new TransformStream())`,
	`both(new TransformStream({start(k) { c.push(k) }, transform(x, k) { act(n); k.enqueue(x) }, flush() { act(n + 1) }, cancel() { act(n + 2) }}))`,
	`both(new IdentityTransformStream())`,
	`both(new FixedLengthStream(n))`,
	`both(new DecompressionStream("deflate-raw"))`,
	`both(new CompressionStream("gzip"))`,
	`both(new TextEncoderStream())`,
	`both(new TextDecoderStream())`,
	`r.push(any(s).getReader())`,
	`r.push(any(s).getReader({mode: "byob"}))`,
	`w.push(any(t).getWriter())`,
	`s.push(...any(s).tee())`,
	`quiet(any(s).pipeTo(any(t)))`,
	`quiet(any(s).pipeTo(any(t), {preventClose: n % 2 > 0, preventAbort: n % 3 > 0, preventCancel: n % 5 > 0, signal: any(signals).signal}))`,
	`s.push(any(s).pipeThrough({readable: any(s), writable: any(t)}))`,
	`quiet(any(r).read(new (any([Uint8Array, Uint16Array, DataView]))(new ArrayBuffer(8), n % 2 * 4), n % 3 ? undefined : {min: 2}))`,
	`quiet(any(r).read())`,
	`any(r).releaseLock()`,
	`quiet(any(r).cancel("r"))`,
	`quiet(any(r).closed)`,
	`quiet(any(s).cancel("s"))`,
	`its.push(any(s).values({preventCancel: n % 2 > 0}))`,
	`quiet(any(its).next())`,
	`quiet(any(its).return(1))`,
	`any(c).enqueue(chunk())`,
	`any(c).close()`,
	`any(c).error("c")`,
	`any(c).terminate()`,
	`any(c).byobRequest.respond(n % 3)`,
	`any(c).byobRequest.respondWithNewView(any(c).byobRequest.view.subarray(0, n % 3))`,
	`views.push(any(c).byobRequest.view)`,
	`structuredClone(1, {transfer: [any(views).buffer]})`,
	`quiet(any(w).write(chunk()))`,
	`quiet(any(w).close())`,
	`quiet(any(w).abort("w"))`,
	`any(w).releaseLock()`,
	`quiet(any(w).ready)`,
	`quiet(any(t).abort("t"))`,
	`quiet(any(t).close())`,
	`any(signals).abort("signal")`,
	`signals.push(new AbortController())`,
	`quiet(new Response(any(s)).text())`,
	`s.push(new Request("http://a/", {method: "PUT", body: any(s)}).clone().body)`,
	`s.push(new Request(new Request("http://a/", {method: "PUT", body: any(s)})).body)`,
	`quiet(later())`,
}

const fuzzedPrelude = `
	const s = [], t = [], r = [], w = [], c = [], its = [], views = [], signals = [new AbortController()];
	let n = 0, depth = 0;
	const any = list => list[(n * 7 + (n >> 3)) % Math.max(list.length, 1)];
	const later = () => new Promise(done => setTimeout(done, 0));
	const quiet = p => { p.catch(() => {}) };
	const both = x => { s.push(x.readable); t.push(x.writable) };
	const chunk = () => n % 5 ? new Uint8Array(1 + n % 3) : n % 2 ? "x" : new Uint16Array(2);
	const act = i => {
		if (depth > 3) return;
		depth++;
		n = (n + i) % 1000;
		try { return steps[n % steps.length]() } catch {} finally { depth-- }
	};
`

// runFuzzed runs the steps that data names, with an end of what is under way between some.
func runFuzzed(t *testing.T, data []byte) {
	var src strings.Builder
	src.WriteString(fuzzedPrelude + "const steps = [\n")
	for _, step := range fuzzedSteps {
		src.WriteString("() => { " + step + " },\n")
	}
	src.WriteString("];\nfor (const b of [")
	for _, b := range data[:min(len(data), 60)] {
		src.WriteString(strconv.Itoa(int(b)) + ",")
	}
	src.WriteString("]) { n = (n * 31 + b) % 1000; try { steps[b % steps.length]() } catch {} if (b > 200) await later(); else if (b > 150) await 0; }\nawait later(); await later(); return 'done'")
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 100 * time.Millisecond, MemoryBytes: 64 << 20})
	switch got := jstest.EvalIn(t, vm, src.String()); got {
	case "done", "error " + js.ErrCPU.Error(), "error " + js.ErrMemory.Error():
	default:
		t.Errorf("%v: %s", data, got)
	}
}

// FuzzStreams does anything with streams, in any order and from within each other, and looks
// whether Go code panics.
func FuzzStreams(f *testing.F) {
	for i := range fuzzedSteps {
		f.Add([]byte{byte(i), 18, byte(i + 1), 210, 26, 34, 26, 255, byte(i + 20), 29})
	}
	f.Add(slices.Repeat([]byte{2, 19, 25, 40, 41, 38, 34, 160}, 4))
	f.Add(slices.Repeat([]byte{3, 21, 18, 26, 34, 35, 19, 25, 201}, 4))
	f.Fuzz(func(t *testing.T, data []byte) { runFuzzed(t, data) })
}

// FuzzDecompression decompresses what is given, in pieces, and holds what comes out against
// the standard library.
func FuzzDecompression(f *testing.F) {
	var sample bytes.Buffer
	w := gzip.NewWriter(&sample)
	fmt.Fprint(w, strings.Repeat("hello ", 30))
	w.Close()
	f.Add(sample.Bytes(), byte(1))
	f.Add(sample.Bytes(), byte(7))
	f.Add(append(sample.Bytes(), 1), byte(200))
	f.Add(sample.Bytes()[:sample.Len()-1], byte(3))
	f.Fuzz(func(t *testing.T, data []byte, size byte) {
		if len(data) > 1000 || size == 0 || len(data) > 3 && data[3]&0xe0 != 0 { // flags that are reserved are no matter to the library
			t.Skip()
		}
		want := "throws"
		if r, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			from := bytes.NewReader(data)
			if err := r.Reset(from); err != nil {
				t.Fatal(err)
			}
			r.Multistream(false)
			if out, err := io.ReadAll(r); err == nil && from.Len() == 0 {
				want = fmt.Sprint(len(out))
			}
		}
		src := "const all = ["
		for _, b := range data {
			src += strconv.Itoa(int(b)) + ","
		}
		src += fmt.Sprintf(`]; const s = new ReadableStream({start(c) { for (let i = 0; i < all.length; i += %d) c.enqueue(new Uint8Array(all.slice(i, i + %d))); c.close() }});
			return (await new Response(s.pipeThrough(new DecompressionStream("gzip"))).bytes()).length`, size, size)
		got := eval(t, src)
		if strings.HasPrefix(got, "throws TypeError: the data is not gzip: ") {
			got = "throws"
		}
		if got != want {
			t.Errorf("%x in pieces of %d\n got %s\nwant %s", data, size, got, want)
		}
	})
}

// FuzzTextEncoderStream encodes code units in pieces, and holds what comes out against the
// encoding of the whole.
func FuzzTextEncoderStream(f *testing.F) {
	f.Add([]byte{0, 97, 0xd8, 0x3d, 0xde, 0}, byte(1))
	f.Add([]byte{0xd8, 0x3d, 0xd8, 0x3d, 0xde, 0, 0xff, 0xfd}, byte(2))
	f.Add([]byte{0xde, 0, 0xd8, 0x3d}, byte(1))
	f.Fuzz(func(t *testing.T, data []byte, size byte) {
		if len(data) > 100 || size == 0 {
			t.Skip()
		}
		var units []uint16
		for ; len(data) > 1; data = data[2:] {
			units = append(units, uint16(data[0])<<8|uint16(data[1]))
		}
		want := fmt.Sprint([]byte(string(utf16.Decode(units))))
		src := "const t = new TextEncoderStream(), w = t.writable.getWriter();\n"
		for piece := range slices.Chunk(units, int(size)) {
			src += "w.write(String.fromCharCode("
			for _, u := range piece {
				src += strconv.Itoa(int(u)) + ","
			}
			src += "));\n"
		}
		src += `w.close(); return "[" + [...await new Response(t.readable).bytes()].join(" ") + "]"`
		if got := eval(t, src); got != want {
			t.Errorf("%x in pieces of %d\n got %s\nwant %s", units, size, got, want)
		}
	})
}

// TestDecodersEnd is not parallel: it counts the goroutines of the process.
func TestDecodersEnd(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const half = `const t = new DecompressionStream("gzip"), w = t.writable.getWriter(), p = t.readable.getReader(); p.read().catch(() => {}); await w.write(new Uint8Array([31, 139, 8])); `
	for _, src := range []string{
		half + `await p.cancel()`,
		half + `await w.abort()`,
		half + `await w.close().catch(() => {})`,
		half + `await w.write(new Uint8Array([1, 2, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255])).catch(() => {})`,
		half + `await w.write("x").catch(() => {})`,
		half + `return "left"`,
	} {
		vm := newPlatform(t).NewVM(js.Config{})
		if got := evalIn(t, vm, src); got != "undefined" && got != "left" {
			t.Errorf("%s: %s", src, got)
		}
		vm.Abandon()
	}
}
