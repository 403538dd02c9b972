package gateway_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate"
)

func fields(pairs ...string) (out []isolate.Field) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, isolate.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

func TestResponseGoesOut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		method   string
		response isolate.Response
		status   int
		header   string // that must be there: "Name: value"
		body     string
	}{
		{"a body with its length", "GET", isolate.Response{Status: 200, Body: []byte("hi")}, 200, "Content-Length: 2", "hi"},
		{"no body", "GET", isolate.Response{Status: 200}, 200, "Content-Length: 0", ""},
		{"a status of one's own", "GET", isolate.Response{Status: 599, StatusText: "Odd"}, 599, "Content-Length: 0", ""},
		{"a length that lies is mended", "GET", isolate.Response{Status: 200, Header: fields("Content-Length", "99"), Body: []byte("hi")}, 200, "Content-Length: 2", "hi"},
		{"204 has no body", "GET", isolate.Response{Status: 204, Body: []byte("hi")}, 204, "", ""},
		{"304 has no body", "GET", isolate.Response{Status: 304, Body: []byte("hi"), Header: fields("etag", `"x"`)}, 304, `Etag: "x"`, ""},
		{"HEAD has the length of what it leaves out", "HEAD", isolate.Response{Status: 200, Body: []byte("hi")}, 200, "Content-Length: 2", ""},
		{"HEAD that is forwarded keeps its length", "HEAD", isolate.Response{Status: 200, Header: fields("content-length", "1234")}, 200, "Content-Length: 1234", ""},
		{"a media type", "GET", isolate.Response{Status: 200, Header: fields("content-type", "text/x"), Body: []byte("hi")}, 200, "Content-Type: text/x", "hi"},
		{"bytes above ASCII in a value", "GET", isolate.Response{Status: 200, Header: fields("x", "\xe9\t\xff")}, 200, "X: \xe9\t\xff", ""},
		{"a redirect", "GET", isolate.Response{Status: 302, Header: fields("location", "/x")}, 302, "Location: /x", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := start(t, answer(tc.response))
			c := n.dial(t)
			c.send(tc.method + " / HTTP/1.1\r\nHost: a\r\n\r\n")
			r := c.reply(tc.method)
			if r.status != tc.status || r.body != tc.body {
				t.Errorf("got %d %q, want %d %q", r.status, r.body, tc.status, tc.body)
			}
			if name, value, ok := strings.Cut(tc.header, ": "); ok && r.header.Get(name) != value {
				t.Errorf("header %v, want %s", r.header, tc.header)
			}
			if tc.status == 204 && r.header.Get("Content-Length") != "" {
				t.Error("204 with a length")
			}
			// The connection is still in step.
			c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if r := c.reply("GET"); r.status != tc.status {
				t.Errorf("the next response is %d", r.status)
			}
			c.wantClosed()
		})
	}
}

func TestResponseFieldsOfTheGatewayAreItsOwn(t *testing.T) {
	t.Parallel()
	n := start(t, answer(isolate.Response{Status: 200, Header: fields(
		"Connection", "close, x-y", "Keep-Alive", "timeout=9", "Proxy-Authenticate", "x", "proxy-authorization", "x", "Proxy-Connection", "x",
		"TE", "x", "Trailer", "x", "Transfer-Encoding", "chunked", "Upgrade", "x", "Server", "mine", "Date", "yesterday",
		"X-Skerry-Request-Id", "forged", "x-skerry-anything-else-at-all", "x",
		"X-Kept", "yes", "X-Kept", "twice",
	), Body: []byte("hi")}))
	c := n.dial(t)
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	r := c.reply("GET")
	if ids := r.header["X-Skerry-Request-Id"]; len(ids) != 1 || len(ids[0]) != 26 {
		t.Errorf("request ids %q", ids)
	}
	if dates := r.header["Date"]; len(dates) != 1 || !strings.HasSuffix(dates[0], " GMT") {
		t.Errorf("dates %q", dates)
	}
	if kept := strings.Join(r.header["X-Kept"], " "); kept != "yes twice" {
		t.Errorf("kept %q", kept)
	}
	for _, name := range []string{"X-Skerry-Request-Id", "Date", "X-Kept", "Content-Length"} {
		delete(r.header, name)
	}
	if len(r.header) > 0 {
		t.Errorf("these have come through: %v", r.header)
	}
}

