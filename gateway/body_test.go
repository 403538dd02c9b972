package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// small runs a node whose function takes bodies of 1 MB.
func small(t *testing.T, h handler) *node {
	t.Helper()
	n := start(t, h)
	v := version("f", "*/*")
	v.Manifest.Limits.BodyMB = 1
	if err := n.SetRoutes([]bundles.Version{v}); err != nil {
		t.Fatal(err)
	}
	return n
}

// digest answers with length and hash of the body.
func digest(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	return &isolate.Response{Status: 200, Body: fmt.Appendf(nil, "%d %x", len(ev.Request.Body), sha256.Sum256(ev.Request.Body))}, nil
}

func want(body []byte) string { return fmt.Sprintf("%d %x", len(body), sha256.Sum256(body)) }

// pattern returns n bytes that are not all alike.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

func chunks(body []byte, size int) []byte {
	var b bytes.Buffer
	for len(body) > 0 {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

func TestBodiesArriveWhole(t *testing.T) {
	t.Parallel()
	n := small(t, digest)
	for _, size := range []int{1, 2, 8 << 10, 16<<10 - 1, 16 << 10, 16<<10 + 1, 100_000, 1<<20 - 1, 1 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			body := pattern(size)
			c := n.dial(t)
			for range 2 {
				c.send(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", size, body))
				if r := c.reply("POST"); r.body != want(body) {
					t.Errorf("with a length: got %s, want %s", r.body, want(body))
				}
				c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + string(chunks(body, 1000)))
				if r := c.reply("POST"); r.body != want(body) {
					t.Errorf("chunked: got %s, want %s", r.body, want(body))
				}
			}
		})
	}
}

func TestNoBodyIsNil(t *testing.T) {
	t.Parallel()
	n := start(t, func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		return &isolate.Response{Status: 200, Body: fmt.Appendf(nil, "%v", ev.Request.Body == nil)}, nil
	})
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	} {
		if r := n.one(t, text); r.body != "true" {
			t.Errorf("%q: nil is %s", text, r.body)
		}
	}
}

func TestTooLargeBodyIsRefused(t *testing.T) {
	t.Parallel()
	unreached := func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
		t.Error("the function was called")
		return &isolate.Response{Status: 200}, nil
	}
	wantRefusal := func(t *testing.T, c *client) {
		t.Helper()
		r := c.reply("POST")
		if r.status != 413 || !strings.Contains(r.body, `"code":"body_too_large","function":"f","version":3`) ||
			!strings.Contains(r.body, `"limit":"body_mb","used":2,"allowed":1`) {
			t.Errorf("got %d %s", r.status, r.body)
		}
		c.wantClosed()
	}
	t.Run("by its length, before it comes", func(t *testing.T) {
		t.Parallel()
		c := small(t, unreached).dial(t)
		c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\nx")
		wantRefusal(t, c)
	})
	t.Run("though the client sends all of it first", func(t *testing.T) {
		t.Parallel()
		c := small(t, unreached).dial(t)
		// Nothing reads this but the gateway's farewell; a reset would take the answer.
		if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1100000\r\n\r\n"+strings.Repeat("x", 200_000)); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, c)
	})
	t.Run("when it is chunked, at the limit", func(t *testing.T) {
		t.Parallel()
		c := small(t, unreached).dial(t)
		c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + string(chunks(pattern(1<<20+1), 64<<10)))
		wantRefusal(t, c)
	})
	t.Run("without an invitation to send it", func(t *testing.T) {
		t.Parallel()
		c := small(t, unreached).dial(t)
		c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n")
		if r, err := c.next("POST"); err != nil || r.status != 413 || !strings.Contains(r.body, "body_too_large") ||
			r.header.Get("X-Skerry-Request-Id") == "" {
			t.Errorf("got %d %v %s, %v", r.status, r.header, r.body, err)
		}
		c.wantClosed()
	})
}

func TestExpectation(t *testing.T) {
	t.Parallel()
	t.Run("a body that is wanted is asked for", func(t *testing.T) {
		t.Parallel()
		c := small(t, digest).dial(t)
		for range 2 {
			c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
			if r, err := c.next("POST"); err != nil || r.status != 100 {
				t.Fatalf("got %d, %v, want 100", r.status, err)
			}
			c.send("hello")
			if r := c.reply("POST"); r.body != want([]byte("hello")) {
				t.Errorf("got %d %s", r.status, r.body)
			}
		}
	})
	t.Run("one for nobody is not", func(t *testing.T) {
		t.Parallel()
		n := small(t, digest)
		if err := n.SetRoutes(nil); err != nil {
			t.Fatal(err)
		}
		c := n.dial(t)
		c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		if r, err := c.next("POST"); err != nil || r.status != 404 {
			t.Errorf("got %d, %v, want 404", r.status, err)
		}
		c.wantClosed()
		n.stop()
		if log := n.log.String(); strings.Count(log, `"outcome":"no_route"`) != 1 {
			t.Errorf("log: %s", log)
		}
	})
	t.Run("nor one of a request that breaks the rules", func(t *testing.T) {
		t.Parallel()
		c := small(t, digest).dial(t)
		c.send("POST /%00 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		if r, err := c.next("POST"); err != nil || r.status != 400 {
			t.Errorf("got %d, %v, want 400", r.status, err)
		}
		c.wantClosed()
	})
}

func TestHalfABodyReachesNobody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text string }{
		{"with a length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello"},
		{"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello"},
		{"chunked, before the last chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := start(t, func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
				t.Error("the function was called")
				return &isolate.Response{Status: 200}, nil
			})
			c := n.dial(t)
			if _, err := io.WriteString(c, tc.text); err != nil {
				t.Fatal(err)
			}
			c.Conn.(interface{ CloseWrite() error }).CloseWrite()
			c.wantClosed()
			n.stop()
			if log := n.log.String(); !strings.Contains(log, `"status":0,"outcome":"canceled"`) {
				t.Errorf("log: %s", log)
			}
		})
	}
}
