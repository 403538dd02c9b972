package jail

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// frame is a frame as a jail may write it, right or wrong.
func frame(k kind, id uint32, flags uint8, payload ...string) string {
	p := strings.Join(payload, "")
	return string(appendHeader(nil, header{length: len(p), id: id, kind: k, flags: flags})) + p
}

// whole is a message of one frame.
func whole(k kind, id uint32, head []byte, body string) string {
	return frame(k, id, 0, string(appendUint(nil, uint64(len(head)))), string(head), body)
}

// total is how a long message begins.
func total(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }

var greeting = whole(kindReady, 0, []byte(protocol), "")

func okay(status int) *isolate.Response {
	return &isolate.Response{Status: status, Body: []byte("x")}
}

func answered(id uint32, a answer) string {
	body := ""
	if a.response != nil {
		body = string(a.response.Body)
	}
	return whole(kindAnswer, id, appendAnswer(nil, a), body)
}

// hostileHost is a host that counts what it was made to do.
type hostileHost struct {
	fetches atomic.Int64
	lines   atomic.Int64
}

func (h *hostileHost) Fetch(ctx context.Context, _ *isolate.Target, _ *isolate.Event, _ *isolate.Request) (*isolate.Response, error) {
	h.fetches.Add(1)
	<-ctx.Done()
	return nil, ctx.Err()
}

// waitingStore is a store that does not answer.
type waitingStore struct{ kv.Store }

func (waitingStore) Get(ctx context.Context, _, _ string) (kv.Entry, error) {
	<-ctx.Done()
	return kv.Entry{}, ctx.Err()
}

// target is a version of a function that may reach one namespace.
func target() *isolate.Target {
	m := bundles.Manifest{Name: "f", KV: []bundles.KVBinding{{Binding: "KV", Namespace: "ours"}}, Limits: bundles.Limits{Subrequests: 2, MemoryMB: 1}}
	return &isolate.Target{Function: "f", Number: 1, Digest: bundles.DigestOf([]byte("f")), Manifest: m.WithDefaults()}
}

// prey is a client whose jail is the test.
type prey struct {
	*Client
	host   hostileHost
	jail   net.Conn
	faults chan error
}

