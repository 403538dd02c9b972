package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// gcPercent trades memory for time: isolates are made and thrown away all the time.
	gcPercent = 400

	// runningBytes is what the process itself and the events that run hold, about.
	runningBytes = 128 << 20

	// memoryEvery is how often the limit follows what is alive, and memoryStep by how much at
	// least.
	memoryEvery = 250 * time.Millisecond
	memoryStep  = 8 << 20

	// A process that has allocated less than quietBytes between two looks for quietLooks of
	// them is idle. Then it gives back what it doesn't need, if that is idleBytes or more.
	quietBytes = 256 << 10
	quietLooks = 12
	idleBytes  = 16 << 20
)

// memory keeps what a process that runs functions holds near what is alive in it. Its heap may
// grow to five times that between two collections, which is cheap as long as little is
// alive; what an event has allocated at once is to go back to the system soon. held is what
// warm isolates hold.
func memory(ctx context.Context, held func() int64) {
	debug.SetGCPercent(gcPercent)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var idle idleness
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	limit := int64(0)
	for {
		metrics.Read(live)
		next := memoryLimit(held(), int64(live[0].Value.Uint64()))
		if next < limit-memoryStep || next > limit+memoryStep {
			limit = next
			debug.SetMemoryLimit(limit)
		}
		if idle.look() {
			debug.FreeOSMemory()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// memoryLimit is what a process may hold that has these bytes in warm isolates, and alive at
// its last collection: enough for both, so that it never collects all the time.
func memoryLimit(held, live int64) int64 {
	return max(held*5/4+runningBytes, live*5/4+runningBytes/2)
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
	allocated := heap[0].Value.Uint64()
	busy := allocated-i.allocated > quietBytes
	i.allocated = allocated
	if i.quiet++; busy {
		i.quiet = 0
	}
	unneeded := heap[2].Value.Uint64() + heap[3].Value.Uint64() - min(heap[1].Value.Uint64(), heap[2].Value.Uint64())
	return i.quiet == quietLooks && unneeded >= idleBytes
}

// tidy gives memory back when a process that runs no functions has become idle.
func tidy(ctx context.Context) {
	var idle idleness
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if idle.look() {
			debug.FreeOSMemory()
		}
	}
}
