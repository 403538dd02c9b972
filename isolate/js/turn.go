package js

import (
	"context"
	"sync"
)

// Turns lets one VM of a process run at a time. That makes CPU time, memory and blame
// exact, and costs little: a turn lasts until the script waits for something.
//
// A turn that asks with low priority, for work that nobody waits for, gets it when no
// other is asking. Within a priority turns are given in the order they were asked for.
// All methods are safe for concurrent use.
type Turns struct {
	watchdog watchdog
	mu       struct {
		sync.Mutex
		taken bool
		high  queue
		low   queue
	}
}

// NewTurns returns Turns that nobody has. Close it when no VM uses it any more.
func NewTurns() *Turns {
	t := new(Turns)
	t.watchdog.start()
	return t
}

// Close stops the goroutine that watches turns, and waits for it.
func (t *Turns) Close() { t.watchdog.stop() }

// Priority orders those that wait for a turn.
type Priority int

// The priorities of a turn.
const (
	High Priority = iota // an event: somebody waits for it
	Low                  // warming, and work after a response
)

type waiter struct {
	ready chan struct{} // closed when the turn is the waiter's
	gone  bool          // the waiter has given up; guarded by Turns.mu
}

// take waits for the turn, or for ctx.
func (t *Turns) take(ctx context.Context, p Priority) error {
	t.mu.Lock()
	if !t.mu.taken {
		t.mu.taken = true
		t.mu.Unlock()
		return nil
	}
	w := &waiter{ready: make(chan struct{})}
	t.queueLocked(p).push(w)
	t.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	select {
	case <-w.ready: // given in the meantime: pass it on
		t.mu.Unlock()
		t.give()
	default:
		w.gone = true
		t.mu.Unlock()
	}
	return ctx.Err()
}

// give hands the turn to the next one waiting.
func (t *Turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range []*queue{&t.mu.high, &t.mu.low} {
		for w := q.pop(); w != nil; w = q.pop() {
			if !w.gone {
				close(w.ready)
				return
			}
		}
	}
	t.mu.taken = false
}

func (t *Turns) queueLocked(p Priority) *queue {
	if p == Low {
		return &t.mu.low
	}
	return &t.mu.high
}

// queue is first in, first out, and keeps its memory.
type queue struct {
	items []*waiter
	head  int
}

func (q *queue) push(w *waiter) { q.items = append(q.items, w) }

func (q *queue) pop() *waiter {
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
		return nil
	}
	w := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return w
}
