package egress_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

func TestRequestHeader(t *testing.T) {
	t.Parallel()
	var got http.Header
	var host string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { got, host = r.Header, r.Host })
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})

	r := get(s.URL)
	for _, f := range []string{
		"Host: evil.example", "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close, X-Hop",
		"X-Hop: 1", "Keep-Alive: 1", "Proxy-Authorization: 1", "proxy-connection: 1", "TE: trailers", "Trailer: X",
		"Upgrade: websocket", "Expect: 100-continue", "HTTP2-Settings: x", "Accept-Encoding: br", "CDN-Loop: x",
		"x-twice: 1", "X-Twice: 2", "X-Latin: caf\xe9", "X-Empty: ", "Authorization: a", "Cookie: b",
	} {
		name, value, _ := strings.Cut(f, ": ")
		r.Header = append(r.Header, webapi.Field{Name: name, Value: value})
	}
	fetch(t, c, r)
	want := http.Header{
		"Accept": {"*/*"}, "User-Agent": {"Skerry"}, "Accept-Encoding": {"gzip, br, zstd"}, "Cdn-Loop": {"skerry; hops=1"},
		"X-Twice": {"1", "2"}, "X-Latin": {"caf\xe9"}, "X-Empty": {""}, "Authorization": {"a"}, "Cookie": {"b"},
	}
	for name, values := range want {
		if strings.Join(got[name], "|") != strings.Join(values, "|") {
			t.Errorf("%s arrived as %q, want %q", name, got[name], values)
		}
		delete(got, name)
	}
	if len(got) != 0 || host != hostPort(s) {
		t.Errorf("what must not be sent was: %v, to host %s", got, host)
	}

	r = get(s.URL)
	r.Header = []webapi.Field{{Name: "accept", Value: "a/b"}, {Name: "user-agent", Value: "x"}, {Name: "range", Value: "bytes=0-1"}}
	fetch(t, c, r)
	for name, value := range map[string]string{"Accept": "a/b", "User-Agent": "x", "Range": "bytes=0-1", "Accept-Encoding": "identity"} {
		if got.Get(name) != value {
			t.Errorf("%s arrived as %q, want %q", name, got[name], value)
		}
	}
}

