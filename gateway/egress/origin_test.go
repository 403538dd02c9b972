package egress_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// The environment names proxies where nobody listens, before net/http reads it, which it
// does once.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// open returns a client that is closed with the test.
func open(t testing.TB, cfg egress.Config) *egress.Client {
	t.Helper()
	c, err := egress.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// serve starts an HTTP server on loopback and returns it. Its address is Listener.Addr.
func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// hostPort returns the address of a server as allow_private has it.
func hostPort(s *httptest.Server) string { return s.Listener.Addr().String() }

// raw starts a server that hands each connection to answer once a request's head has been
// read, and closes it afterwards. It returns the server's host and port.
func raw(t testing.TB, answer func(conn *net.TCPConn, r *http.Request)) string {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					r, err := readHead(in)
					if err != nil {
						return
					}
					answer(conn.(*net.TCPConn), r)
					if r.Close {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		connections.Wait()
	})
	return l.Addr().String()
}

// readHead reads the head of a request as it stands on the wire, however odd it may be.
func readHead(in *bufio.Reader) (*http.Request, error) {
	text := textproto.NewReader(in)
	line, err := text.ReadLine()
	if err != nil {
		return nil, err
	}
	header, err := text.ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	method, rest, _ := strings.Cut(line, " ")
	return &http.Request{
		Method: method, RequestURI: strings.TrimSuffix(rest, " HTTP/1.1"),
		Header: http.Header(header), Host: header.Get("Host"),
	}, nil
}

// say answers every request with the same bytes and the end of the connection.
func say(answer string) func(*net.TCPConn, *http.Request) {
	return func(conn *net.TCPConn, r *http.Request) {
		r.Close = true
		_, _ = conn.Write([]byte(answer))
	}
}

// forever answers with head and then part, over and over, until the client has had enough.
func forever(head, part string) func(*net.TCPConn, *http.Request) {
	return func(conn *net.TCPConn, r *http.Request) {
		r.Close = true
		for _, err := conn.Write([]byte(head)); err == nil; {
			_, err = conn.Write([]byte(part))
		}
	}
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("this machine can't listen on %s: %v", address, err)
	}
	return l
}

// victim is a server that nobody may reach. It fails the test if somebody does.
func victim(t testing.TB, address string) net.Listener {
	t.Helper()
	l := listen(t, address)
	var reached atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		if n := reached.Load(); n != 0 {
			t.Errorf("a server that is not to be reached had %d connections", n)
		}
	})
	return l
}

func get(url string) *webapi.HTTPRequest { return &webapi.HTTPRequest{Method: "GET", URL: url} }

// fetch performs r, which must succeed, and reads the body.
func fetch(t testing.TB, c *egress.Client, r *webapi.HTTPRequest) *webapi.HTTPResponse {
	t.Helper()
	response, err := c.Fetch(t.Context(), nil, r)
	if err == nil {
		err = readAll(t.Context(), response)
	}
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// readAll makes the stream of a response its body.
func readAll(ctx context.Context, response *webapi.HTTPResponse) error {
	if response.Stream == nil {
		return nil
	}
	response.Body = []byte{}
	for {
		chunk, err := response.Stream.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		response.Body = append(response.Body, chunk...)
	}
}

// fails performs r and reads the body, which must fail for the reason, and returns the error's
// text.
func fails(t testing.TB, c *egress.Client, ctx context.Context, r *webapi.HTTPRequest, want egress.Reason) string {
	t.Helper()
	response, err := c.Fetch(ctx, nil, r)
	if err == nil {
		err = readAll(ctx, response)
	}
	var failure *egress.Error
	if !errors.As(err, &failure) || failure.Reason != want {
		t.Fatalf("fetch %s:\n got %+v, %v\nwant an error for the reason %q", r.URL, response, err, want)
	}
	return err.Error()
}

// field returns the values of a response's header field, joined.
func field(response *webapi.HTTPResponse, name string) string {
	var values []string
	for _, f := range response.Header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ", ")
}
