package gateway_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway"
)

func prefixes(tb testing.TB, texts ...string) (out []netip.Prefix) {
	tb.Helper()
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	n := start(t, echo, func(c *gateway.Config) { c.Trusted = prefixes(t, "127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32") })
	for _, tc := range []struct{ name, forwarded, want string }{
		{"without the header it is the peer", "", "127.0.0.1"},
		{"one hop", "192.0.2.1", "192.0.2.1"},
		{"hops that are trusted are passed over", "192.0.2.1, 10.0.0.1 ,10.0.0.2", "192.0.2.1"},
		{"what an untrusted hop says is not believed", "10.9.9.9, 192.0.2.1", "192.0.2.1"},
		{"when all are trusted it is the first", "10.0.0.1, 10.0.0.2", "10.0.0.1"},
		{"IPv6", "2001:db9::1, 2001:db8::1", "2001:db9::1"},
		{"IPv4 in IPv6 is IPv4", "192.0.2.1, ::ffff:10.0.0.1", "192.0.2.1"},
		{"an entry may have a port", "192.0.2.1:1234", "192.0.2.1"},
		{"IPv6 with a port", "[2001:db9::1]:1234", "2001:db9::1"},
		{"a zone is dropped", "fe80::1%eth0", "fe80::1"},
		{"what is no address ends the walk", "192.0.2.1, unknown", "127.0.0.1"},
		{"so does an empty entry", "192.0.2.1,", "127.0.0.1"},
		{"and one behind a trusted hop", "unknown, 10.0.0.1", "10.0.0.1"},
		{"several headers are one list", "192.0.2.1\r\nX-Forwarded-For: 10.0.0.1", "192.0.2.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := n.get(t, "/", "X-Forwarded-For: "+tc.forwarded)
			if tc.forwarded == "" {
				r = n.get(t, "/", "X: y")
			}
			if got := r.field("cf-connecting-ip"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestClientAddressIsLogged(t *testing.T) {
	t.Parallel()
	n := start(t, echo, func(c *gateway.Config) { c.Trusted = prefixes(t, "127.0.0.1/32") })
	n.get(t, "/", "X-Forwarded-For: 192.0.2.1")
	n.stop()
	if !strings.Contains(n.log.String(), `"client":"192.0.2.1"`) {
		t.Errorf("log: %s", n.log)
	}
}
