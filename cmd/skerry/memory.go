package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// gcPercentMax trades memory for time: isolates are made and thrown away all the time. A
	// process that allocates so little that it would take longer than garbageLooks to fill that
	// collects earlier, but not for less than garbageMin.
	gcPercentMax = 400
	garbageLooks = 8
	garbageMin   = 4 << 20

	// runningBytes is what the process itself and the events that run hold, about.
	runningBytes = 128 << 20

	// memoryEvery is how often the limit follows what is alive, and memoryStep by how much at
	// least.
	memoryEvery = 250 * time.Millisecond
	memoryStep  = 8 << 20

	// A process that has allocated less between two looks for quietLooks of them than quietBytes,
	// or that share of what is alive, is idle, or next to it. Then it gives back what it doesn't
	// need, if that is idleBytes or more, or that share of what is alive: it takes a collection.
	quietBytes = 256 << 10
	quietShare = 64
	quietLooks = 12
	idleBytes  = 8 << 20
	idleShare  = 16
)

// memory keeps what a process that runs functions holds near what is alive in it. Its heap may
// grow to five times that between two collections, which is cheap as long as little is
// alive; where events that wait hold much, and little happens, garbage is not to double that.
// What an event has allocated at once is to go back to the system soon. held is what warm
// isolates hold.
func memory(ctx context.Context, held func() int64) {
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	var idle idleness
	var recent allocations
	limit, percent := int64(0), 0
	look := func() {
		metrics.Read(heap)
		live := int64(heap[0].Value.Uint64())
		if next := gcPercent(live, recent.add(int64(heap[1].Value.Uint64()))); next < percent*3/4 || next > percent*5/4 {
			percent = next
			debug.SetGCPercent(percent)
		}
		next := memoryLimit(held(), live)
		if next < limit-memoryStep || next > limit+memoryStep {
			limit = next
			debug.SetMemoryLimit(limit)
		}
		if idle.look() {
			debug.FreeOSMemory()
		}
	}
	look()
	every(ctx, memoryEvery, look)
}

// memoryLimit is what a process may hold that has these bytes in warm isolates, and alive at
// its last collection: enough for both, so that it never collects all the time.
func memoryLimit(held, live int64) int64 {
	return max(held*5/4+runningBytes, live*5/4+runningBytes/2)
}

// gcPercent is by how much what is alive may grow before the next collection, in percent, in a
// process that has allocated recent in the last garbageLooks looks.
func gcPercent(live, recent int64) int {
	if live == 0 {
		return gcPercentMax
	}
	return int(min(100*max(recent, garbageMin)/live, gcPercentMax))
}

// allocations are what a process had allocated at each of the last garbageLooks looks.
type allocations struct {
	at   [garbageLooks]int64
	look int
}

// add takes a look, and returns what has been allocated since the first of those that it keeps.
func (a *allocations) add(allocated int64) int64 {
	first := a.at[a.look]
	a.at[a.look] = allocated
	a.look = (a.look + 1) % garbageLooks
	return allocated - first
}

// idleness finds out when a process has nothing to do any more: without new garbage the old
// would stay for minutes.
type idleness struct {
	allocated uint64 // at the last look
	quiet     int    // looks with next to nothing allocated, up to the last
}

// look says whether it is time to collect garbage and to give memory back: once for each time
// that the process becomes idle.
func (i *idleness) look() bool {
	heap := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(heap)
	allocated, live, objects, free := heap[0].Value.Uint64(), heap[1].Value.Uint64(), heap[2].Value.Uint64(), heap[3].Value.Uint64()
	return i.next(allocated, live, objects-min(live, objects)+free)
}

// next is look, with what has been allocated in all, and what is alive and what isn't, in bytes.
func (i *idleness) next(allocated, live, unneeded uint64) bool {
	busy := allocated-i.allocated > max(quietBytes, live/quietShare)
	i.allocated = allocated
	if i.quiet++; busy {
		i.quiet = 0
	}
	return i.quiet == quietLooks && unneeded >= max(idleBytes, live/idleShare)
}

// tidy gives memory back when a process that runs no functions has become idle.
func tidy(ctx context.Context) {
	var idle idleness
	every(ctx, memoryEvery, func() {
		if idle.look() {
			debug.FreeOSMemory()
		}
	})
}
