package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"github.com/skerry-edge/skerry/isolate"
)

// sent is a connection on which a client sent some bytes and left.
type sent struct {
	net.Conn // nil: what isn't here is not called
	in       *bytes.Reader
	out      bytes.Buffer
	done     chan struct{}
	once     sync.Once
}

func (c *sent) Write(p []byte) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
		return c.out.Write(p)
	}
}

func (c *sent) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *sent) Close() error                     { c.once.Do(func() { close(c.done) }); return nil }
func (c *sent) RemoteAddr() net.Addr             { return loopback }
func (c *sent) LocalAddr() net.Addr              { return loopback }
func (c *sent) SetDeadline(time.Time) error      { return nil }
func (c *sent) SetReadDeadline(time.Time) error  { return nil }
func (c *sent) SetWriteDeadline(time.Time) error { return nil }

// FuzzRequest sends any bytes. What functions get of them must be a request in good form, the
// same that another parser finds there, and each must have its response.
func FuzzRequest(f *testing.F) {
	for _, text := range []string{
		smallGet, smallPost,
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: x\r\n\r\n" + smuggled,
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"GET http://B.:80/a/%2e%2e/b?q='x' HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\nX: y\r\n\r\n",
		"HEAD /\xff HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n" + smuggled,
		"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi" + smuggled,
		"GET / HTTP/1.1\r\nHost: [::1]:1\r\nX: a\r\n b\r\n\r\n",
		"\r\nOPTIONS * HTTP/1.1\nHost: a\r\n\r\n",
	} {
		f.Add([]byte(text))
	}
	var mu sync.Mutex
	var got []isolate.Request
	b := startBench(f, handler(func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, *ev.Request)
		return &isolate.Response{Status: 200, Body: []byte("ok")}, nil
	}), nil)
	if err := b.server.SetRoutes(live("f", "*/*")); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		mu.Lock()
		got = nil
		mu.Unlock()
		c := &sent{in: bytes.NewReader(text), done: make(chan struct{})}
		b.scripts.next <- c
		<-c.done
		mu.Lock()
		defer mu.Unlock()
		for i := range got {
			wellFormed(t, &got[i])
		}
		sameAsNetHTTP(t, text, got)
		oks := bytes.Count(c.out.Bytes(), []byte("HTTP/1.1 200 OK\r\n"))
		if oks != len(got) {
			t.Errorf("%d requests were served and %d responses sent: %q", len(got), oks, c.out.Bytes())
		}
	})
}

// wellFormed checks what every function may rely on.
func wellFormed(t *testing.T, r *isolate.Request) {
	t.Helper()
	if u, err := whatwg.Parse(r.URL); err != nil || u.Href(false) != r.URL {
		t.Errorf("the URL %q is not the one that a URL parser gives back: %v", r.URL, err)
	}
	if r.Method == "" || len(r.Method) > 16 || strings.ToUpper(r.Method) != r.Method {
		t.Errorf("the method is %q", r.Method)
	}
	count := make(map[string]int)
	for _, f := range r.Header {
		count[f.Name]++
		if f.Name == "" || strings.ToLower(f.Name) != f.Name || strings.ContainsAny(f.Name, " \t\r\n:\x00") {
			t.Errorf("a field has the name %q", f.Name)
		}
		if strings.ContainsAny(f.Value, "\r\n\x00") || strings.Trim(f.Value, " \t") != f.Value {
			t.Errorf("the field %s has the value %q", f.Name, f.Value)
		}
		switch f.Name {
		case "connection", "transfer-encoding", "upgrade", "te", "trailer", "expect", "keep-alive":
			t.Errorf("the field %s has come through", f.Name)
		}
	}
	for _, name := range []string{"host", "cf-connecting-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"} {
		if count[name] != 1 {
			t.Errorf("%d fields %s", count[name], name)
		}
	}
}

