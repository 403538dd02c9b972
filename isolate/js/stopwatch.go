package js

import (
	"sync"
	"time"
)

// lapError is by how much a turn's CPU time may be taken for more than it was. Reading a
// thread's CPU clock is a system call, which costs as much as a short script; the clock on
// the wall costs a tenth of that, and no turn uses more CPU time than it lasts.
const lapError = 100 * time.Microsecond

// stopwatch measures the CPU time of one turn after the other, each on the thread that it is
// locked to: never less than it was, and at most lapError more. A turn that is shorter counts
// by the clock on the wall, a longer one by its thread's.
type stopwatch struct {
	thread threadClock
	began  time.Duration // Turns.clock when the turn began
	base   time.Duration // the thread's CPU clock, at most lapError before began
}

// start begins a turn of t on thread.
func (s *stopwatch) start(t *Turns, thread threadClock) {
	s.thread, s.began = thread, t.clock()
	s.base = t.readings.before(thread, s.began)
}

// used is the CPU time of the turn, up to now. Any goroutine may ask that knows of the turn.
func (s *stopwatch) used(t *Turns) time.Duration {
	return min(t.clock()-s.began, s.thread.now()-s.base)
}

// stop is used at the turn's end, on its thread.
func (s *stopwatch) stop(t *Turns) time.Duration {
	now := t.clock()
	if now-s.began <= lapError {
		return now - s.began
	}
	return min(now-s.began, t.readings.take(s.thread, now)-s.base)
}

// readings are the last ones of the CPU clocks of threads, for turns that begin soon after.
// The zero value is ready for use.
type readings struct {
	mu sync.Mutex
	of [8]reading // by the thread's number; those that share a place read more often
}

type reading struct {
	thread threadClock
	at     time.Duration // Turns.clock; 0: there was none
	cpu    time.Duration
}

// before returns what the CPU clock of the calling thread read at some time within lapError
// before now.
func (r *readings) before(thread threadClock, now time.Duration) time.Duration {
	r.mu.Lock()
	last := *r.place(thread)
	r.mu.Unlock()
	if last.at > 0 && last.thread == thread && now-last.at <= lapError {
		return last.cpu
	}
	return r.take(thread, now)
}

// take reads the CPU clock of the calling thread, at now.
func (r *readings) take(thread threadClock, now time.Duration) time.Duration {
	cpu := threadCPU()
	r.mu.Lock()
	*r.place(thread) = reading{thread, now, cpu}
	r.mu.Unlock()
	return cpu
}

func (r *readings) place(thread threadClock) *reading { return &r.of[thread.id()%len(r.of)] }
