package jail_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/jail"
)

// pieces is a body that comes in pieces.
type pieces struct {
	list   []string
	err    error // after the last; io.EOF: the end; nil: nothing comes any more
	length int64 // -1: unknown
	note   func(string)
	name   string
	once   sync.Once
	gone   chan struct{} // closed at its end, or by the first Cancel
}

func newPieces(err error, list ...string) *pieces {
	return &pieces{list: list, err: err, length: -1, gone: make(chan struct{})}
}

func (p *pieces) Length() int64 { return p.length }

func (p *pieces) Next(ctx context.Context) ([]byte, error) {
	select {
	case <-p.gone:
		return nil, cmp.Or(p.err, errors.New("canceled"))
	default:
	}
	if len(p.list) > 0 {
		next := p.list[0]
		p.list = p.list[1:]
		if p.length >= 0 {
			p.length -= int64(len(next))
		}
		return []byte(next), nil
	}
	if p.err != nil {
		p.once.Do(func() { close(p.gone) })
		return nil, p.err
	}
	select {
	case <-p.gone:
		return nil, errors.New("canceled")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pieces) Cancel(reason error) {
	p.once.Do(func() {
		if p.note != nil {
			p.note(fmt.Sprintf("%s canceled: %v", p.name, reason))
		}
		close(p.gone)
	})
}

// origin answers subrequests with bodies in pieces, and notes what becomes of them.
type origin struct {
	begun  chan struct{} // sent to by "held" once it has its request
	mu     sync.Mutex
	notes  []string
	bodies []*pieces // that it gave
}

func newOrigin() *origin { return &origin{begun: make(chan struct{})} }

func (o *origin) note(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.notes = append(o.notes, s)
}

// Fetch follows the URL's path. A body that is sent is read to its end before there is an
// answer, or else canceled; "begun" is answered once "held" has its request.
func (o *origin) Fetch(ctx context.Context, _ *isolate.Target, _ *isolate.Event, r *isolate.Request) (*isolate.Response, error) {
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL, "http://"), "/")
	answer := func(p *pieces) (*isolate.Response, error) {
		p.name, p.note = path, o.note
		o.mu.Lock()
		o.bodies = append(o.bodies, p)
		o.mu.Unlock()
		context.AfterFunc(ctx, func() { p.Cancel(ctx.Err()) })
		return &isolate.Response{Status: 200, URL: r.URL, Stream: p}, nil
	}
	switch path {
	case "pieces":
		return answer(newPieces(io.EOF, "one", "two", "three"))
	case "nothing":
		return answer(newPieces(io.EOF))
	case "much":
		return answer(newPieces(io.EOF, strings.Repeat("a", 200_000), strings.Repeat("b", 64<<10), "c"))
	case "measured":
		p := newPieces(io.EOF, "12345", "678")
		p.length = 8
		return answer(p)
	case "broken":
		return answer(newPieces(errors.New("the origin is gone"), "one"))
	case "slow":
		return answer(newPieces(nil, "one"))
	case "echo":
		return &isolate.Response{Status: 200, Stream: r.Stream}, nil
	case "early":
		r.Stream.Cancel(errors.New("enough"))
		return &isolate.Response{Status: 413, Body: []byte("early")}, nil
	case "fail":
		r.Stream.Cancel(errors.New("no route"))
		return nil, errors.New("no route to host")
	case "begun":
		select {
		case <-o.begun:
			return &isolate.Response{Status: 200}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case "held":
		select {
		case o.begun <- struct{}{}:
		case <-ctx.Done():
		}
	}
	length := isolate.LengthOf(r.Stream)
	body, err := isolate.Collect(ctx, &isolate.Response{Body: r.Body, Stream: r.Stream}, 1<<30)
	if err != nil && ctx.Err() == nil {
		o.note(fmt.Sprintf("read %q, then: %v", body, err))
	}
	if err != nil {
		return nil, err
	}
	return &isolate.Response{Status: 200, Body: fmt.Appendf(nil, "%d of %d: %.40s", len(body), length, body)}, nil
}

