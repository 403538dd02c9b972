package js

import "errors"

// ErrMemory says that an event kept more memory than it may.
var ErrMemory = errors.New("js: memory used up")

const (
	// heavyBytes is what an event may have allocated before the ledger looks at it one by
	// one.
	heavyBytes = 256 << 10

	// growStep is after how many bytes that Go code is about to allocate they are looked at.
	growStep = 1 << 20

	// allocationRate is how many bytes a turn allocates in a nanosecond, about, if it is too
	// short to be measured.
	allocationRate = 2
)

// Peak is the most that the event may have held at a time, in bytes, its VM included: what
// it allocated, as far as collections have not shown that it kept less.
func (m *Meter) Peak() int64 {
	if m.turns == nil {
		return 0
	}
	w := &m.turns.watchdog
	w.mu.Lock()
	defer w.mu.Unlock()
	return m.memory.peak
}

// grow is called by Go code in a turn before it allocates bytes in one go. The turn ends,
// uncatchably for scripts, if the event can't have them; to find that out may need a
// collection, and the turn is given up meanwhile. Small numbers cost an addition.
func (m *Meter) grow(bytes int64) {
	m.growing += bytes
	if m.growing < growStep {
		return
	}
	bytes, m.growing = m.growing, 0
	budget := m.account.MemoryBytes
	if budget == 0 || m.turns == nil || m.depth == 0 {
		return
	}
	if bytes > budget+memoryMargin {
		m.vm.cut(ErrMemory)
	} else {
		m.turns.watchdog.grow(m, bytes)
	}
	m.vm.checkpoint()
}

// grow looks at what m's event can hold with more bytes.
func (w *watchdog) grow(m *Meter, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.current == &m.watch {
		w.readLocked(m)
		w.judgeLocked(m, bytes)
	}
}

// adopt counts bytes that were allocated outside of the event's turns and are its from now on.
func (m *Meter) adopt(bytes int64) {
	if m.account.MemoryBytes == 0 || m.turns == nil || m.depth == 0 {
		return
	}
	m.turns.watchdog.adopt(m, bytes)
	m.vm.checkpoint()
}

func (w *watchdog) adopt(m *Meter, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := &m.memory
	h.add(bytes)
	h.peak = max(h.peak, h.bytes)
	w.mu.ledger.enlist(m)
	if w.mu.current == &m.watch {
		w.judgeLocked(m, 0)
	}
}

// close ends the account: what the VM holds is no event's any more.
func (m *Meter) close() {
	if m.turns != nil && (m.memory.heavy || !m.memory.made) {
		m.turns.watchdog.close(m)
	}
}

func (w *watchdog) close(m *Meter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := &m.memory; !h.made {
		h.made, h.own = true, h.bytes
	}
	w.mu.ledger.forget(m)
	if t := w.mu.trials.current; t != nil && t.suspect == m {
		w.concludeLocked()
	}
}
