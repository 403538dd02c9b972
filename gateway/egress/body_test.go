package egress_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

func zip(t testing.TB, body []byte) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// answer returns a whole response with the body in one piece.
func answer(header, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
}

func TestBodies(t *testing.T) {
	t.Parallel()
	const gzipped = "Content-Encoding: gzip\r\n"
	long := strings.Repeat("0123456789", 100_000)
	for _, tc := range []struct{ name, answer, body, header string }{
		{"with a length", answer("", "hello"), "hello", "Content-Length=5"},
		{"empty", answer("", ""), "", "Content-Length=0"},
		{"long, with a length", answer("", long), long, "Content-Length=1000000"},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-Trailer: t\r\n\r\n", "hello", ""},
		{"until the end", "HTTP/1.1 200 OK\r\n\r\n" + long, long, ""},
		{"gzip", answer(gzipped, zip(t, []byte(long))), long, ""},
		{"gzip, until the end", "HTTP/1.1 200 OK\r\n" + gzipped + "\r\n" + zip(t, []byte("hello")), "hello", ""},
		{"gzip in two members", answer(gzipped, zip(t, []byte("hel"))+zip(t, []byte("lo"))), "hello", ""},
		{"x-gzip", answer("Content-Encoding: X-GZIP\r\n", zip(t, []byte("hello"))), "hello", ""},
		{"gzip of nothing", answer(gzipped, zip(t, nil)), "", ""},
		{"gzip that is nothing", answer(gzipped, ""), "", ""},
		{"another coding is left alone", answer("Content-Encoding: br\r\n", "\x0b\x02\x80hello\x03"), "\x0b\x02\x80hello\x03", "Content-Encoding=br Content-Length=9"},
		{"codings in layers are left alone", answer("Content-Encoding: br, gzip\r\n", "x"), "x", "Content-Encoding=br, gzip Content-Length=1"},
		{"longer than it says", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more", "hello", "Content-Length=5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, say(tc.answer))
			response := fetch(t, open(t, egress.Config{AllowPrivate: []string{origin}}), get("http://"+origin))
			if string(response.Body) != tc.body || response.Body == nil || response.Null {
				t.Errorf("got %.40q (%d bytes), nil: %v, null: %v", response.Body, len(response.Body), response.Body == nil, response.Null)
			}
			var header []string
			for _, f := range response.Header {
				header = append(header, f.Name+"="+f.Value)
			}
			if got := strings.Join(header, " "); got != tc.header {
				t.Errorf("got header %q, want %q", got, tc.header)
			}
		})
	}
}

func TestNullBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, method, answer, header string }{
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n", "5"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", ""},
		{"205", "GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", "0"},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, say(tc.answer))
			response := fetch(t, open(t, egress.Config{AllowPrivate: []string{origin}}), &webapi.HTTPRequest{Method: tc.method, URL: "http://" + origin})
			if !response.Null || response.Body != nil || field(response, "Content-Length") != tc.header {
				t.Errorf("%+v", response)
			}
		})
	}
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	const (
		chunked  = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		unending = "HTTP/1.1 200 OK\r\n\r\n"
		gzipped  = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
	)
	bomb := zip(t, make([]byte, 16<<20)) // about 1,000 to 1
	nothing := zip(t, nil)               // a member of 23 bytes that is nothing when decoded
	for _, tc := range []struct {
		name   string
		answer func(*net.TCPConn, *http.Request)
		want   egress.Reason
	}{
		{"one byte over the cap", say(answer("", strings.Repeat("x", 1<<20+1))), egress.ReasonTooLarge},
		{"one byte over the cap, in chunks", say(fmt.Sprintf("%s100001\r\n%s\r\n0\r\n\r\n", chunked, strings.Repeat("x", 1<<20+1))), egress.ReasonTooLarge},
		{"a length of exabytes", say("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx"), egress.ReasonTooLarge},
		{"never ending", forever(unending, strings.Repeat("x", 4096)), egress.ReasonTooLarge},
		{"never ending, in chunks", forever(chunked, "400\r\n"+strings.Repeat("x", 1024)+"\r\n"), egress.ReasonTooLarge},
		{"never ending, in chunks of one byte", forever(chunked, strings.Repeat("1\r\nx\r\n", 1000)), egress.ReasonTooLarge},
		{"gzip bomb", say(answer("Content-Encoding: gzip\r\n", bomb)), egress.ReasonTooLarge},
		{"never ending gzip of nothing", forever(gzipped, nothing), egress.ReasonTooLarge},
		{"shorter than it says", say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"), egress.ReasonUnreachable},
		{"cut between chunks", say(chunked + "5\r\nhello\r\n"), egress.ReasonUnreachable},
		{"cut inside gzip", say(gzipped + zip(t, []byte("hello"))[:20]), egress.ReasonUnreachable},
		{"reset in the middle", func(conn *net.TCPConn, r *http.Request) {
			r.Close = true
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"))
			_ = conn.SetLinger(0)
		}, egress.ReasonUnreachable},
		{"a chunk size that is negative", say(chunked + "-5\r\nhello\r\n0\r\n\r\n"), egress.ReasonBadResponse},
		{"a chunk size that overflows", say(chunked + "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), egress.ReasonBadResponse},
		{"a chunk longer than its size", say(chunked + "2\r\nhello\r\n0\r\n\r\n"), egress.ReasonBadResponse},
		{"a chunk extension without end", forever(chunked+"5;", "xxxxxxxxxxxxxxxx"), egress.ReasonBadResponse},
		{"trailers without end", forever(chunked+"0\r\n", "X-T: x\r\n"), egress.ReasonBadResponse},
		{"not gzip at all", say(answer("Content-Encoding: gzip\r\n", "hello, hello, hello")), egress.ReasonBadResponse},
		{"gzip with a wrong sum", say(answer("Content-Encoding: gzip\r\n", zip(t, []byte("hello"))[:24]+"01234567")), egress.ReasonBadResponse},
		{"gzip with rubbish inside", say(answer("Content-Encoding: gzip\r\n", zip(t, []byte("hello"))[:10]+strings.Repeat("\xff", 100))), egress.ReasonBadResponse},
		{"lengths that differ", say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), egress.ReasonBadResponse},
		{"a coding for the transfer that nobody asked for", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), egress.ReasonBadResponse},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, tc.answer)
			c := open(t, egress.Config{AllowPrivate: []string{origin}, BodyBytesMax: 1 << 20})
			fails(t, c, t.Context(), get("http://"+origin), tc.want)
		})
	}
}

