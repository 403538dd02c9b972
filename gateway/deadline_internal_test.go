package gateway

import (
	"net"
	"testing"
	"time"
)

// timed is a connection that knows its deadlines and has nothing to read.
type timed struct {
	net.Conn
	read, write time.Time
	moved       int
}

func (t *timed) Read([]byte) (int, error)           { return 0, net.ErrClosed }
func (t *timed) SetReadDeadline(d time.Time) error  { t.read = d; t.moved++; return nil }
func (t *timed) SetWriteDeadline(d time.Time) error { t.write = d; t.moved++; return nil }

// TestDeadlinesComeNoLaterThanAsked asks for what fasthttp asks for with each request.
func TestDeadlinesComeNoLaterThanAsked(t *testing.T) {
	t.Parallel()
	const slack, requests = 100 * time.Millisecond, 1000
	below := new(timed)
	c := newConn(below, &listener{slack: slack}, peer{})
	now := time.Unix(1e9, 0)
	check := func(what string, inForce, asked time.Time) {
		t.Helper()
		if late := inForce.Sub(asked); late > 0 || late < -slack {
			t.Fatalf("the deadline for %s is %v after what was asked for", what, late)
		}
	}
	for range requests {
		idle := now.Add(30 * time.Second)
		_ = c.SetReadDeadline(idle)
		_, _ = c.Read(make([]byte, 1))
		check("reading", below.read, idle)
		_ = c.SetReadDeadline(now.Add(10 * time.Second)) // all of the request is there
		_ = c.SetWriteDeadline(idle)
		check("writing", below.write, idle)
		now = now.Add(3 * time.Millisecond)
	}
	if below.moved > requests/8 {
		t.Errorf("%d requests moved deadlines %d times", requests, below.moved)
	}
	head := now.Add(10 * time.Second)
	_ = c.SetReadDeadline(head) // and now it is not
	_, _ = c.Read(make([]byte, 1))
	check("the rest of a head", below.read, head)

	_ = c.SetReadDeadline(now.Add(time.Hour))
	_ = c.readBy(now)
	_, _ = c.Read(make([]byte, 1))
	check("what is interrupted", below.read, now)
	_ = c.SetReadDeadline(time.Time{})
	_, _ = c.Read(make([]byte, 1))
	if !below.read.IsZero() {
		t.Errorf("a deadline is in force that was taken back: %v", below.read)
	}
}
