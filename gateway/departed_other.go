//go:build !linux

package gateway

import "net"

// hasDeparted can't tell on this system: a client that leaves while nobody reads its request's
// body is noticed when somebody does, or writes to it.
func hasDeparted(net.Conn) bool { return false }