// flow is what a test sees of an event with bodies in pieces.
type flow struct {
	Body    string
	Length  int64
	End     string // the error that the body ended with; empty: its end, or it was not read
	Failure isolate.Failure
	Result  isolate.Result
	After   isolate.Failure
	Lines   []string
	Notes   []string // of the origin and of the request's body, in no order
}

func (f flow) String() string {
	if n := len(f.Body); n > 100 {
		f.Body = fmt.Sprintf("%s … %s, %d bytes", f.Body[:10], f.Body[n-10:], n)
	}
	type plain flow
	return fmt.Sprintf("%+v", plain(f))
}

// How the response's body is read.
const (
	readAll   = iota
	readFirst // and then no more
	readNone
)

// TestStreamContract holds that nobody can tell by the bodies of an event whether it ran in a
// jail.
func TestStreamContract(t *testing.T) {
	t.Parallel()
	host := newOrigin()
	n := newNode(t, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.Host.Fetch = host })
	engine, err := isolate.New(isolate.Config{Host: isolate.Host{Fetch: host, Console: n.log}, Load: n.load})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	three := func() *pieces { return newPieces(io.EOF, "one", "two", "three") }
	measured := func() *pieces {
		p := three()
		p.length = 11
		return p
	}
	broken := func() *pieces { return newPieces(errors.New("the line is cut"), "one") }
	coded := func() *pieces { return newPieces(isolate.BodyError("body_too_large", "too much"), "one") }
	slow := func() *pieces { return newPieces(nil, "one") }
	large := func() *pieces { return newPieces(io.EOF, strings.Repeat("x", 300_000), strings.Repeat("y", 64<<10)) }
	const each = `const each = async (body, f) => { const r = body.getReader(); for (;;) { const {done, value} = await r.read(); if (done) break; await f(new TextDecoder().decode(value)) } };`
	for _, tc := range []struct {
		name, body string
		request    func() *pieces
		read       int
		want       string // in what can be told of it
	}{
		// From the client to the function.
		{"a request as text", `return new Response(await request.text())`, three, readAll, "onetwothree"},
		{"a request by chunks", each + `let s = ""; await each(request.body, c => { s += c + "." }); return new Response(s)`, three, readAll, "one.two.three."},
		{"two copies of a request", `const c = request.clone(); return new Response(await c.text() + await request.text())`, three, readAll, "onetwothreeonetwothree"},
		{"a large request", `return new Response((await request.bytes()).length)`, large, readAll, "365536"},
		{"a request that breaks", `try { await request.text() } catch (e) { return new Response(e.name + ": " + e.message) }`, broken, readAll, "the line is cut"},
		{"a request that breaks half-way", each + `try { await each(request.body, console.log) } catch (e) { return new Response(e.message) }`, broken, readAll, "the line is cut"},
		{"a request that is refused half-way", `try { await request.text() } catch (e) { return new Response(e.code + e.message) }`, coded, readAll, "body_too_largetoo much"},
		{"a request that nobody catches", `await request.text()`, broken, readAll, "the line is cut"},
		{"a request that is not read", `return new Response("no")`, slow, readAll, "request canceled"},
		{"a request that is read a little", `const r = request.body.getReader(); await r.read(); return new Response("no")`, slow, readAll, "request canceled"},
		{"a request that is canceled", `await request.body.cancel("enough"); return new Response("no")`, slow, readAll, "request canceled"},

		// From the function to the client.
		{"an echo", `return new Response(request.body)`, three, readAll, "onetwothree"},
		{"a large echo", `return new Response(request.body)`, large, readAll, "xxx"},
		{"an echo that breaks", `return new Response(request.body)`, broken, readAll, "the line is cut"},
		{"a script's body", `let n = 0; return new Response(new ReadableStream({pull(c) { n++ < 3 ? c.enqueue(new TextEncoder().encode(n)) : c.close() }}))`, nil, readAll, "123"},
		{"a script's body of large chunks", `let n = 0; return new Response(new ReadableStream({pull(c) { n++ < 3 ? c.enqueue(new Uint8Array(200_000).fill(64 + n)) : c.close() }}))`, nil, readAll, "600000 bytes"},
		{"a script's body with nothing in it", `return new Response(new ReadableStream({start(c) { c.enqueue(new Uint8Array(0)); c.close() }}))`, nil, readAll, ""},
		{"a script's body that breaks", `let n = 0; return new Response(new ReadableStream({pull(c) { if (n++) throw new RangeError("half-way"); c.enqueue(new Uint8Array([120])) }}))`, nil, readAll, "RangeError: half-way"},
		{"a script's body of the wrong kind", `return new Response(new ReadableStream({pull(c) { c.enqueue(1) }}))`, nil, readAll, "Uint8Array"},
		{"a script's body with a busy end", `let n = 0; return new Response(new ReadableStream({pull(c) { if (n++) for (;;) {} c.enqueue(new Uint8Array([120])) }}))`, nil, readFirst, ""},
		{"a transformed body", `return new Response((await fetch("http://o/pieces")).body.pipeThrough(new TransformStream({transform(c, t) { t.enqueue(c.map(b => b & ~32)) }})))`, nil, readAll, "ONETWOTHREE"},
		{"work beside a body", `ctx.waitUntil(new Promise(r => setTimeout(r, 1)).then(() => console.log("worked"))); return new Response(request.body)`, three, readAll, "worked"},
		{"work after a body", `let n = 0; return new Response(new ReadableStream({pull(c) { if (n++ < 2) return c.enqueue(new Uint8Array([120])); ctx.waitUntil(new Promise(r => setTimeout(r, 1)).then(() => console.log("worked"))); c.close() }}))`, nil, readAll, "worked"},
		{"a response that is left", `request.signal.onabort = () => console.log("left", request.signal.reason.name); let told; ctx.waitUntil(new Promise(r => told = r)); return new Response(new ReadableStream({
			pull(c) { c.enqueue(new Uint8Array([120])) }, cancel(r) { console.log("cancel", r.name, r.message); told() }}, {highWaterMark: 0}))`, nil, readFirst, "cancel AbortError the client left"},
		{"a response that is left at once", `let told; ctx.waitUntil(new Promise(r => told = r)); return new Response(new ReadableStream({cancel(r) { console.log("cancel", r.message); told() }}, {highWaterMark: 0}))`, nil, readNone, "cancel the client left"},
		{"a response that is passed on and left", `return fetch("http://o/slow")`, nil, readFirst, "slow canceled"},
		{"work after a response that is left", `ctx.waitUntil(new Promise(r => request.signal.onabort = r).then(() => new Promise(r => setTimeout(r, 1))).then(() => console.log("worked"))); return fetch("http://o/slow")`, nil, readFirst, "worked"},

		// From an origin to the function.
		{"a response that is passed on", `return fetch("http://o/pieces")`, nil, readAll, "onetwothree"},
		{"a response's body that is passed on", `return new Response((await fetch("http://o/measured")).body, {status: 201})`, nil, readAll, "12345678"},
		{"much that is passed on", `return fetch("http://o/much")`, nil, readAll, "bbbc"},
		{"nothing that is passed on", `return fetch("http://o/nothing")`, nil, readAll, ""},
		{"a response as text", `return new Response(await (await fetch("http://o/pieces")).text())`, nil, readAll, "onetwothree"},
		{"a response by chunks", each + `await each((await fetch("http://o/pieces")).body, console.log); return new Response()`, nil, readAll, "two"},
		{"a response that breaks", `try { await (await fetch("http://o/broken")).text() } catch (e) { return new Response(e.name + e.message) }`, nil, readAll, "the origin is gone"},
		{"a response that breaks on its way", `return fetch("http://o/broken")`, nil, readAll, "the origin is gone"},
		{"a response that is not read", `await fetch("http://o/slow"); return new Response("no")`, nil, readAll, "no"},
		{"a response that is canceled", `const r = await fetch("http://o/slow"); await r.body.cancel("enough"); return new Response("no")`, nil, readAll, "slow canceled"},
		{"a response that is aborted", each + `const a = new AbortController(), r = await fetch("http://o/slow", {signal: a.signal});
			try { await each(r.body, () => a.abort(new Error("mine"))) } catch (e) { return new Response(e.message) }`, nil, readAll, "mine"},
		{"many responses", `const all = await Promise.all(Array.from({length: 20}, async () => (await fetch("http://o/much")).text())); return new Response(all.map(t => t.length).join(" "))`, nil, readAll, "265537 265"},

		// From the function to an origin.
		{"a request that is passed on", `return fetch("http://o/collect", {method: "POST", body: request.body, duplex: "half"})`, measured, readAll, "11 of 11: onetwothree"},
		{"a large request that is passed on", `return fetch("http://o/collect", {method: "POST", body: request.body, duplex: "half"})`, large, readAll, "365536 of -1"},
		{"a whole request that is passed on", `return fetch(new Request("http://o/collect", request))`, three, readAll, "11 of -1: onetwothree"},
		{"a script's request", `let n = 0; return fetch("http://o/collect", {method: "POST", duplex: "half", body: new ReadableStream({pull(c) { n++ < 3 ? c.enqueue(new TextEncoder().encode(n)) : c.close() }})})`, nil, readAll, "3 of -1: 123"},
		{"a script's request that breaks", `let n = 0; return fetch("http://o/collect", {method: "POST", duplex: "half", body: new ReadableStream({pull(c) { if (n++) throw new RangeError("half-way"); c.enqueue(new Uint8Array([120])) }})})`, nil, readAll, `read "x", then: RangeError: half-way`},
		{"a request on its way that breaks", `return fetch("http://o/collect", {method: "POST", body: request.body, duplex: "half"})`, coded, readAll, `read "one", then: too much`},
		{"a request that is answered early", `const r = await fetch("http://o/early", {method: "POST", body: request.body, duplex: "half"}); return new Response(r.status + await r.text())`, slow, readAll, "413early"},
		{"a request that fails", `let why = ""; try { await fetch("http://o/fail", {method: "POST", duplex: "half", body: new ReadableStream({cancel(r) { why = r.message }}, {highWaterMark: 0})}) } catch (e) { return new Response(e.message + why) }`, nil, readAll, "no route to host"},
		{"a request that is aborted", `const c = new AbortController(), held = fetch("http://o/held", {method: "POST", duplex: "half", signal: c.signal, body: request.body});
			await fetch("http://o/begun"); c.abort(); try { await held } catch (e) { return new Response(e.name) }`, slow, readAll, "AbortError"},
		{"both ways at once", `return fetch("http://o/echo", {method: "POST", body: request.body, duplex: "half"})`, three, readAll, "onetwothree"},
		{"both ways at once, by a script", `let n = 0; const r = await fetch("http://o/echo", {method: "POST", duplex: "half", body: new ReadableStream({pull(c) { n++ < 3 ? c.enqueue(new TextEncoder().encode(n)) : c.close() }})}); return new Response(await r.text())`, nil, readAll, "123"},
		{"in a ring", `const a = await fetch("http://o/much"), b = await fetch("http://o/echo", {method: "POST", body: a.body, duplex: "half"}); return fetch("http://o/collect", {method: "POST", body: b.body, duplex: "half"})`, nil, readAll, "265537 of -1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target := n.function("f", handler(tc.body), func(m *bundles.Manifest) { m.Limits.CPUMillis = 5000 })
			if strings.Contains(tc.name, "busy") {
				target.Manifest.Limits.CPUMillis = 20
			}
			var told [2]flow
			for i, d := range []dispatcher{engine, n} {
				var body *pieces
				if tc.request != nil {
					body = tc.request()
				}
				told[i] = n.flow(t, d, target, host, body, tc.read)
			}
			if !reflect.DeepEqual(told[0], told[1]) {
				t.Errorf("in a jail\n got %s\nwant %s", told[1], told[0])
			}
			if got := told[0].String(); !strings.Contains(got, tc.want) {
				t.Errorf("got %s, want %q in it", got, tc.want)
			}
		})
	}
	if len(n.faults) > 0 || len(n.lost()) > 0 {
		t.Errorf("faults %v, losses %+v", n.faults, n.lost())
	}
}

