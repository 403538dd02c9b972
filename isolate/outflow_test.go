package isolate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/note"
)

// river is a body that a test makes little by little.
type river struct {
	next     chan string // closed: the end
	err      error       // instead of the end; nil: io.EOF
	back     []string    // chunks that came back
	canceled atomic.Bool
	gone     chan struct{} // closed by the first Cancel
}

func newRiver() *river { return &river{next: make(chan string), gone: make(chan struct{})} }

func (r *river) Next(ctx context.Context) ([]byte, error) {
	select {
	case s, ok := <-r.next:
		switch {
		case ok:
			return []byte(s), nil
		case r.err != nil:
			return nil, r.err
		}
		return nil, io.EOF
	case <-r.gone:
		return nil, errors.New("canceled")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (r *river) Reuse(chunk []byte) { r.back = append(r.back, string(chunk)) }

func (r *river) Cancel(error) {
	if !r.canceled.Swap(true) {
		close(r.gone)
	}
}

// Fetch makes a river what every subrequest is answered with.
func (r *river) Fetch(context.Context, *isolate.Target, *isolate.Event, *isolate.Request) (*isolate.Response, error) {
	return &isolate.Response{Status: 200, Stream: r}, nil
}

// begin dispatches an event whose response streams.
func (n *node) begin(t *testing.T, target *isolate.Target, request *isolate.Request) (isolate.Source, <-chan isolate.Result) {
	t.Helper()
	done := make(chan isolate.Result, 1)
	r, err := n.Dispatch(t.Context(), target, &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: request,
		Done: func(r isolate.Result) { done <- r }})
	if err != nil {
		t.Fatal(err)
	}
	if r.Stream == nil {
		t.Fatalf("the response is %q, and no stream", r.Body)
	}
	select {
	case r := <-done:
		t.Fatalf("the event is over before its response's body: %+v", r)
	default:
	}
	return r.Stream, done
}

func get() *isolate.Request { return &isolate.Request{Method: "GET", URL: "http://f/"} }

func TestBodiesThatArePassedOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body string }{
		{"a response", `return fetch("http://o/")`},
		{"a response's body", `return new Response((await fetch("http://o/")).body, {status: 201})`},
		{"a copy", `const r = await fetch("http://o/"); return new Response(r.body, r)`},
		{"a body that can be aborted", `return fetch("http://o/", {signal: new AbortController().signal})`},
		{"a body beside other work", `ctx.waitUntil(new Promise(r => setTimeout(r, 1)).then(() => console.log("worked"))); return fetch("http://o/")`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := newRiver()
			n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: body}})
			stream, done := n.begin(t, n.function("f", handler(tc.body)), get())
			for _, want := range []string{"one", "two"} {
				go func() { body.next <- want }()
				if got, err := stream.Next(t.Context()); string(got) != want || err != nil {
					t.Fatalf("got %q, %v, want %q", got, err, want)
				} else {
					isolate.Reuse(stream, got)
				}
			}
			if len(body.back) != 2 {
				t.Errorf("%q came back", body.back)
			}
			close(body.next)
			if got, err := stream.Next(t.Context()); err != io.EOF {
				t.Fatalf("got %q, %v at the end", got, err)
			}
			if r := <-done; r.Outcome != isolate.OutcomeOK || r.Status == 0 || r.Fetches != 1 {
				t.Errorf("got %+v", r)
			}
			if strings.Contains(tc.body, "worked") && (len(n.lines) != 1 || n.lines[0].Message != "worked") {
				t.Errorf("lines %v", n.lines)
			}
		})
	}
}

// relay is an origin that reads a body of so many chunks, and gives as many back.
type relay struct{ chunks int }

func (r relay) Fetch(ctx context.Context, _ *isolate.Target, _ *isolate.Event, request *isolate.Request) (*isolate.Response, error) {
	for read := 0; ; read++ {
		_, err := request.Stream.Next(ctx)
		if err == io.EOF && read == r.chunks {
			return &isolate.Response{Status: 200, Stream: &supply{left: r.chunks}}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%d chunks were sent, not %d: %w", read, r.chunks, err)
		}
	}
}

