package gateway

import (
	"net/netip"
	"strings"
)

// proxies are the addresses whose word on a client is believed.
type proxies []netip.Prefix

func (p proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// client returns the address that a request came from: peer, or, as long as that is a
// trusted proxy, the address before it in forwarded, the values of X-Forwarded-For in order.
//
// It reads from the right, because each proxy appends to the right, and what stands left of
// a hop that isn't trusted is that hop's invention. A value that is no address ends the walk
// too.
func (p proxies) client(peer netip.Addr, forwarded []string) netip.Addr {
	client := peer
	for i := len(forwarded) - 1; i >= 0 && p.trust(client); i-- {
		for rest := forwarded[i]; rest != "" && p.trust(client); {
			comma := strings.LastIndexByte(rest, ',')
			addr, ok := parseHop(strings.TrimSpace(rest[comma+1:]))
			if !ok {
				return client
			}
			client = addr
			rest = rest[:max(comma, 0)]
		}
	}
	return client
}

// parseHop parses one entry of X-Forwarded-For, an address that may have a port.
func parseHop(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}