func newPrey(t testing.TB, store kv.Store) *prey {
	t.Helper()
	p := &prey{faults: make(chan error, 2)}
	ours, theirs := net.Pipe()
	p.jail = theirs
	c, err := NewClient(ours, ClientConfig{
		Host:  isolate.Host{Fetch: &p.host, KV: store, Console: func(isolate.LogLine) { p.host.lines.Add(1) }},
		Load:  func(context.Context, bundles.Digest) (*bundles.Bundle, error) { return nil, errors.New("none") },
		Fault: func(err error) { p.faults <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Client = c
	return p
}

// dispatch sends an event, and returns what came of it when it is over and closing is closed.
func (p *prey) dispatch(ctx context.Context, tgt *isolate.Target, closing <-chan struct{}) <-chan outcomeOf {
	return p.dispatchOf(ctx, tgt, &isolate.Request{Method: "GET", URL: "http://f/"}, closing)
}

// dispatchOf is dispatch of an event with that request.
func (p *prey) dispatchOf(ctx context.Context, tgt *isolate.Target, r *isolate.Request, closing <-chan struct{}) <-chan outcomeOf {
	over := make(chan outcomeOf, 1)
	go func() {
		var o outcomeOf
		done := make(chan isolate.Result, 2)
		ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: r, Done: func(r isolate.Result) { done <- r }}
		o.response, o.err = p.Dispatch(ctx, tgt, ev)
		if !errors.Is(o.err, ErrGone) {
			o.result = <-done
		}
		<-closing
		p.Close()
		o.again = len(done)
		over <- o
	}()
	return over
}

type outcomeOf struct {
	response *isolate.Response
	err      error
	result   isolate.Result
	again    int // calls of Done too many
}

// swallow reads what the client sends, and closes seen when an event has come.
func swallow(conn net.Conn) (seen chan struct{}) {
	seen = make(chan struct{})
	var once sync.Once
	go func() {
		var head [headerBytes]byte
		for {
			if _, err := io.ReadFull(conn, head[:]); err != nil {
				once.Do(func() { close(seen) })
				return
			}
			h, err := parseHeader(&head)
			if err != nil {
				panic(err)
			}
			if _, err := io.CopyN(io.Discard, conn, int64(h.length)); err != nil {
				continue
			}
			if h.kind == kindEvent {
				once.Do(func() { close(seen) })
			}
		}
	}()
	return seen
}

// TestJailsThatBreakTheProtocol has a row for each thing that a jail might try. All end the
// same way: the channel is closed, the fault is told, the event ends once.
func TestJailsThatBreakTheProtocol(t *testing.T) {
	t.Parallel()
	event := func(o op) []byte { return appendCall(nil, o, 1) }
	failure := func(f isolate.Failure) string {
		return answered(1, answer{failure: &f, result: &result{}})
	}
	fetch := func(id uint32) string {
		return whole(kindCall, id, appendRequest(append(event(opFetch), byte(id)), &isolate.Request{Method: "GET", URL: "http://a/"}), "")
	}
	get := func(id uint32, ns string) string {
		return whole(kindCall, id, appendKey(event(opGet), ns, "k"), "")
	}
	line := func(id uint32, level byte, text string) string {
		return whole(kindLine, id, appendString([]byte{level}, text), "")
	}
	repeat := func(n int, f func(id uint32) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(uint32(i + 1)))
		}
		return b.String()
	}
	responding := func(edit func(*isolate.Response)) string {
		r := okay(200)
		edit(r)
		return answered(1, answer{response: r})
	}
	for _, tc := range []struct {
		name string
		send string // after the greeting, unless it is a greeting
		want string // of the fault
	}{
		{"noise", strings.Repeat("\xff", 64), "bytes"},
		{"a frame of 4 GB", "\xff\xff\xff\xff\x01\x00\x00\x00\x08\x00", "4294967295 bytes"},
		{"a frame that is a little too long", total(frameBytesMax+1) + "\x01\x00\x00\x00\x08\x00", strconv.Itoa(frameBytesMax+1) + " bytes"},
		{"kind 0", frame(0, 1, 0), "unknown kind 0"},
		{"a kind that is none", frame(kinds, 1, 0), "unknown kind"},
		{"a kind that clients send", whole(kindEvent, 1, nil, ""), "doesn't take"},
		{"flags that are none", frame(kindAnswer, 1, 4), "unknown flags"},
		{"another greeting", whole(kindReady, 0, []byte("skerry-jail/0"), ""), "greeting"},
		{"a second greeting", greeting + greeting, "greeting"},
		{"an answer first", "!" + answered(1, answer{response: okay(200)}), "before the greeting"},
		{"an empty answer", frame(kindAnswer, 1, 0), "longer than it"},
		{"an answer whose head is longer than it", frame(kindAnswer, 1, 0, "\xff\x01"), "longer than it"},
		{"an answer cut short", whole(kindAnswer, 1, []byte{1, 200}, ""), "can't be read"},
		{"an answer with more than there is", whole(kindAnswer, 1, append(appendAnswer(nil, answer{response: okay(200)}), 0), ""), "can't be read"},
		{"an answer with 2^60 fields", whole(kindAnswer, 1, appendUint([]byte{1, 200, 1, 0, 0, 0, 0, 0}, 1<<60), ""), "can't be read"},
		{"an answer to no event", answered(2, answer{response: okay(200)}), "answer to no event"},
		{"an answer to event 0", answered(0, answer{response: okay(200)}), "answer to no event"},
		{"two answers", answered(1, answer{response: okay(200)}) + answered(1, answer{response: okay(201)}), "answer to no event"},
		{"an answer after the end", answered(1, answer{response: okay(200), result: &result{}}) + answered(1, answer{response: okay(200)}), "answer to no event"},
		{"the end before the answer", whole(kindDone, 1, appendResult(nil, result{}), ""), "end of no event"},
		{"the end of no event", whole(kindDone, 7, appendResult(nil, result{}), ""), "end of no event"},
		{"the refusal of no event", whole(kindRefuse, 7, nil, ""), "refusal of no event"},
		{"a refusal after the answer", answered(1, answer{response: okay(200)}) + whole(kindRefuse, 1, nil, ""), "refusal of no event"},
		{"status 99", responding(func(r *isolate.Response) { r.Status = 99 }), "status 99"},
		{"status 600", responding(func(r *isolate.Response) { r.Status = 600 }), "status 600"},
		{"a status text with a line break", responding(func(r *isolate.Response) { r.StatusText = "a\r\nb" }), "line break"},
		{"a field without a name", responding(func(r *isolate.Response) { r.Header = []isolate.Field{{Name: ""}} }), "field name"},
		{"a field name with a colon", responding(func(r *isolate.Response) { r.Header = []isolate.Field{{Name: "a:b"}} }), "field name"},
		{"a field with a line break", responding(func(r *isolate.Response) { r.Header = []isolate.Field{{Name: "a", Value: "\n"}} }), "line break"},
		{"a failure that is none", failure(isolate.Failure{Outcome: isolate.OutcomeOK}), "can't be read"},
		{"an outcome that is none", whole(kindAnswer, 1, []byte{0, 200}, ""), "can't be read"},
		{"a failure with a long name", whole(kindAnswer, 1, appendString([]byte{0, 1}, strings.Repeat("x", messageBytesMax+1)), ""), "can't be read"},
		{"a long message of another kind in its middle", frame(kindAnswer, 1, flagContinued, "x"), "not begun"},
		{"a long message of 4 GB", frame(kindAnswer, 1, flagMore, total(1<<32-1), "x"), "4294967295 bytes"},
		{"a long message beyond what the event may hold", frame(kindAnswer, 1, flagMore, total(3<<20), "x"), "at most 2097152"},
		{"a long message that begins twice", frame(kindAnswer, 1, flagMore, total(70_000), "x") + frame(kindAnswer, 1, flagMore, total(70_000), "x"), "begins where it can't"},
		{"a long message without its length", frame(kindAnswer, 1, flagMore, "xx"), "begins where it can't"},
		{"a long message longer than it said", frame(kindAnswer, 1, flagMore, total(2), "xxx"), "another length"},
		{"a long message shorter than it said", frame(kindAnswer, 1, flagMore, total(20), "x") + frame(kindAnswer, 1, flagContinued, "x"), "another length"},
		{"a long message of nothing", frame(kindAnswer, 1, flagMore, total(20)), "another length"},
		{"long messages beyond the window", frame(kindCall, 1, flagMore, total(5<<20), "x") + frame(kindCall, 2, flagMore, total(5<<20), "x"), "beyond the window"},
		{"a line with an unknown level", line(1, 9, "x"), "can't be read"},
		{"a long line", line(1, 1, strings.Repeat("x", lineBytesMax+1)), "can't be read"},
		{"a line of no event", line(9, 1, "x"), "line of no event"},
		{"many lines", repeat(linesMax+2, func(uint32) string { return line(1, 1, "") }), "more than 10000 lines"},
		{"many lines outside of events", repeat(2*looseMax+1, func(uint32) string { return line(0, 1, "") }), "outside of events"},
		{"credit for nothing", whole(kindCredit, 0, appendUint(nil, 1), ""), "credit"},
		{"no credit", whole(kindCredit, 0, appendUint(nil, 0), ""), "credit"},
		{"a call of no kind", whole(kindCall, 1, event(0), ""), "unknown kind 0"},
		{"a call of an unknown kind", whole(kindCall, 1, event(ops), ""), "can't be read"},
		{"a call of no event", whole(kindCall, 1, appendKey(appendCall(nil, opGet, 5), "ours", "k"), ""), "call of no event"},
		{"a call of event 0", whole(kindCall, 1, appendKey(appendCall(nil, opGet, 0), "ours", "k"), ""), "call of no event"},
		{"another's namespace", get(1, "theirs"), `the namespace "theirs"`},
		{"no namespace", get(1, ""), `the namespace ""`},
		{"a namespace in disguise", get(1, "ours\x00theirs"), "the namespace"},
		{"another's bundle", whole(kindCall, 1, appendString(appendCall(nil, opLoad, 0), string(bundles.DigestOf([]byte("g")))), ""), "not the function's"},
		{"a bundle that is a path", whole(kindCall, 1, appendString(appendCall(nil, opLoad, 0), "../../etc/passwd"), ""), "not the function's"},
		{"more subrequests than its manifest says", repeat(3, fetch), "more than 2 subrequests"},
		{"many calls at once", repeat(callsMax+1, func(id uint32) string { return get(id, "ours") }), "a call too many"},
		{"two calls by one name", get(1, "ours") + get(1, "ours"), "a call too many"},
		{"a key cut short", whole(kindCall, 1, appendString(event(opGet), "ours"), ""), "can't be read"},
		{"a call with more than there is", whole(kindCall, 1, append(appendKey(event(opGet), "ours", "k"), 1), ""), "can't be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPrey(t, waitingStore{})
			seen := swallow(p.jail)
			faulted := make(chan struct{})
			over := p.dispatch(t.Context(), target(), faulted)
			<-seen
			send := greeting + tc.send
			if first, ok := strings.CutPrefix(tc.send, "!"); ok {
				send = first
			} else if strings.HasPrefix(tc.name, "another greeting") {
				send = tc.send
			}
			// The client may close the channel before it has read everything.
			_, _ = io.WriteString(p.jail, send)
			fault := <-p.faults
			close(faulted)
			p.jail.Close()
			if !errors.Is(fault, ErrFault) || !strings.Contains(fault.Error(), tc.want) {
				t.Errorf("the fault was %q, want %q in it", fault, tc.want)
			}
			o := <-over
			if o.again > 0 {
				t.Error("Done was called twice")
			}
			var f *isolate.Failure
			if o.err == nil && o.response == nil || errors.As(o.err, &f) && f.Outcome != isolate.OutcomeWorkerLost {
				t.Errorf("the event ended with %v, %v", o.response, o.err)
			}
			if p.host.fetches.Load() > 2 {
				t.Errorf("%d subrequests were made", p.host.fetches.Load())
			}
		})
	}
}

