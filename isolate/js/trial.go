package js

import (
	"cmp"
	"context"
	"runtime"
	"runtime/debug"
	"slices"
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

	// hopeless is how many times its cap, and twice runaway, an event may hold until it is
	// cut without a verdict, if half of that was allocated since the last collection: a
	// script that doubles a string would have all of the machine before a verdict. One that
	// makes garbage is held up while it is on trial.
	hopeless = 4

	// aloneTime is how long a suspect is alone at least while others wait, unless it has
	// allocated as much as it may hold before.
	aloneTime = 50 * time.Millisecond

	// freeAfter is when memory is given back to the system after an event was cut for it.
	freeAfter = time.Second
)

// trial finds out what an event holds that may hold too much. A collection is forced, on a
// goroutine of its own: others have turns meanwhile, the suspect is held up at its next
// checkpoint. The verdict is by what it holds at least. A collection that came of its own
// accord may bring the verdict, too, without a trial or before its end, but less surely: it
// is not known when that began.
//
// Of two suspects that allocate at the same time nobody can tell who keeps what. So when
// there are several, the others are held up from one collection to the next, and each gets
// its time alone: what is kept more after it is its. If that can't be seen for all that
// others do, and memory runs away, the one that is seen to hold most is cut.
type trial struct {
	suspect    *Meter
	from       int64         // holding.total when it began
	collecting bool          // the suspect's time alone is over
	over       chan struct{} // closed when the verdict is in
}

// trials is guarded by watchdog.mu.
type trials struct {
	current    *trial
	collecting bool // a forced collection is under way
	inRow      int  // those without a verdict of guilty
	rest       time.Time
	closed     bool
}

// readLocked brings the ledger up to date; see [ledger.read]. After a collection, those who
// are sure to hold too much are cut.
func (w *watchdog) readLocked(m *Meter) {
	l := &w.mu.ledger
	if !l.read(m) {
		return
	}
	for _, m := range l.events() {
		w.sentenceLocked(m, m.memory.least)
	}
	if t := w.mu.trials.current; t != nil && !t.suspect.over(0) {
		w.concludeLocked()
	}
}

