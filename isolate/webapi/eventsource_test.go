package webapi_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// spoken is a body that says its parts and then ends, or stays open.
type spoken struct {
	parts    []string
	open     bool
	canceled atomic.Bool
}

func (s *spoken) Next(ctx context.Context) ([]byte, error) {
	if len(s.parts) == 0 {
		if s.open {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, io.EOF
	}
	part := s.parts[0]
	s.parts = s.parts[1:]
	return []byte(part), nil
}

func (s *spoken) Cancel(error) { s.canceled.Store(true) }

// eventServer answers each connection with the next of its bodies, and an error when there is none.
func eventServer(status int, typ string, bodies ...*spoken) (network, *[]string) {
	var seen []string
	return func(_ context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
		line := r.Method + " " + r.URL
		for _, f := range r.Header {
			line += " " + f.Name + "=" + f.Value
		}
		seen = append(seen, line)
		if len(bodies) == 0 {
			return nil, errors.New("refused")
		}
		body := bodies[0]
		bodies = bodies[1:]
		return &webapi.HTTPResponse{URL: "http://o:1/x", Status: status, Header: []webapi.Field{{Name: "content-type", Value: typ}}, Stream: body}, nil
	}, &seen
}

const untilClosed = `
	const s = new EventSource("http://o:1/x#y", {withCredentials: true}), log = [s.readyState, s.url, s.withCredentials]
	await new Promise(done => {
		s.onopen = e => log.push("open " + s.readyState)
		s.onmessage = e => log.push([e.data, e.lastEventId, e.origin, e instanceof MessageEvent].join(" "))
		s.addEventListener("tick", e => log.push("tick " + e.data))
		s.onerror = e => { log.push("error " + s.readyState); if (s.readyState === EventSource.CLOSED || log.length > 12) done(s.close()) }
	})
	return log.join("; ") + "; " + s.readyState`

func TestEventSource(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, typ string
		status    int
		bodies    []*spoken
		want      string
		seen      int
	}{
		{"messages, and no more connections", "text/event-stream; charset=utf-8", 200, []*spoken{{parts: []string{"data: a\n\nid: 7\nevent: ti", "ck\ndata: b\n\n"}}, {parts: []string{"data: c\n\n"}}},
			"0; http://o:1/x; true; open 1; a  http://o:1 true; tick b; error 0; open 1; c 7 http://o:1 true; error 0; error 0; error 0; error 0; 2", 5},
		{"not a stream of events", "text/plain", 200, []*spoken{{}}, "0; http://o:1/x; true; error 2; 2", 1},
		{"not found", "text/event-stream", 404, []*spoken{{}}, "0; http://o:1/x; true; error 2; 2", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				host, seen := eventServer(tc.status, tc.typ, tc.bodies...)
				if got := jstest.Eval(t, newPlatform(t), host, untilClosed); got != tc.want {
					t.Errorf("\n got %s\nwant %s", got, tc.want)
				}
				if len(*seen) != tc.seen || (*seen)[0] != "GET http://o:1/x accept=text/event-stream cache-control=no-store" {
					t.Errorf("%d connections: %q", len(*seen), *seen)
				}
				if tc.seen > 1 && !strings.HasSuffix((*seen)[1], " last-event-id=7") {
					t.Errorf("the second: %q", (*seen)[1])
				}
			})
		})
	}
}

func TestEventSourceCloses(t *testing.T) {
	t.Parallel()
	body := &spoken{parts: []string{"data: a\n\ndata: b\n\n"}, open: true}
	host, _ := eventServer(200, "text/event-stream", body)
	got := jstest.Eval(t, newPlatform(t), host, `
		const s = new EventSource("http://o:1/"), log = []
		await new Promise(done => s.onmessage = e => { log.push(e.data); s.close(); s.close(); done() })
		await new Promise(r => setTimeout(r))
		return log.join() + s.readyState`)
	if got != "a2" || !body.canceled.Load() {
		t.Errorf("got %q, canceled: %v", got, body.canceled.Load())
	}
}

func TestEventSourceThatMadeAllItsSubrequests(t *testing.T) {
	t.Parallel()
	host := network(func(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
		return nil, &js.CodedError{Code: "exceeded_subrequests", Message: "too many"}
	})
	if got := jstest.Eval(t, newPlatform(t), host, `const s = new EventSource("http://o/"); await new Promise(r => s.onerror = r); return s.readyState`); got != "2" {
		t.Errorf("got %s", got)
	}
}

func TestEventSourceOfAStream(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"of a script", `ReadableStream.from(["data: a\n", "\ndata: b\n\n"].map(s => new TextEncoder().encode(s)))`, "1; a; b; error 2"},
		{"of the host", `new Response("data: a\n\n").body`, "1; a; error 2"},
		{"that fails", `new ReadableStream({start(c) { c.enqueue(new TextEncoder().encode("data: a\n\n")) }, pull(c) { c.error(new Error("no")) }})`, "1; a; error 2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := eval(t, `const s = EventSource.from(`+tc.src+`), log = [s.readyState]
				await new Promise(done => { s.onmessage = e => log.push(e.data); s.onerror = () => { log.push("error " + s.readyState); done() } })
				return log.join("; ")`)
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	for src, want := range map[string]string{
		`new EventSource("/x")`:    "SyntaxError",
		`EventSource("http://a/")`: "TypeError",
		`EventSource.from({})`:     "TypeError",
		`const b = new Response("x").body; b.getReader(); EventSource.from(b)`:                                     "TypeError",
		`return [EventSource.CONNECTING, EventSource.OPEN, EventSource.prototype.CLOSED, EventSource.from.length]`: "0,1,2,1",
	} {
		if got := eval(t, src); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}