// supply is a body of chunks that are there already.
type supply struct{ left int }

func (s *supply) Next(context.Context) ([]byte, error) {
	if s.left == 0 {
		return nil, io.EOF
	}
	s.left--
	return make([]byte, 1<<10), nil
}

func (s *supply) Cancel(error) {}

// What is passed on takes no turn of its VM, however long it is: so nothing of it is in
// JavaScript, where memory is taken in turns alone.
func TestBodiesThatArePassedOnTakeNoTurns(t *testing.T) {
	t.Parallel()
	const chunks = 1000
	for _, tc := range []struct {
		name, body string
		most       uint64 // turns, with those in which isolates are warmed
	}{
		{"both ways", `return fetch("http://o/", {method: "POST", body: request.body})`, 100},
		{"what a script reads takes one for each chunk", `const r = await fetch("http://o/", {method: "POST", body: request.body}), reader = r.body.getReader();
			return new Response(new ReadableStream({async pull(c) { const {done, value} = await reader.read(); done ? c.close() : c.enqueue(value) }}))`, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			noted, file, err := note.Create()
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: relay{chunks}}, Note: noted})
			turns := make(chan uint64, 2)
			n.called = func(isolate.LogLine) { turns <- noted.Read().Turn }
			generous := func(m *bundles.Manifest) { m.Limits.CPUMillis = 60_000 }
			f := n.function("f", handler(`console.log("now"); if (request.method === "GET") return new Response();`+tc.body), generous)
			n.bundles["9"+f.Digest[1:]], f.Digest = n.bundles[f.Digest], "9"+f.Digest[1:] // a turn of the digest 0 is not noted
			stream, done := n.begin(t, f, &isolate.Request{Method: "POST", URL: "http://f/", Stream: &supply{left: chunks}})
			came := 0
			for {
				chunk, err := stream.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				came += len(chunk)
				isolate.Reuse(stream, chunk)
			}
			if r := <-done; came != chunks<<10 || r.Outcome != isolate.OutcomeOK {
				t.Errorf("%d bytes came, and %+v", came, r)
			}
			if _, err := n.Dispatch(t.Context(), f, &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: get()}); err != nil {
				t.Fatal(err)
			}
			before, after := <-turns, <-turns
			if before == 0 || tc.most > 0 && after-before > tc.most || tc.most == 0 && after-before < chunks/10 {
				t.Errorf("it took %d turns, of which %d went before", after-before, before)
			}
		})
	}
}

// The time that a script takes for a body counts for as long as it is open.
func TestBodyThatTakesTooMuchTime(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	stream, done := n.begin(t, n.function("f", handler(`
		return new Response(new ReadableStream({pull(c) { for (let i = 0; i < 1e4; i++); c.enqueue(new Uint8Array(1)) }}))`),
		func(m *bundles.Manifest) { m.Limits.CPUMillis = 400 }), get())
	var err error
	for chunks := 0; err == nil && chunks < 100_000; chunks++ {
		_, err = stream.Next(t.Context())
	}
	if outcome(err) != isolate.OutcomeExceededCPU {
		t.Errorf("got %v", err)
		stream.Cancel(nil)
	}
	if r := <-done; r.Outcome != isolate.OutcomeExceededCPU {
		t.Errorf("got %+v", r)
	}
}

func TestBodiesThatFail(t *testing.T) {
	t.Parallel()
	body := newRiver()
	body.err = errors.New("the origin is gone")
	close(body.next)
	n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: body}})
	stream, done := n.begin(t, n.function("f", handler(`return fetch("http://o/")`)), get())
	for range 2 {
		if _, err := stream.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "the origin is gone") {
			t.Errorf("got %v", err)
		}
	}
	if r := <-done; r.Outcome != isolate.OutcomeException || !strings.Contains(r.Failure.Message, "the response's body failed: ") ||
		!strings.Contains(r.Failure.Message, "the origin is gone") || r.Status != 200 {
		t.Errorf("got %+v %v", r, r.Failure)
	}
}

