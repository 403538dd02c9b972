//go:build unix

package supervise

import (
	"errors"
	"os"
	"syscall"
)

// listening says why one can't accept on f.
func listening(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	accepts := 0
	if e := raw.Control(func(fd uintptr) {
		accepts, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	}); e != nil {
		return e
	}
	if errors.Is(err, syscall.ENOTSOCK) || err == nil && accepts == 0 {
		return errNotListening
	}
	return os.NewSyscallError("getsockopt", err)
}