// TestMemoryFollowsWhatHasCome holds that a length alone takes no memory.
func TestMemoryFollowsWhatHasCome(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	l := newLink(ours, 0)
	over := make(chan error, 1)
	go func() {
		over <- l.receive(func(kind) int { return 1 << 30 }, func(message) error { return nil })
	}()
	if _, err := io.WriteString(theirs, frame(kindAnswer, 1, flagMore, total(1<<30), "x")); err != nil {
		t.Fatal(err)
	}
	l.fail(ErrClosed)
	<-over
	for _, p := range l.partials {
		if cap(p.payload) > firstBytes {
			t.Errorf("%d bytes were taken for 1", cap(p.payload))
		}
	}
	if len(l.partials) != 1 {
		t.Errorf("%d messages have begun", len(l.partials))
	}
}

// TestAJailThatNeverAnswers holds that a client doesn't depend on a jail for an event's end.
func TestAJailThatNeverAnswers(t *testing.T) {
	t.Parallel()
	wall := 1000
	for _, tc := range []struct {
		name    string
		send    string
		unread  bool
		cancel  bool
		outcome isolate.Outcome
		last    isolate.Outcome
		total   time.Duration // until the event is over
	}{
		{"silence", greeting, false, false, isolate.OutcomeExceededWall, isolate.OutcomeExceededWall, time.Second + 30*time.Second + 50*time.Millisecond + endMax},
		{"a client that leaves", greeting, false, true, isolate.OutcomeCanceled, isolate.OutcomeCanceled, 500*time.Millisecond + 30*time.Second + 50*time.Millisecond + endMax},
		{"no end", greeting + answered(1, answer{response: okay(200)}), false, false, isolate.OutcomeOK, isolate.OutcomeWorkerLost, 30*time.Second + 50*time.Millisecond + endMax},
		{"nothing is read", greeting, true, false, isolate.OutcomeExceededWall, isolate.OutcomeExceededWall, writeMax},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPrey(t, memory.New(memory.Config{}))
				started := time.Now()
				if !tc.unread {
					swallow(p.jail)
				}
				tgt := target()
				tgt.Manifest.Limits.WallMillis = &wall
				ctx, cancel := context.WithCancel(t.Context())
				if tc.cancel {
					time.AfterFunc(500*time.Millisecond, cancel)
				}
				defer cancel()
				done := make(chan isolate.Result, 2)
				ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}, Done: func(r isolate.Result) { done <- r }}
				go func() {
					synctest.Wait()
					_, _ = io.WriteString(p.jail, tc.send)
				}()
				_, err := p.Dispatch(ctx, tgt, ev)
				var f *isolate.Failure
				outcome := isolate.OutcomeOK
				if errors.As(err, &f) {
					outcome = f.Outcome
				}
				if outcome != tc.outcome {
					t.Errorf("ended with %v, want %s", err, tc.outcome)
				}
				if fault := <-p.faults; !errors.Is(fault, ErrFault) {
					t.Error(fault)
				}
				if r := <-done; r.Outcome != tc.last || time.Since(started) != tc.total {
					t.Errorf("over as %s after %v, want %s after %v", r.Outcome, time.Since(started), tc.last, tc.total)
				}
				p.Close()
				p.jail.Close()
				if len(done) > 0 {
					t.Error("Done was called twice")
				}
			})
		})
	}
}

