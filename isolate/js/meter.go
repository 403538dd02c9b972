package js

import (
	"context"
	"sync/atomic"
	"time"
)

// Account is what an event may use, and in whose name. The zero value is an account
// without bounds.
type Account struct {
	CPU         time.Duration // until the turn is interrupted with [ErrCPU]; 0: no bound
	MemoryBytes int64         // that may be alive until the turn is interrupted with [ErrMemory]; 0: no bound
	Flow        *Flow         // whose share of the turns the event takes; nil: one shared by all that have none
	Priority    Priority      // of its turns
	Owner       any           // tells a turn that overran; see [Overrun]
}

// Meter measures the turns of one VM and bounds what an event uses. Its methods must be
// called by the VM's owner.
type Meter struct {
	vm      *VM
	turns   *Turns
	account Account
	asked   Priority      // of the current turn
	used    time.Duration // of turns that are over; written with watchdog.mu held where there is one
	aside   atomic.Int64  // nanoseconds of work beside turns, up to the last look
	depth   int           // Enter within Enter is one turn
	lap     stopwatch     // of the current turn; without turns only base is used
	watch   watch
	memory  holding // guarded by watchdog.mu; the owner may read heavy and made
	growing int64   // bytes that Go code was about to allocate and that nobody has looked at
}

// Reset starts a new account: nothing is used. [VM.Abandon] ends it.
func (m *Meter) Reset(a Account) {
	if m.turns == nil {
		m.account, m.used = a, 0
		m.aside.Store(0)
		return
	}
	m.turns.watchdog.open(m, a)
}

// SetPriority changes what the next turns ask with.
func (m *Meter) SetPriority(p Priority) { m.account.Priority = p }

// Used is the CPU time since Reset: of turns, the current one included, and of work beside
// them ([VM.AsyncCharged]).
func (m *Meter) Used() time.Duration {
	switch {
	case m.depth == 0:
		return m.spent()
	case m.turns == nil:
		return m.spent() + threadCPU() - m.lap.base
	}
	return m.spent() + m.lap.used(m.turns)
}

// spent is Used without the current turn.
func (m *Meter) spent() time.Duration { return m.used + time.Duration(m.aside.Load()) }

// Budget is Account.CPU.
func (m *Meter) Budget() time.Duration { return m.account.CPU }

// MemoryBudget is Account.MemoryBytes.
func (m *Meter) MemoryBudget() int64 { return m.account.MemoryBytes }

// lane is where m's turn stands in line.
func (m *Meter) lane(t *Turns) *lane {
	if f := m.account.Flow; f != nil {
		return &f.lanes[m.asked]
	}
	return &t.anonymous.lanes[m.asked]
}

// bounded says whether somebody must watch the turn.
func (m *Meter) bounded() bool { return m.account.CPU > 0 || m.account.MemoryBytes > 0 }

// begin takes the turn and starts the clock. An event that is past its limits gets no turn:
// the VM ends.
func (m *Meter) begin(ctx context.Context) error {
	if m.depth > 0 {
		m.depth++
		return nil
	}
	if m.turns == nil {
		m.depth++
		m.lap.base = threadCPU()
		return nil
	}
	if m.memory.heavy {
		if err := m.turns.watchdog.await(ctx, m); err != nil {
			return err
		}
	}
	if m.account.CPU > 0 && m.spent() >= m.account.CPU {
		m.vm.end(ErrCPU)
		return m.vm.ended
	}
	return m.start(ctx)
}

// start is begin for an event that may run.
func (m *Meter) start(ctx context.Context) error {
	m.asked = m.account.Priority
	if err := m.turns.take(ctx, m); err != nil {
		return err
	}
	m.depth = 1
	thread := lockThread()
	m.lap.start(m.turns, thread)
	if n, f := m.turns.cfg.Note, m.account.Flow; n != nil && f != nil && f.Digest != 0 {
		n.Begin(f.Digest, thread.id(), m.lap.base, max(0, m.account.CPU-m.spent()))
	}
	if m.bounded() {
		m.turns.watchdog.begin(m)
	}
	return nil
}

// end stops the clock and gives the turn up. If the turn was cut, the VM has ended, even if
// the script came to its end before it noticed.
func (m *Meter) end() {
	m.depth--
	switch {
	case m.depth > 0:
	case m.turns == nil:
		m.used += threadCPU() - m.lap.base
	default:
		m.stop()
		if cause := m.vm.cause.Load(); cause != nil {
			m.vm.end(*cause)
		}
	}
}

// stop is end for an event that may go on.
func (m *Meter) stop() {
	m.depth = 0
	used := m.lap.stop(m.turns)
	if m.bounded() {
		m.turns.watchdog.end(m, used)
	} else {
		m.used += used
	}
	unlockThread()
	m.turns.give(m, used)
}
