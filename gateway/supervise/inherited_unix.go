//go:build unix

package supervise

import (
	"os"
	"syscall"
)

// inherited opens the file fd, which must be open, and keeps it from our own children.
func inherited(fd int, name string) (*os.File, error) {
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name), nil
}
