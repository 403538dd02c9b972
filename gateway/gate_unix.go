//go:build unix

package gateway

import "golang.org/x/sys/unix"

// pending reports whether a listening socket has a connection to be accepted, or an error
// to be met.
func pending(fd uintptr) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return n > 0 || err != nil
}