// sentenceLocked cuts m's event if it may not hold what it holds at least.
func (w *watchdog) sentenceLocked(m *Meter, least int64) {
	if budget := m.account.MemoryBytes; budget > 0 && least > budget+memoryMargin && len(w.mu.lost) == 0 {
		w.cutLocked(m)
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

// over says whether m's event may hold more than it may, with more bytes, so that it is
// suspect.
func (m *Meter) over(more int64) bool {
	budget := m.account.MemoryBytes
	return budget > 0 && m.memory.bytes+more > budget+2*memoryMargin && m.vm.cause.Load() == nil
}

// judgeLocked tries m, whose turn it is, if it is suspect with more bytes.
func (w *watchdog) judgeLocked(m *Meter, more int64) {
	l, trials, budget := &w.mu.ledger, &w.mu.trials, m.account.MemoryBytes
	if m.memory.heavy && !l.begun && trials.current == nil {
		w.tryLocked(m) // the first collection tells what is alive beside events
		return
	}
	if !m.over(more) || l.excess()+more <= budget+2*memoryMargin || len(w.mu.lost) > 0 {
		return
	}
	if most := hopeless*budget + 2*runaway; m.memory.bytes > most && m.memory.fresh > most/2 {
		w.cutLocked(m)
		return
	}
	resting := time.Now().Before(trials.rest) && l.excess()+more < 2*budget+runaway
	switch t := trials.current; {
	case t == nil && !trials.collecting && !resting:
		w.tryLocked(m)
	case t == nil:
	case t.suspect != m:
		m.vm.heed.Store(true)
	case !resting && m.memory.total+more-t.from > budget:
		w.collectLocked()
	}
}

// tryLocked begins a trial of m.
func (w *watchdog) tryLocked(m *Meter) {
	t := &trial{suspect: m, from: m.memory.total, over: make(chan struct{})}
	w.mu.trials.current = t
	if len(w.suspectsLocked()) <= 1 {
		w.collectLocked()
	}
}

func (w *watchdog) suspectsLocked() []*Meter {
	return slices.DeleteFunc(w.mu.ledger.events(), func(m *Meter) bool { return !m.over(0) })
}

// collectLocked has the collection of the trial begin, if it has not.
func (w *watchdog) collectLocked() {
	if t, trials := w.mu.trials.current, &w.mu.trials; !t.collecting && !trials.collecting {
		t.collecting, trials.collecting = true, true
		w.mu.ledger.trial = since{allocs: w.mu.ledger.allocs}
		t.suspect.vm.heed.Store(true)
		w.collect <- struct{}{}
	}
}

// concludeLocked ends the trial.
func (w *watchdog) concludeLocked() {
	if t := w.mu.trials.current; t != nil {
		w.mu.trials.current, w.mu.ledger.trial = nil, since{}
		close(t.over)
	}
}

// try collects for trials, until the watchdog stops.
func (w *watchdog) try() {
	var due <-chan time.Time // when memory is given back; nil: there is nothing to give
	for {
		select {
		case <-w.quit:
			w.mu.Lock()
			w.mu.trials.closed = true
			w.concludeLocked()
			w.mu.Unlock()
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

// tried ends a trial whose collection took so long. If there are more suspects, the next is
// tried.
func (w *watchdog) tried(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var m *Meter
	if c := w.mu.current; c != nil && c.meter.account.MemoryBytes > 0 {
		m = c.meter
	}
	w.readLocked(m)
	trials := &w.mu.trials
	trials.collecting = false
	trials.rest = time.Now().Add(took * time.Duration(min(trials.inRow, trialRest)))
	trials.inRow++
	t := trials.current
	if t == nil {
		return
	}
	for _, m := range w.mu.ledger.events() {
		m.memory.least = max(m.memory.least, m.memory.tried) // now known to be right
	}
	w.sentenceLocked(t.suspect, t.suspect.memory.least)
	w.concludeLocked()
	suspects := w.suspectsLocked()
	if len(suspects) < 2 || trials.closed || len(w.mu.lost) > 0 {
		return
	}
	if w.mu.ledger.surplus() > 2*(t.suspect.account.MemoryBytes+runaway) {
		w.cutLocked(slices.MaxFunc(suspects, func(a, b *Meter) int {
			return cmp.Or(cmp.Compare(a.memory.least, b.memory.least), cmp.Compare(a.memory.bytes, b.memory.bytes))
		}))
		return
	}
	next := slices.Index(suspects, t.suspect) + 1
	w.tryLocked(suspects[next%len(suspects)])
}

// trialOf returns the trial that holds m up; nil: none does.
func (w *watchdog) trialOf(m *Meter) *trial {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.mu.trials.current
	if t != nil && (t.suspect == m && t.collecting || t.suspect != m && m.over(0)) {
		return t
	}
	return nil
}

// wait waits until nothing holds m up, or for ctx.
func (w *watchdog) wait(ctx context.Context, m *Meter) error {
	for t := w.trialOf(m); t != nil; t = w.trialOf(m) {
		w.mu.Lock()
		alone := max(aloneTime, time.Until(w.mu.trials.rest))
		w.mu.Unlock()
		select {
		case <-t.over:
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(alone):
			w.mu.Lock()
			if w.mu.trials.current == t {
				w.collectLocked()
			}
			w.mu.Unlock()
		}
	}
	return nil
}

// await is wait between m's turns. An event that was found guilty gets no turn: its VM ends.
func (w *watchdog) await(ctx context.Context, m *Meter) error {
	if err := w.wait(ctx, m); err != nil {
		return err
	}
	if cause := m.vm.cause.Load(); cause != nil {
		m.vm.end(*cause)
	}
	return m.vm.ended
}

// pause gives the turn up while a trial holds m up, in the middle of Go code that a script
// called.
func (m *Meter) pause() {
	m.vm.heed.Store(false)
	if m.turns == nil || m.depth == 0 || m.turns.watchdog.trialOf(m) == nil {
		return
	}
	depth := m.depth
	m.stop()
	_ = m.turns.watchdog.wait(context.Background(), m) // fails only if the context ends
	_ = m.start(context.Background())
	m.depth = depth
}
