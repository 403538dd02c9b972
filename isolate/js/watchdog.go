package js

import (
	"errors"
	"slices"
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

	// measureMin is how long a turn must last for its allocations to be measured: reading
	// the runtime's counters costs a third of a microsecond.
	measureMin = 100 * time.Microsecond
)

// watchdog looks at the turn that is running every millisecond, and takes it up the ladder
// when it is past its limits: it is interrupted; if that doesn't help, given up for lost;
// then the process is killed. It sleeps while nothing runs.
type watchdog struct {
	turns *Turns
	mu    struct {
		sync.Mutex          // held while interrupting, so that no interrupt reaches the turn after
		current    *watch   // nil: no turn, or none that is watched
		lost       []*watch // turns that overran and whose goroutines have not come back
		ledger     ledger
		trials     trials
		asides     []*aside // work beside turns that is under way
	}
	asleep  atomic.Bool
	wake    chan struct{}
	collect chan struct{} // holds a token when a trial was begun
	free    chan struct{} // holds a token when an event was cut for its memory
	quit    chan struct{}
	work    sync.WaitGroup
}

// watch is a turn that is watched.
type watch struct {
	meter     *Meter
	step      step
	cut       time.Duration // the CPU time of the event's turns when it was due to be interrupted
	allocated int64         // what it had allocated then
}

// used is the CPU time of the event's turns, up to now.
func (c *watch) used() time.Duration { return c.meter.used + c.meter.lap.used(c.meter.turns) }

// step is how far up the ladder a turn is.
type step int

const (
	running step = iota
	interrupted
	overrun
	killed
)

func (w *watchdog) start(t *Turns) {
	w.turns = t
	w.wake, w.collect, w.free = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1)
	w.quit = make(chan struct{})
	w.mu.ledger.init(t.cfg.Known)
	w.work.Go(w.run)
	w.work.Go(w.try)
}

func (w *watchdog) stop() {
	close(w.quit)
	w.work.Wait()
}

// open starts a new account for m.
func (w *watchdog) open(m *Meter, a Account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.account, m.used = a, 0
	m.aside.Store(0)
	h := &m.memory
	*h = holding{heavy: h.heavy, bytes: h.own, peak: h.own, made: h.made, own: h.own}
	w.mu.ledger.enlist(m)
}

// begin watches m's turn on this thread until end. The goroutine is locked to its thread.
func (w *watchdog) begin(m *Meter) {
	watch := &m.watch
	watch.meter, watch.step = m, running
	woken := w.asleep.Load() && w.asleep.CompareAndSwap(true, false)
	w.mu.Lock()
	if woken || m.memory.heavy {
		w.readLocked(nil) // what others allocated is not m's
	}
	w.mu.current = watch
	w.mu.Unlock()
	if woken {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// end ends the watch of m's turn, which took used: when it returns, no interrupt will come.
func (w *watchdog) end(m *Meter, used time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { m.used += used }()
	if w.mu.current != &m.watch {
		if i := slices.Index(w.mu.lost, &m.watch); i >= 0 {
			w.mu.lost = slices.Delete(w.mu.lost, i, i+1)
		}
		return
	}
	switch {
	case m.account.MemoryBytes == 0:
	case m.memory.heavy || used >= measureMin:
		w.readLocked(m)
		w.judgeLocked(m, 0)
	default:
		m.memory.add(int64(used) * allocationRate)
		m.memory.peak = max(m.memory.peak, m.memory.bytes)
		w.mu.ledger.enlist(m)
	}
	w.mu.current = nil
}

func (w *watchdog) run() {
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

// look takes turns up the ladder, and says whether there is any to watch.
func (w *watchdog) look() (any bool) {
	w.mu.Lock()
	var over *Overrun
	var culprit *Meter
	if c := w.mu.current; c != nil {
		any = true
		if c.meter.account.MemoryBytes > 0 {
			w.readLocked(c.meter)
			w.judgeLocked(c.meter, 0)
		}
		if over = w.climb(c); over != nil {
			culprit = c.meter
			w.mu.current = nil
			w.mu.lost = append(w.mu.lost, c)
		}
	}
	for _, a := range w.mu.asides {
		any = true
		w.chargeLocked(a)
	}
	kill := false
	for _, c := range w.mu.lost {
		any = true
		kill = w.dead(c) || kill
	}
	w.mu.Unlock()
	if over != nil {
		w.turns.overrun(culprit, *over)
	}
	if kill && w.turns.cfg.Kill != nil {
		w.turns.cfg.Kill()
	}
	return any
}

// climb interrupts the turn that is past its limit. It returns an Overrun if the interrupt
// was of no use.
func (w *watchdog) climb(c *watch) *Overrun {
	m, used, aside := c.meter, c.used(), time.Duration(c.meter.aside.Load())
	switch {
	case c.step == running && m.account.CPU > 0 && used+aside >= m.account.CPU:
		c.step, c.cut, c.allocated = interrupted, m.account.CPU, m.memory.total
		if aside > 0 {
			c.cut = used // and not a time in the past
		}
		m.vm.cut(ErrCPU)
	case c.step == interrupted && (used >= c.cut+w.turns.cfg.Grace || m.memory.total-c.allocated > m.account.MemoryBytes+runaway):
		c.step = overrun
		a := &m.account
		return &Overrun{Owner: a.Owner, Flow: a.Flow, Cause: *m.vm.cause.Load(), Used: used + aside, Budget: a.CPU}
	}
	return nil
}

// dead says, once, that a lost turn is still running when the process should be killed.
func (w *watchdog) dead(c *watch) bool {
	used := c.used()
	if after := w.turns.cfg.KillAfter; c.step == overrun && after > 0 && used >= c.cut+after {
		c.step = killed
		return true
	}
	return false
}
