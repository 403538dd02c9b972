package js

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/isolate/note"
)

const (
	// lowWait is how long those of low priority wait at most while others always want the
	// turn, as long as they have had less than their share.
	lowWait = 100 * time.Millisecond
	// lowShare is how much CPU time those of high priority get for each unit that others
	// take from them.
	lowShare = 9
	// longTurn is the CPU time from which on a turn is one that computes, as against one that
	// answers.
	longTurn = time.Millisecond
)

// TurnsConfig is what Turns are made with. The zero value interrupts scripts and does no
// more.
type TurnsConfig struct {
	// Grace is the CPU time that a turn may go on for after it was interrupted; 0: 100 ms.
	// One that does is in Go code that doesn't look whether it should end.
	Grace time.Duration

	// Overrun is told of a turn that went on for Grace, once for each. It is called on the
	// goroutine that watches turns and must return at once. Then the turn is taken from
	// the culprit, which may run on, and given to the next one waiting.
	Overrun func(Overrun)

	// KillAfter is the CPU time from the interrupt until Kill is called, which should end
	// the process; 0: never.
	KillAfter time.Duration
	Kill      func()

	// Known is what the process holds beside events, in bytes, as far as that can be told:
	// idle isolates and programs; nil: nothing. It is called often, from several goroutines,
	// and must return at once. Being wrong by some is no harm, but changes should show soon.
	Known func() int64

	// Note is where the running turn is noted; nil: nowhere. See [Flow.Digest].
	Note *note.Note
}

func (c TurnsConfig) withDefaults() TurnsConfig {
	if c.Grace == 0 {
		c.Grace = 100 * time.Millisecond
	}
	return c
}

// Overrun is a turn that an interrupt could not end.
type Overrun struct {
	Owner  any           // Account.Owner
	Flow   *Flow         // Account.Flow
	Cause  error         // ErrCPU or ErrMemory
	Used   time.Duration // CPU time of the event, up to now
	Budget time.Duration // Account.CPU
}

// Turns lets one VM of a process run at a time. That makes CPU time, memory and blame
// exact, and costs little: a turn lasts until the script waits for something.
//
// Turns are shared fairly between flows, by CPU time; within a flow the first to come is
// the first served. A turn of low priority, for work that nobody waits for, is given when
// no other is asked for, or when one has been wanted for 100 ms; then such turns get at
// most a tenth of the CPU time. All methods are safe for concurrent use.
type Turns struct {
	cfg       TurnsConfig
	watchdog  watchdog
	readings  readings
	condemned atomic.Bool
	waiting   atomic.Int32 // those of high priority
	start     time.Time
	since     atomic.Int64 // when the current turn was given, after start; 0: nobody has it
	long      atomic.Int64 // CPU time of long turns that are over, in nanoseconds
	anonymous Flow         // of turns that came with none
	mu        struct {
		sync.Mutex
		holder   *Meter // nil: nobody has the turn
		lines    [2]line
		lowSince time.Time     // when those of low priority had a turn, or began to wait
		lowOwes  time.Duration // what others must get before another is let past them
		aside    line          // for work beside turns
		asides   int           // such work under way
	}
}

// NewTurns returns Turns that nobody has. Close it when no VM uses it any more.
func NewTurns(cfg TurnsConfig) *Turns {
	t := &Turns{cfg: cfg.withDefaults(), start: time.Now()}
	t.watchdog.start(t)
	return t
}

// Close stops the goroutines that watch turns, and waits for them.
func (t *Turns) Close() { t.watchdog.stop() }

// Condemned says whether a turn has overrun: its goroutine may spin for ever, and the
// process should be replaced.
func (t *Turns) Condemned() bool { return t.condemned.Load() }

// Backlog is how many turns of high priority are waited for, and for how long the current
// one has lasted, by the clock on the wall. It costs next to nothing.
func (t *Turns) Backlog() (waiting int, held time.Duration) {
	if since := t.since.Load(); since > 0 {
		held = t.clock() - time.Duration(since)
	}
	return int(t.waiting.Load()), held
}