// sameAsNetHTTP reads text with net/http's parser, as far as that goes: what it finds must be
// what we served, in method, body and number. It takes some forms that we refuse, and then
// we have served less.
func sameAsNetHTTP(t *testing.T, text []byte, got []isolate.Request) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(text))
	for i := range got {
		req, err := http.ReadRequest(r)
		if err == io.EOF {
			t.Fatalf("request %d: net/http finds none, we %s %s", i, got[i].Method, got[i].URL)
		}
		if err != nil {
			return // net/http is stricter in places: an empty line first, "%zz" in a path
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		if req.Method != got[i].Method || !bytes.Equal(body, got[i].Body) {
			t.Fatalf("request %d: net/http reads %s %q, we %s %q", i, req.Method, body, got[i].Method, got[i].Body)
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(got[i].URL, "http://"), "/")
		if !strings.EqualFold(strings.TrimSuffix(strings.TrimSuffix(req.Host, ":80"), "."), host) && plainHost(req.Host) {
			t.Fatalf("request %d: net/http reads host %q, we %q", i, req.Host, host)
		}
	}
}

// plainHost reports whether host has only one spelling, but for case and a dot at its end.
func plainHost(host string) bool {
	return !strings.ContainsAny(host, "[:") || strings.HasSuffix(host, ":80") && !strings.Contains(host, "[")
}

// FuzzResponse has a function answer anything: it goes out in good form, or not at all.
func FuzzResponse(f *testing.F) {
	f.Add(200, "", "x", "y", []byte("hi"), false)
	f.Add(204, "No", "Content-Length", "5", []byte("hi"), false)
	f.Add(304, "a\r\nb", "a b", "c\r\nd: e", []byte(nil), true)
	f.Add(600, "\xff", "Set-Cookie", "a=b\x00", []byte("x"), true)
	f.Add(-1, "", "transfer-encoding", "chunked", []byte("x"), false)
	f.Add(200, "", "content-length", "7", []byte(nil), true)
	var mu sync.Mutex
	var next isolate.Response
	b := startBench(f, handler(func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		r := next
		return &r, nil
	}), nil)
	f.Fuzz(func(t *testing.T, status int, text, name, value string, body []byte, head bool) {
		mu.Lock()
		next = isolate.Response{Status: status, StatusText: text, Header: fields(name, value), Body: body}
		mu.Unlock()
		method := "GET"
		if head {
			method = "HEAD"
		}
		// Two on one connection: the second response shows that the first ended where it said.
		request := method + " / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"
		c := &sent{in: bytes.NewReader([]byte(request + request)), done: make(chan struct{})}
		b.scripts.next <- c
		<-c.done
		r := bufio.NewReader(&c.out)
		for i := range 2 {
			resp, err := http.ReadResponse(r, &http.Request{Method: method})
			if err != nil {
				t.Fatalf("response %d: %v", i, err)
			}
			got, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatalf("body of response %d: %v", i, err)
			}
			bodiless := head || status == 204 || status == 304
			if resp.StatusCode != status && resp.StatusCode != 500 {
				t.Errorf("status %d became %d", status, resp.StatusCode)
			}
			if resp.StatusCode == status && status != 500 && !bodiless && !bytes.Equal(got, body) {
				t.Errorf("body %q became %q", body, got)
			}
			if ids := resp.Header["X-Skerry-Request-Id"]; len(ids) != 1 || len(ids[0]) != 26 {
				t.Errorf("request ids %q", ids)
			}
		}
		if r.Buffered() > 0 {
			rest, _ := io.ReadAll(r)
			t.Errorf("more came: %q", rest)
		}
	})
}

// FuzzAccept holds that any Accept header leads to a document, and to one that was asked for.
func FuzzAccept(f *testing.F) {
	f.Add("text/html, */*;q=0.1")
	f.Add(";;q=,=,text/;q=1e9")
	f.Add("application/json;q=0, text/plain;q=0.001")
	b := startBench(f, fail(isolate.Failure{Outcome: isolate.OutcomeException}), nil)
	f.Fuzz(func(t *testing.T, accept string) {
		if strings.ContainsFunc(accept, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(accept) > 1000 {
			t.Skip("no value of a header")
		}
		c := &sent{in: bytes.NewReader([]byte("GET / HTTP/1.1\r\nHost: shop.localhost\r\nAccept: " + accept + "\r\n\r\n")), done: make(chan struct{})}
		b.scripts.next <- c
		<-c.done
		resp, err := http.ReadResponse(bufio.NewReader(&c.out), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		mediaType, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
		kind, _, _ := strings.Cut(mediaType, "/")
		lower := strings.ToLower(accept)
		if mediaType != "application/problem+json" && !strings.Contains(lower, mediaType) && !strings.Contains(lower, kind+"/*") && !strings.Contains(lower, "*/*") {
			t.Errorf("Accept %q got %s", accept, mediaType)
		}
	})
}
