package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

// flow is a body that a test makes little by little.
type flow struct {
	next     chan []byte // closed: the end
	err      error       // instead of the end; nil: io.EOF
	length   int64       // -1: unknown
	asked    atomic.Int64
	back     atomic.Int64 // chunks
	canceled chan error   // the reason of the first Cancel
}

func newFlow() *flow {
	return &flow{next: make(chan []byte), length: -1, canceled: make(chan error, 1)}
}

func (f *flow) Length() int64 { return f.length }

func (f *flow) Next(ctx context.Context) ([]byte, error) {
	f.asked.Add(1)
	select {
	case chunk, ok := <-f.next:
		switch {
		case ok:
			return chunk, nil
		case f.err != nil:
			return nil, f.err
		}
		return nil, io.EOF
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (f *flow) Reuse([]byte) { f.back.Add(1) }

func (f *flow) Cancel(reason error) {
	select {
	case f.canceled <- reason:
	default:
	}
}

// streaming always answers with the status, the header's fields and f.
func streaming(f *flow, status int, header ...isolate.Field) handler {
	return func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
		return &isolate.Response{Status: status, Header: header, Stream: f}, nil
	}
}

// head sends a request and reads the head of the response; the body is still to be read.
func (c *client) head(tb testing.TB, method string) *http.Response {
	tb.Helper()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "%s / HTTP/1.1\r\nHost: a\r\n\r\n", method)
	r, err := http.ReadResponse(bufio.NewReaderSize(c, 16), &http.Request{Method: method})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestResponsesGoOutAsTheyAreMade(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		length int64
		header []isolate.Field
		want   string // of Content-Length; empty: the body is chunked
	}{
		{"in chunks", -1, nil, ""},
		{"with the length that the source knows", 11, nil, "11"},
		{"with the length that the function gives", -1, []isolate.Field{{Name: "content-length", Value: "11"}}, "11"},
		{"where the two differ, with the source's", 11, []isolate.Field{{Name: "content-length", Value: "12"}}, "11"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFlow()
			f.length = tc.length
			n := start(t, streaming(f, 201, tc.header...))
			c := n.dial(t)
			r := c.head(t, "GET") // before there is any body
			if got := r.Header.Get("Content-Length"); r.StatusCode != 201 || got != tc.want || (tc.want == "") != (len(r.TransferEncoding) == 1) {
				t.Fatalf("got %d, Content-Length %q, Transfer-Encoding %q", r.StatusCode, got, r.TransferEncoding)
			}
			for _, chunk := range []string{"hello", " ", "there"} {
				f.next <- []byte(chunk) // after the one before has been read
				got := make([]byte, len(chunk))
				if _, err := io.ReadFull(r.Body, got); err != nil || string(got) != chunk {
					t.Fatalf("got %q, %v, want %q", got, err, chunk)
				}
			}
			close(f.next)
			if rest, err := io.ReadAll(r.Body); len(rest) > 0 || err != nil {
				t.Errorf("then %q, %v", rest, err)
			}
			<-f.canceled
			if back := f.back.Load(); back != 3 {
				t.Errorf("%d chunks came back, want 3", back)
			}
			// The connection is good for more.
			f2 := newFlow()
			f2.length = 0
			close(f2.next)
			*f = flow{next: f2.next, length: 0, canceled: f2.canceled}
			if r := c.head(t, "GET"); r.StatusCode != 201 || r.ContentLength != 0 {
				t.Errorf("the next: %d, %d", r.StatusCode, r.ContentLength)
			}
			n.stop()
			if log := n.log.String(); strings.Count(log, `"outcome":"ok"`) != 2 || !strings.Contains(log, `"bytes_out":11`) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestResponsesWithoutBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method string
		status int
		length string
	}{
		{"HEAD", 200, "7"}, {"GET", 204, ""}, {"GET", 304, ""},
	} {
		f := newFlow()
		f.length = 7
		r := start(t, streaming(f, tc.status)).dial(t).head(t, tc.method)
		if r.StatusCode != tc.status || r.Header.Get("Content-Length") != tc.length {
			t.Errorf("%s: got %d %v", tc.method, r.StatusCode, r.Header)
		}
		<-f.canceled
	}
}

// A body that fails must not look whole.
func TestBodiesThatFail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		length int64
		err    error
	}{
		{"in chunks", -1, errors.New("broken")},
		{"with a length", 100, errors.New("broken")},
		{"shorter than its length", 100, nil},
		{"longer than its length", 3, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFlow()
			f.length, f.err = tc.length, tc.err
			n := start(t, streaming(f, 200))
			c := n.dial(t)
			r := c.head(t, "GET")
			f.next <- []byte("hello")
			if tc.length != 3 {
				close(f.next)
			}
			if body, err := io.ReadAll(r.Body); err == nil {
				t.Errorf("got %q, and no error", body)
			}
			<-f.canceled
			n.stop()
		})
	}
}

