package jail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv/memory"
)

// spring is a body that gives what it has, and then waits or ends.
type spring struct {
	chunk  []byte // nil: nothing
	end    error  // nil: it waits
	once   sync.Once
	dried  chan struct{} // closed by the first Cancel
	reason error
}

func newSpring(chunk string, end error) *spring {
	return &spring{chunk: []byte(chunk), end: end, dried: make(chan struct{})}
}

func (s *spring) Next(context.Context) ([]byte, error) {
	if chunk := s.chunk; len(chunk) > 0 {
		s.chunk = nil
		return chunk, nil
	}
	if s.end != nil {
		return nil, s.end
	}
	<-s.dried
	return nil, errors.New("dried up")
}

func (s *spring) Cancel(reason error) {
	s.once.Do(func() {
		s.reason = reason
		close(s.dried)
	})
}

// sprung is a host whose every subrequest is answered with a spring.
type sprung struct{}

func (sprung) Fetch(_ context.Context, _ *isolate.Target, _ *isolate.Event, r *isolate.Request) (*isolate.Response, error) {
	if r.Stream != nil {
		return &isolate.Response{Status: 200, Stream: r.Stream}, nil
	}
	return &isolate.Response{Status: 200, Stream: newSpring("fetched", nil)}, nil
}

// Messages about bodies, as a jail may write them.

func pull(event, number, chunks uint32) string {
	return whole(kindPull, event, appendUint(appendUint(nil, uint64(number)), uint64(chunks)), "")
}

func stop(event, number uint32, reason string) string {
	return whole(kindStop, event, appendString(appendUint(nil, uint64(number)), reason), "")
}

func chunk(event, number uint32, what byte, rest []byte, body string) string {
	return whole(kindChunk, event, append(append(appendUint(nil, uint64(number)), what), rest...), body)
}

// streaming is a response whose body comes little by little.
func streaming(length int64) *isolate.Response {
	return &isolate.Response{Status: 200, Stream: announced{length: length}}
}

// announced is a body of which there is a length.
type announced struct {
	isolate.Source
	length int64
}

func (a announced) Length() int64 { return a.length }

// streamed is a subrequest whose body does, or a whole one.
func streamed(call uint32, number uint32, stream bool) string {
	r := &isolate.Request{Method: "POST", URL: "http://a/"}
	if stream {
		r.Stream = newInlet(-1)
	}
	return whole(kindCall, call, appendRequest(appendUint(appendCall(nil, opFetch, 1), uint64(number)), r), "")
}

