package jail

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// scripted is a connection whose peer says what stands in it, and then leaves. What is written
// to it is dropped.
type scripted struct {
	rest   []byte
	begin  chan struct{} // closed when the peer may begin
	closed chan struct{}
}

func newScripted(data []byte) *scripted {
	return &scripted{rest: data, begin: make(chan struct{}), closed: make(chan struct{})}
}

func (s *scripted) Read(p []byte) (int, error) {
	select {
	case <-s.begin:
	case <-s.closed:
		return 0, net.ErrClosed
	}
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *scripted) Write(p []byte) (int, error) { return len(p), nil }

func (s *scripted) Close() error {
	close(s.closed) // a link closes once
	return nil
}

func (s *scripted) LocalAddr() net.Addr              { return nil }
func (s *scripted) RemoteAddr() net.Addr             { return nil }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }

// guarded is a store that may be asked for one namespace only.
type guarded struct {
	kv.Store
	t *testing.T
}

func (g guarded) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if ns != "ours" {
		g.t.Errorf("a jail reached the namespace %q", ns)
	}
	return g.Store.Get(ctx, ns, key)
}

func (g guarded) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	if ns != "ours" {
		g.t.Errorf("a jail reached the namespace %q", ns)
	}
	return g.Store.Put(ctx, ns, key, e)
}

// ownCache is a cache that may be asked for the function's own responses only.
type ownCache struct{ t *testing.T }

func (c ownCache) check(function string) {
	if function != target().Function {
		c.t.Errorf("a jail reached the cache of %q", function)
	}
}

func (c ownCache) Match(_ context.Context, function, _ string, r *isolate.Request) (*isolate.Response, error) {
	c.check(function)
	if r.URL == "" {
		return nil, nil
	}
	return okay(200), nil
}

func (c ownCache) Put(_ context.Context, function, _ string, _ *isolate.Request, h *isolate.Response) (string, error) {
	c.check(function)
	if h.Status < 200 || h.Status > 599 {
		c.t.Errorf("a jail puts a response with the status %d", h.Status)
	}
	return "", nil
}

func (c ownCache) Delete(_ context.Context, function, _ string, _ *isolate.Request) (bool, error) {
	c.check(function)
	return true, nil
}

// FuzzClient is a jail that says anything at all.
func FuzzClient(f *testing.F) {
	for _, s := range []string{
		"",
		answered(1, answer{response: &isolate.Response{Status: 200, Header: []isolate.Field{{Name: "a", Value: "b"}}, Body: []byte("x")}, result: &result{cpu: 1}}),
		answered(1, answer{response: okay(200)}) + whole(kindDone, 1, appendResult(nil, result{failure: &isolate.Failure{Outcome: isolate.OutcomeException, Source: &isolate.Frame{File: "a", Line: 1}}}), ""),
		answered(1, answer{failure: &isolate.Failure{Outcome: isolate.OutcomeExceededCPU, Limit: "cpu_ms", Used: 51, Allowed: 50}, result: &result{}}),
		whole(kindCall, 1, appendKey(appendCall(nil, opGet, 1), "ours", "k"), "") + whole(kindDrop, 1, nil, ""),
		whole(kindCall, 1, appendEntry(appendKey(appendCall(nil, opPut, 1), "ours", "k"), kv.Entry{Metadata: []byte("{}")}), "value"),
		whole(kindCall, 1, appendQuery(appendString(appendCall(nil, opList, 1), "ours"), kv.Query{Limit: 10}), ""),
		whole(kindCall, 1, appendInt(appendKey(appendCall(nil, opAdd, 1), "ours", "k"), -1), ""),
		whole(kindCall, 1, appendRequest(append(appendCall(nil, opFetch, 1), 1), &isolate.Request{Method: "GET", URL: "http://a/"}), ""),
		whole(kindCall, 1, appendRequest(appendString(appendCall(nil, opMatch, 1), "n"), &isolate.Request{Method: "GET", URL: "http://a/"}), ""),
		whole(kindCall, 1, appendResponse(appendRequest(appendString(appendCall(nil, opKeep, 1), "n"), &isolate.Request{Method: "GET", URL: "http://a/"}), &isolate.Response{Status: 200, Body: []byte{}}), "body"),
		whole(kindCall, 1, appendRequest(appendString(appendCall(nil, opForget, 1), "n"), &isolate.Request{Method: "GET", URL: "http://a/"}), ""),
		whole(kindCall, 1, appendString(appendCall(nil, opLoad, 0), string(target().Digest)), ""),
		whole(kindLine, 1, appendString([]byte{2}, "hello"), "") + whole(kindLine, 0, appendString([]byte{2}, "hello"), ""),
		whole(kindGoaway, 0, nil, "") + whole(kindRefuse, 1, nil, ""),
		frame(kindAnswer, 1, flagMore, total(8), "\x04\x01") + frame(kindAnswer, 1, flagContinued, "\x00\x00\x00\x00\x00\x00"),
		whole(kindCredit, 0, appendUint(nil, 1), ""),
		pull(1, 0, 1) + pull(1, 0, 1),
		pull(1, 0, 1) + stop(1, 0, "enough") + whole(kindRefuse, 1, nil, ""),
		answered(1, answer{response: streaming(5)}) + chunk(1, 0, chunkBytes, nil, "hello") + chunk(1, 0, chunkEnd, nil, "") + whole(kindDone, 1, appendResult(nil, result{}), ""),
		answered(1, answer{response: streaming(-1)}) + chunk(1, 0, chunkFailure, appendFailure(nil, &isolate.Failure{Outcome: isolate.OutcomeException}), ""),
		answered(1, answer{response: streaming(-1)}) + chunk(1, 0, chunkError, []byte{errorCanceled}, ""),
		streamed(1, 1, true) + pull(1, 1, 1) + chunk(1, 1, chunkBytes, nil, "x") + stop(1, 1, ""),
		streamed(1, 1, false) + streamed(2, 1, false) + pull(1, 1, 1),
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		conn := newScripted(slices.Concat([]byte(greeting), data))
		c, err := NewClient(conn, ClientConfig{
			Host: isolate.Host{KV: guarded{memory.New(memory.Config{}), t}, Cache: ownCache{t}, Fetch: sprung{}, Console: func(isolate.LogLine) {}},
			Load: func(_ context.Context, d bundles.Digest) (*bundles.Bundle, error) {
				if d != target().Digest {
					t.Errorf("a jail asked for the bundle %q", string(d))
				}
				return nil, errors.New("none")
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan isolate.Result, 2)
		request := newSpring("request", io.EOF)
		ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "POST", URL: "http://f/", Stream: request}, Done: func(r isolate.Result) { done <- r }}
		time.AfterFunc(0, func() {
			for { // once the event is on its way
				if _, idle := c.Idle(); !idle {
					break
				}
			}
			close(conn.begin)
		})
		r, err := c.Dispatch(t.Context(), target(), ev)
		if r != nil && r.Stream != nil {
			// However it ends, it does.
			_, _ = isolate.Collect(t.Context(), r, 1<<20)
		}
		<-c.ctx.Done()
		c.Close()
		var failure *isolate.Failure
		switch {
		case errors.Is(err, ErrGone):
			if len(done) != 0 {
				t.Error("Done was called for an event that was not run")
			}
			if request.chunk == nil {
				t.Error("the body of an event that was not run has been read")
			}
			return
		case err == nil:
			if checkResponse(r) != nil {
				t.Errorf("the response is %+v", r)
			}
		case !errors.As(err, &failure) || failure.Outcome == isolate.OutcomeOK:
			t.Errorf("the error is %v", err)
		}
		if len(done) != 1 {
			t.Errorf("Done was called %d times", len(done))
		}
	})
}

