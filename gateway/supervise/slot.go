package supervise

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// settled is how long a child must have served for its loss to be an accident, and
	// not the way it starts.
	settled = 100 * time.Millisecond
	// youngMax is how many children in a row may be lost younger than that before their
	// successors wait as after a failed start.
	youngMax = 100
)

// slot keeps one child running. What is not under its lock belongs to its goroutine.
type slot struct {
	number  int
	s       *Supervisor
	reloads chan reload

	current *Child      // the one that serves, or will; nil: the next start waits for retry
	greeted bool        // current has been ready
	next    *Child      // starts, to replace current
	asked   *reload     // who waits for next
	young   int         // children lost in a row that were ready for less than settled
	retry   *time.Timer // fires when the next start is tried; nil: none is waited for
	mu      struct {
		sync.Mutex
		restarts, failures int
		retry              time.Time
		cause              string
		lost               time.Time
	}
}

// reload asks a slot for a new child.
type reload struct{ answer chan<- error }

// reload replaces the slot's child and waits until the new one serves.
func (sl *slot) reload(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case sl.reloads <- reload{answer}:
	case <-sl.s.stopping:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tend starts the slot's children, each when the one before can't go on, until the
// Supervisor stops.
func (sl *slot) tend() {
	defer sl.rest()
	sl.startCurrent()
	for {
		var currentReady, currentLost, nextReady, nextLost <-chan struct{}
		var retry <-chan time.Time
		reloads := sl.reloads
		if sl.current != nil {
			currentLost = sl.current.lost
			if !sl.greeted {
				currentReady = sl.current.ready
			}
		}
		if sl.next != nil {
			nextReady, nextLost, reloads = sl.next.ready, sl.next.lost, nil
		} else if sl.retry != nil {
			retry = sl.retry.C
		}
		select {
		case <-sl.s.stopping:
			return
		case <-currentReady:
			sl.greeted = true
			sl.clearFailures()
		case <-currentLost:
			sl.lostCurrent()
		case <-retry:
			sl.retry = nil
			sl.startCurrent()
		case r := <-reloads:
			sl.startNext(r)
		case <-nextReady:
			sl.switchToNext()
		case <-nextLost:
			sl.lostNext()
		}
	}
}

// rest ends the goroutine.
func (sl *slot) rest() {
	if sl.retry != nil {
		sl.retry.Stop()
	}
	if sl.asked != nil {
		sl.asked.answer <- ErrClosed
	}
}

func (sl *slot) startCurrent() {
	c, err := sl.s.spawn(sl.number)
	if err != nil {
		sl.failed(err.Error())
		return
	}
	sl.current, sl.greeted = c, false
}

// lostCurrent starts a successor: at once, or after a pause when children don't live.
func (sl *slot) lostCurrent() {
	c := sl.current
	sl.current = nil
	sl.lostOne(c)
	served := c.servedFor()
	sl.mu.Lock()
	sl.mu.restarts++
	sl.mu.Unlock()
	switch {
	case served >= settled:
		sl.young = 0
	case served > 0:
		sl.young++
	}
	switch {
	case served == 0, sl.young > youngMax:
		sl.failed(c.Status().Cause)
	case sl.next == nil:
		sl.startCurrent()
	}
}

// lostOne notes why a child was lost, and sees to its end.
func (sl *slot) lostOne(c *Child) {
	sl.mu.Lock()
	sl.mu.cause, sl.mu.lost = c.Status().Cause, time.Now()
	sl.mu.Unlock()
	sl.s.running.Go(func() { c.expire(context.Background(), sl.s.cfg.DrainMax) })
}

// failed notes that a start has failed, and when the next is tried.
func (sl *slot) failed(cause string) {
	sl.mu.Lock()
	sl.mu.failures++
	pause := backoff(sl.s.cfg.BackoffMin, sl.s.cfg.BackoffMax, max(sl.mu.failures, sl.young-youngMax))
	sl.mu.retry = time.Now().Add(pause)
	sl.mu.cause = oneLine(cause)
	sl.mu.Unlock()
	sl.retry = time.NewTimer(pause)
	sl.s.announce(ChildStatus{})
}

// clearFailures notes that the slot's children become ready.
func (sl *slot) clearFailures() {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.mu.failures, sl.mu.retry = 0, time.Time{}
}

// backoff is the pause after the nth failure in a row, from 1: least, doubled with each,
// and most in the end.
func backoff(least, most time.Duration, n int) time.Duration {
	for ; n > 1 && least < most; n-- {
		least *= 2
	}
	return min(least, most)
}

func (sl *slot) startNext(r reload) {
	c, err := sl.s.spawn(sl.number)
	if err != nil {
		r.answer <- err
		return
	}
	sl.next, sl.asked = c, &r
}

// switchToNext lets the old child drain.
func (sl *slot) switchToNext() {
	old := sl.current
	sl.current, sl.greeted, sl.next = sl.next, true, nil
	if sl.retry != nil {
		sl.retry.Stop()
		sl.retry = nil
	}
	sl.clearFailures()
	if old != nil {
		old.become(Draining, "")
		patience := sl.s.cfg.DrainMax
		sl.s.running.Go(func() { old.order(patience) })
		sl.s.running.Go(func() { old.expire(context.Background(), patience) })
	}
	sl.asked.answer <- nil
	sl.asked = nil
}

// lostNext ends a reload that has failed.
func (sl *slot) lostNext() {
	c := sl.next
	sl.next = nil
	sl.lostOne(c)
	cause := c.Status().Cause
	sl.asked.answer <- fmt.Errorf("%w: %s %d: %s", ErrStart, sl.s.cfg.Kind, sl.number, cause)
	sl.asked = nil
	if sl.current == nil && sl.retry == nil {
		sl.failed(cause)
	}
}

func (sl *slot) status() SlotStatus {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	return SlotStatus{Slot: sl.number, Restarts: sl.mu.restarts, Failures: sl.mu.failures, Retry: sl.mu.retry,
		LastCause: sl.mu.cause, LastLoss: sl.mu.lost}
}
