package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

// waiting is a handler that says when an event has begun, and what has canceled it.
func waiting(n int) (h handler, began chan struct{}, causes chan error) {
	began, causes = make(chan struct{}, n), make(chan error, n)
	return func(ctx context.Context, _ *isolate.Target, _ *isolate.Event) (*isolate.Response, error) {
		began <- struct{}{}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return nil, ctx.Err()
	}, began, causes
}

func TestClientsThatLeaveSockets(t *testing.T) {
	t.Parallel()
	const clients = 100
	h, began, causes := waiting(clients)
	n := start(t, h)
	for i := range clients {
		c := n.dial(t)
		requests := 1 + i%2 // the second stands between the node and the end of the stream
		for range requests {
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		}
		<-began
		if i%3 == 0 {
			time.Sleep(2 * time.Millisecond) // so that some leave before the watch begins, and others after
		}
		defer c.Close()
		go func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			c.Close()
		}()
	}
	for range clients {
		if err := <-causes; err == nil || err.Error() != "the client left" {
			t.Errorf("canceled by %v", err)
		}
	}
}

// TestWatchedConnectionIsReadOn has events that take longer than a head may: the deadline for
// that passes while nobody reads.
func TestWatchedConnectionIsReadOn(t *testing.T) {
	t.Parallel()
	h := func(ctx context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		select {
		case <-time.After(200 * time.Millisecond):
			return &isolate.Response{Status: 200, Body: []byte("done")}, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	n := start(t, h, func(c *gateway.Config) { c.HeadTimeout = 100 * time.Millisecond })
	c := n.dial(t)
	in := bufio.NewReader(c)
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		for range strings.Count(request, " HTTP/1.1") {
			r, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("%q: %v", request, err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != "done" {
				t.Fatalf("%q: got %d %q, %v", request, r.StatusCode, body, err)
			}
		}
	}
}