// FuzzServer is a client that says anything at all: a jail needs not survive it well, but it
// must come to an end.
func FuzzServer(f *testing.F) {
	hello := whole(kindHello, 0, []byte(protocol), "")
	version := whole(kindVersion, 1, nil, `{"function":"f","version":1,"digest":"`+string(target().Digest)+`"}`)
	ev := appendBool(appendString(appendUint(nil, 1), "fetch"), true)
	for _, s := range []string{
		"", hello, hello + version,
		hello + version + whole(kindEvent, 1, appendRequest(ev, &isolate.Request{Method: "GET", URL: "http://f/"}), "") + whole(kindCancel, 1, nil, ""),
		hello + whole(kindCheck, 1, nil, string(bundles.Encode(&bundles.Bundle{Script: []byte("__register({})")}))),
		hello + whole(kindReply, 1, []byte{0, errorStore}, ""),
		hello + version + whole(kindEvent, 1, appendRequest(ev, &isolate.Request{Method: "POST", URL: "http://f/", Stream: newInlet(3)}), "") +
			chunk(1, 0, chunkBytes, nil, "abc") + pull(1, 0, 1) + stop(1, 0, "enough"),
	} {
		f.Add([]byte(s))
	}
	ours, theirs, err := socketPair()
	if err != nil {
		f.Fatal(err)
	}
	defer ours.Close()
	s, err := NewServer(ServerConfig{Control: theirs, Engine: isolate.Config{StartCPU: 20 * time.Millisecond, DrainMax: time.Millisecond}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		s.engine.Close()
		s.control.Close()
		s.runners.close()
		s.work.Wait()
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		conn := newScripted(data)
		close(conn.begin)
		ch := newChannel(t.Context(), s, conn)
		flushed := make(chan struct{})
		go func() {
			defer close(flushed)
			ch.link.flush()
		}()
		ch.serve()
		<-flushed
		for len(s.left()) > 0 {
			time.Sleep(100 * time.Microsecond)
		}
	})
}

// FuzzControl is a jail that says anything at all to its keeper.
func FuzzControl(f *testing.F) {
	f.Add([]byte("r\x00\x00\x00\x00e\x01\x00\x00\x00l\x00\x00\x00\x00"))
	f.Add([]byte("rr"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ours, theirs, err := socketPair()
		if err != nil {
			t.Skip("SKIPPED: no sockets left: " + err.Error())
		}
		control, err := unixConn(ours)
		if err != nil {
			t.Fatal(err)
		}
		defer control.Close()
		go func() {
			_, _ = theirs.Write(data[:min(len(data), 64<<10)])
			theirs.Close()
		}()
		k := &Keeper{}
		k.mu.current = make(map[string]*inmate)
		k.cfg = k.cfg.withDefaults()
		j := newInmate(k, "f")
		j.hear(control)
		if j.mu.late != nil {
			j.mu.late.Stop()
		}
	})
}