func TestInvalidRequests(t *testing.T) {
	t.Parallel()
	l := victim(t, "127.0.0.1:0")
	c := open(t, egress.Config{AllowPrivate: []string{l.Addr().String()}})
	for _, tc := range []struct {
		name, method string
		field        webapi.Field
	}{
		{"line ends in a value", "GET", webapi.Field{Name: "a", Value: "b\r\nX: y"}},
		{"a line feed alone in a value", "GET", webapi.Field{Name: "a", Value: "b\nX: y"}},
		{"NUL in a value", "GET", webapi.Field{Name: "a", Value: "\x00"}},
		{"line ends in a name", "GET", webapi.Field{Name: "a\r\nb", Value: ""}},
		{"a space in a name", "GET", webapi.Field{Name: "Content-Length ", Value: "1"}},
		{"a colon in a name", "GET", webapi.Field{Name: ":authority", Value: "x"}},
		{"an empty name", "GET", webapi.Field{Name: "", Value: "1"}},
		{"a name beyond ASCII", "GET", webapi.Field{Name: "ſ", Value: "1"}},
		{"line ends in the method", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET", webapi.Field{Name: "a"}},
		{"a space in the method", "GET /", webapi.Field{Name: "a"}},
		{"no method", "", webapi.Field{Name: "a"}},
		{"CONNECT", "CONNECT", webapi.Field{Name: "a"}},
		{"trace in lower case", "trace", webapi.Field{Name: "a"}},
		{"TRACK", "TRACK", webapi.Field{Name: "a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &webapi.HTTPRequest{Method: tc.method, URL: "http://" + l.Addr().String(), Header: []webapi.Field{tc.field}}
			if text := fails(t, c, t.Context(), r, egress.ReasonInvalid); strings.ContainsAny(text, "\r\n\x00") {
				t.Errorf("the error has more than a line: %q", text)
			}
		})
	}
}

// The request's target reaches the server as the URL standard writes it.
func TestRequestTargets(t *testing.T) {
	t.Parallel()
	targets := make(chan string, 1)
	origin := raw(t, func(conn *net.TCPConn, r *http.Request) {
		targets <- r.RequestURI + " " + r.Host
		say(answer("", ""))(conn, r)
	})
	c := open(t, egress.Config{AllowPrivate: []string{origin}})
	for _, tc := range []struct{ name, url, want string }{
		{"no path", "http://ORIGIN", "/"},
		{"an empty query", "http://ORIGIN/?", "/?"},
		{"no fragment", "http://ORIGIN/a#b?c", "/a"},
		{"dots", "http://ORIGIN/a/../b/./%2e%2e/c", "/c"},
		{"escaped slashes stay", "http://ORIGIN/a%2Fb", "/a%2Fb"},
		{"bad escapes stay", "http://ORIGIN/%zz?%zz", "/%zz?%zz"},
		{"characters that net/url would escape stay", "http://ORIGIN/a|b[c]?d|e[f]", "/a|b[c]?d|e[f]"},
		{"spaces are escaped", "http://ORIGIN/a b?c d", "/a%20b?c%20d"},
		{"other alphabets are escaped", "http://ORIGIN/é?é", "/%C3%A9?%C3%A9"},
		{"two slashes", "http://ORIGIN//evil.example/a", "http://ORIGIN//evil.example/a"},
		{"line ends", "http://ORIGIN/a\r\nX: y", "/aX:%20y"},
		{"backslashes", `http://ORIGIN\a`, "/a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fetch(t, c, get(strings.Replace(tc.url, "ORIGIN", origin, 1)))
			if got, want := <-targets, strings.Replace(tc.want, "ORIGIN", origin, 1)+" "+origin; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestRequestBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method string
		body         []byte
		length       string
	}{
		{"GET without", "GET", nil, ""},
		{"POST without", "POST", nil, "0"},
		{"POST with nothing", "POST", []byte{}, "0"},
		{"POST with something", "POST", []byte("hello"), "5"},
		{"DELETE without", "DELETE", nil, ""},
		{"a method of one's own", "PURGE", []byte("x"), "1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var method, length, body string
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				buffer := make([]byte, 10)
				n, _ := r.Body.Read(buffer)
				method, length, body = r.Method, r.Header.Get("Content-Length"), string(buffer[:n])
			})
			c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
			fetch(t, c, &webapi.HTTPRequest{Method: tc.method, URL: s.URL, Body: tc.body})
			if method != tc.method || length != tc.length || body != string(tc.body) {
				t.Errorf("%s arrived with %q, length %q", method, body, length)
			}
		})
	}
}