// flow runs an event and says all that can be compared of it.
func (n *node) flow(t *testing.T, d dispatcher, target *isolate.Target, host *origin, body *pieces, read int) flow {
	t.Helper()
	n.mu.Lock()
	n.lines = nil
	n.mu.Unlock()
	host.mu.Lock()
	host.notes, host.bodies = nil, nil
	host.mu.Unlock()
	ev, done := event("e")
	if body != nil {
		body.name, body.note = "request", host.note
		ev.Request.Method, ev.Request.Stream = "POST", body
	}
	r, err := d.Dispatch(t.Context(), target, ev)
	var got flow
	var f *isolate.Failure
	if errors.As(err, &f) {
		got.Failure = *f
	}
	if r != nil {
		got.Length = int64(len(r.Body))
		if r.Stream != nil {
			got.Length = isolate.LengthOf(r.Stream)
			got.Body, got.End = drink(t, r.Stream, read)
		} else {
			got.Body = string(r.Body)
		}
	}
	got.Result = <-done
	if got.Result.Failure != nil {
		got.After, got.Result.Failure = *got.Result.Failure, nil
	}
	// What differs from run to run.
	if got.After.Limit == "cpu_ms" {
		got.After.Used = 0
	}
	got.Result.Head, got.Result.Total, got.Result.CPU, got.Result.Memory = 0, 0, 0, 0
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.lines {
		if l.EventID != "" {
			got.Lines = append(got.Lines, l.Level+" "+l.Message)
		}
	}
	host.mu.Lock()
	bodies := host.bodies
	host.mu.Unlock()
	if body != nil {
		bodies = append(bodies, body)
	}
	for _, p := range bodies {
		<-p.gone // none is left open
	}
	host.mu.Lock()
	defer host.mu.Unlock()
	got.Notes = host.notes
	for i, note := range got.Notes { // why nobody reads on, each end says in its own words
		if before, _, ok := strings.Cut(note, " canceled: "); ok {
			got.Notes[i] = before + " canceled"
		}
	}
	slices.Sort(got.Notes)
	return got
}

