package egress

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// dial connects to address, host and port, if policy permits. Of a name's addresses only
// permitted ones are tried.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	host = plainHost(host)
	dialer := net.Dialer{
		Timeout:  c.cfg.DialTimeout,
		Resolver: c.cfg.Resolver,
		ControlContext: func(_ context.Context, _, connecting string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(connecting)
			if err != nil {
				return err
			}
			return c.policy.checkAddress(host, to)
		},
	}
	if !isLocalhost(host) {
		return plain(dialer.DialContext(ctx, network, address))
	}
	conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		if conn, err6 := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
			return plain(conn, nil)
		}
	}
	return plain(conn, err)
}

// plain makes conn one that takes bodies from their sources.
func plain(conn net.Conn, err error) (net.Conn, error) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		return plainConn{tcp}, err
	}
	return conn, err
}

// isLocalhost reports whether a name means this machine, and no name server is to be asked.
//
// Spec: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
func isLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