// Whoever reads the response may leave; the function hears of it, and may finish what it does.
func TestReaderThatLeaves(t *testing.T) {
	t.Parallel()
	body := newRiver()
	n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: body}})
	stream, done := n.begin(t, n.function("f", handler(`
		ctx.waitUntil(new Promise(r => request.signal.addEventListener("abort", r))
			.then(() => console.log(request.signal.aborted, request.signal.reason.name)))
		return fetch("http://o/")`)), get())
	stream.Cancel(errors.New("gone"))
	stream.Cancel(nil)
	if r := <-done; r.Outcome != isolate.OutcomeOK {
		t.Errorf("got %+v %v", r, r.Failure)
	}
	<-body.gone
	if len(n.lines) != 1 || n.lines[0].Message != "true AbortError" {
		t.Errorf("lines %v", n.lines)
	}
	if _, err := stream.Next(t.Context()); err == nil {
		t.Error("there was something to read")
	}
}

// So does a function whose client leaves before there is a response.
func TestClientThatLeavesEarly(t *testing.T) {
	t.Parallel()
	body := newRiver()
	n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: body}})
	ctx, cancel := context.WithCancel(t.Context())
	n.called = func(l isolate.LogLine) {
		if l.Message == "waiting" {
			cancel()
		}
	}
	done := make(chan isolate.Result, 1)
	_, err := n.Dispatch(ctx, n.function("f", handler(`
		ctx.waitUntil(new Promise(r => request.signal.onabort = r).then(() => new Promise(r => setTimeout(r, 1))).then(() => console.log("finished")))
		setTimeout(() => console.log("waiting"))
		await new Promise(r => setTimeout(r, 100_000))`)), &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: get(), Done: func(r isolate.Result) { done <- r }})
	if outcome(err) != isolate.OutcomeCanceled {
		t.Errorf("got %v", err)
	}
	if r := <-done; r.Outcome != isolate.OutcomeCanceled {
		t.Errorf("got %+v", r)
	}
	if last := n.lines[len(n.lines)-1]; last.Message != "finished" {
		t.Errorf("lines %v", n.lines)
	}
}

func TestBodyThatIsIdle(t *testing.T) {
	t.Parallel()
	body := newRiver()
	n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: body}, StreamIdleMax: time.Millisecond})
	stream, done := n.begin(t, n.function("f", handler(`return fetch("http://o/")`)), get())
	_, err := stream.Next(t.Context())
	if outcome(err) != isolate.OutcomeExceededWall || !strings.Contains(err.Error(), "nothing of the response's body came for 1ms") {
		t.Errorf("got %v", err)
	}
	if r := <-done; r.Outcome != isolate.OutcomeExceededWall {
		t.Errorf("got %+v", r)
	}
	<-body.gone
}

// A body that nothing can bring on any more ends at once, by its name; what was there before goes
// out.
func TestBodyThatNeverEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"nothing at all", `return new Response(new ReadableStream())`, ""},
		{"a pull that does nothing", `return new Response(new ReadableStream({pull() {}}))`, ""},
		{"a start that never settles", `return new Response(new ReadableStream({start: () => new Promise(() => {})}))`, ""},
		{"after a chunk", `return new Response(new ReadableStream({start(c) { c.enqueue(new Uint8Array([97, 98])) }}))`, "ab"},
		{"after a timer", `return new Response(new ReadableStream({start(c) { setTimeout(() => c.enqueue(new Uint8Array([97])), 1) }}))`, "a"},
		{"a transform that nobody writes to", `return new Response(new TransformStream().readable)`, ""},
		{"one that nobody writes to", `return new Response(new IdentityTransformStream().readable)`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, isolate.Config{})
			stream, done := n.begin(t, n.function("f", handler(tc.body)), get())
			var got string
			for {
				chunk, err := stream.Next(t.Context())
				if got += string(chunk); err == nil {
					continue
				}
				if outcome(err) != isolate.OutcomeNeverSettled || !strings.Contains(err.Error(), "can never end") {
					t.Errorf("got %v", err)
				}
				break
			}
			if r := <-done; got != tc.want || r.Outcome != isolate.OutcomeNeverSettled {
				t.Errorf("got %q and %+v, want %q", got, r, tc.want)
			}
		})
	}
}

