package webapi_test

import (
	"errors"
	"io"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// readHere reads a source to its end without a turn of its VM.
func readHere(t testing.TB, s webapi.Source) (string, error) {
	t.Helper()
	var all []byte
	for {
		chunk, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return string(all), nil
		}
		if err != nil {
			return string(all), err
		}
		all = append(all, chunk...)
	}
}

// TestHostsBodiesMoveOnTheHostsSide holds that what goes from one end of the host to another
// enters no VM, whatever it is piped through there.
func TestHostsBodiesMoveOnTheHostsSide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, src string
		length    int64
	}{
		{"a fixed length", `const {readable, writable} = new FixedLengthStream(6); globalThis.over = request.body.pipeTo(writable); return new Response(readable)`, 6},
		{"a pipe into an identity", `const {readable, writable} = new IdentityTransformStream(); globalThis.over = request.body.pipeTo(writable); return new Response(readable)`, -1},
		{"a pipe through several", `globalThis.over = 0; return new Response(request.body.pipeThrough(new IdentityTransformStream()).pipeThrough(new FixedLengthStream(6)).pipeThrough(new IdentityTransformStream()))`, 6},
		{"a pipe from one into another", `const a = new IdentityTransformStream(), b = new IdentityTransformStream(); request.body.pipeTo(a.writable); globalThis.over = a.readable.pipeTo(b.writable); return new Response(b.readable)`, -1},
		{"a copy", `const {readable, writable} = new IdentityTransformStream(); globalThis.over = new Request(request).body.pipeTo(writable); return new Response(new Request("http://a/", {method: "PUT", body: readable}).body)`, -1},
		{"a branch", `const [a, b] = request.body.tee(); b.cancel(); globalThis.over = 0; return new Response(a)`, -1},
		{"a clone", `globalThis.over = 0; const c = request.clone(); await request.body.cancel(); return new Response(c.body)`, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vm := newPlatform(t).NewVM(js.Config{})
			defer vm.Abandon()
			response := respond(t, vm, upload(source("one", "two")), tc.src)
			if got := webapi.LengthOf(response.Stream); got != tc.length {
				t.Errorf("its length is %d, want %d", got, tc.length)
			}
			if got, err := readHere(t, response.Stream); got != "onetwo" || err != nil {
				t.Errorf("got %q and %v", got, err)
			}
			if got := evalIn(t, vm, `return String(await over)`); got != "undefined" && got != "0" {
				t.Errorf("the pipe ended with %q", got)
			}
		})
	}
}

func TestHostsBodiesFail(t *testing.T) {
	t.Parallel()
	fixed := func(n string) string {
		return `const {readable, writable} = new FixedLengthStream(` + n + `); globalThis.over = request.body.pipeTo(writable); return new Response(readable)`
	}
	for _, tc := range []struct {
		name   string
		source *script
		src    string
		body   string
		err    string
		over   string
	}{
		{"too long", source("one", "two"), fixed("4"), "one", "TypeError: more than the 4 bytes of this FixedLengthStream were written to it", "throws TypeError: more than the 4 bytes of this FixedLengthStream were written to it"},
		{"too short", source("one", "two"), fixed("7"), "onetwo", "TypeError: only 6 of the 7 bytes of this FixedLengthStream were written to it", "throws TypeError: only 6 of the 7 bytes of this FixedLengthStream were written to it"},
		{"torn", source("one").failing(errors.New("torn")), fixed("6"), "one", "torn", "throws TypeError: fetch failed: torn"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vm := newPlatform(t).NewVM(js.Config{})
			defer vm.Abandon()
			response := respond(t, vm, upload(tc.source), tc.src)
			got, err := readHere(t, response.Stream)
			if got != tc.body || err == nil || err.Error() != tc.err {
				t.Errorf("got %q and %v, want %q and %s", got, err, tc.body, tc.err)
			}
			if got := evalIn(t, vm, `return await over`); got != tc.over {
				t.Errorf("the pipe ended with %q, want %q", got, tc.over)
			}
		})
	}
}

func TestHostsBodiesAreCanceled(t *testing.T) {
	t.Parallel()
	vm := newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	s := source("one", "two")
	response := respond(t, vm, upload(s), `const {readable, writable} = new IdentityTransformStream(); globalThis.over = request.body.pipeTo(writable); return new Response(readable)`)
	response.Stream.Cancel(errors.New("the client left"))
	if !s.canceled() {
		t.Error("the source was not canceled")
	}
	if got, want := evalIn(t, vm, `return await over`), "throws AbortError: the client left"; got != want {
		t.Errorf("the pipe ended with %q, want %q", got, want)
	}
}

// TestPipesNobodyReadsNeverSettle is a mistake that is made: to wait for a pipe before its
// other end is read.
func TestPipesNobodyReadsNeverSettle(t *testing.T) {
	t.Parallel()
	vm := newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	_, err := tryRespond(t, vm, upload(source("one")), `const {readable, writable} = new IdentityTransformStream(); await request.body.pipeTo(writable); return new Response(readable)`)
	if !errors.Is(err, js.ErrNeverSettles) {
		t.Errorf("it ended with %v", err)
	}
}

// TestLengthsOfScriptsBodies is a FixedLengthStream that a script writes to.
func TestLengthsOfScriptsBodies(t *testing.T) {
	t.Parallel()
	for length, src := range map[int64]string{
		3:  `const {readable, writable} = new FixedLengthStream(3), w = writable.getWriter(); w.write(new Uint8Array(3)); w.close(); return new Response(readable)`,
		0:  `const {readable, writable} = new FixedLengthStream(0), w = writable.getWriter(); w.close(); return new Response(readable)`,
		-1: `const {readable, writable} = new IdentityTransformStream(), w = writable.getWriter(); w.close(); return new Response(readable)`,
	} {
		vm := newPlatform(t).NewVM(js.Config{})
		s := respond(t, vm, upload(source()), src).Stream
		if got := webapi.LengthOf(s); got != length {
			t.Errorf("the length is %d, want %d", got, length)
		}
		readBody(t, vm, s, nil)
		if got := webapi.LengthOf(s); got != min(length, 0) {
			t.Errorf("at the end, the length is %d, want %d", got, min(length, 0))
		}
	}
}