func TestClientThatLeavesEndsTheBody(t *testing.T) {
	t.Parallel()
	f := newFlow()
	n := start(t, streaming(f, 200))
	c := n.dial(t)
	r := c.head(t, "GET")
	f.next <- []byte("hello")
	if _, err := io.ReadFull(r.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-f.canceled
}

// Nothing is made ahead of what the client takes, but for what the kernel's buffers hold.
func TestSlowClientHoldsTheFunctionBack(t *testing.T) {
	t.Parallel()
	f := newFlow()
	n := start(t, streaming(f, 200))
	c := n.dial(t)
	c.head(t, "GET")
	chunk := make([]byte, 64<<10)
	taken := 0
	for stuck := false; !stuck; {
		select {
		case f.next <- chunk:
			taken++
		case <-time.After(300 * time.Millisecond):
			stuck = true
		}
		if taken > 1000 {
			t.Fatalf("%d MB were taken, and nobody reads", taken*len(chunk)>>20)
		}
	}
	c.Close()
	<-f.canceled
}

// TestOverrunWhileTheBodyGoesOut: the client has the head already, and no problem document
// must be mixed into the body.
func TestOverrunWhileTheBodyGoesOut(t *testing.T) {
	t.Parallel()
	f := newFlow()
	events := make(chan *isolate.Event, 1)
	n := start(t, func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		events <- ev
		return &isolate.Response{Status: 200, Stream: f}, nil
	})
	r := n.dial(t).head(t, "GET")
	f.next <- []byte("hello")
	if _, err := io.ReadFull(r.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	(<-events).Waiter.Overrun(tooMuch)
	if rest, err := io.ReadAll(r.Body); len(rest) > 0 || err == nil {
		t.Errorf("then %q, %v", rest, err)
	}
	<-f.canceled
}

func TestUploads(t *testing.T) {
	t.Parallel()
	const size = 300 << 10
	for _, framing := range []string{"Content-Length: " + itoa(size), "Transfer-Encoding: chunked"} {
		t.Run(framing, func(t *testing.T) {
			t.Parallel()
			n := startUnread(t, func(ctx context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
				// What comes in goes out, as it comes.
				return &isolate.Response{Status: 200, Stream: ev.Request.Stream}, nil
			})
			c := n.dial(t)
			for range 2 {
				c.SetDeadline(time.Now().Add(20 * time.Second))
				fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", framing)
				in := bufio.NewReaderSize(c, 16)
				send := func(part []byte) {
					if framing[0] == 'T' {
						fmt.Fprintf(c, "%x\r\n%s\r\n", len(part), part)
					} else {
						c.Write(part)
					}
				}
				body := pattern(size)
				send(body[:1])
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				first := make([]byte, 1)
				if _, err := io.ReadFull(r.Body, first); err != nil || first[0] != body[0] {
					t.Fatalf("the first byte: %q, %v", first, err)
				}
				go func() {
					send(body[1:])
					if framing[0] == 'T' {
						io.WriteString(c, "0\r\n\r\n")
					}
				}()
				rest, err := io.ReadAll(r.Body)
				if got := append(first, rest...); want(got) != want(body) || err != nil {
					t.Fatalf("got %s, want %s, %v", want(got), want(body), err)
				}
			}
			n.stop()
			if log := n.log.String(); strings.Count(log, fmt.Sprintf(`"bytes_in":%d,"bytes_out":%d`, size, size)) != 2 {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// startUnread is start with a handler that reads the request's body itself, or doesn't.
func startUnread(t *testing.T, h handler, change ...func(*gateway.Config)) *node {
	t.Helper()
	return start(t, nil, append(change, func(c *gateway.Config) { c.Dispatcher = unread{h} })...)
}

// unread is a handler that leaves the request's body alone.
type unread struct{ handler }

func (u unread) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	r, err := u.handler(ctx, t, ev)
	ev.Done(isolate.Result{Outcome: isolate.OutcomeOK})
	return r, err
}

// A body that the function doesn't read holds nobody up, and what follows it on the connection
// is not taken for it.
func TestUploadsThatAreNotRead(t *testing.T) {
	t.Parallel()
	for _, framing := range []string{"Content-Length: 300000", "Transfer-Encoding: chunked"} {
		t.Run(framing, func(t *testing.T) {
			t.Parallel()
			n := startUnread(t, func(ctx context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
				if strings.HasSuffix(ev.Request.URL, "/some") {
					if _, err := ev.Request.Stream.Next(ctx); err != nil {
						return nil, err
					}
				}
				return &isolate.Response{Status: 200, Body: []byte("done")}, nil
			})
			for _, path := range []string{"/none", "/some"} {
				body := "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n" + strings.Repeat("x", 300_000)
				body = body[:300_000]
				if framing[0] == 'T' {
					body = string(chunks([]byte(body), 1000))
				}
				c := n.dial(t)
				c.send("POST " + path + " HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n\r\n" + body)
				if r := c.reply("POST"); r.status != 200 || r.body != "done" {
					t.Errorf("%s: got %d %s", path, r.status, r.body)
				}
				c.SetReadDeadline(time.Now().Add(3 * time.Second))
				c.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
				if r, err := c.next("GET"); err == nil && r.body != "done" {
					t.Errorf("%s: then %d %s", path, r.status, r.body)
				}
			}
			n.stop()
			if log := n.log.String(); strings.Contains(log, "smuggled") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// An upload that is waited for ends when its event does.
func TestUploadIsCanceledWithItsEvent(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	n := startUnread(t, func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		began := make(chan struct{})
		go func() {
			close(began)
			_, err := ev.Request.Stream.Next(context.Background())
			read <- err
		}()
		<-began
		return &isolate.Response{Status: 200, Body: []byte("done")}, nil
	})
	c := n.dial(t)
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	if r := c.reply("POST"); r.body != "done" {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if err := <-read; err == nil {
		t.Error("there was something to read")
	}
}

// A client that leaves in the middle of its upload is missed although nobody reads it.
func TestClientThatLeavesItsUpload(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this system can't be asked whether a client has left while there is more to read")
	}
	began := make(chan struct{})
	ended := make(chan error, 1)
	n := startUnread(t, func(ctx context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		close(began)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil, ctx.Err()
	})
	c := n.dial(t)
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\nhello")
	<-began
	c.Close()
	if err := <-ended; err == nil || err.Error() != "the client left" {
		t.Errorf("got %v", err)
	}
}
