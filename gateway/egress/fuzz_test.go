package egress

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// What was judged is what is dialled and named to the server, in one line of the request.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"http://example.com/a?b#c", "https://[::1]:8443//x", "http://0x7f.1", "http:\\\\evil\\@good",
		"http:///x", "http://１２７.0.0.1:1/%zz?%", "http://xn--bcher-kva.de./", "http://a_b/|^`{}\"<>", "http://a:0/?",
		"http://[::ffff:1.2.3.4]", "http://a!b$c/;x", "http://ex\u00adample.com/\u2028",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		to, err := parseTarget(nil, raw)
		if err != nil {
			return
		}
		again, err := parseTarget(nil, to.href())
		if err != nil || again.href() != to.href() || again.host != to.host || again.port != to.port {
			t.Fatalf("%q is %s, which is %+v, %v", raw, to.href(), again, err)
		}
		wire := to.wire()
		if got := plainHost(wire.Hostname()); got != to.host {
			t.Fatalf("%q: %q was judged, %q is dialled", raw, to.host, got)
		}
		if port := wire.Port(); port != "" && port != fmt.Sprint(to.port) {
			t.Fatalf("%q: port %d was judged, %s is dialled", raw, to.port, port)
		}
		if addr, err := netip.ParseAddr(wire.Hostname()); err == nil && addr != to.addr {
			t.Fatalf("%q: %v was judged, %v is dialled", raw, to.addr, addr)
		}
		var out strings.Builder
		if err := (&http.Request{Method: "GET", URL: wire, Header: http.Header{}}).WithContext(context.Background()).Write(&out); err != nil {
			return // a host that net/http won't name to anyone
		}
		r, err := readRequestLine(out.String())
		if err != nil || !strings.HasSuffix(to.href(), strings.TrimPrefix(r, to.origin)) {
			t.Fatalf("%q is sent as %q, %v", raw, out.String(), err)
		}
		if want := "\r\nHost: " + to.url.Host() + "\r\n"; strings.Count(out.String(), "\r\nHost: ") != 1 || !strings.Contains(out.String(), want) {
			t.Fatalf("%q is sent as %q", raw, out.String())
		}
	})
}

// readRequestLine returns the target of a request line that has three parts.
func readRequestLine(request string) (string, error) {
	line, err := bufio.NewReader(strings.NewReader(request)).ReadString('\n')
	parts := strings.Split(strings.TrimSuffix(line, "\r\n"), " ")
	if err != nil || len(parts) != 3 || parts[0] != "GET" || parts[2] != "HTTP/1.1" {
		return "", fmt.Errorf("request line %q", line)
	}
	return parts[1], nil
}

// A rule that names one host and port lets them through, and no neighbour.
func FuzzRule(f *testing.F) {
	for _, seed := range []string{
		"example.com:443", "*.Example.com:*", "10.0.0.0/8:80", "[fd00::/8]:1", "[::1]:65535", "bücher.de:443",
		"*:1", "127.1:80", "a.:1", "[::ffff:1.2.3.4]:80", "0.0.0.0/0:0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRule(text)
		if err != nil || r.anyPort || strings.Contains(text, "/") || strings.HasPrefix(text, "*") {
			return
		}
		to, err := parseTarget(nil, "http://"+text)
		if err != nil {
			t.Fatalf("%q is a rule for no URL: %v", text, err)
		}
		if err := checkAllowed([]rule{r}, to); err != nil {
			t.Fatalf("%q is not a rule for %s: %+v", text, to.href(), r)
		}
		for _, neighbour := range []string{
			"http://x" + to.url.Hostname(), "http://x." + to.url.Hostname(), "http://" + to.url.Hostname() + ".x", "http://other.example",
		} {
			n, err := parseTarget(nil, fmt.Sprintf("%s:%d", neighbour, r.port))
			if err == nil && n.host != to.host && checkAllowed([]rule{r}, n) == nil {
				t.Fatalf("%q is a rule for %s: %+v", text, n.href(), r)
			}
		}
		to.port ^= 1
		if checkAllowed([]rule{r}, to) == nil {
			t.Fatalf("%q is a rule for port %d", text, to.port)
		}
	})
}

// Each hop counts by one, whatever others wrote, and what is sent is a header's value.
func FuzzLoop(f *testing.F) {
	for _, seed := range []string{
		"", "skerry; hops=3", `a;t="x, skerry; hops=7 \" ,", skerry`, "skerry;hops=99999999999", ",;=\"", "SKERRY ; HOPS=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, received string) {
		_, before := parseLoop(received)
		sent, err := nextLoop(WithLoop(context.Background(), received))
		if err != nil {
			if before < HopsMax {
				t.Fatalf("%q: %v", received, err)
			}
			return
		}
		others, after := parseLoop(sent)
		if after != before+1 || !validFieldValue(sent) || len(sent) > 2*loopBytesMax {
			t.Fatalf("%q, %d hops, is sent as %q, %d hops, others %q", received, before, sent, after, others)
		}
	})
}
