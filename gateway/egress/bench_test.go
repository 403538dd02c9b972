package egress_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

const staticResponse = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"

// static serves staticResponse on one connection at a time, again and again, and allocates
// nothing for it.
func static(t testing.TB) string {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			repeat(conn)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func repeat(conn net.Conn) {
	defer conn.Close()
	response, request := []byte(staticResponse), make([]byte, 4096)
	for n := 0; ; {
		read, err := conn.Read(request[n:])
		if err != nil {
			return
		}
		if n += read; bytes.HasSuffix(request[:n], []byte("\r\n\r\n")) {
			if _, err := conn.Write(response); err != nil {
				return
			}
			n = 0
		}
	}
}

func small(origin string) *webapi.HTTPRequest {
	return &webapi.HTTPRequest{Method: "GET", URL: "http://" + origin + "/items?id=1", Header: []webapi.Field{
		{Name: "accept", Value: "application/json"}, {Name: "authorization", Value: "Bearer x"},
	}}
}

// net/http makes about half of them; most of the others are the URL and the header.
func TestFetchAllocations(t *testing.T) {
	origin := static(t)
	c, err := egress.New(egress.Config{AllowPrivate: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := small(origin)
	fetch(t, c, r)
	const budget = 140
	if n := testing.AllocsPerRun(200, func() { fetch(t, c, r) }); n > budget {
		t.Errorf("a small subrequest allocates %v times, want at most %d", n, budget)
	}
}

func BenchmarkFetch(b *testing.B) {
	for _, bc := range []struct {
		name  string
		allow []string
	}{
		{"anywhere", nil},
		{"allow list", []string{"api.example.com:443", "*.example.com:443", "127.0.0.1:*"}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			origin := static(b)
			c := open(b, egress.Config{AllowPrivate: []string{origin}})
			r := small(origin)
			b.ReportAllocs()
			for b.Loop() {
				response, err := c.Fetch(b.Context(), bc.allow, r)
				if err == nil {
					err = readAll(b.Context(), response)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoopback is the floor: the same bytes over a bare connection.
func BenchmarkLoopback(b *testing.B) {
	conn, err := net.Dial("tcp", static(b))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	response := make([]byte, len(staticResponse))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, response); err != nil {
			b.Fatal(err)
		}
	}
}
