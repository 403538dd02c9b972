package replicate

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// lookTimeout bounds one look at the catalog.
const lookTimeout = 5 * time.Second

// looksApartMax is how many times Config.Poll looks are apart, at most, while they fail.
const looksApartMax = 4

// looker looks at the catalog, one look at a time. The loop owns it.
type looker struct {
	catalog *catalog.Catalog
	poll    time.Duration

	seen     *catalog.Snapshot // what the loop acts on; never nil after the start
	real     bool              // whether seen was read from the catalog, not made of the file
	number   int               // of the look that was begun last
	busy     bool              // whether that one still goes on
	now      bool              // whether the next is due at once
	failures int               // in a row
	next     time.Time         // when the next is due
	err      error             // why the last one failed
}

// look is one look at the catalog.
type look struct {
	number   int
	snapshot *catalog.Snapshot // nil: what was seen before is the newest, or err
	err      error
}

// due returns when the next look is to begin, and false if one is going on.
func (l *looker) due() (time.Time, bool) {
	if l.now {
		return time.Time{}, !l.busy
	}
	return l.next, !l.busy
}

// begin returns a look for another goroutine to make.
func (l *looker) begin() func(context.Context) look {
	l.number++
	l.busy, l.now = true, false
	number, seen := l.number, l.seen
	if !l.real {
		seen = nil
	}
	return func(ctx context.Context) look {
		snapshot, err := newer(ctx, l.catalog, seen)
		return look{number: number, snapshot: snapshot, err: err}
	}
}

// end notes how a look went.
func (l *looker) end(err error, now time.Time) {
	l.busy, l.err = false, err
	if err == nil {
		l.failures = 0
	} else {
		l.failures++
	}
	apart := l.poll * time.Duration(min(1<<min(l.failures, 10), looksApartMax))
	if l.failures == 0 {
		apart = l.poll
	}
	l.next = now.Add(apart - rand.N(apart/8+1)) // not all nodes at the same moment
}

// newer returns the catalog's snapshot, or nil if it is the one that was seen. Without
// one that was seen it never returns nil.
func newer(ctx context.Context, c *catalog.Catalog, seen *catalog.Snapshot) (*catalog.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if seen != nil {
		mark, err := c.Mark(ctx)
		if err != nil || mark == seen.Mark {
			return nil, err
		}
	}
	return c.Snapshot(ctx)
}
