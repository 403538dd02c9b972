package js

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// memoryMargin is how far an event may be over its cap: what can't be told from the
	// noise of the rest of the process. An event is tried when it may be over by twice that.
	memoryMargin = 4 << 20

	// trialRest is how long to rest after forced collections in a row, as a multiple of what
	// one took: a program that only makes garbage must not make the process collect all the
	// time.
	trialRest = 4

	// runaway is what events may have the heap grow to, beside twice the cap, until resting
	// is over.
	runaway = 32 << 20

	// hopeless is how many times its cap, and how much more, an event may hold until it is
	// cut without a trial: a script that doubles a string would have all of the machine
	// before the verdict. One that makes garbage is held up while it is on trial.
	hopeless = 4

	// freeAfter is when memory is given back to the system after an event was cut for it.
	freeAfter = time.Second
)

// trial finds out what an event holds that may hold too much: a collection is forced, on a
// goroutine of its own. Others have their turns meanwhile; the suspect is held up at its
// next checkpoint. The verdict is by what it holds at least. A collection that came of its
// own accord may bring the verdict, too, without a trial or before its end.
type trial struct {
	suspect *Meter
	from    int64         // holding.total when it began
	over    chan struct{} // closed when the verdict is in
}

// trials is guarded by watchdog.mu.
type trials struct {
	current    *trial
	collecting bool // a forced collection is under way
	inRow      int  // those without a verdict of guilty
	rest       time.Time
}

// readLocked brings the ledger up to date; see [ledger.read]. After a collection, all those
// who are sure to hold too much are cut.
func (w *watchdog) readLocked(m *Meter) {
	if !w.mu.ledger.read(m) {
		return
	}
	t := w.mu.trials.current
	for _, m := range w.mu.ledger.events() {
		h, budget := &m.memory, m.account.MemoryBytes
		sure := h.sure
		if t != nil && t.suspect == m {
			sure = min(sure, h.least-(h.total-t.from))
		}
		if budget > 0 && sure > budget+memoryMargin && len(w.mu.lost) == 0 {
			w.cutLocked(m)
		}
	}
	if t != nil && (t.suspect.memory.bytes <= t.suspect.account.MemoryBytes || t.suspect.vm.cause.Load() != nil) {
		w.concludeLocked()
	}
}

// cutLocked ends m's event for its memory, in its turn or before the next.
func (w *watchdog) cutLocked(m *Meter) {
	if m.vm.cause.Load() != nil {
		return
	}
	if c := w.mu.current; c == &m.watch && c.step == running {
		c.step, c.cut, c.allocated = interrupted, c.used(), m.memory.total
	}
	m.vm.cut(ErrMemory)
	m.vm.loop.posted.wake()
	w.mu.trials.inRow = 0
	select {
	case w.free <- struct{}{}:
	default:
	}
}

// judgeLocked begins a trial of m if, with more bytes, it could hold more than it may.
func (w *watchdog) judgeLocked(m *Meter, more int64) {
	h, l, budget := &m.memory, &w.mu.ledger, m.account.MemoryBytes
	if budget == 0 || h.bytes+more <= budget+2*memoryMargin || l.excess()+more <= budget+2*memoryMargin {
		return
	}
	if h.bytes > hopeless*budget+2*runaway && len(w.mu.lost) == 0 {
		w.cutLocked(m)
	}
	trials := &w.mu.trials
	if trials.collecting || len(w.mu.lost) > 0 || m.vm.cause.Load() != nil {
		return
	}
	if time.Now().Before(trials.rest) && l.excess()+more < 2*budget+runaway {
		return
	}
	trials.current, trials.collecting = &trial{suspect: m, from: h.total, over: make(chan struct{})}, true
	m.vm.heed.Store(true)
	w.collect <- struct{}{}
}

// concludeLocked ends the trial.
func (w *watchdog) concludeLocked() {
	if t := w.mu.trials.current; t != nil {
		w.mu.trials.current = nil
		close(t.over)
	}
}

// try collects for trials, until the watchdog stops.
func (w *watchdog) try() {
	var due <-chan time.Time // when memory is given back; nil: there is nothing to give
	for {
		select {
		case <-w.quit:
			w.tried(0)
			return
		case <-w.free:
			if due == nil {
				due = time.After(freeAfter)
			}
		case <-due:
			debug.FreeOSMemory()
			due = nil
		case <-w.collect:
			began := time.Now()
			runtime.GC()
			w.tried(time.Since(began))
		}
	}
}

// tried ends a trial whose collection took so long, and rests, the longer the more trials
// were in vain.
func (w *watchdog) tried(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var m *Meter
	if c := w.mu.current; c != nil && c.meter.account.MemoryBytes > 0 {
		m = c.meter
	}
	w.readLocked(m)
	w.concludeLocked()
	trials := &w.mu.trials
	trials.collecting = false
	trials.rest = time.Now().Add(took * time.Duration(min(trials.inRow, trialRest)))
	trials.inRow++
}

// suspected returns the trial that m is in; nil: none.
func (w *watchdog) suspected(m *Meter) *trial {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.mu.trials.current; t != nil && t.suspect == m {
		return t
	}
	return nil
}

// await waits for the trial that m is in, between its turns, or for ctx. An event that was
// found guilty gets no turn: its VM ends.
func (w *watchdog) await(ctx context.Context, m *Meter) error {
	if t := w.suspected(m); t != nil {
		select {
		case <-t.over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if cause := m.vm.cause.Load(); cause != nil {
		m.vm.end(*cause)
	}
	return m.vm.ended
}

// pause gives the turn up, in the middle of Go code that a script called, while m's event
// is on trial.
func (m *Meter) pause() {
	m.vm.heed.Store(false)
	if m.turns == nil || m.depth == 0 {
		return
	}
	if t := m.turns.watchdog.suspected(m); t != nil {
		depth := m.depth
		m.stop()
		<-t.over
		_ = m.start(context.Background()) // fails only if the context ends
		m.depth = depth
	}
}