func TestResponseHeads(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, head, want string }{
		{"status and its words", "HTTP/1.1 200 Fine\r\n", "200 Fine"},
		{"a status without words", "HTTP/1.1 201\r\n", "201 "},
		{"words beyond ASCII", "HTTP/1.1 404 Schön w\xe4r's\r\n", "404 Schön w\xe4r's"},
		{"words with controls are dropped", "HTTP/1.1 404 a\x01b\r\n", "404 "},
		{"a status of one's own", "HTTP/1.1 599 x\r\n", "599 x"},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\n", "200 OK"},
		{"after early hints", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n", "200 OK"},
		{"what is for this hop is dropped", "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\nTrailer: X\r\n", "200 OK"},
		{"fields come sorted, and none is lost", "HTTP/1.1 200 OK\r\nset-cookie: b=1\r\nX-A: 1\r\nSet-Cookie: a=2\r\n", "200 OK Set-Cookie=b=1 Set-Cookie=a=2 X-A=1"},
		{"what is no name is dropped", "HTTP/1.1 200 OK\r\nX A: 1\r\nX-C : 3\r\nX-B: 2\r\n", "200 OK X-B=2"},
		{"bytes of values stay", "HTTP/1.1 200 OK\r\nX-A: \t caf\xe9 \r\n", "200 OK X-A=caf\xe9"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, say(tc.head+"\r\n"))
			response := fetch(t, open(t, egress.Config{AllowPrivate: []string{origin}}), get("http://"+origin))
			got := strconv.Itoa(response.Status) + " " + response.StatusText
			for _, f := range response.Header {
				got += " " + f.Name + "=" + f.Value
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestHostileHeads(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tc := range []struct {
		name   string
		answer func(*net.TCPConn, *http.Request)
		want   egress.Reason
	}{
		{"a field without end", forever(ok+"X-A: ", strings.Repeat("x", 1000)), egress.ReasonTooLarge},
		{"fields without end", forever(ok, strings.Repeat("X-A: x\r\n", 1000)), egress.ReasonTooLarge},
		{"a million fields", say(ok + strings.Repeat("A:\r\n", 1_000_000) + "\r\n"), egress.ReasonTooLarge},
		{"words of the status without end", forever("HTTP/1.1 200 ", strings.Repeat("x", 1000)), egress.ReasonTooLarge},
		{"early hints without end", forever("", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 100)), egress.ReasonTooLarge},
		{"switching protocols", say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx"), egress.ReasonBadResponse},
		{"status 999", say("HTTP/1.1 999 No\r\n\r\n"), egress.ReasonBadResponse},
		{"status 600", say("HTTP/1.1 600 No\r\n\r\n"), egress.ReasonBadResponse},
		{"status 000", say("HTTP/1.1 000 No\r\n\r\n"), egress.ReasonBadResponse},
		{"status -20", say("HTTP/1.1 -20 No\r\n\r\n"), egress.ReasonBadResponse},
		{"a status of letters", say("HTTP/1.1 abc No\r\n\r\n"), egress.ReasonBadResponse},
		{"not HTTP", say("SSH-2.0-OpenSSH_9.9\r\n"), egress.ReasonBadResponse},
		{"not HTTP, for a long time", forever("", strings.Repeat("x", 1000)), egress.ReasonTooLarge},
		{"NUL in a value", say(ok + "X-A: a\x00b\r\n\r\n"), egress.ReasonBadResponse},
		{"a carriage return in a value", say(ok + "X-A: a\rSet-Cookie: x=y\r\n\r\n"), egress.ReasonBadResponse},
		{"nothing", say(""), egress.ReasonUnreachable},
		{"half a head", say(ok + "X-A:"), egress.ReasonUnreachable},
		{"a reset", func(conn *net.TCPConn, r *http.Request) {
			r.Close = true
			_ = conn.SetLinger(0)
		}, egress.ReasonUnreachable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, tc.answer)
			c := open(t, egress.Config{AllowPrivate: []string{origin}})
			fails(t, c, t.Context(), get("http://"+origin), tc.want)
		})
	}
}

func TestErrorsShowNothingInside(t *testing.T) {
	t.Parallel()
	l := listen(t, "127.0.0.1:0")
	down := l.Addr().String()
	l.Close()
	switching := raw(t, say("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
	c := open(t, egress.Config{AllowPrivate: []string{down, switching}})
	for _, tc := range []struct{ url, want string }{
		{"http://" + down + "/path?secret", "fetch http://" + down + ": connection refused"},
		{"http://10.0.0.1/", `fetch http://10.0.0.1: the address is private, not on the public internet; the node's operator can open it: [egress] allow_private = ["10.0.0.1:80"]`},
		{"https://[fd00::1]/", `fetch https://[fd00::1]: the address is private, not on the public internet; the node's operator can open it: [egress] allow_private = ["[fd00::1]:443"]`},
		{"http://" + switching, "fetch http://" + switching + ": the server wants to switch to another protocol"},
		{"ftp://example.com/", "fetch: only http: and https: URLs can be fetched"},
	} {
		if _, err := c.Fetch(t.Context(), nil, get(tc.url)); err == nil || err.Error() != tc.want {
			t.Errorf("\n got %v\nwant %s", err, tc.want)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	for range 10 {
		fetch(t, c, get(s.URL+"/redirect"))
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("ten subrequests took %d connections, want 1", n)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	fails(t, c, t.Context(), get(s.URL), egress.ReasonClosed)
}