// drink reads a response's body.
func drink(t *testing.T, s isolate.Source, read int) (body, end string) {
	t.Helper()
	for read != readNone {
		chunk, err := s.Next(t.Context())
		if err == io.EOF {
			return body, ""
		}
		if err != nil {
			if _, again := s.Next(t.Context()); again == nil || again.Error() != err.Error() {
				t.Errorf("after the error %v comes %v", err, again)
			}
			return body, err.Error()
		}
		body += string(chunk)
		if read == readFirst {
			break
		}
	}
	s.Cancel(errors.New("the client left"))
	s.Cancel(nil)
	if chunk, err := s.Next(t.Context()); err == nil || err == io.EOF {
		t.Errorf("got %q, %v of what was canceled", chunk, err)
	}
	return body, ""
}

// TestManyBodiesAtOnce holds that bodies of many events, in small chunks that are asked for
// ahead, come whole and in order.
func TestManyBodiesAtOnce(t *testing.T) {
	t.Parallel()
	host := newOrigin()
	n := newNode(t, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.Host.Fetch = host })
	f := n.function("f", handler(`return fetch("http://o/echo", {method: "POST", body: request.body, duplex: "half"})`), func(m *bundles.Manifest) {
		m.Isolation, m.Limits.CPUMillis = bundles.IsolationReuse, 5000
	})
	list := make([]string, 100)
	for i := range list {
		list[i] = strings.Repeat(string(rune('0'+i%10)), 100+20*i)
	}
	want := strings.Join(list, "")
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 10 {
				ev, done := event("e")
				ev.Request.Method, ev.Request.Stream = "POST", newPieces(io.EOF, list...)
				r, err := n.Dispatch(t.Context(), f, ev)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := isolate.Collect(t.Context(), r, 1<<20); string(got) != want || err != nil {
					t.Errorf("%d bytes came of %d, %v", len(got), len(want), err)
				}
				if r := <-done; r.Outcome != isolate.OutcomeOK {
					t.Errorf("the event is over as %+v", r)
				}
			}
		})
	}
	work.Wait()
}