// A body whose script waits for its reader waits for it, however long that takes.
func TestBodyThatIsReadLate(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`return new Response(new ReadableStream({start(c) { c.enqueue(new Uint8Array([97])); c.close() }}))`,
		`let n = 0; return new Response(new ReadableStream({pull(c) { n++ ? c.close() : c.enqueue(new Uint8Array([97])) }}, {highWaterMark: 0}))`,
		`const t = new TransformStream(); const w = t.writable.getWriter(); w.write(new Uint8Array([97])); w.close(); return new Response(t.readable)`,
	} {
		n := newNode(t, isolate.Config{})
		stream, done := n.begin(t, n.function("f", handler(body)), get())
		for _, want := range []string{"a", ""} {
			time.Sleep(5 * time.Millisecond) // the loop would end in less
			if got, err := stream.Next(t.Context()); string(got) != want || (want == "") != (err == io.EOF) {
				t.Errorf("%s: got %q, %v, want %q", body, got, err, want)
			}
		}
		if r := <-done; r.Outcome != isolate.OutcomeOK {
			t.Errorf("%s: got %+v %v", body, r, r.Failure)
		}
	}
}

func TestEngineThatClosesUnderABody(t *testing.T) {
	t.Parallel()
	body := newRiver()
	n := newNode(t, isolate.Config{Host: isolate.Host{Fetch: body}})
	stream, done := n.begin(t, n.function("f", handler(`return fetch("http://o/")`)), get())
	n.close()
	if r := <-done; r.Outcome != isolate.OutcomeCanceled {
		t.Errorf("got %+v", r)
	}
	if _, err := stream.Next(t.Context()); outcome(err) != isolate.OutcomeCanceled {
		t.Errorf("got %v", err)
	}
	<-body.gone
}

// What the function leaves of its request's body is nobody's.
func TestUnreadRequestBody(t *testing.T) {
	t.Parallel()
	body := newRiver()
	n := newNode(t, isolate.Config{})
	request := &isolate.Request{Method: "POST", URL: "http://f/", Stream: body}
	done := make(chan isolate.Result, 1)
	_, err := n.Dispatch(t.Context(), n.function("f", handler(`return new Response("no")`)), &isolate.Event{ID: "e", Kind: isolate.KindFetch,
		Request: request, Done: func(r isolate.Result) { done <- r }})
	if err != nil {
		t.Error(err)
	}
	<-done
	<-body.gone
}

func TestRequestBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"text", `return new Response(await request.text())`, "onetwothree"},
		{"bytes", `return new Response((await request.bytes()).length)`, "11"},
		{"a copy of it", `const other = request.clone(); return new Response(await other.text() + await request.text())`, "onetwothreeonetwothree"},
		{"by chunks", `let s = ""; for await (const chunk of request.body) s += chunk.length + "."; return new Response(s)`, "3.3.5."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := newRiver()
			n := newNode(t, isolate.Config{})
			go func() {
				for _, s := range []string{"one", "two", "three"} {
					body.next <- s
				}
				close(body.next)
			}()
			r, err := n.Dispatch(t.Context(), n.function("f", lowered(tc.body)), &isolate.Event{ID: "e", Kind: isolate.KindFetch,
				Request: &isolate.Request{Method: "POST", URL: "http://f/", Stream: body}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := isolate.Collect(t.Context(), r, 1<<20); string(got) != tc.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// lowered is handler for a body that may have a for await loop, which the builder lowers in
// bundles.
func lowered(body string) string {
	return handler(strings.Replace(body, `for await (const chunk of request.body) s += chunk.length + ".";`, `
		for (const it = request.body[Symbol.asyncIterator]();;) {
			const {done, value} = await it.next()
			if (done) break
			s += value.length + "."
		}`, 1))
}
