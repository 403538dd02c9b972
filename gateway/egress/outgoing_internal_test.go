package egress

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// again is a source that fills the same chunk n times, each time with another byte, and with a
// wrong one while somebody else may have it.
type again struct {
	n, given int
	chunk    []byte
	out      bool // the chunk has not come back
	kept     int  // how often it had not when the next one was asked for
}

func (a *again) Next(context.Context) ([]byte, error) {
	if a.out {
		a.kept++
	}
	if a.given == a.n {
		return nil, io.EOF
	}
	fill(a.chunk, byte(a.given))
	a.given++
	a.out = true
	return a.chunk, nil
}

func (a *again) Reuse(chunk []byte) {
	if len(chunk) > 0 && &chunk[0] == &a.chunk[0] {
		a.out = false
		fill(chunk, 0xff)
	}
}

func (a *again) Cancel(error) {}

func fill(p []byte, b byte) {
	for i := range p {
		p[i] = b
	}
}

func (a *again) all() []byte {
	var all []byte
	for i := range a.n {
		all = append(all, bytes.Repeat([]byte{byte(i)}, len(a.chunk))...)
	}
	return all
}

// watched tells whether a body was taken from its source.
type watched struct {
	plainConn
	direct *atomic.Int32
}

func (w watched) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		if _, ok := limited.R.(*outgoing); ok {
			w.direct.Add(1)
		}
	}
	return w.plainConn.ReadFrom(r)
}

// Bodies go out as they come, and their chunks go back. The direct way is one that net/http
// leaves open without promising it: without it, this test fails and bodies are still right.
func TestBodiesGoOutWithoutACopy(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing is noticed
		got <- body
	})
	plain, tls := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer tls.Close()
	for _, tc := range []struct {
		name   string
		server *httptest.Server
		length bool
		direct int32
	}{
		{"with a length", plain, true, 1},
		{"in chunks", plain, false, 0},
		{"with a length, over TLS", tls, true, 0},
		{"in chunks, over TLS", tls, false, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := New(Config{AllowPrivate: []string{tc.server.Listener.Addr().String()}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var direct atomic.Int32
			c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := c.dial(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return watched{conn.(plainConn), &direct}, nil
			}
			if tc.server == tls {
				c.transport.TLSClientConfig = tls.Client().Transport.(*http.Transport).TLSClientConfig
			}
			source := &again{n: 20, chunk: make([]byte, 70_000)}
			r := &webapi.HTTPRequest{Method: "POST", URL: tc.server.URL, Stream: source}
			if tc.length {
				r.Header = []webapi.Field{{Name: "content-length", Value: "1400000"}}
			}
			if _, err := c.Fetch(t.Context(), nil, r); err != nil {
				t.Fatal(err)
			}
			if body := <-got; !bytes.Equal(body, source.all()) {
				t.Errorf("%d other bytes arrived than the %d that were sent", len(body), len(source.all()))
			}
			if source.kept > 0 || source.out {
				t.Errorf("%d chunks did not go back; the last one did not: %v", source.kept, source.out)
			}
			if direct.Load() != tc.direct {
				t.Errorf("%d bodies were taken from their sources, want %d", direct.Load(), tc.direct)
			}
		})
	}
}

// What is longer or shorter than it says is never sent as if it were not.
func TestWriteIsBounded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		most, want int64
	}{
		{"nothing", 0, 0}, {"within a chunk", 5, 5}, {"a chunk", 10, 10}, {"into the next", 15, 15}, {"more than there is", 100, 30},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source := &again{n: 3, chunk: make([]byte, 10)}
			o := &outgoing{ctx: t.Context(), source: source}
			var sent bytes.Buffer
			n, err := o.write(&sent, tc.most)
			if n != tc.want || err != nil || !bytes.Equal(sent.Bytes(), source.all()[:tc.want]) {
				t.Fatalf("wrote %d bytes, %v, want %d", n, err, tc.want)
			}
			rest, err := io.ReadAll(struct{ io.Reader }{o})
			if err != nil || !bytes.Equal(rest, source.all()[tc.want:]) {
				t.Errorf("left were %d bytes, %v", len(rest), err)
			}
		})
	}
}
