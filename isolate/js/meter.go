package js

import (
	"context"
	"time"
)

// Meter measures the turns of one VM and bounds the CPU time of an event. Its methods
// must be called by the VM's owner.
type Meter struct {
	turns    *Turns
	priority Priority
	budget   time.Duration // CPU until the interrupt; 0: no bound
	used     time.Duration
	depth    int // Enter within Enter is one turn
	started  time.Duration
}

// Reset starts a new account: nothing used, and an interrupt with [ErrCPU] at budget; 0
// is no bound.
func (m *Meter) Reset(budget time.Duration, p Priority) {
	m.budget, m.used, m.priority = budget, 0, p
}

// SetPriority changes what the next turns ask with.
func (m *Meter) SetPriority(p Priority) { m.priority = p }

// Used is the CPU time of turns since Reset, the current one included.
func (m *Meter) Used() time.Duration {
	if m.depth > 0 {
		return m.used + threadCPU() - m.started
	}
	return m.used
}

// Budget is what Reset was given.
func (m *Meter) Budget() time.Duration { return m.budget }

// begin takes the turn and starts the clock.
func (m *Meter) begin(ctx context.Context, vm *VM) error {
	if m.depth > 0 {
		m.depth++
		return nil
	}
	if m.turns == nil {
		m.depth++
		m.started = threadCPU()
		return nil
	}
	if err := m.turns.take(ctx, m.priority); err != nil {
		return err
	}
	m.depth++
	m.started = lockThread()
	if m.budget > 0 {
		m.turns.watchdog.watch(vm, m.started+m.budget-m.used)
	}
	return nil
}

// end stops the clock and gives the turn up.
func (m *Meter) end(vm *VM) {
	m.depth--
	if m.depth > 0 {
		return
	}
	if m.turns == nil {
		m.used += threadCPU() - m.started
		return
	}
	if m.budget > 0 {
		m.turns.watchdog.unwatch()
	}
	m.used += unlockThread() - m.started
	m.turns.give()
}