// TestBodiesThatBreakTheProtocol has a row for each thing that a jail might try with bodies.
// The event's request has one, and its response's is read.
func TestBodiesThatBreakTheProtocol(t *testing.T) {
	t.Parallel()
	answer0 := answered(1, answer{response: streaming(-1)})
	for _, tc := range []struct {
		name string
		send string
		want string // of the fault
	}{
		{"a pull of what is not there", pull(1, 5, 1), "a pull of the body 5, which is not there"},
		{"a pull of the response", answer0 + pull(1, 1, 1), "a pull of the body 1"},
		{"a pull of nothing", pull(1, 0, 0), "a pull of 0 of the body 0"},
		{"a pull of much", pull(1, 0, aheadMax+1), "can't be read"},
		{"pulls of much", pull(1, 0, 1) + pull(1, 0, aheadMax), "a pull of 8 of the body 0"},
		{"a pull for no event", pull(9, 0, 1), "of no event"},
		{"a pull for event 0", pull(0, 0, 1), "of no event"},
		{"a pull of 2^40", whole(kindPull, 1, appendUint(nil, 1<<40), ""), "can't be read"},
		{"a pull with more than there is", whole(kindPull, 1, []byte{0, 1, 0}, ""), "can't be read"},
		{"a long pull", whole(kindPull, 1, []byte{0}, strings.Repeat("x", 64)), "at most 16"},
		{"a stop for no event", stop(9, 0, ""), "of no event"},
		{"a stop with a long reason", stop(1, 0, strings.Repeat("x", textBytesMax+1)), "can't be read"},
		{"a chunk of what is not there", chunk(1, 0, chunkBytes, nil, "x"), "a chunk of the body 0, which is not there"},
		{"a chunk of the request", chunk(1, 0, chunkBytes, nil, "x"), "which is not there"},
		{"a chunk for no event", chunk(9, 0, chunkBytes, nil, "x"), "of no event"},
		{"two chunks", answer0 + chunk(1, 0, chunkBytes, nil, "x") + chunk(1, 0, chunkBytes, nil, "x"), "for which nobody has asked"},
		{"an empty chunk", answer0 + chunk(1, 0, chunkBytes, nil, ""), "a chunk of 0 bytes"},
		{"a chunk that is too large", answer0 + chunk(1, 0, chunkBytes, nil, strings.Repeat("x", chunkBytesMax+1)), "a chunk of 65537 bytes"},
		{"a chunk that is much too large", answer0 + frame(kindChunk, 1, flagMore, total(1<<20), "x"), "at most 262144"},
		{"a chunk of no kind", answer0 + chunk(1, 0, chunkFailure+1, nil, ""), "can't be read"},
		{"an error that is none", answer0 + chunk(1, 0, chunkError, []byte{99}, ""), "can't be read"},
		{"a failure that is none", answer0 + chunk(1, 0, chunkFailure, appendFailure(nil, &isolate.Failure{Outcome: isolate.OutcomeOK}), ""), "can't be read"},
		{"two ends", answer0 + chunk(1, 0, chunkEnd, nil, "") + chunk(1, 0, chunkEnd, nil, ""), "a chunk of the body 0"},
		{"a length below none", answered(1, answer{response: streaming(-2)}), "can't be read"},
		{"an end before the body's", answer0 + whole(kindDone, 1, appendResult(nil, result{}), ""), "before that of its response's body"},
		{"an end with the head", answered(1, answer{response: streaming(-1), result: &result{}}), "before its response's body"},
		{"a refusal of what it has read", pull(1, 0, 1) + whole(kindRefuse, 1, nil, ""), "refusal of no event"},
		{"a subrequest without a number", streamed(1, 0, false), "without a number"},
		{"two requests by one number", streamed(1, 1, true) + streamed(2, 1, true), "two bodies by the number 1"},
		{"two responses by one number", streamed(1, 1, false) + streamed(2, 1, false), "two bodies by the number 1"},
		{"a cache's request with a body to come", whole(kindCall, 1, appendRequest(appendString(appendCall(nil, opMatch, 1), "n"), &isolate.Request{Stream: newInlet(-1)}), ""), "is not there"},
		{"a cache's response with a body to come", whole(kindCall, 1, appendResponse(appendRequest(appendString(appendCall(nil, opKeep, 1), "n"), &isolate.Request{}), streaming(-1)), ""), "is not there"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPrey(t, nil)
			p.cfg.Host.Fetch = sprung{}
			seen := swallow(p.jail)
			done := make(chan isolate.Result, 2)
			request := newSpring("", nil)
			ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Done: func(r isolate.Result) { done <- r },
				Request: &isolate.Request{Method: "POST", URL: "http://f/", Stream: request}}
			over := make(chan error, 1)
			go func() {
				r, err := p.Dispatch(t.Context(), target(), ev)
				if err == nil && r.Stream != nil {
					_, err = isolate.Collect(t.Context(), r, 1<<20)
				}
				over <- err
			}()
			<-seen
			// The client may close the channel before it has read everything.
			_, _ = io.WriteString(p.jail, greeting+tc.send)
			if fault := <-p.faults; !errors.Is(fault, ErrFault) || !strings.Contains(fault.Error(), tc.want) {
				t.Errorf("the fault was %q, want %q in it", fault, tc.want)
			}
			var f *isolate.Failure
			if err := <-over; err != nil && (!errors.As(err, &f) || f.Outcome != isolate.OutcomeWorkerLost) {
				t.Errorf("the event ended with %v", err)
			}
			<-done
			<-request.dried
			p.Close()
			p.jail.Close()
			if len(done) > 0 {
				t.Error("Done was called twice")
			}
		})
	}
}

