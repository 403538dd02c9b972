package egress

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Config says what a Client may reach and how much it may take.
type Config struct {
	// AllowPrivate opens addresses that are not on the public internet, the node's own
	// listeners and refused ports. An entry is host:port, where host is an address
	// (10.1.2.3, [fd00::1]), a network (10.0.0.0/8, [fd00::/8]), a name, whose addresses
	// are then trusted whatever they are, or all names below one (*.example.internal).
	// The port may be * for all, which opens neither listeners nor refused ports.
	AllowPrivate []string

	// Listeners are addresses that this node itself listens on and functions may not
	// reach. An unspecified address (0.0.0.0, ::) stands for all of the machine's.
	Listeners []netip.AddrPort

	Timeout         time.Duration // until a response's head is there, redirects too; 0: 60 s
	IdleTimeout     time.Duration // during which nothing comes of a body that somebody waits for; 0: 60 s
	DialTimeout     time.Duration // of resolving a name and connecting, and again of the TLS handshake; 0: 10 s
	HeadBytesMax    int           // of a response's head; 0: 64 KB
	DecodedBytesMax int64         // of a body that comes compressed, when decoded; 0: 256 MB
	ConcurrentMax   int           // subrequests at one time, until their bodies end; more wait within their Timeout; 0: 4,096
	UserAgent       string        // of requests that name none; empty: "Skerry"

	RootCAs  *x509.CertPool // whose certificates are believed; nil: the system's
	Resolver *net.Resolver  // of names; nil: the system's
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = 60 * time.Second
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = 10 * time.Second
	}
	if c.HeadBytesMax == 0 {
		c.HeadBytesMax = 64 << 10
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 60 * time.Second
	}
	if c.DecodedBytesMax == 0 {
		c.DecodedBytesMax = 256 << 20
	}
	if c.ConcurrentMax == 0 {
		c.ConcurrentMax = 4096
	}
	if c.UserAgent == "" {
		c.UserAgent = "Skerry"
	}
	return c
}

// Validate names the field that is out of range.
func (c Config) Validate() error {
	for _, limit := range []struct {
		name  string
		value int64
	}{
		{"Timeout", int64(c.Timeout)},
		{"IdleTimeout", int64(c.IdleTimeout)},
		{"DialTimeout", int64(c.DialTimeout)},
		{"HeadBytesMax", int64(c.HeadBytesMax)},
		{"DecodedBytesMax", c.DecodedBytesMax},
		{"ConcurrentMax", int64(c.ConcurrentMax)},
	} {
		if limit.value < 0 {
			return fmt.Errorf("egress: %s is %d, want 0 or more", limit.name, limit.value)
		}
	}
	if !validFieldValue(c.UserAgent) {
		return fmt.Errorf("egress: UserAgent %q can't stand in a header", c.UserAgent)
	}
	_, err := newPolicy(c)
	return err
}
