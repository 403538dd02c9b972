package gateway

import "time"

// fasthttp moves the deadlines of a connection on three times for each request. Moving one
// costs a timer, so that a connection does it when it is about to read or write, and not if
// the deadline in force is about as good: it may come up to slackMax sooner than was asked
// for, and never later.
const (
	slackMax   = 100 * time.Millisecond
	slackShare = 64 // of a timeout, where that is less
)

// slackOf returns how much sooner the deadlines of connections may come.
func slackOf(cfg *Config) time.Duration {
	return min(slackMax, min(cfg.HeadTimeout, cfg.IdleTimeout, cfg.WriteTimeout)/slackShare)
}

// deadlines are those of a connection. Guarded by conn.mu.
type deadlines struct {
	read, write time.Time // in force; zero: none
	next        time.Time // for the next Read of conn, if asked
	asked       bool
}

// enough reports whether the deadline in force will do for t.
func (c *conn) enough(inForce, t time.Time) bool {
	if inForce.IsZero() || t.IsZero() {
		return false
	}
	d := t.Sub(inForce)
	return 0 <= d && d <= c.listener.slack
}

// SetReadDeadline is fasthttp's: it bounds the Read that follows. None is under way. Clients
// open connections ahead of their requests: one that has sent nothing yet is idle, not slow,
// and fasthttp can't tell.
func (c *conn) SetReadDeadline(t time.Time) error {
	if !c.heard {
		t = t.Add(max(0, c.listener.silence-c.listener.head))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.deadlines.next, c.mu.deadlines.asked = t, true
	return nil
}

// armLocked puts the deadline in force that was asked for.
func (c *conn) armLocked() error {
	d := &c.mu.deadlines
	if !d.asked {
		return nil
	}
	d.asked = false
	if c.enough(d.read, d.next) {
		return nil
	}
	return c.readByLocked(d.next)
}

// readBy bounds reads, that under way included, in place of what was asked for before.
func (c *conn) readBy(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readByLocked(t)
}

func (c *conn) readByLocked(t time.Time) error {
	c.mu.deadlines.read, c.mu.deadlines.asked = t, false
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline bounds writes, that under way included.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.enough(c.mu.deadlines.write, t) {
		return nil
	}
	c.mu.deadlines.write = t
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline bounds reads and writes.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.readBy(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}
