package egress

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"code.dny.dev/ssrf"
)

// policy is where the node lets functions go, whatever they say. It is immutable.
type policy struct {
	public    *ssrf.Guardian // knows what is not on the public internet
	opened    []rule         // Config.AllowPrivate
	listeners []netip.AddrPort
}

func newPolicy(cfg Config) (*policy, error) {
	opened, err := parseRules(cfg.AllowPrivate)
	if err != nil {
		return nil, fmt.Errorf("egress: allow_private: %w", err)
	}
	for i, r := range opened {
		if r.every {
			return nil, fmt.Errorf("egress: allow_private: %q: * would open every address; name hosts, addresses or networks", cfg.AllowPrivate[i])
		}
	}
	return &policy{
		// Azure's wire server is on a public address. The other clouds' metadata servers
		// are on private ones.
		public:    ssrf.New(ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("168.63.129.16/32"))),
		opened:    opened,
		listeners: cfg.Listeners,
	}, nil
}

// checkTarget refuses what can be refused before a name is resolved.
func (p *policy) checkTarget(t *target) error {
	opened := func(r rule) bool { return !r.anyPort && r.port == t.port } // if for t's address is yet to be seen
	if closedPort(t.port) && !slices.ContainsFunc(p.opened, opened) {
		return p.refusePort(t.host, t.port)
	}
	return nil
}

// checkAddress judges an address that a connection to host is about to be made to.
func (p *policy) checkAddress(host string, to netip.AddrPort) error {
	addr := to.Addr().Unmap().WithZone("")
	to = netip.AddrPortFrom(addr, to.Port())
	private := false // opened, if by a rule for all ports
	for _, r := range p.opened {
		if r.opens(to.Port()) && (r.names(host) || r.contains(addr)) {
			if !r.anyPort {
				return nil
			}
			private = true
		}
	}
	switch {
	case closedPort(to.Port()):
		return p.refusePort(host, to.Port())
	case p.own(to):
		return fail(ReasonRefused, "this node itself listens there; %s", opening(host, to.Port()))
	case private || p.public.SafeAddr(addr) == nil:
		return nil
	}
	return fail(ReasonRefused, "the address is private, not on the public internet; %s", opening(host, to.Port()))
}

func (p *policy) refusePort(host string, port uint16) error {
	return fail(ReasonRefused, "port %d is not for HTTP; %s", port, opening(host, port))
}

// opening says what an operator can do. It names the host as the function does: what a
// name leads to inside is not for functions to learn.
func opening(host string, port uint16) string {
	return fmt.Sprintf("the node's operator can open it: [egress] allow_private = [%q]",
		net.JoinHostPort(host, strconv.Itoa(int(port))))
}

// own reports whether the node listens on to.
func (p *policy) own(to netip.AddrPort) bool {
	return slices.ContainsFunc(p.listeners, func(l netip.AddrPort) bool {
		at := l.Addr().Unmap()
		return l.Port() == to.Port() && (at == to.Addr() || at.IsUnspecified() && ofThisMachine(to.Addr()))
	})
}

// ofThisMachine asks each time, as interfaces come and go; only dials to a listener's port
// come here.
func ofThisMachine(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return true // unknown: the safe answer
	}
	return slices.ContainsFunc(interfaces, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == addr
	})
}
