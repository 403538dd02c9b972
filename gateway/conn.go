package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// errDeparted is why an event is canceled whose client has closed its connection.
var errDeparted = errors.New("the client left")

// errStopping is why an event is canceled that outlives the drain.
var errStopping = errors.New("the node is stopping")

const (
	// watchAfter is how long an event takes before anyone looks whether its client is
	// still there. Most are over by then and pay for a timer alone.
	watchAfter = 50 * time.Millisecond

	// What is done about a client that may still be sending when its connection is closed.
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10

	// abandonTime is how long a client has to read the last answer before the connection
	// of a stuck event is closed under it.
	abandonTime = 100 * time.Millisecond
)

// peer is who is at the other end of a connection.
type peer struct {
	addr    netip.Addr // zero: not an IP address
	text    string     // of addr; empty: not an IP address
	trusted bool       // a proxy that is believed
}

// counted reports whether the bound on the connections of one address is for p.
func (p peer) counted() bool { return p.addr.IsValid() && !p.trusted }

// conn is a client's connection. fasthttp reads and writes it on one goroutine, the one that
// runs the handler; while a handler runs, nobody reads, and departures tell of a client that
// leaves. Where they can't, conn itself reads, to see the end of the stream. That costs the
// handler of a short event a timer and a lock that is free.
type conn struct {
	net.Conn
	peer     peer
	listener *listener

	// Owned by the goroutine that serves the connection.
	heard   bool  // something has come
	sawLine bool  // a line feed came since the last request ended
	readErr error // of the last Read that failed

	reads   atomic.Uint64 // calls of Read that have ended; a drain looks whether it moves
	linger  atomic.Bool   // the client may still be sending when we close
	flushed atomic.Bool   // the responses before have been written, as far as can be told
	closing atomic.Bool   // Close was called

	mu struct {
		sync.Mutex
		ended    sync.Cond               // signaled when watching becomes false
		cancel   context.CancelCauseFunc // of the event that runs; nil: none runs
		upload   *upload                 // that reads the connection, and nobody else does; nil: none
		timer    *time.Timer             // starts the watch
		ticket   uint64                  // of the departures' watch; 0: they watch nothing
		watching bool                    // a goroutine is in the watch's own Read
		aborted  bool                    // that Read was told to end
		ahead    bool                    // it took a byte that belongs to the next request
		byte     [1]byte                 // that byte

		deadlines deadlines
	}
}

func newConn(nc net.Conn, l *listener, p peer) *conn {
	c := &conn{Conn: nc, peer: p, listener: l}
	c.mu.ended.L = &c.mu
	c.flushed.Store(true)
	return c
}

// Read reads what the client sends.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.readAhead(p)
	if n == 0 && err == nil {
		n, err = c.Conn.Read(p)
	}
	c.reads.Add(1)
	if n > 0 {
		err = nil // the next call meets it again
	}
	if err != nil {
		c.readErr = err
	}
	if n > 0 && !c.heard {
		c.heard = true
		_ = c.SetReadDeadline(time.Now().Add(c.listener.head))
	}
	if !c.sawLine {
		c.sawLine = bytes.IndexByte(p[:n], '\n') >= 0
	}
	return n, err
}

// Write writes to the client. fasthttp holds a response back while it has more requests to
// read, so that one is out only when it is written.
func (c *conn) Write(p []byte) (int, error) {
	c.flushed.Store(true)
	return c.Conn.Write(p)
}

// readAhead returns the byte that the watch has read, if there is one; else the deadline for
// reading more is in force.
func (c *conn) readAhead(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.mu.ahead || len(p) == 0 {
		return 0, c.armLocked()
	}
	c.mu.ahead = false
	return copy(p, c.mu.byte[:]), nil
}

// begin returns the context of an event: it ends when the client leaves. end must follow. If
// the body of the request is still to come, u reads it, and knows when the client leaves.
func (c *conn) begin(u *upload) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.cancel = cancel
	c.mu.upload = u
	c.watchSoonLocked()
	return ctx
}

// watchSoonLocked starts the watch over the event in a while.
func (c *conn) watchSoonLocked() {
	if c.mu.timer == nil {
		c.mu.timer = time.AfterFunc(watchAfter, c.watch)
	} else {
		c.mu.timer.Reset(watchAfter)
	}
}

