package gateway

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// unsentBytes is how much of a response the kernel takes from us that it has not sent yet. Without
// a bound it is megabytes, which a client that reads slowly would have its function make ahead.
const unsentBytes = 512 << 10

// boundUnsent bounds what the kernel holds of what is written to c. Where that can't be, it is what
// the kernel gives to all.
//
// Source: tcp(7), TCP_NOTSENT_LOWAT
func boundUnsent(c net.Conn) {
	tcp, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentBytes)
		})
	}
}