// TestMessagesThatCross holds that what was said of bodies before it was known that they, or
// their event, were over does no harm.
func TestMessagesThatCross(t *testing.T) {
	t.Parallel()
	p := newPrey(t, nil)
	p.cfg.Host.Fetch = sprung{}
	seen := swallow(p.jail)
	request := newSpring("", nil)
	closing := make(chan struct{})
	over := p.dispatchOf(t.Context(), target(), &isolate.Request{Method: "POST", URL: "http://f/", Stream: request}, closing)
	<-seen
	late := pull(1, 0, 1) + pull(1, 3, 1) + stop(1, 0, "late") + stop(1, 7, "late") + chunk(1, 0, chunkBytes, nil, "x") + chunk(1, 7, chunkEnd, nil, "")
	if _, err := io.WriteString(p.jail, greeting+stop(1, 8, "none")+pull(1, 0, 1)+stop(1, 0, "enough")+pull(1, 0, 7)+streamed(1, 1, false)+stop(1, 1, "")+
		answered(1, answer{response: okay(200), result: &result{}})+late+whole(kindGoaway, 0, nil, "")); err != nil {
		t.Fatal(err)
	}
	<-request.dried
	if request.reason.Error() != "enough" {
		t.Errorf("the request's body was canceled because of %v", request.reason)
	}
	<-p.ctx.Done() // the jail has left, without a fault
	close(closing)
	if o := <-over; o.err != nil || o.again > 0 || o.result.Outcome != isolate.OutcomeOK {
		t.Errorf("got %+v", o)
	}
	if len(p.faults) > 0 {
		t.Error(<-p.faults)
	}
}

// TestPullsThatCrossTheEnd holds that a body that has ended is no fault of who has asked ahead.
func TestPullsThatCrossTheEnd(t *testing.T) {
	t.Parallel()
	var work sync.WaitGroup
	s := streams{link: newLink(newScripted(nil), 0), work: &work, event: 1}
	over := 0
	for number, end := range map[uint32]error{0: io.EOF, 1: errors.New("broken")} {
		if err := s.offer(number, newSpring("", end), &outlet{over: func() { over++ }}); err != nil {
			t.Fatal(err)
		}
		if err := s.pulled(number, 2); err != nil {
			t.Error(err)
		}
		work.Wait()
		if err := s.pulled(number, 5); err != nil {
			t.Error(err)
		}
		s.stopped(number, "late")
		if err := s.offer(number, newSpring("", io.EOF), new(outlet)); !errors.Is(err, ErrFault) {
			t.Errorf("the number was given again: %v", err)
		}
	}
	if err := s.pulled(2, 1); !errors.Is(err, ErrFault) {
		t.Errorf("a pull of what was never there: %v", err)
	}
	if over != 2 {
		t.Errorf("%d of 2 are over", over)
	}
	s.close(errEventOver)
	s.close(errEventOver)
	if err := s.pulled(2, 1); err != nil {
		t.Error(err)
	}
	if err := s.offer(3, newSpring("", io.EOF), new(outlet)); !errors.Is(err, errEventOver) {
		t.Errorf("a body after the end: %v", err)
	}
}

