package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway"
)

// TestRawRequests tries the forms by which requests are smuggled or misread.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	get := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n" }
	with := func(lines string) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n" }
	post := func(lines string) string {
		return "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n0\r\n\r\n" + smuggled
	}
	ok := served(`GET http://a/ ""`)
	for _, tc := range []struct {
		name, text string
		want       verdict
	}{
		{"two lengths of the body are refused", post("Content-Length: 5\r\nTransfer-Encoding: chunked"), refused(400)},
		{"in the other order too", post("Transfer-Encoding: chunked\r\nContent-Length: 5"), refused(400)},
		{"a coding that is identity is refused", post("Transfer-Encoding: identity\r\nContent-Length: 5"), refused(400)},
		{"an unknown coding is refused", post("Transfer-Encoding: gzip, chunked"), refused(400)},
		{"a coding in a folded line is refused", post("Transfer-Encoding:\r\n chunked"), refused(400)},
		{"any folded line is refused", post("X: a\r\n b"), refused(400)},
		{"a space before the colon is refused", post("Transfer-Encoding : chunked"), refused(400)},
		{"a space within a name is refused", with("foo bar: v"), refused(400)},
		{"a name that is no token is refused", with("fo(o: v"), refused(400)},
		{"an empty name is refused", with(": v"), refused(400)},
		{"a line that ends in a line feed alone is refused", with("X: y\nY: z"), refused(400)},
		{"a carriage return within a line is refused", with("X: y\rY: z"), refused(400)},
		{"NUL in a value is refused", with("X: a\x00b"), refused(400)},
		{"two different lengths are refused", post("Content-Length: 5\r\nContent-Length: 0"), refused(400)},
		{"a length with a sign is refused", post("Content-Length: +5"), refused(400)},
		{"two Hosts are refused", with("Host: b"), refused(400)},
		{"no Host is refused", "GET / HTTP/1.1\r\n\r\n", refused(400)},
		{"no Host is refused under HTTP/1.0 too", "GET / HTTP/1.0\r\n\r\n", refused(400)},
		{"a Host with user information is refused", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", refused(400)},
		{"a Host with a path is refused", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", refused(400)},
		{"a Host that a URL parser reads as an address is refused", "GET / HTTP/1.1\r\nHost: 0x7f.1\r\n\r\n", refused(400)},
		{"a Host with a port that is none is refused", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", refused(400)},
		{"a bad Host beside a URL is refused", "GET http://a/ HTTP/1.1\r\nHost: u@b\r\n\r\n", refused(400)},
		{"a URL counts more than the Host", "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", served(`GET http://b/x ""`)},
		{"a URL without a path has one", "GET http://B:80?q HTTP/1.1\r\nHost: a\r\n\r\n", served(`GET http://b/?q ""`)},
		{"a URL of another scheme is refused", get("file:///etc/passwd"), refused(400)},
		{"https is another scheme", get("https://a/"), refused(400)},
		{"a URL without a host is refused", get("http:///x"), refused(400)},
		{"a URL with user information is refused", get("http://u@a/"), refused(400)},
		{"CONNECT is refused", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", refused(405)},
		{"TRACE is refused", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", refused(405)},
		{"a method in lower case is refused", "get / HTTP/1.1\r\nHost: a\r\n\r\n", refused(405)},
		{"a long method is refused", strings.Repeat("A", 17) + " / HTTP/1.1\r\nHost: a\r\n\r\n", refused(405)},
		{"a method of one's own is taken", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", served(`M-SEARCH http://a/ ""`)},
		{"a target that is a star is refused", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", refused(400)},
		{"HTTP/2.0 in a request line is refused", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", refused(400)},
		{"HTTP/1.2 is refused", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", refused(400)},
		{"HTTP/1.0 is served, and closed", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", verdict{seen: ok.seen, closed: true}},
		{"an expectation of one's own is refused", with("Expect: foo"), refused(417)},
		{"two expectations are refused", with("Expect: 100-continue\r\nExpect: foo"), refused(417)},
		{"a path with a fragment is refused", get("/a#b"), refused(400)},
		{"a path with a backslash is refused", get(`/a\b`), refused(400)},
		{"a path with an encoded NUL is refused", get("/a%00"), refused(400)},
		{"dots in a path are resolved once, for all", get("/x/%2e%2e/admin"), served(`GET http://a/admin ""`)},
		{"a path that is encoded twice stays encoded", get("/%2561dmin"), served(`GET http://a/%2561dmin ""`)},
		{"a query is kept", get("/a?b=c&d=%zz/../"), served(`GET http://a/a?b=c&d=%zz/../ ""`)},
		{"an empty query is kept", get("/a?"), served(`GET http://a/a? ""`)},
		{"the Host is shown as it is routed", "GET / HTTP/1.1\r\nHost: A.B.:80\r\n\r\n", served(`GET http://a.b/ ""`)},
		{"a URL of 16 KiB is served", get("/" + strings.Repeat("a", 16<<10-1)), served("GET http://a/" + strings.Repeat("a", 16<<10-1) + ` ""`)},
		{"a longer one is refused", get("/" + strings.Repeat("a", 16<<10)), refused(414)},
		{"one that is longer than the buffer too", get("/" + strings.Repeat("a", 100<<10)), refused(414)},
		{"a header of 32 KB is served", with("X: " + strings.Repeat("a", 32<<10-20)), ok},
		{"a larger one is refused", with("X: " + strings.Repeat("a", 32<<10)), refused(431)},
		{"one that is larger than the buffer too", with("X: " + strings.Repeat("a", 100<<10)), refused(431)},
		{"100 fields are served", with(strings.TrimSuffix(strings.Repeat("X: y\r\n", 99), "\r\n")), ok},
		{"101 are refused", with(strings.TrimSuffix(strings.Repeat("X: y\r\n", 100), "\r\n")), refused(431)},
		{"chunks are joined", chunked + "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nT: x\r\n\r\n", served(`POST http://a/ "abcde"`)},
		{"a chunk with a signed size is refused", chunked + "+5\r\nhello\r\n0\r\n\r\n", refused(400)},
		{"a chunk that is longer than it says is refused", chunked + "2\r\nhello\r\n0\r\n\r\n", refused(400)},
		{"a line feed alone after a chunk is refused", chunked + "5\nhello\n0\n\n", refused(400)},
		{"a trailer that frames is refused", chunked + "0\r\nContent-Length: 3\r\n\r\n", refused(400)},
		{"a body of GET is not taken for a request", with(fmt.Sprintf("Content-Length: %d", len(smuggled))) + smuggled,
			served(fmt.Sprintf("GET http://a/ %q", smuggled))},
		{"pipelined requests are served in order", get("/1") + get("/2") + get("/3"),
			served(`GET http://a/1 "", GET http://a/2 "", GET http://a/3 ""`)},
		{"what stands behind a refused request is not read", get("/%00") + smuggled, refused(400)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tryRaw(t, tc.text, tc.want)
		})
	}
}

func TestFieldsThatAFunctionSees(t *testing.T) {
	t.Parallel()
	direct := start(t, echo)
	proxied := start(t, echo, func(c *gateway.Config) { c.Trusted = prefixes(t, "127.0.0.0/8", "10.0.0.0/8") })
	for _, tc := range []struct {
		name          string
		node          *node
		lines         string
		field, wanted string
	}{
		{"names are in lower case, values as they came", direct, "X-Foo:  Bar \t", "x-foo", "Bar"},
		{"bytes above ASCII stay", direct, "X: \xe9\xff", "x", "\xe9\xff"},
		{"an empty value stays empty", direct, "X:", "x", ""},
		{"the Host is the one routed", direct, "", "host", "a"},
		{"the client's address is told", direct, "", "cf-connecting-ip", "127.0.0.1"},
		{"a forged one is replaced", direct, "CF-Connecting-IP: 6.6.6.6", "cf-connecting-ip", "127.0.0.1"},
		{"a forged chain is replaced", direct, "X-Forwarded-For: 6.6.6.6", "x-forwarded-for", "127.0.0.1"},
		{"a forged scheme is replaced", direct, "X-Forwarded-Proto: https", "x-forwarded-proto", "http"},
		{"a forged host is replaced", direct, "X-Forwarded-Host: evil", "x-forwarded-host", "a"},
		{"forged relatives are dropped", direct, "X-Forwarded-Port: 1\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nTrue-Client-IP: 6.6.6.6\r\nCF-Ray: 1", "", ""},
		{"our own are dropped", direct, "X-Skerry-Tenant: root", "", ""},
		{"what concerns the hop is dropped", direct, "Keep-Alive: 5\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\nProxy-Connection: x\r\nExpect: 100-continue", "", ""},
		{"what Connection names is dropped", direct, "Connection: keep-alive, X-Hop\r\nX-Hop: 1", "", ""},
		{"but our own fields stay", direct, "Connection: cf-connecting-ip, host", "cf-connecting-ip", "127.0.0.1"},
		{"behind a proxy the client is the one it names", proxied, "X-Forwarded-For: 192.0.2.7", "cf-connecting-ip", "192.0.2.7"},
		{"behind two the one before them", proxied, "X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.1.2.3", "cf-connecting-ip", "192.0.2.7"},
		{"and the chain goes on", proxied, "X-Forwarded-For: 192.0.2.7", "x-forwarded-for", "192.0.2.7, 127.0.0.1"},
		{"a proxy's address is never one of these", proxied, "CF-Connecting-IP: 6.6.6.6", "cf-connecting-ip", "127.0.0.1"},
		{"a proxy's scheme is believed", proxied, "X-Forwarded-Proto: http, https", "x-forwarded-proto", "https"},
		{"one that is none is not", proxied, "X-Forwarded-Proto: gopher", "x-forwarded-proto", "http"},
		{"what a proxy adds stays", proxied, "X-Real-IP: 192.0.2.7", "x-real-ip", "192.0.2.7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fields := tc.lines
			if fields == "" {
				fields = "X: y"
			}
			r := tc.node.get(t, "/", fields)
			if r.status != 200 {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			if tc.field != "" {
				if got := r.field(tc.field); got != tc.wanted {
					t.Errorf("%s is %q, want %q", tc.field, got, tc.wanted)
				}
				return
			}
			// Nothing of it has come through.
			for line := range strings.SplitSeq(tc.lines, "\r\n") {
				name, _, _ := strings.Cut(strings.ToLower(line), ":")
				if strings.Contains(r.body, "\n"+name+":") {
					t.Errorf("%s has come through:\n%s", name, r.body)
				}
			}
		})
	}
}

func TestURLBehindAProxyHasTheClientsScheme(t *testing.T) {
	t.Parallel()
	n := start(t, echo, func(c *gateway.Config) { c.Trusted = prefixes(t, "127.0.0.1/32") })
	r := n.one(t, "GET /x HTTP/1.1\r\nHost: shop.example:443\r\nX-Forwarded-Proto: https\r\n\r\n")
	if !strings.Contains(r.body, "GET https://shop.example/x\n") {
		t.Errorf("got %s", r.body)
	}
}
