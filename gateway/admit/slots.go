package admit

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// slots is a semaphore that locks only when someone has to wait.
//
// Who takes or gives back a slot looks at waiting after it has changed taken, and who waits
// looks at taken after it has changed waiting: of two that meet, at least one sees the
// other, so that no slot stays free while an event waits for it.
type slots struct {
	limit   atomic.Int64
	taken   atomic.Int64
	waiting atomic.Int64 // length of queue; above zero, newcomers queue up too
	mu      struct {
		sync.Mutex
		queue list.List // of chan struct{}, closed when its owner has been given a slot
	}
}

var errBacklog = errors.New("admit: too many wait")

// try takes a slot if one is free and nobody waits for it.
func (s *slots) try() bool { return s.waiting.Load() == 0 && s.take() }

func (s *slots) take() bool {
	for {
		n := s.taken.Load()
		if n >= s.limit.Load() {
			return false
		}
		if s.taken.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// enter takes a slot, or waits for one until ctx ends and returns the cause. Where backlog
// events wait already, it returns errBacklog at once; 0: no bound.
func (s *slots) enter(ctx context.Context, backlog int) error {
	if s.try() {
		return nil
	}
	ready := make(chan struct{})
	s.mu.Lock()
	if backlog > 0 && s.mu.queue.Len() >= backlog {
		s.mu.Unlock()
		return errBacklog
	}
	place := s.mu.queue.PushBack(ready)
	s.waiting.Add(1)
	s.grantLocked()
	s.mu.Unlock()

	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-ready: // given in the same moment: pass it on
		s.taken.Add(-1)
	default:
		s.mu.queue.Remove(place)
		s.waiting.Add(-1)
	}
	s.grantLocked()
	return context.Cause(ctx)
}

func (s *slots) leave() {
	s.taken.Add(-1)
	if s.waiting.Load() > 0 {
		s.grant()
	}
}

// grant gives free slots to those that have waited longest.
func (s *slots) grant() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grantLocked()
}

func (s *slots) grantLocked() {
	for s.mu.queue.Len() > 0 && s.take() {
		close(s.mu.queue.Remove(s.mu.queue.Front()).(chan struct{}))
		s.waiting.Add(-1)
	}
}
