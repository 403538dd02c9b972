//go:build unix

package jail

import (
	"errors"
	"net"
	"syscall"
)

// trier writes to a connection what it takes at once, and never waits.
type trier struct{ *rawWriter }

type rawWriter struct {
	conn syscall.RawConn
	once func(fd uintptr) bool
	out  []byte
	n    int
	err  error
}

// newTrier returns a trier for conn. If conn is no socket it writes nothing, which is right
// too.
func newTrier(conn net.Conn) trier {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return trier{}
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return trier{}
	}
	w := &rawWriter{conn: raw}
	w.once = func(fd uintptr) bool {
		w.n, w.err = syscall.Write(int(fd), w.out)
		return true
	}
	return trier{w}
}

// write returns how much of b was written. It is for one caller at a time.
func (t trier) write(b []byte) (int, error) {
	w := t.rawWriter
	if w == nil {
		return 0, nil
	}
	w.out = b
	err := w.conn.Write(w.once)
	w.out = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(w.err, syscall.EAGAIN), errors.Is(w.err, syscall.EINTR):
		return 0, nil
	case w.err != nil:
		return 0, w.err
	}
	return w.n, nil
}
