package js

import (
	"runtime/metrics"
	"slices"
	"weak"
)

// ledger tells which event holds how much memory. The runtime knows what the process has
// allocated and, after each collection, what of it is alive, but not whose it is. Turns tell
// that: what is allocated in an event's turn is the event's. So from its allocations an
// event's holdings are known from above, and a collection lowers that; from below they are
// known when a collection finds more alive than all others can hold.
//
//	live heap = known + base + events
//
// known is what the engine says it keeps, idle isolates above all. base is the rest of the
// process: it is what is left over when the events' holdings are taken off, within their
// bounds, and otherwise stays as it was.
//
// The ledger is guarded by watchdog.mu.
type ledger struct {
	known   func() int64
	samples [5]metrics.Sample
	allocs  int64  // bytes allocated by the process, at the last reading
	objects int64  // bytes of objects, dead ones included, at the last reading
	cycles  uint64 // collections, at the last reading
	base    int64
	room    int64 // what events held together, at the last collection
	heavy   []weak.Pointer[Meter]
	since   struct { // the last collection
		allocs int64 // as it was then
		early  int64 // what is allocated at least before the next begins of its own accord
	}
}

// holding is what one event holds, as the ledger sees it.
type holding struct {
	heavy bool  // the ledger knows of it
	bytes int64 // the most that the event can be holding
	least int64 // what it held at least, at the last collection; see collected
	sure  int64 // of least, what isn't there only because the collection had begun already
	fresh int64 // allocated since the last collection
	total int64 // allocated since Reset
	peak  int64 // the most that bytes was
}

// earlyShare is the share of the way from what was alive to the heap's goal that a
// collection waits for at least, in percent.
//
// Source: minTriggerRatioDistance in runtime/mgcpacer.go
const earlyShare = 70

func (l *ledger) init(known func() int64) {
	l.known = known
	if known == nil {
		l.known = func() int64 { return 0 }
	}
	for i, name := range []string{
		"/gc/heap/allocs:bytes", "/memory/classes/heap/objects:bytes",
		"/gc/cycles/total:gc-cycles", "/gc/heap/live:bytes", "/gc/heap/goal:bytes",
	} {
		l.samples[i].Name = name
	}
	l.read(nil)
	l.base = max(0, l.objects-l.known())
}

func (l *ledger) sample(i int) int64 { return int64(l.samples[i].Value.Uint64()) }

// read brings the ledger up to date, and says whether there was a collection. What was
// allocated since the reading before is current's, whose turn it is; nil: nobody's.
func (l *ledger) read(current *Meter) (collected bool) {
	metrics.Read(l.samples[:])
	allocs := l.sample(0)
	if current != nil {
		current.memory.add(allocs - l.allocs)
		l.enlist(current)
	}
	l.allocs, l.objects = allocs, l.sample(1)
	if cycles := l.samples[2].Value.Uint64(); cycles != l.cycles {
		l.cycles = cycles
		l.collected(l.sample(3), l.sample(4))
		collected = true
	}
	if current != nil {
		h := &current.memory
		h.bound(l.excess() + memoryMargin)
		h.peak = max(h.peak, h.bytes)
	}
	return collected
}

// excess is what objects of events take, dead ones included.
func (l *ledger) excess() int64 { return l.objects - l.known() - l.base }

// add counts what the event allocated.
func (h *holding) add(bytes int64) {
	h.bytes += bytes
	h.fresh += bytes
	h.total += bytes
}

// bound lowers what the event can be holding to most.
func (h *holding) bound(most int64) {
	h.bytes = min(h.bytes, max(0, most))
	h.least = min(h.least, h.bytes)
}

// enlist makes m one of those that are looked at one by one, if it is worth it.
func (l *ledger) enlist(m *Meter) {
	if h := &m.memory; !h.heavy && h.bytes >= heavyBytes {
		h.heavy = true
		l.heavy = append(l.heavy, weak.Make(m))
	}
}

func (l *ledger) forget(m *Meter) {
	if m.memory.heavy {
		m.memory.heavy = false
		l.heavy = slices.DeleteFunc(l.heavy, func(p weak.Pointer[Meter]) bool { return p.Value() == m })
	}
}

// events lists those that are looked at one by one.
func (l *ledger) events() []*Meter {
	meters := make([]*Meter, 0, len(l.heavy))
	l.heavy = slices.DeleteFunc(l.heavy, func(p weak.Pointer[Meter]) bool {
		m := p.Value()
		if m != nil {
			meters = append(meters, m)
		}
		return m == nil
	})
	return meters
}

// collected takes in what a collection has found alive, and the goal it has set for the
// heap. What is allocated while it is under way counts as alive.
func (l *ledger) collected(live, goal int64) {
	meters := l.events()
	var held, capped, fresh int64
	for _, m := range meters {
		held += m.memory.bytes
		capped += m.capped()
		fresh += m.memory.fresh
	}
	rest := live - l.known()
	l.base = min(max(l.base, rest-held), rest)
	room := rest - l.base
	grown := room - l.room
	before := l.since.early // what was allocated before the collection began
	if l.allocs-l.since.allocs < before {
		before = 0 // it was forced
	}
	for _, m := range meters {
		h := &m.memory
		if grown > 0 {
			h.least += max(0, grown-(fresh-h.fresh))
		} else {
			h.least += grown
		}
		h.least = max(h.least, room-(capped-m.capped()), 0)
		h.bound(room + memoryMargin)
		h.sure = h.least - max(0, h.fresh-before)
		h.fresh = 0
	}
	l.room = room
	l.since.allocs, l.since.early = l.allocs, (goal-live)/100*earlyShare
}

// capped is what m's event can be holding without being over its cap.
func (m *Meter) capped() int64 {
	if m.account.MemoryBytes > 0 {
		return min(m.memory.bytes, m.account.MemoryBytes)
	}
	return m.memory.bytes
}
