package egress_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

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

func brotlied(t testing.TB, body string) string {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriter(&out)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func zstded(t testing.TB, body string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(body), nil))
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
		{"Brotli", answer("Content-Encoding: br\r\n", "\x0b\x02\x80hello\x03"), "hello", ""},
		{"Brotli, until the end", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + brotlied(t, long), long, ""},
		{"Brotli that is nothing", answer("Content-Encoding: br\r\n", ""), "", ""},
		{"Zstandard", answer("Content-Encoding: zstd\r\n", zstded(t, long)), long, ""},
		{"Zstandard in two frames", answer("Content-Encoding: ZSTD\r\n", zstded(t, "hel")+zstded(t, "lo")), "hello", ""},
		{"Zstandard that is nothing", answer("Content-Encoding: zstd\r\n", ""), "", ""},
		{"another coding is left alone", answer("Content-Encoding: compress\r\n", "hello"), "hello", "Content-Encoding=compress Content-Length=5"},
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
		chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		gzipped = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
	)
	bomb := zip(t, make([]byte, 16<<20)) // about 1,000 to 1
	nothing := zip(t, nil)               // a member of 23 bytes that is nothing when decoded
	for _, tc := range []struct {
		name   string
		answer func(*net.TCPConn, *http.Request)
		want   egress.Reason
	}{
		{"a length of exabytes", say("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx"), egress.ReasonUnreachable},
		{"gzip bomb", say(answer("Content-Encoding: gzip\r\n", bomb)), egress.ReasonTooLarge},
		{"Brotli bomb", say(answer("Content-Encoding: br\r\n", brotlied(t, strings.Repeat("x", 16<<20)))), egress.ReasonTooLarge},
		{"Zstandard bomb", say(answer("Content-Encoding: zstd\r\n", zstded(t, strings.Repeat("x", 16<<20)))), egress.ReasonTooLarge},
		{"never ending gzip", forever(gzipped, zip(t, make([]byte, 1<<16))), egress.ReasonTooLarge},
		{"never ending gzip of nothing", forever(gzipped, nothing), egress.ReasonTimeout},
		{"not Brotli at all", say(answer("Content-Encoding: br\r\n", strings.Repeat("\xff", 100))), egress.ReasonBadResponse},
		{"cut inside Brotli", say("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + brotlied(t, strings.Repeat("hello", 100))[:10]), egress.ReasonUnreachable},
		{"not Zstandard at all", say(answer("Content-Encoding: zstd\r\n", "hello, hello, hello")), egress.ReasonBadResponse},
		{"Zstandard with a window of gigabytes", say(answer("Content-Encoding: zstd\r\n", "\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00")), egress.ReasonBadResponse},
		{"cut inside Zstandard", say("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n" + zstded(t, strings.Repeat("hello", 100))[:12]), egress.ReasonUnreachable},
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
			c := open(t, egress.Config{AllowPrivate: []string{origin}, DecodedBytesMax: 1 << 20, IdleTimeout: 2 * time.Second})
			fails(t, c, t.Context(), get("http://"+origin), tc.want)
		})
	}
}

func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, head, part, want string }{
		{"the head comes byte by byte", "HTTP/1.1 200 OK\r\nX-Slow: ", "x", "no answer within 50ms"},
		{"nothing comes", "", "", "no answer within 50ms"},
		{"the body doesn't come", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", "nothing of the body came for 60ms"},
		{"the body doesn't come to its end", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx", "", "nothing of the body came for 60ms"},
		{"the rest of what is compressed doesn't come", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zip(t, []byte("hello"))[:12], "", "nothing of the body came for 60ms"},
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
			c := open(t, egress.Config{AllowPrivate: []string{origin}, Timeout: 50 * time.Millisecond, IdleTimeout: 60 * time.Millisecond})
			text := fails(t, c, t.Context(), get("http://"+origin), egress.ReasonTimeout)
			if !strings.Contains(text, tc.want) {
				t.Error(text)
			}
		})
	}
}

// A body may take as long as it likes, if some of it comes now and then.
func TestLongBody(t *testing.T) {
	t.Parallel()
	next := make(chan string)
	origin := raw(t, func(conn *net.TCPConn, r *http.Request) {
		r.Close = true
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		for part := range next {
			_, _ = conn.Write([]byte(part))
		}
	})
	c := open(t, egress.Config{AllowPrivate: []string{origin}, Timeout: 10 * time.Second})
	response, err := c.Fetch(t.Context(), nil, get("http://"+origin))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"one", "two", "three"} {
		next <- part
		if chunk, err := response.Stream.Next(t.Context()); string(chunk) != part || err != nil {
			t.Errorf("got %q, %v, want %q", chunk, err, part)
		} else {
			webapi.Reuse(response.Stream, chunk)
		}
	}
	close(next)
	for range 2 {
		if chunk, err := response.Stream.Next(t.Context()); chunk != nil || err != io.EOF {
			t.Errorf("got %q, %v after the end", chunk, err)
		}
	}
}

