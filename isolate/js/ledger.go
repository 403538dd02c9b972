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
	begun   bool   // a collection was seen, so that base is known; before, it is 0
	base    int64
	room    int64 // what events held together, at the last collection
	heavy   []weak.Pointer[Meter]

	// Since the last collection, and since the trial that is under way began.
	last, trial since
	early       int64 // bytes allocated at least before a collection begins of its own accord
}

// since is what must be known of the time before a collection to judge what it found alive.
type since struct {
	allocs int64 // the process's, when that time began
	bytes  int64 // what events held that have ended in that time: a collection may find it alive
	fresh  int64 // of that, what was allocated since the last collection
	known  int64 // ledger.known, at the last collection
}

// holding is what one event holds, as the ledger sees it.
type holding struct {
	heavy bool  // the ledger knows of it
	bytes int64 // the most that the event can be holding
	least int64 // what it held at least, at the last collection
	tried int64 // the same, if that collection began after the trial that is under way
	fresh int64 // allocated since the last collection
	total int64 // allocated since Reset
	peak  int64 // the most that bytes was

	made bool  // the first account is over: the VM's making
	own  int64 // what it can have left in the VM
}

// earlyShare is the share of the way from what was alive to the heap's goal that a
// collection waits for at least, in percent.
//
// Source: minTriggerRatioDistance in runtime/mgcpacer.go
const earlyShare = 70

// knownError is how many times less than the engine says it may keep: an isolate's making
// allocates more than it leaves. When the engine lets go of isolates, more than their share
// is taken for free otherwise, and somebody seems to keep it.
const knownError = 4

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
	metrics.Read(l.samples[:])
	l.allocs, l.cycles = l.sample(0), l.samples[2].Value.Uint64()
}

func (l *ledger) sample(i int) int64 { return int64(l.samples[i].Value.Uint64()) }

// read brings the ledger up to date, and says whether there was a collection. What was
// allocated since the reading before is current's, whose turn it is; nil: nobody's.
func (l *ledger) read(current *Meter) (collected bool) {
	metrics.Read(l.samples[:])
	allocs := l.sample(0)
	latest := allocs - l.allocs
	if current != nil {
		current.memory.add(latest)
		l.enlist(current)
	}
	l.allocs, l.objects = allocs, l.sample(1)
	if cycles := l.samples[2].Value.Uint64(); cycles != l.cycles {
		l.cycles = cycles
		l.collected(l.sample(3), l.sample(4), latest)
		collected = true
		if current != nil { // the latest may be from after the collection
			current.memory.bytes += latest
			current.memory.fresh = latest
		}
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
	h.least, h.tried = min(h.least, h.bytes), min(h.tried, h.bytes)
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
		for _, s := range []*since{&l.last, &l.trial} {
			s.bytes += m.memory.bytes
			s.fresh += m.memory.fresh
		}
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
// heap; latest is what was allocated since the reading before: some of it after the
// collection. What is allocated while one is under way counts as alive, whoever did it.
func (l *ledger) collected(live, goal, latest int64) {
	meters := l.events()
	var held, fresh int64
	for _, m := range meters {
		held += m.memory.bytes
		fresh += m.memory.fresh
	}
	known := l.known()
	rest := live - known
	l.base += max(0, l.last.known-known) / knownError * (knownError - 1)
	if !l.begun {
		l.begun, l.base = true, rest // events hold next to nothing yet: see judgeLocked
	}
	l.base = min(max(l.base, rest-held-l.last.bytes), rest)
	room := rest - l.base
	during := l.allocs - l.last.allocs // what was allocated while it was under way, at most
	if during >= l.early {
		during -= l.early
	}
	for _, m := range meters {
		h := &m.memory
		old, others, recent := h.least, held-h.bytes, fresh-h.fresh
		h.least = l.least(old, room, others+l.last.bytes+during, recent+l.last.fresh+during)
		h.tried = 0
		if s := l.trial; s.allocs > 0 {
			during := l.allocs - s.allocs
			h.tried = l.least(old, room, others+s.bytes+during, recent+s.fresh+during)
			h.least = min(h.least, h.tried) // it may be the forced one, and have begun early
		}
	}
	for _, m := range meters {
		m.memory.bound(room + memoryMargin)
		m.memory.fresh = 0
	}
	l.room = room
	l.last = since{allocs: l.allocs - latest, known: known}
	l.early = (goal - live) / 100 * earlyShare
}

// least is what an event holds at least, of what events hold together, if it held old before
// and others hold so much at most, of which so much is recent: allocated since the
// collection before.
func (l *ledger) least(old, room, others, recent int64) int64 {
	if grown := room - l.room; grown < 0 {
		old += grown
	} else {
		old += max(0, grown-recent)
	}
	return max(old, room-others, 0)
}

// surplus is how much more was alive at the last collection than events may hold together.
func (l *ledger) surplus() int64 {
	surplus := l.room
	for _, m := range l.events() {
		may := m.memory.bytes
		if budget := m.account.MemoryBytes; budget > 0 {
			may = min(may, budget)
		}
		surplus -= may
	}
	return surplus
}