// deadline bounds u's next read. Its error says that there must be none any more.
func (c *conn) deadline(u *upload, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.upload != u || u.canceled.Load() {
		return os.ErrDeadlineExceeded
	}
	return c.readByLocked(t)
}

// interrupt ends a read of u's that is under way.
func (c *conn) interrupt(u *upload) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.upload == u {
		c.readByLocked(time.Unix(1, 0))
	}
}

// received takes note that u has read the body to its end: the watch can begin.
func (c *conn) received(u *upload) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.upload != u {
		return
	}
	c.mu.upload = nil
	if c.mu.cancel != nil {
		c.watchSoonLocked()
	}
}

// release takes the connection from u, which reads no more. What the client still sends of the
// body is for fasthttp to skip, for a moment.
func (c *conn) release(u *upload) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.upload != u {
		return
	}
	c.mu.upload = nil
	c.readByLocked(time.Now().Add(lingerTime))
}

// leave cancels the event that runs, because its client has left.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.cancel != nil {
		c.mu.cancel(errDeparted)
	}
}

// end ends the watch over an event. Afterwards the connection is fasthttp's alone to read.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.timer != nil {
		c.mu.timer.Stop()
	}
	c.mu.cancel = nil
	if c.mu.ticket != 0 {
		c.listener.departures.unwatch(c, c.mu.ticket)
		c.mu.ticket = 0
	}
	if !c.mu.watching {
		return
	}
	c.mu.aborted = true
	c.readByLocked(time.Unix(1, 0))
	for c.mu.watching {
		c.mu.ended.Wait()
	}
	c.mu.aborted = false
	c.readByLocked(time.Time{})
}

// watch cancels the event that runs if the client closes its side.
func (c *conn) watch() {
	c.mu.Lock()
	if c.mu.cancel == nil || c.mu.ticket != 0 {
		c.mu.Unlock()
		return
	}
	if c.mu.ticket = c.listener.departures.watch(c); c.mu.ticket != 0 {
		c.mu.Unlock()
		return
	}
	c.watchByReadingLocked()
}

// watchByReadingLocked is watch where nobody else can tell. It unlocks. A client that sends its
// next request instead is there; from then on, nothing is known until end. While the request's
// body is still to come, it stands between us and that end: received comes back here.
func (c *conn) watchByReadingLocked() {
	if c.mu.upload != nil || c.mu.watching || c.mu.ahead {
		c.mu.Unlock()
		return
	}
	c.mu.watching = true
	c.readByLocked(time.Time{}) // that of the request is not meant for its handler
	c.mu.Unlock()

	var b [1]byte
	n, err := c.Conn.Read(b[:])

	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.watching = false
	c.mu.ahead, c.mu.byte = n == 1, b
	if err != nil && !c.mu.aborted && c.mu.cancel != nil {
		c.mu.cancel(errDeparted)
	}
	c.mu.ended.Broadcast()
}

// busy reports whether an event runs.
func (c *conn) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.cancel != nil
}

// kill cancels the event that runs and closes the connection under the goroutine that serves
// it, which then calls Close.
func (c *conn) kill(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.cancel != nil {
		c.mu.cancel(cause)
	}
	c.Conn.Close()
}

// abandon ends the connection for good while the goroutine that serves it is stuck: nothing
// more is sent, and what the client still sends is not read.
func (c *conn) abandon(cause error) {
	c.mu.Lock()
	if c.mu.cancel != nil {
		c.mu.cancel(cause)
	}
	c.mu.Unlock()
	if c.closing.Swap(true) {
		return
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it is closed in a moment in any case
	}
	time.AfterFunc(abandonTime, func() {
		c.Conn.Close()
		c.listener.forget(c)
	})
}

// Close closes the connection. Where the client may still be sending, it hears the end of the
// response first and is listened to for a moment: closed at once, the kernel would answer
// what still arrives with a reset, and a reset takes the response with it.
func (c *conn) Close() error {
	if c.closing.Swap(true) {
		return nil
	}
	defer c.listener.forget(c)
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.linger.Load() && half.CloseWrite() == nil {
		c.readBy(time.Now().Add(lingerTime))
		io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}
