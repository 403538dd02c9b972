package egress_test

import (
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/egress"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		cfg  egress.Config
		want string // in the error
	}{
		{"negative time", egress.Config{Timeout: -time.Second}, "Timeout"},
		{"negative time of dials", egress.Config{DialTimeout: -1}, "DialTimeout"},
		{"negative head", egress.Config{HeadBytesMax: -1}, "HeadBytesMax"},
		{"negative body", egress.Config{DecodedBytesMax: -1}, "DecodedBytesMax"},
		{"negative buffer", egress.Config{IdleTimeout: -1}, "IdleTimeout"},
		{"negative number", egress.Config{ConcurrentMax: -1}, "ConcurrentMax"},
		{"a line end in the user agent", egress.Config{UserAgent: "a\nb"}, "UserAgent"},
		{"a rule that is wrong", egress.Config{AllowPrivate: []string{"10.0.0.1:443", "10.0.0.2"}}, `allow_private: "10.0.0.2": there is no port`},
		{"a rule for everything", egress.Config{AllowPrivate: []string{"*:443"}}, `"*:443": * would open every address`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := egress.New(tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error that names %s", err, tc.want)
			}
		})
	}
}

func TestCheckAllow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ rule, want string }{
		{"api.example.com:443", ""},
		{"API.Example.com.:443", ""},
		{"a_b.example.com:443", ""},
		{"bücher.de:443", ""},
		{"*.example.com:443", ""},
		{"example.com:*", ""},
		{"*:443", ""},
		{"*:*", ""},
		{"localhost:3000", ""},
		{"10.1.2.3:443", ""},
		{"10.0.0.0/8:443", ""},
		{"0.0.0.0/0:443", ""},
		{"[::1]:443", ""},
		{"[fd00::/8]:443", ""},
		{"", "there is no port"},
		{"example.com", "there is no port"},
		{"[::1]", "there is no port"},
		{"https://example.com", "without a scheme"},
		{"https://example.com:443", "not a name"},
		{"example.com:443/path", "without a scheme or a path"},
		{"example.com:", "the port is not"},
		{"example.com:0", "the port is not"},
		{"example.com:65536", "the port is not"},
		{"example.com:-1", "the port is not"},
		{"example.com:+1", "the port is not"},
		{":443", "not a name"},
		{"*.:443", "not a name"},
		{".:443", "not a name"},
		{"a..b:443", "not a name"},
		{"*.*:443", "not a name"},
		{"api.*.com:443", "not a name"},
		{"a b:443", "not a name"},
		{"user@example.com:443", "not a name"},
		{"example.com#x:443", "not a name"},
		{"example.com?x:443", "not a name"},
		{"::1:443", "in brackets"},
		{"[10.0.0.1]:443", "in brackets"},
		{"[fe80::1%eth0]:443", "without a zone"},
		{"[example.com]:443", "not a name"},
		{"fd00::/8:443", "write a network as"},
		{"10.0.0.0/33:443", "write a network as"},
		{"10.0.0.1/8:443", "no bits beyond its length"},
		{"[::ffff:10.0.0.0/104]:443", "write a network as"},
		{"127.1:443", `write the address as "127.0.0.1"`},
		{"0x7f.1:443", `write the address as "127.0.0.1"`},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			err := egress.CheckAllow([]string{"ok.example:1", tc.rule})
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
