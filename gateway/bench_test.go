package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// browserGet is a request as a browser sends it, smallGet as a load generator does.
const (
	smallGet   = "GET /hello HTTP/1.1\r\nHost: shop.localhost:8787\r\nUser-Agent: bench\r\n\r\n"
	browserGet = "GET /hello/world?lang=en&page=2 HTTP/1.1\r\nHost: shop.localhost:8787\r\nConnection: keep-alive\r\n" +
		"sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n" +
		"Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n" +
		"Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n" +
		"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\nCookie: session=0123456789abcdef; theme=dark\r\n\r\n"
	smallPost = "POST /hello HTTP/1.1\r\nHost: shop.localhost:8787\r\nContent-Length: 14\r\n\r\n{\"hi\":\"there\"}"
)

// script is a connection that sends the same request again and again, and throws the
// responses away: what is measured is the server alone.
type script struct {
	net.Conn // nil: what isn't here is not called
	request  []byte
	left     int // requests
	rest     []byte
	done     chan struct{}
}

// scripts is the listener that they come from.
type scripts struct {
	next   chan net.Conn
	closed chan struct{}
}

func (s *scripts) Accept() (net.Conn, error) {
	select {
	case c := <-s.next:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}
func (s *scripts) Close() error   { close(s.closed); return nil }
func (s *scripts) Addr() net.Addr { return &net.TCPAddr{} }

func (c *script) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		c.left--
		c.rest = c.request
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}

func (c *script) Write(p []byte) (int, error)      { return len(p), nil }
func (c *script) Close() error                     { close(c.done); return nil }
func (c *script) RemoteAddr() net.Addr             { return loopback }
func (c *script) LocalAddr() net.Addr              { return loopback }
func (c *script) SetDeadline(time.Time) error      { return nil }
func (c *script) SetReadDeadline(time.Time) error  { return nil }
func (c *script) SetWriteDeadline(time.Time) error { return nil }

// bench serves the requests of scripts.
type bench struct {
	tb      testing.TB
	server  *gateway.Server
	scripts *scripts
}

func startBench(tb testing.TB, h gateway.Dispatcher, out io.Writer) *bench {
	tb.Helper()
	o := observe.New(observe.Config{Out: out})
	s, err := gateway.New(gateway.Config{Dispatcher: h, Observer: o, Domain: "localhost"})
	if err != nil {
		tb.Fatal(err)
	}
	versions := live("shop")
	for i := range 1000 {
		versions = append(versions, version(fmt.Sprint("f", i)))
	}
	if err := s.SetRoutes(versions); err != nil {
		tb.Fatal(err)
	}
	b := &bench{tb, s, &scripts{make(chan net.Conn), make(chan struct{})}}
	served := make(chan error)
	go func() { served <- s.Serve(b.scripts) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		for _, err := range []error{s.Shutdown(ctx), <-served, o.Close(ctx)} {
			if err != nil {
				tb.Error(err)
			}
		}
	})
	return b
}

// serve sends request n times on one connection.
func (b *bench) serve(request []byte, n int) {
	c := &script{request: request, left: n, done: make(chan struct{})}
	b.scripts.next <- c
	<-c.done
	if c.left > 0 || len(c.rest) > 0 {
		b.tb.Fatal("the server has hung up")
	}
}

// hello answers as cheaply as an engine can: what is left is the gateway.
type hello struct{ response isolate.Response }

func (h *hello) Dispatch(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	ev.Done(isolate.Result{Outcome: isolate.OutcomeOK, CPU: time.Microsecond})
	return &h.response, nil
}

func newHello() *hello {
	return &hello{isolate.Response{Status: 200, Header: fields("content-type", "text/plain"), Body: []byte("hello")}}
}

// TestAllocationsOfARequest is the budget of the hot path: all that the gateway and fasthttp
// allocate for a request, from the first byte to the access line.
func TestAllocationsOfARequest(t *testing.T) {
	if underRace {
		t.Skip("allocations are not counted under the race detector")
	}
	b := startBench(t, newHello(), io.Discard)
	for _, tc := range []struct {
		name, request string
		budget        float64
	}{
		{"a small GET", smallGet, 8},
		{"a browser's GET", browserGet, 8},
		{"a small POST", smallPost, 9},
	} {
		const requests = 2000
		b.serve([]byte(tc.request), requests)
		perRun := testing.AllocsPerRun(5, func() { b.serve([]byte(tc.request), requests) })
		if got := perRun / requests; got > tc.budget {
			t.Errorf("%s: %.2f allocations, want %v at most", tc.name, got, tc.budget)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, bc := range []struct{ name, request string }{
		{"small GET", smallGet},
		{"browser GET", browserGet},
		{"small POST", smallPost},
	} {
		b.Run(strings.ReplaceAll(bc.name, " ", "-"), func(b *testing.B) {
			const batch = 1000
			s := startBench(b, newHello(), io.Discard)
			b.ReportAllocs() // of a batch
			for b.Loop() {
				s.serve([]byte(bc.request), batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/request")
		})
	}
}

func BenchmarkLoopback(b *testing.B) {
	n := start(b, func(_ context.Context, _ *isolate.Target, _ *isolate.Event) (*isolate.Response, error) {
		return &isolate.Response{Status: 200, Body: []byte("hello")}, nil
	})
	c := n.dial(b)
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(c, smallGet); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil { // one write of the server's is one read here
			b.Fatal(err)
		}
	}
}
