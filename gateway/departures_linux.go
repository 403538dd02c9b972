package gateway

import (
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// departures tells connections that their clients have closed their side. Nothing is read for
// it, so that it is told of connections that somebody reads, and through requests that wait to
// be read. One goroutine does it for all: a stream that is open for hours costs no stack. The
// zero value is ready for use; methods are safe for concurrent use.
//
// The system is asked by epoll(7), and Go's runtime waits for the epoll as for any socket.
type departures struct {
	mu struct {
		sync.Mutex
		epoll  *os.File // nil: nobody has been watched yet
		ended  chan struct{}
		closed bool
		conns  map[uint64]*conn // by ticket
		last   uint64           // ticket
	}
}

// departuresAtOnce is how many are asked for at once.
const departuresAtOnce = 64

// watch calls c.leave once, on another goroutine, if c's client leaves or has left. It returns
// what unwatch is to be called with; 0: nothing is watched, since the system can't be asked.
func (d *departures) watch(c *conn) (ticket uint64) {
	if _, ok := c.Conn.(syscall.Conn); !ok {
		return 0 // no goroutine is needed for those that can't be asked about
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.startLocked() {
		return 0
	}
	d.mu.last++
	ticket = d.mu.last
	ev := unix.EpollEvent{Events: unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(ticket), Pad: int32(ticket >> 32)}
	if !d.control(unix.EPOLL_CTL_ADD, c.Conn, &ev) {
		return 0
	}
	d.mu.conns[ticket] = c
	return ticket
}

// unwatch ends a watch. A call of leave may still be under way.
func (d *departures) unwatch(c *conn, ticket uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.mu.conns, ticket)
	if !d.mu.closed {
		d.control(unix.EPOLL_CTL_DEL, c.Conn, nil) // fails if c is closed, which has ended the watch
	}
}

// close ends all watches, and the goroutine.
func (d *departures) close() {
	d.mu.Lock()
	d.mu.closed = true
	epoll, ended := d.mu.epoll, d.mu.ended
	d.mu.Unlock()
	if epoll != nil {
		epoll.Close()
		<-ended
	}
}

// startLocked makes the epoll if there is none, and reports whether there is one.
func (d *departures) startLocked() bool {
	if d.mu.closed || d.mu.epoll != nil {
		return !d.mu.closed
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return false // the process is out of files: the next one may find some
	}
	if unix.SetNonblock(fd, true) != nil {
		unix.Close(fd)
		return false
	}
	d.mu.epoll = os.NewFile(uintptr(fd), "epoll")
	d.mu.conns = make(map[uint64]*conn)
	d.mu.ended = make(chan struct{})
	go d.run(d.mu.epoll, d.mu.ended)
	return true
}

// control changes what the epoll knows of nc, and reports whether it did.
func (d *departures) control(op int, nc net.Conn, ev *unix.EpollEvent) bool {
	socket, ok := nc.(syscall.Conn)
	if !ok {
		return false
	}
	rawSocket, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	rawEpoll, err := d.mu.epoll.SyscallConn()
	if err != nil {
		return false
	}
	var done error
	err = rawEpoll.Control(func(epoll uintptr) {
		err := rawSocket.Control(func(fd uintptr) { done = unix.EpollCtl(int(epoll), op, int(fd), ev) })
		if err != nil {
			done = err
		}
	})
	return err == nil && done == nil
}

// run waits for clients that leave until the epoll is closed.
func (d *departures) run(epoll *os.File, ended chan<- struct{}) {
	defer close(ended)
	raw, err := epoll.SyscallConn()
	if err != nil {
		return // closed already
	}
	var events [departuresAtOnce]unix.EpollEvent
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			var err error
			n, err = unix.EpollWait(int(fd), events[:], 0)
			return err == nil && n > 0
		})
		if err != nil {
			return
		}
		for _, ev := range events[:n] {
			if c := d.left(uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32); c != nil {
				c.leave()
			}
		}
	}
}

// left returns the connection of a ticket; nil: its watch has ended.
func (d *departures) left(ticket uint64) *conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mu.conns[ticket]
}