func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, head, part string }{
		{"the head comes byte by byte", "HTTP/1.1 200 OK\r\nX-Slow: ", "x"},
		{"the body comes byte by byte", "HTTP/1.1 200 OK\r\n\r\n", "x"},
		{"nothing comes", "", ""},
		{"the body doesn't come", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, func(conn *net.TCPConn, r *http.Request) {
				r.Close = true
				gone := make(chan struct{})
				go func() {
					defer close(gone)
					_, _ = conn.Read(make([]byte, 1)) // returns when the client gives up
				}()
				_, _ = conn.Write([]byte(tc.head))
				for {
					select {
					case <-gone:
						return
					case <-time.After(5 * time.Millisecond):
						_, _ = conn.Write([]byte(tc.part))
					}
				}
			})
			c := open(t, egress.Config{AllowPrivate: []string{origin}, Timeout: 50 * time.Millisecond})
			text := fails(t, c, t.Context(), get("http://"+origin), egress.ReasonTimeout)
			if !strings.Contains(text, "no whole answer within 50ms") {
				t.Error(text)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done() // the connection's end
	})
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	fails(t, c, ctx, get(s.URL), egress.ReasonCanceled)
	fails(t, c, ctx, get(s.URL), egress.ReasonCanceled)
}

// Three bodies of 40 KB at a time are more than 100 KB; one after the other they are fine.
func TestBufferBytesMax(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	origin := raw(t, func(conn *net.TCPConn, r *http.Request) {
		r.Close = true
		body := strings.Repeat("x", 40_000)
		switch r.RequestURI {
		case "/now":
			_, _ = conn.Write([]byte(answer("", body)))
			return
		case "/grow": // without a length, so that the buffer grows
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n" + body[:30_000]))
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\nx"))
		<-release
		_, _ = conn.Write([]byte(body[1:]))
	})
	c := open(t, egress.Config{AllowPrivate: []string{origin}, BufferBytesMax: 100_000})
	for range 10 {
		fetch(t, c, get("http://"+origin+"/now"))
		fetch(t, c, get("http://"+origin+"/grow"))
	}
	held := make(chan error)
	for range 2 {
		go func() {
			_, err := c.Fetch(t.Context(), nil, get("http://"+origin+"/held"))
			for failure := (*egress.Error)(nil); errors.As(err, &failure) && failure.Reason == egress.ReasonTooBusy; {
				_, err = c.Fetch(t.Context(), nil, get("http://"+origin+"/held"))
			}
			held <- err
		}()
	}
	// The client takes its buffer when it has the head, which the origin can't see: ask
	// until both bodies are held.
	for {
		_, err := c.Fetch(t.Context(), nil, get("http://"+origin+"/now"))
		if err != nil {
			fails(t, c, t.Context(), get("http://"+origin+"/now"), egress.ReasonTooBusy)
			break
		}
	}
	close(release)
	for range 2 {
		if err := <-held; err != nil {
			t.Error(err)
		}
	}
	fetch(t, c, get("http://"+origin+"/now"))
}

func TestConcurrentMax(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}, ConcurrentMax: 2})
	results := make(chan error)
	for range 10 {
		go func() {
			_, err := c.Fetch(t.Context(), nil, get(s.URL))
			results <- err
		}()
	}
	<-arrived
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fails(t, c, ctx, get(s.URL), egress.ReasonCanceled)
	select {
	case <-arrived:
		t.Error("a third subrequest is under way")
	default:
	}
	for range 8 { // one out, one in
		release <- struct{}{}
		if err := <-results; err != nil {
			t.Error(err)
		}
		<-arrived
	}
	close(release)
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