// TestABodyThatIsGivenUpBeforeItsHead holds that nobody waits for a response's body whose event
// was given up.
func TestABodyThatIsGivenUpBeforeItsHead(t *testing.T) {
	t.Parallel()
	p := newPrey(t, nil)
	stops := make(chan string, 4)
	events := make(chan struct{}, 1)
	go hear(p.jail, func(k kind, payload []byte) {
		switch k {
		case kindEvent:
			events <- struct{}{}
		case kindStop:
			stops <- string(payload)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	closing := make(chan struct{})
	close(closing)
	over := p.dispatch(ctx, target(), closing)
	<-events
	cancel()
	until := time.Now().Add(30 * time.Second)
	for f, _ := p.flight(1); f != nil && time.Now().Before(until); time.Sleep(time.Millisecond) {
		f.mu.Lock()
		settled := f.mu.settled
		f.mu.Unlock()
		if settled {
			break
		}
	}
	if _, err := io.WriteString(p.jail, greeting+answered(1, answer{response: streaming(-1)})); err != nil {
		t.Fatal(err)
	}
	<-stops
	if _, err := io.WriteString(p.jail, whole(kindDone, 1, appendResult(nil, result{}), "")); err != nil {
		t.Fatal(err)
	}
	if o := <-over; o.result.Outcome != isolate.OutcomeCanceled {
		t.Errorf("got %+v", o)
	}
	if len(p.faults) > 0 {
		t.Error(<-p.faults)
	}
}

// hear reads what the client sends, message by message.
func hear(conn io.Reader, told func(kind, []byte)) {
	var head [headerBytes]byte
	for {
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		h, err := parseHeader(&head)
		if err != nil {
			panic(err)
		}
		payload := make([]byte, h.length)
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		told(h.kind, payload)
	}
}

// TestAJailThatNeverEndsABody holds that a client doesn't depend on a jail for a body's end, nor
// for the event's after it, and that it doesn't count what its own reader takes.
func TestAJailThatNeverEndsABody(t *testing.T) {
	t.Parallel()
	const (
		idle  = 5*time.Minute + endMax
		drain = 30*time.Second + 50*time.Millisecond + endMax
		slow  = time.Hour // of the reader, for each chunk
	)
	for _, tc := range []struct {
		name   string
		chunks []string // the answers to pulls
		cancel bool     // after them
		total  time.Duration
	}{
		{"nothing", nil, false, slow + idle},
		{"half of it", []string{chunk(1, 0, chunkBytes, nil, "x"), chunk(1, 0, chunkBytes, nil, "x")}, false, 3*slow + idle},
		{"no end after it", []string{chunk(1, 0, chunkBytes, nil, "x"), chunk(1, 0, chunkEnd, nil, "")}, false, 2*slow + drain},
		{"no end after an error", []string{chunk(1, 0, chunkError, appendNamed(nil, errorPlain, "broken", ""), "")}, false, slow + drain},
		{"no end after its reader has left", nil, true, slow + drain},
		{"no end after its reader has left half-way", []string{chunk(1, 0, chunkBytes, nil, "x")}, true, 2*slow + drain},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPrey(t, memory.New(memory.Config{}))
				started := time.Now()
				chunks := tc.chunks
				go hear(p.jail, func(k kind, _ []byte) {
					send := ""
					switch {
					case k == kindEvent:
						send = greeting + answered(1, answer{response: streaming(-1)})
					case k == kindPull && len(chunks) > 0:
						send, chunks = chunks[0], chunks[1:]
					}
					// The client may be gone.
					go func() { _, _ = io.WriteString(p.jail, send) }()
				})
				done := make(chan isolate.Result, 2)
				r, err := p.Dispatch(t.Context(), target(), &isolate.Event{ID: "e", Kind: isolate.KindFetch,
					Request: &isolate.Request{Method: "GET", URL: "http://f/"}, Done: func(r isolate.Result) { done <- r }})
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; err == nil; i++ {
					time.Sleep(slow)
					if tc.cancel && i == len(tc.chunks) {
						r.Stream.Cancel(nil)
					}
					_, err = r.Stream.Next(t.Context())
				}
				if fault := <-p.faults; !errors.Is(fault, ErrFault) {
					t.Error(fault)
				}
				if r := <-done; r.Outcome != isolate.OutcomeWorkerLost || time.Since(started) != tc.total {
					t.Errorf("over as %s after %v, want %v", r.Outcome, time.Since(started), tc.total)
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

// TestChunksWait holds that what is queued for a peer that doesn't read stays bounded, however
// many bodies it has asked for.
func TestChunksWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPrey(t, nil)
		p.cfg.Host.Fetch = sprung{}
		const bodies = 100
		tgt := target()
		tgt.Manifest.Limits.Subrequests = bodies
		events := make(chan struct{})
		go func() { // reads the event, and nothing afterwards
			var seen bytes.Buffer
			for !strings.Contains(seen.String(), "http://f/") {
				if _, err := io.CopyN(&seen, p.jail, 1); err != nil {
					return
				}
			}
			close(events)
		}()
		closing := make(chan struct{})
		over := p.dispatchOf(t.Context(), tgt, &isolate.Request{Method: "GET", URL: "http://f/"}, closing)
		<-events
		f, _ := p.flight(1)
		for i := range uint32(bodies) {
			if err := f.streams.offer(i, newSpring(strings.Repeat("x", chunkBytesMax), nil), new(outlet)); err != nil {
				t.Fatal(err)
			}
		}
		var pulls strings.Builder
		pulls.WriteString(greeting)
		for i := range uint32(bodies) {
			pulls.WriteString(pull(1, i, 1))
		}
		if _, err := io.WriteString(p.jail, pulls.String()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := p.link.queued(); n < roomBytes || n > 2*(roomBytes+frameBytesMax) {
			t.Errorf("%d bytes are queued", n)
		}
		close(closing)
		<-over
		p.jail.Close()
	})
}
