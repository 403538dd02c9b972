package egress_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/egress"
)

func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	l := victim(t, "127.0.0.1:0")
	port := l.Addr().(*net.TCPAddr).Port
	c := open(t, egress.Config{})
	for _, tc := range []struct{ name, host string }{
		{"loopback", "127.0.0.1"},
		{"loopback, another", "127.8.9.10"},
		{"localhost", "localhost"},
		{"localhost, upper case", "LOCALHOST"},
		{"localhost with a dot at the end", "localhost."},
		{"a name below localhost", "shop.localhost"},
		{"zero", "0"},
		{"unspecified", "0.0.0.0"},
		{"hexadecimal part", "0x7f.1"},
		{"hexadecimal", "0x7f000001"},
		{"decimal", "2130706433"},
		{"octal", "0177.0.0.1"},
		{"two parts", "127.1"},
		{"dot at the end", "127.0.0.1."},
		{"full-width digits", "１２７.0.0.1"},
		{"circled digits", "①②⑦.⓪.⓪.①"},
		{"ideographic full stops", "127。0。0。1"},
		{"percent-encoded", "%31%32%37.0.0.1"},
		{"soft hyphens inside", "127.0\u00ad.0.1"},
		{"IPv6 loopback", "[::1]"},
		{"IPv6 loopback in full", "[0:0:0:0:0:0:0:1]"},
		{"IPv6 unspecified", "[::]"},
		{"IPv4 mapped", "[::ffff:127.0.0.1]"},
		{"IPv4 mapped in hexadecimal", "[::ffff:7f00:1]"},
		{"IPv4 compatible", "[::127.0.0.1]"},
		{"NAT64", "[64:ff9b::7f00:1]"},
		{"6to4", "[2002:7f00:1::]"},
		{"Teredo", "[2001:0:7f00:1::]"},
		{"unique local", "[fd00:ec2::254]"},
		{"IPv6 link-local", "[fe80::1]"},
		{"IPv6 multicast", "[ff02::1]"},
		{"IPv6 documentation", "[2001:db8::1]"},
		{"metadata", "169.254.169.254"},
		{"metadata, decimal", "2852039166"},
		{"metadata, circled digits", "①⑥⑨.②⑤④.①⑥⑨.②⑤④"},
		{"Azure's wire server", "168.63.129.16"},
		{"Azure's wire server, mapped", "[::ffff:168.63.129.16]"},
		{"Alibaba's metadata", "100.100.100.200"},
		{"Oracle's metadata", "192.0.0.192"},
		{"10/8", "10.1.2.3"},
		{"172.16/12", "172.31.255.255"},
		{"192.168/16", "192.168.0.1"},
		{"carrier-grade NAT", "100.64.0.1"},
		{"benchmarking", "198.18.0.1"},
		{"documentation", "203.0.113.1"},
		{"multicast", "224.0.0.1"},
		{"broadcast", "255.255.255.255"},
		{"reserved", "240.0.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, scheme := range []string{"http", "https"} {
				text := fails(t, c, t.Context(), get(fmt.Sprintf("%s://%s:%d/", scheme, tc.host, port)), egress.ReasonRefused)
				if !strings.Contains(text, "private") || !strings.Contains(text, "[egress] allow_private = ") {
					t.Errorf("the error doesn't say what to do: %s", text)
				}
			}
		})
	}
}

