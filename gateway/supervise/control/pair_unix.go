//go:build unix

package control

import (
	"net"
	"os"
	"syscall"
)

// Pair returns the two ends of a new socket that has no name in the file system. Both are
// closed on exec, and are the caller's.
func Pair() (a, b *os.File, err error) {
	// Another goroutine's fork must not come between the socket and its flag.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	var ends [2]*os.File
	for i, fd := range fds {
		syscall.CloseOnExec(fd)
		syscall.SetNonblock(fd, true)
		ends[i] = os.NewFile(uintptr(fd), "control")
	}
	return ends[0], ends[1], nil
}

// rights encodes files as ancillary data. The files must stay open until it is sent.
func rights(files []*os.File) ([]byte, error) {
	if len(files) == 0 {
		return nil, nil
	}
	fds := make([]int, len(files))
	for i, f := range files {
		raw, err := f.SyscallConn()
		if err != nil {
			return nil, err
		}
		// Fd would make the file blocking for everyone who has it.
		if err := raw.Control(func(fd uintptr) { fds[i] = int(fd) }); err != nil {
			return nil, err
		}
	}
	return syscall.UnixRights(fds...), nil
}

// rightsSpace is how much room n files take as ancillary data.
func rightsSpace(n int) int { return syscall.CmsgSpace(n * 4) }

// receivedFiles opens the files of ancillary data. After an error none is open.
func receivedFiles(oob []byte, flags int) ([]*os.File, error) {
	var files []*os.File
	fail := func(err error) ([]*os.File, error) {
		closeFiles(files)
		return nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return fail(broken("ancillary data that can't be read: %v", err))
	}
	for _, m := range messages {
		fds, err := syscall.ParseUnixRights(&m)
		if err != nil {
			return fail(broken("ancillary data that is no files"))
		}
		for _, fd := range fds {
			syscall.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	if flags&syscall.MSG_CTRUNC != 0 {
		return fail(broken("more files than fit, or than this process may open"))
	}
	return files, nil
}

// connOf turns an end of a Pair into a connection, and closes f.
func connOf(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	uc, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, net.UnknownNetworkError(c.LocalAddr().Network())
	}
	return uc, nil
}
