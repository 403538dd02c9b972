package js

import "errors"

// ErrMemory says that an event kept more memory than it may.
var ErrMemory = errors.New("js: memory used up")

// holding is what an event may hold.
type holding struct {
	bytes int64 // at most
	peak  int64
}

func (h *holding) reset() { h.bytes, h.peak = 0, 0 }

func (h *holding) add(bytes int64) {
	h.bytes += bytes
	h.peak = max(h.peak, h.bytes)
}

// Peak is the most that the event may have held at a time, in bytes: what it allocated, as
// far as no collection has shown that it kept less.
func (m *Meter) Peak() int64 { return m.memory.peak }

// grow is called by Go code in a turn before it allocates bytes in one go. It ends the turn
// if that alone is more than the event may hold. The panic can't be caught by scripts.
func (m *Meter) grow(bytes int64) {
	m.memory.add(bytes)
	if budget := m.account.MemoryBytes; budget > 0 && bytes > budget {
		m.vm.cut(ErrMemory)
		m.vm.checkpoint()
	}
}