// The tricks are those that parsers disagree about: net/url takes them for names, for other
// hosts, or for none.
func TestURLs(t *testing.T) {
	t.Parallel()
	c := open(t, egress.Config{})
	for _, tc := range []struct {
		name, url string
		want      egress.Reason
	}{
		{"backslashes and an at sign", `http:\\127.0.0.1\@example.com/`, egress.ReasonRefused},
		{"no slashes", "http:127.0.0.1/", egress.ReasonRefused},
		{"too many slashes", "http:////127.0.0.1/", egress.ReasonRefused},
		{"a tab and line ends inside", "ht\ntp://127.0\t.0.1/\r\nHost: x", egress.ReasonRefused},
		{"space around", "  http://127.0.0.1/  ", egress.ReasonRefused},
		{"a port of zeros before", "http://127.0.0.1:00080/", egress.ReasonRefused},
		{"user name", "http://user@example.com/", egress.ReasonInvalid},
		{"password", "http://:secret@example.com/", egress.ReasonInvalid},
		{"address as user name", "http://127.0.0.1:80@example.com/", egress.ReasonInvalid},
		{"relative", "/path", egress.ReasonInvalid},
		{"empty", "", egress.ReasonInvalid},
		{"no host", "http://", egress.ReasonInvalid},
		{"a host that is a dot", "http://./", egress.ReasonInvalid},
		{"a host that is a quote", `http:"`, egress.ReasonInvalid},
		{"port too large", "http://example.com:65536/", egress.ReasonInvalid},
		{"zone", "http://[fe80::1%25eth0]/", egress.ReasonInvalid},
		{"address too large", "http://4294967296/", egress.ReasonInvalid},
		{"file", "file:///etc/passwd", egress.ReasonInvalid},
		{"gopher", "gopher://127.0.0.1:6379/_INFO", egress.ReasonInvalid},
		{"data", "data:text/plain,x", egress.ReasonInvalid},
		{"WebSocket", "ws://example.com/", egress.ReasonInvalid},
		{"very long", "http://example.com/" + strings.Repeat("a", 64<<10), egress.ReasonInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := fails(t, c, t.Context(), get(tc.url), tc.want)
			if strings.Contains(text, "secret") {
				t.Errorf("the error shows the password: %s", text)
			}
		})
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	c := open(t, egress.Config{AllowPrivate: []string{"127.0.0.1:*", "*.example.com:*"}})
	for _, port := range []int{0, 22, 23, 25, 53, 110, 143, 389, 587, 993, 2049, 6000, 6379, 6667, 10080, 11211, 16379, 26379} {
		for _, host := range []string{"127.0.0.1", "93.184.216.34", "smtp.example.com"} {
			text := fails(t, c, t.Context(), get(fmt.Sprintf("http://%s:%d/", host, port)), egress.ReasonRefused)
			if !strings.Contains(text, fmt.Sprintf("port %d is not for HTTP", port)) {
				t.Errorf("%s:%d: %s", host, port, text)
			}
		}
	}
}

func TestPortThatIsOpened(t *testing.T) {
	t.Parallel()
	l := listen(t, "127.0.0.1:6697")
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	c := open(t, egress.Config{AllowPrivate: []string{"127.0.0.1:6697"}})
	fetch(t, c, get("http://127.0.0.1:6697/"))
	fails(t, c, t.Context(), get("http://127.0.0.2:6697/"), egress.ReasonRefused)
	fails(t, c, t.Context(), get("http://127.0.0.1:6698/"), egress.ReasonRefused)
}

func TestNames(t *testing.T) {
	t.Parallel()
	l := victim(t, "127.0.0.1:0")
	port := l.Addr().(*net.TCPAddr).Port
	c := open(t, egress.Config{Resolver: names(t, always(map[string][]string{
		"loopback.example":         {"127.0.0.1"},
		"loopback6.example":        {"::1"},
		"mapped.example":           {"::ffff:127.0.0.1"},
		"private.example":          {"10.0.0.1", "192.168.1.1", "fd00::1"},
		"metadata.google.internal": {"169.254.169.254"},
		"empty.example":            {},
	}))})
	for _, tc := range []struct {
		host string
		want egress.Reason
	}{
		{"loopback.example", egress.ReasonRefused},
		{"loopback.example.", egress.ReasonRefused},
		{"loopback6.example", egress.ReasonRefused},
		{"mapped.example", egress.ReasonRefused},
		{"private.example", egress.ReasonRefused},
		{"metadata.google.internal", egress.ReasonRefused},
		{"empty.example", egress.ReasonUnresolved},
		{"missing.example", egress.ReasonUnresolved},
		{strings.Repeat("a", 64) + ".example", egress.ReasonUnresolved},
	} {
		t.Run(tc.host, func(t *testing.T) {
			t.Parallel()
			text := fails(t, c, t.Context(), get(fmt.Sprintf("http://%s:%d/", tc.host, port)), tc.want)
			for _, inside := range []string{"127.0.0.1", "::1", "10.0.0.1", "169.254", "lookup"} {
				if strings.Contains(text, inside) {
					t.Errorf("the error shows %q, which is the node's inside: %s", inside, text)
				}
			}
		})
	}
}