// TestAJailThatIsKilledHalfWay holds that the bodies of its events end with it.
func TestAJailThatIsKilledHalfWay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body string }{
		{"passed on", `return fetch("http://o/slow")`},
		{"an echo", `return new Response(request.body)`},
		{"a script's", `let n = 0; return new Response(new ReadableStream({pull(c) { if (n++) return new Promise(r => setTimeout(r, 100_000)); c.enqueue(new Uint8Array([120])) }}))`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			host := newOrigin()
			n := newNode(t, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.Host.Fetch = host })
			ev, done := event("e")
			body := newPieces(nil, "one")
			ev.Request.Method, ev.Request.Stream = "POST", body
			r, err := n.Dispatch(t.Context(), n.function("f", handler(tc.body)), ev)
			if err != nil || r.Stream == nil {
				t.Fatal(r, err)
			}
			if chunk, err := r.Stream.Next(t.Context()); len(chunk) == 0 || err != nil {
				t.Fatalf("got %q, %v", chunk, err)
			}
			over := make(chan error, 1)
			go func() {
				_, err := r.Stream.Next(t.Context())
				over <- err
			}()
			if err := syscall.Kill(n.pid(t, "f"), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := <-over; outcome(err) != isolate.OutcomeWorkerLost {
				t.Errorf("the body ended with %v", err)
			}
			if r := <-done; r.Outcome != isolate.OutcomeWorkerLost || r.Status != 200 {
				t.Errorf("the event is over as %+v", r)
			}
			<-body.gone
		})
	}
}

