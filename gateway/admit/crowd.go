package admit

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// shortLine is a delay that nobody minds: the line moves.
	shortLine = 5 * time.Millisecond
	// longLine is a delay that tells a crowd. Slots are full of waiting events without one, too:
	// of those that go on for a while after their responses.
	longLine = 250 * time.Millisecond
	// patience is how long all slots may be taken by events that wait for CPU time, before
	// that is no burst any more.
	patience = 500 * time.Millisecond
	// calm is how long nobody has had to be refused when the crowd is gone.
	calm = time.Second
)

// crowd tells a burst, which may wait, from more events than there is CPU time for: however
// long those waited, the line would stay as long. Once that is found, events are admitted
// only while the line is short, so that those that are wait for next to nothing and the
// others know at once. It takes slots full of waiting events to begin and a quiet second to
// end: a fixed number of clients, each of which waits for its answer, is no crowd.
type crowd struct {
	shedding atomic.Bool
	mu       struct {
		sync.Mutex
		since   time.Time // when events began to find all slots taken
		last    time.Time // when one did
		refused time.Time // when one was refused last
	}
}

// lasts is told of an event that has found no slot, and reports whether that has gone on for
// too long.
func (c *crowd) lasts(delay time.Duration, now time.Time) bool {
	if delay < longLine {
		return false // the line moves, or those who have the slots wait for something else
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.mu.last) > patience {
		c.mu.since = now
	}
	c.mu.last = now
	if now.Sub(c.mu.since) < patience {
		return false
	}
	c.mu.refused = now
	c.shedding.Store(true)
	return true
}

// admits reports whether an event may come in while the crowd lasts.
func (c *crowd) admits(delay time.Duration, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.mu.refused) > calm {
		c.mu.since, c.mu.last = time.Time{}, time.Time{}
		c.shedding.Store(false)
		return true
	}
	if delay <= shortLine {
		return true
	}
	c.mu.refused = now
	return false
}