// Long is the time that turns of a millisecond or more have taken so far, that under way
// included.
func (t *Turns) Long() time.Duration {
	long := time.Duration(t.long.Load())
	if _, held := t.Backlog(); held >= longTurn {
		long += held
	}
	return long
}

// Delay is how long an event of f that asks for a turn now waits for it, about, by those of
// f that wait already and how long others before it have waited; 0: no event of f waits. It
// costs next to nothing while no event does.
func (t *Turns) Delay(f *Flow) time.Duration {
	if t.waiting.Load() == 0 {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return f.lanes[High].delay()
}

// Priority orders those that wait for a turn.
type Priority int

// The priorities of a turn.
const (
	High Priority = iota // an event: somebody waits for it
	Low                  // warming, and work after a response
)

// waiter is somebody who waits for the turn. Its fields but ready are guarded by Turns.mu.
type waiter struct {
	ready         chan struct{} // closed when the turn is the waiter's
	meter         *Meter
	lane          *lane
	since         time.Duration // when it began to wait, after Turns.start
	ahead         int           // how many stood before it in the lane then
	before, after *waiter       // in the lane
}

// take waits for the turn, or for ctx.
func (t *Turns) take(ctx context.Context, m *Meter) error {
	t.mu.Lock()
	lane := m.lane(t)
	line := &t.mu.lines[m.asked]
	if t.mu.holder == nil {
		line.begin(lane)
		t.holdLocked(m)
		t.mu.Unlock()
		return nil
	}
	w := &waiter{ready: make(chan struct{}), meter: m, lane: lane, since: t.clock()}
	if m.asked == High {
		t.waiting.Add(1)
	} else if len(line.waiting) == 0 {
		t.mu.lowSince = time.Now()
	}
	line.add(w)
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
		t.give(m, 0)
	default:
		line.remove(w)
		t.leftLocked(m)
		t.mu.Unlock()
	}
	return ctx.Err()
}

// give hands m's turn, which took used, to the next one waiting. It does nothing if the
// turn was taken from m already.
func (t *Turns) give(m *Meter, used time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.holder != m {
		return
	}
	if t.cfg.Note != nil {
		t.cfg.Note.End()
	}
	if used >= longTurn {
		t.long.Add(int64(used))
	}
	t.mu.lines[m.asked].charge(m.lane(t), used)
	t.settleLowLocked(m.asked, used)
	w := t.nextLocked()
	if w == nil {
		t.mu.holder = nil
		t.since.Store(0)
		return
	}
	t.leftLocked(w.meter)
	t.holdLocked(w.meter)
	w.lane.waited(w, time.Duration(t.since.Load())-w.since)
	close(w.ready)
}

// overrun tells of culprit's turn and takes it away.
func (t *Turns) overrun(culprit *Meter, o Overrun) {
	t.condemned.Store(true)
	if t.cfg.Overrun != nil {
		t.cfg.Overrun(o)
	}
	t.give(culprit, 0)
}

func (t *Turns) holdLocked(m *Meter) {
	t.mu.holder = m
	t.since.Store(int64(t.clock()))
}

// clock tells the time since t was made; it never reads 0.
func (t *Turns) clock() time.Duration { return time.Since(t.start) + 1 }

// leftLocked counts a waiter that is one no longer.
func (t *Turns) leftLocked(m *Meter) {
	if m.asked == High {
		t.waiting.Add(-1)
	}
}

// nextLocked takes out the waiter whose turn it is; nil if nobody waits.
func (t *Turns) nextLocked() *waiter {
	high, low := &t.mu.lines[High], &t.mu.lines[Low]
	if len(low.waiting) > 0 {
		if len(high.waiting) == 0 || t.mu.lowOwes <= 0 && time.Since(t.mu.lowSince) >= lowWait {
			return low.next()
		}
	}
	return high.next()
}

// settleLowLocked keeps account of a turn that is over: what one of low priority took while
// others waited is owed to them.
func (t *Turns) settleLowLocked(p Priority, used time.Duration) {
	switch {
	case p == High:
		t.mu.lowOwes -= min(used, t.mu.lowOwes)
	default:
		t.mu.lowSince = time.Now()
		if len(t.mu.lines[High].waiting) > 0 {
			t.mu.lowOwes += lowShare * used
		}
	}
}