func TestCookiesStayApart(t *testing.T) {
	t.Parallel()
	n := start(t, answer(isolate.Response{Status: 200, Header: fields("set-cookie", "a=1; Path=/", "Set-Cookie", "a=2; Path=/x", "set-cookie", "b=3")}))
	if got := strings.Join(n.get(t, "/").header["Set-Cookie"], " | "); got != "a=1; Path=/ | a=2; Path=/x | b=3" {
		t.Errorf("cookies %s", got)
	}
}

func TestStatusTextGoesOut(t *testing.T) {
	t.Parallel()
	n := start(t, answer(isolate.Response{Status: 200, StatusText: "Fine by me"}))
	c := n.dial(t)
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	line := make([]byte, len("HTTP/1.1 200 Fine by me\r\n"))
	if _, err := c.Read(line); err != nil || string(line) != "HTTP/1.1 200 Fine by me\r\n" {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestLargeBodiesAreWhole(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	n := start(t, answer(isolate.Response{Status: 200, Body: body}))
	c := n.dial(t)
	for range 3 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if r := c.reply("GET"); r.body != string(body) {
			t.Fatalf("%d bytes of %d, or other ones", len(r.body), len(body))
		}
	}
}

func TestBadResponsesAreFailuresOfTheFunction(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		response isolate.Response
		want     string // of the log's error
	}{
		{"a status below 200", isolate.Response{Status: 101}, "status is 101"},
		{"a status above 599", isolate.Response{Status: 600}, "status is 600"},
		{"no status", isolate.Response{}, "status is 0"},
		{"a negative status", isolate.Response{Status: -5}, "status is -5"},
		{"a line break in the status text", isolate.Response{Status: 200, StatusText: "a\r\nX: y"}, "status text has the character '\\\\r'"},
		{"a line break in a value", isolate.Response{Status: 200, Header: fields("set-cookie", "a=b\r\nX: y")}, `value of \"set-cookie\"`},
		{"NUL in a value", isolate.Response{Status: 200, Header: fields("x", "a\x00b")}, `value of \"x\"`},
		{"DEL in a value", isolate.Response{Status: 200, Header: fields("x", "a\x7f")}, `value of \"x\"`},
		{"a space in a name", isolate.Response{Status: 200, Header: fields("a b", "c")}, `name \"a b\"`},
		{"a colon in a name", isolate.Response{Status: 200, Header: fields("a:", "c")}, `name \"a:\"`},
		{"an empty name", isolate.Response{Status: 200, Header: fields("", "c")}, "name in the response's header is empty"},
		{"too many fields", isolate.Response{Status: 200, Header: slices.Repeat(fields("x", "y"), 1001)}, "has 1001 fields, more than the 1000 allowed"},
		{"a header that is too large", isolate.Response{Status: 200, Header: slices.Repeat(fields("x", strings.Repeat("y", 1<<10)), 128)}, "larger than the 128 KiB allowed"},
		{"a bad name among those that are dropped", isolate.Response{Status: 200, Header: fields("connection\n", "c")}, `name \"connection\\n\"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := start(t, answer(tc.response))
			c := n.dial(t)
			c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			r := c.reply("GET")
			if r.status != 500 || !strings.Contains(r.body, `"code":"exception"`) || r.header.Get("X") != "" {
				t.Errorf("got %d %v %s", r.status, r.header, r.body)
			}
			n.stop()
			if log := n.log.String(); !strings.Contains(log, tc.want) || !strings.Contains(log, `"outcome":"exception"`) {
				t.Errorf("no %s in the log: %s", tc.want, log)
			}
		})
	}
}

func TestResponseWithoutAnythingHasNothingOfOurs(t *testing.T) {
	t.Parallel()
	n := start(t, answer(isolate.Response{Status: 200, Body: []byte("x")}))
	h := n.get(t, "/").header
	for _, name := range []string{"Server", "Content-Type", "Cache-Control"} {
		if _, ok := h[http.CanonicalHeaderKey(name)]; ok {
			t.Errorf("%s: %s", name, h.Get(name))
		}
	}
}