// TestCloseHalfWay holds that a pool that is closed ends the bodies of its events, and that its
// jail has nothing left of them.
func TestCloseHalfWay(t *testing.T) {
	t.Parallel()
	host := newOrigin()
	n := newNode(t, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.Host.Fetch = host })
	other, err := jail.NewPool(jail.PoolConfig{Open: n.open, Load: n.load, Host: isolate.Host{Fetch: host}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	f := n.function("f", handler(`return fetch("http://o/slow")`))
	var kept isolate.Source
	for _, d := range []dispatcher{other, n} {
		ev, done := event("e")
		r, err := d.Dispatch(t.Context(), f, ev)
		if err != nil {
			t.Fatal(err)
		}
		if chunk, err := r.Stream.Next(t.Context()); string(chunk) != "one" || err != nil {
			t.Fatalf("got %q, %v", chunk, err)
		}
		if d == dispatcher(other) {
			kept = r.Stream
			continue
		}
		if err := n.Pool.Close(); err != nil {
			t.Error(err)
		}
		if r := <-done; r.Outcome != isolate.OutcomeCanceled {
			t.Errorf("the event is over as %+v", r)
		}
		if _, err := r.Stream.Next(t.Context()); outcome(err) != isolate.OutcomeCanceled {
			t.Errorf("the body ended with %v", err)
		}
	}
	until(t, "the jail has one event left", func() bool {
		s := n.keeper.Status()
		return len(s) == 1 && s[0].Events == 1
	})
	kept.Cancel(nil)
	until(t, "the jail has none left", func() bool {
		s := n.keeper.Status()
		return len(s) == 1 && s[0].Events == 0
	})
}

// TestReadersThatGiveUpWaiting holds that the end of a reader's context is not the body's.
func TestReadersThatGiveUpWaiting(t *testing.T) {
	t.Parallel()
	host := newOrigin()
	n := newNode(t, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.Host.Fetch = host })
	ev, done := event("e")
	body := newPieces(io.EOF, "one")
	ev.Request.Method, ev.Request.Stream = "POST", body
	r, err := n.Dispatch(t.Context(), n.function("f", handler(`return new Response(request.body)`)), ev)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Stream.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got, err := isolate.Collect(t.Context(), r, 100); string(got) != "one" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if r := <-done; r.Outcome != isolate.OutcomeOK {
		t.Errorf("the event is over as %+v", r)
	}
}
