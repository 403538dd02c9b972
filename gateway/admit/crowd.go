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
	// patience is how long all slots may be taken by events that wait for CPU time, or the line
	// grow, before that is no burst any more.
	patience = 500 * time.Millisecond
	// calm is how long nobody has had to be refused when the crowd is gone.
	calm = time.Second

	// A line grows for as long as each step of time brings an eighth of the events that it has
	// gained by then, at least; it is a crowd once it has gained enough of them.
	growthStep   = patience / 2
	growthShare  = 8
	growthEvents = 32
)

// crowd tells a burst, which may wait, from more events than there is CPU time for: however
// long those waited, the line would stay as long. Once that is found, events are admitted
// only while the line is short, so that those that are wait for next to nothing and the
// others know at once. It takes a long line to begin, that goes on growing or has taken all
// slots, and a quiet second to end: a fixed number of clients, each of which waits for its
// answer, is no crowd.
type crowd struct {
	shedding atomic.Bool
	mu       struct {
		sync.Mutex
		full    spell     // in which events found all slots taken
		long    spell     // in which events found a long line
		growth  growth    // of that line
		refused time.Time // when an event was refused last
	}
}

// spell is a time in which something happened again and again.
type spell struct{ since, last time.Time }

// goesOn is told that it has happened, and returns for how long it has been doing so; 0: that
// was the first time in a while.
func (s *spell) goesOn(now time.Time) time.Duration {
	if now.Sub(s.last) > patience {
		s.since = now
	}
	s.last = now
	return now.Sub(s.since)
}

// growth is that of a number of events, over steps of time.
type growth struct {
	first, last int       // events when it began to grow, and at the last step
	steps       int       // it has grown in so far
	step        time.Time // when the present one began
}

// goesOn is told of the events of this moment, and reports whether they have become more for
// long enough, and are enough, not to be a burst.
func (g *growth) goesOn(events int, now time.Time) bool {
	if now.Sub(g.step) >= growthStep {
		g.steps++
		if more := events - g.last; more <= 0 || more < (events-g.first)/growthShare {
			g.first, g.steps = events, 0
		}
		g.last, g.step = events, now
	}
	return g.steps >= int(patience/growthStep) && events-g.first >= growthEvents
}

// forms is told of an event that meets a long line, of how many events there are in all, and
// whether it found no slot. It reports whether they are a crowd.
func (c *crowd) forms(events int, full bool, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.long.goesOn(now) == 0 {
		c.mu.growth = growth{first: events, last: events, step: now}
	}
	grows := c.mu.growth.goesOn(events, now)
	if full {
		full = c.mu.full.goesOn(now) >= patience
	}
	if !full && !grows {
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
		c.mu.full, c.mu.long = spell{}, spell{}
		c.shedding.Store(false)
		return true
	}
	if delay <= shortLine {
		return true
	}
	c.mu.refused = now
	return false
}
