package js

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrCPU says that an event used up its CPU time.
var ErrCPU = errors.New("js: CPU time used up")

const (
	watchPeriod = time.Millisecond
	// watchIdle is how long the watchdog goes on looking when there is no turn: waking it
	// for each turn would cost more than its look every millisecond.
	watchIdle = 50 * watchPeriod
)

// watchdog interrupts the turn that is running when the CPU clock of its thread reaches
// its limit. It sleeps while nothing runs.
type watchdog struct {
	current struct { // the turn that is watched
		sync.Mutex // held while interrupting, so that no interrupt reaches the turn after
		vm         *VM
		clock      threadClock
		limit      time.Duration
	}
	asleep  atomic.Bool
	wake    chan struct{}
	quit    chan struct{}
	stopped chan struct{}
}

func (w *watchdog) start() {
	w.wake, w.quit, w.stopped = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go w.run()
}

func (w *watchdog) stop() {
	close(w.quit)
	<-w.stopped
}

// watch interrupts vm when this thread's CPU clock reaches limit, until unwatch. The
// goroutine is locked to its thread.
func (w *watchdog) watch(vm *VM, limit time.Duration) {
	clock := currentThread()
	w.current.Lock()
	w.current.vm, w.current.clock, w.current.limit = vm, clock, limit
	w.current.Unlock()
	if w.asleep.CompareAndSwap(true, false) {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// unwatch ends the watch: when it returns, no interrupt will come.
func (w *watchdog) unwatch() {
	w.current.Lock()
	w.current.vm = nil
	w.current.Unlock()
}

func (w *watchdog) run() {
	defer close(w.stopped)
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	idle := 0
	for {
		select {
		case <-w.quit:
			return
		case <-tick.C:
		}
		if w.look() {
			idle = 0
			continue
		}
		idle++
		if idle < int(watchIdle/watchPeriod) {
			continue
		}
		idle = 0
		w.asleep.Store(true)
		if w.look() { // a turn began before it could see that the watchdog sleeps
			w.asleep.Store(false)
			continue
		}
		tick.Stop()
		select {
		case <-w.quit:
			return
		case <-w.wake:
		}
		tick.Reset(watchPeriod)
	}
}

// look interrupts the current turn if it is past its limit, and says whether there is one.
func (w *watchdog) look() bool {
	w.current.Lock()
	defer w.current.Unlock()
	if w.current.vm == nil {
		return false
	}
	if w.current.clock.now() >= w.current.limit {
		w.current.vm.cut(ErrCPU)
		w.current.vm = nil
	}
	return true
}
