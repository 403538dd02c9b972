//go:build !linux

package gateway

import "net"

// boundUnsent does nothing on this system: a client that reads slowly holds what the kernel gives
// to all.
func boundUnsent(net.Conn) {}