// 127.0.0.2 and 3 are opened and stand for the public internet; 127.0.0.1, on the same port,
// is private.
func TestRebinding(t *testing.T) {
	t.Parallel()
	origin := listen(t, "127.0.0.2:0")
	var served atomic.Int32
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // so that each subrequest dials
		served.Add(1)
	})}
	done := make(chan error)
	go func() { done <- server.Serve(origin) }()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	port := origin.Addr().(*net.TCPAddr).Port
	victim(t, fmt.Sprintf("127.0.0.1:%d", port))

	var asked atomic.Int32
	c := open(t, egress.Config{
		AllowPrivate: []string{fmt.Sprintf("127.0.0.2:%d", port), fmt.Sprintf("127.0.0.3:%d", port)},
		Resolver: names(t, func(name string) []string {
			switch name {
			case "mixed.example":
				return []string{"127.0.0.1", "127.0.0.2", "10.0.0.1"}
			case "down.example": // nobody listens on the permitted one
				return []string{"127.0.0.3", "127.0.0.1"}
			}
			return []string{fmt.Sprintf("127.0.0.%d", asked.Add(1)%2+1)}
		}),
	})
	refused := 0
	const fetches = 1000
	for range fetches {
		if _, err := c.Fetch(t.Context(), nil, get(fmt.Sprintf("http://flip.example:%d/", port))); err != nil {
			refused++
		}
	}
	if refused == 0 || refused == fetches || int(served.Load()) != fetches-refused {
		t.Errorf("%d of %d were refused and %d served: the name server did not flip", refused, fetches, served.Load())
	}
	for range 10 {
		fetch(t, c, get(fmt.Sprintf("http://mixed.example:%d/", port)))
	}
	fails(t, c, t.Context(), get(fmt.Sprintf("http://down.example:%d/", port)), egress.ReasonUnreachable)
}

func TestAllowPrivate(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(hostPort(s))
	resolver := names(t, always(map[string][]string{
		"db.example.internal": {"127.0.0.1"},
		"other.example":       {"127.0.0.1"},
	}))
	for _, tc := range []struct {
		name, rule, host string
		want             egress.Reason // empty: permitted
	}{
		{"the address", "127.0.0.1:PORT", "127.0.0.1", ""},
		{"the address, mapped", "[::ffff:127.0.0.1]:PORT", "127.0.0.1", ""},
		{"the address by another name", "127.0.0.1:PORT", "other.example", ""},
		{"the address by localhost", "127.0.0.1:PORT", "localhost", ""},
		{"the address by a name below localhost", "127.0.0.1:PORT", "a.localhost", ""},
		{"its network", "127.0.0.0/8:PORT", "127.0.0.1", ""},
		{"all its ports", "127.0.0.1:*", "127.0.0.1", ""},
		{"its name", "db.example.internal:PORT", "db.example.internal", ""},
		{"its name in another case", "DB.example.Internal.:PORT", "db.example.internal", ""},
		{"its name with a dot at the end", "db.example.internal:PORT", "db.example.internal.", ""},
		{"names below one", "*.example.internal:PORT", "db.example.internal", ""},
		{"another port", "127.0.0.1:1", "127.0.0.1", egress.ReasonRefused},
		{"another address", "127.0.0.2:PORT", "127.0.0.1", egress.ReasonRefused},
		{"another network", "10.0.0.0/8:PORT", "127.0.0.1", egress.ReasonRefused},
		{"another name of the address", "db.example.internal:PORT", "other.example", egress.ReasonRefused},
		{"the address of an opened name", "db.example.internal:PORT", "127.0.0.1", egress.ReasonRefused},
		{"names below one, not itself", "*.db.example.internal:PORT", "db.example.internal", egress.ReasonRefused},
		{"names that only end alike", "*.xample.internal:PORT", "db.example.internal", egress.ReasonRefused},
		{"IPv6 loopback only", "[::1]:PORT", "127.0.0.1", egress.ReasonRefused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, egress.Config{
				AllowPrivate: []string{"10.0.0.1:443", strings.Replace(tc.rule, "PORT", port, 1)},
				Resolver:     resolver,
			})
			r := get("http://" + tc.host + ":" + port + "/")
			if tc.want != "" {
				fails(t, c, t.Context(), r, tc.want)
				return
			}
			fetch(t, c, r)
		})
	}
}

func TestOwnListeners(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	address := netip.MustParseAddrPort(hostPort(s))
	everywhere := netip.AddrPortFrom(netip.IPv6Unspecified(), address.Port())
	for _, tc := range []struct {
		name     string
		listener netip.AddrPort
		rule     string
		refused  bool
	}{
		{"stay closed when all ports are opened", address, "127.0.0.1:*", true},
		{"on all addresses too", everywhere, "127.0.0.1:*", true},
		{"open by their port", address, address.String(), false},
		{"on all addresses, open by their port", everywhere, address.String(), false},
		{"leave other ports alone", netip.AddrPortFrom(address.Addr(), 1), "127.0.0.1:*", false},
		{"leave other addresses alone", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), address.Port()), "127.0.0.1:*", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, egress.Config{AllowPrivate: []string{tc.rule}, Listeners: []netip.AddrPort{tc.listener}})
			if !tc.refused {
				fetch(t, c, get(s.URL))
				return
			}
			text := fails(t, c, t.Context(), get(s.URL), egress.ReasonRefused)
			if !strings.Contains(text, "this node itself listens there") {
				t.Error(text)
			}
		})
	}
}