// A body that is given up ends its connection and gives its slot back.
func TestCanceledBody(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 8)
	origin := raw(t, func(conn *net.TCPConn, r *http.Request) {
		r.Close = true
		forever("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 64<<10))(conn, r)
		gone <- struct{}{}
	})
	c := open(t, egress.Config{AllowPrivate: []string{origin}, ConcurrentMax: 1})
	for _, tc := range []struct {
		name string
		give func(webapi.Source, context.CancelFunc)
	}{
		{"before anything was read", func(s webapi.Source, _ context.CancelFunc) { s.Cancel(nil) }},
		{"with a reason", func(s webapi.Source, _ context.CancelFunc) { s.Cancel(io.ErrClosedPipe) }},
		{"twice", func(s webapi.Source, _ context.CancelFunc) { s.Cancel(nil); s.Cancel(nil) }},
		{"by the context of the request", func(s webapi.Source, cancel context.CancelFunc) { cancel(); s.Cancel(nil) }},
		{"in the middle", func(s webapi.Source, _ context.CancelFunc) {
			for range 10 {
				if _, err := s.Next(context.Background()); err != nil {
					t.Error(err)
				}
			}
			s.Cancel(nil)
		}},
		{"by the context of the reader", func(s webapi.Source, _ context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			for {
				if _, err := s.Next(ctx); err != nil {
					break
				}
			}
		}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		response, err := c.Fetch(ctx, nil, get("http://"+origin))
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		tc.give(response.Stream, cancel)
		<-gone
		cancel()
	}
}

// The bodies of requests come from sources as well.
func TestStreamedRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusPermanentRedirect)
			return
		case "/other":
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusSeeOther)
			return
		case "/early":
			w.WriteHeader(http.StatusTeapot)
			return
		}
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d %s %v", r.Method, r.ContentLength, body, err)
	})
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	post := func(path string, length string, source webapi.Source) *webapi.HTTPRequest {
		r := &webapi.HTTPRequest{Method: "POST", URL: s.URL + path, Stream: source}
		if length != "" {
			r.Header = []webapi.Field{{Name: "content-length", Value: length}}
		}
		return r
	}
	for _, tc := range []struct{ name, path, length, want string }{
		{"in chunks", "/", "", "POST -1 onetwo <nil>"},
		{"with a length", "/", "6", "POST 6 onetwo <nil>"},
		{"with a length that the source knows", "/", "", "POST 6 onetwo <nil>"},
		{"where the two differ, with the one that the source knows", "/", "5", "POST 6 onetwo <nil>"},
		{"a redirect that drops the body", "/other", "", "GET 0  <nil>"},
		{"an answer before the end", "/early", "", ""},
	} {
		source := &pieces{left: []string{"one", "two"}}
		request := post(tc.path, tc.length, source)
		if strings.Contains(tc.name, "knows") {
			request.Stream = sized{source, 6}
		}
		response := fetch(t, c, request)
		if string(response.Body) != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, response.Body, tc.want)
		}
	}
	source := &pieces{left: []string{"one", "two"}}
	text := fails(t, c, t.Context(), post("/moved", "", source), egress.ReasonRedirect)
	if !strings.Contains(text, "can't be sent twice") || !source.canceled.Load() {
		t.Errorf("a stream that is redirected: %q, canceled: %v", text, source.canceled.Load())
	}
	for name, r := range map[string]*webapi.HTTPRequest{
		"shorter than it says": post("/", "9", &pieces{left: []string{"one"}}),
		"longer than it says":  post("/", "2", &pieces{left: []string{"one"}}),
		"a source that fails":  post("/", "", &pieces{left: []string{"one"}, err: io.ErrClosedPipe}),
	} {
		if _, err := c.Fetch(t.Context(), nil, r); err == nil {
			t.Errorf("%s: it was sent", name)
		}
		if !r.Stream.(*pieces).canceled.Load() {
			t.Errorf("%s: the source was not canceled", name)
		}
	}
	source = &pieces{left: []string{"one"}}
	if _, err := c.Fetch(t.Context(), []string{"example.com:443"}, post("/", "", source)); err == nil || !source.canceled.Load() {
		t.Errorf("refused: %v, canceled: %v", err, source.canceled.Load())
	}
}

// pieces is a source of what is left.
type pieces struct {
	left     []string
	err      error // after them; nil: io.EOF
	canceled atomic.Bool
}

func (p *pieces) Next(context.Context) ([]byte, error) {
	if len(p.left) == 0 {
		if p.err != nil {
			return nil, p.err
		}
		return nil, io.EOF
	}
	next := p.left[0]
	p.left = p.left[1:]
	return []byte(next), nil
}

func (p *pieces) Cancel(error) { p.canceled.Store(true) }

// sized is a source that knows its length.
type sized struct {
	webapi.Source
	length int64
}

func (s sized) Length() int64 { return s.length }

// The memory of a body's chunks is used again once they came back, and never before.
func TestBodyChunksComeBack(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sized" {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		}
		for i := range size / 4096 {
			_, _ = w.Write(bytes.Repeat([]byte{byte(i)}, 4096))
		}
	})
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	for _, path := range []string{"/", "/sized"} {
		for _, back := range []bool{true, false} {
			response, err := c.Fetch(t.Context(), nil, get(s.URL+path))
			if err != nil {
				t.Fatal(err)
			}
			var kept [][]byte
			var all []byte
			memories := make(map[*byte]bool)
			for {
				chunk, err := response.Stream.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				memories[&chunk[0]] = true
				if all = append(all, chunk...); back {
					webapi.Reuse(response.Stream, chunk)
				} else {
					kept = append(kept, chunk)
				}
			}
			if !back {
				all = bytes.Join(kept, nil)
			}
			for i := range all {
				if all[i] != byte(i/4096) {
					t.Fatalf("%s: byte %d is of another chunk", path, i)
				}
			}
			if len(all) != size || back == (len(memories) > 10) {
				t.Errorf("%s: %d bytes in %d pieces of memory; they came back: %v", path, len(all), len(memories), back)
			}
		}
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