// TestEventsThatWereNotRun holds that they can go elsewhere, and have not ended.
func TestEventsThatWereNotRun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, send string
		gone       bool
	}{
		{"the jail died before it greeted", "", true},
		{"the jail refused the event", greeting + whole(kindRefuse, 1, nil, ""), true},
		{"the jail died with the event", greeting, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPrey(t, memory.New(memory.Config{}))
			seen := swallow(p.jail)
			closing := make(chan struct{})
			close(closing)
			over := p.dispatch(t.Context(), target(), closing)
			<-seen
			if _, err := io.WriteString(p.jail, tc.send); err != nil {
				t.Fatal(err)
			}
			p.jail.Close()
			o := <-over
			if gone := errors.Is(o.err, ErrGone); gone != tc.gone || o.again > 0 {
				t.Errorf("ended with %v, Done %d times too often", o.err, o.again)
			}
			if !tc.gone && o.result.Outcome != isolate.OutcomeWorkerLost {
				t.Errorf("ended as %s", o.result.Outcome)
			}
			if len(p.faults) > 0 {
				t.Errorf("a fault: %v", <-p.faults)
			}
			if _, err := p.Dispatch(t.Context(), target(), &isolate.Event{Done: func(isolate.Result) { t.Error("Done was called") }}); !errors.Is(err, ErrGone) {
				t.Errorf("the next event: %v", err)
			}
		})
	}
}

// TestAJailThatGoesAway holds that its events end as they would have.
func TestAJailThatGoesAway(t *testing.T) {
	t.Parallel()
	p := newPrey(t, memory.New(memory.Config{}))
	seen := swallow(p.jail)
	closing := make(chan struct{})
	close(closing)
	over := p.dispatch(t.Context(), target(), closing)
	<-seen
	if _, err := io.WriteString(p.jail, greeting+whole(kindGoaway, 0, nil, "")+whole(kindDrop, 9, nil, "")+answered(1, answer{response: okay(207), result: &result{cpu: time.Hour}})); err != nil {
		t.Fatal(err)
	}
	o := <-over
	if o.err != nil || o.response.Status != 207 || o.result.CPU > o.result.Total || o.result.Status != 207 {
		t.Errorf("got %+v", o)
	}
	if n, err := p.jail.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes came over a channel that should be closed", n)
	}
}