// Nothing is sent: the address is refused before.
func TestOwnListenersOnOtherInterfaces(t *testing.T) {
	t.Parallel()
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, a := range interfaces {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().IsLoopback() || !prefix.Addr().Is4() {
			continue
		}
		tried++
		c := open(t, egress.Config{
			AllowPrivate: []string{prefix.Addr().String() + ":*"},
			Listeners:    []netip.AddrPort{netip.MustParseAddrPort("[::]:8788")},
		})
		text := fails(t, c, t.Context(), get("http://"+prefix.Addr().String()+":8788/"), egress.ReasonRefused)
		if !strings.Contains(text, "this node itself listens there") {
			t.Error(text)
		}
	}
	if tried == 0 {
		t.Skip("this machine has no interface but loopback")
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(hostPort(s))
	c := open(t, egress.Config{AllowPrivate: []string{"127.0.0.0/8:" + port}, Resolver: names(t, always(map[string][]string{
		"api.example.com":  {"127.0.0.1"},
		"xn--bcher-kva.de": {"127.0.0.1"},
	}))})
	for _, tc := range []struct {
		name, rule, host string
		allowed          bool
	}{
		{"the name", "api.example.com:PORT", "api.example.com", true},
		{"the name in another case", "API.example.com:PORT", "api.EXAMPLE.com", true},
		{"the name of another alphabet", "bücher.de:PORT", "BÜCHER.de", true},
		{"names below one", "*.example.com:PORT", "api.example.com", true},
		{"every host", "*:PORT", "api.example.com", true},
		{"every port", "api.example.com:*", "api.example.com", true},
		{"an address", "127.0.0.1:PORT", "0x7f.1", true},
		{"a network", "127.0.0.0/8:PORT", "127.0.0.1", true},
		{"another port", "api.example.com:443", "api.example.com", false},
		{"another name", "example.com:PORT", "api.example.com", false},
		{"a name that leads to an allowed address", "127.0.0.1:PORT", "api.example.com", false},
		{"the address that an allowed name leads to", "api.example.com:PORT", "127.0.0.1", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			allow := []string{"other.example:443", strings.Replace(tc.rule, "PORT", port, 1)}
			_, err := c.Fetch(t.Context(), allow, get("http://"+tc.host+":"+port+"/"))
			if tc.allowed != (err == nil) {
				t.Fatalf("allow %s, fetch %s: %v", tc.rule, tc.host, err)
			}
			if err != nil && !strings.Contains(err.Error(), `add "`) {
				t.Errorf("the error doesn't say what to do: %v", err)
			}
		})
	}
	t.Run("a private address stays closed", func(t *testing.T) {
		t.Parallel()
		_, err := c.Fetch(t.Context(), []string{"10.0.0.1:80"}, get("http://10.0.0.1/"))
		if err == nil || !strings.Contains(err.Error(), "private") {
			t.Error(err)
		}
	})
	t.Run("an entry that is wrong", func(t *testing.T) {
		t.Parallel()
		_, err := c.Fetch(t.Context(), []string{"example.com"}, get("http://example.com/"))
		if err == nil || !strings.Contains(err.Error(), `allow: "example.com": there is no port`) {
			t.Error(err)
		}
	})
}

func TestSilentNameServer(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		<-over // a lookup may outlive who asked for it, but not the test
		return nil, errors.New("over")
	}}
	c := open(t, egress.Config{Resolver: resolver, DialTimeout: 50 * time.Millisecond})
	text := fails(t, c, t.Context(), get("http://slow.example/"), egress.ReasonUnresolved)
	if want := "fetch http://slow.example: the host's name could not be resolved"; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

// TestMain sets them. net/http spares addresses of loopback itself, so a name is asked for.
func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(hostPort(s))
	c := open(t, egress.Config{
		AllowPrivate: []string{hostPort(s)},
		Resolver:     names(t, always(map[string][]string{"origin.example": {"127.0.0.1"}})),
	})
	fetch(t, c, get("http://origin.example:"+port+"/"))
}
