//go:build unix

package jail

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketPair returns two connected stream sockets.
func socketPair() (a, b *os.File, err error) {
	syscall.ForkLock.RLock() // no child may be forked before the files are marked
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("make a pair of sockets: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "jail"), os.NewFile(uintptr(fds[1]), "jail"), nil
}

// unixConn returns a connection that uses a duplicate of file, which is closed.
func unixConn(file *os.File) (*net.UnixConn, error) {
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("the file is a %T, not a Unix socket", conn)
	}
	return socket, nil
}

// sendControl sends m, and file if it is not nil, which stays the caller's. It does not wait
// for a peer that doesn't read.
func sendControl(conn *net.UnixConn, m controlMessage, file *os.File) error {
	var b [controlBytes]byte
	b[0] = m.kind
	binary.LittleEndian.PutUint32(b[1:], m.number)
	if err := conn.SetWriteDeadline(time.Now().Add(controlMax)); err != nil {
		return err
	}
	if file == nil {
		_, err := conn.Write(b[:])
		return err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	err = raw.Control(func(fd uintptr) {
		_, _, sendErr = conn.WriteMsgUnix(b[:], unix.UnixRights(int(fd)), nil)
	})
	if err != nil {
		return err
	}
	return sendErr
}

// receiveControl returns the next message, and the file that came with it, if any.
func receiveControl(conn *net.UnixConn) (m controlMessage, file *os.File, err error) {
	var b [controlBytes]byte
	space := make([]byte, unix.CmsgSpace(4*4)) // one file is expected; what is more is closed
	for have := 0; have < len(b); {
		n, spaceUsed, _, _, err := conn.ReadMsgUnix(b[have:], space)
		if err == nil && n == 0 {
			err = io.EOF
		}
		for _, f := range filesIn(space[:spaceUsed]) {
			if file != nil {
				f.Close()
				err = fault("more than one file")
				continue
			}
			file = f
		}
		if err != nil {
			if file != nil {
				file.Close()
			}
			return m, nil, err
		}
		have += n
	}
	return controlMessage{b[0], binary.LittleEndian.Uint32(b[1:])}, file, nil
}

// filesIn returns the files of a control message.
func filesIn(space []byte) []*os.File {
	messages, err := unix.ParseSocketControlMessage(space)
	if err != nil {
		return nil
	}
	var files []*os.File
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "jail"))
		}
	}
	return files
}

// hungUp says for each of files whether the other end of its socket was closed.
func hungUp(files []*os.File) []bool {
	polls := make([]unix.PollFd, len(files))
	for i, f := range files {
		polls[i] = unix.PollFd{Fd: int32(f.Fd())}
	}
	gone := make([]bool, len(files))
	if _, err := unix.Poll(polls, 0); err != nil {
		return gone // the next look will tell
	}
	for i, p := range polls {
		gone[i] = p.Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0
	}
	return gone
}
