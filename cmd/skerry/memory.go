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
)

// memory keeps what a process that runs functions holds near what is alive in it. Its heap may
// grow to five times that between two collections, which is cheap as long as little is
// alive; what an event has allocated at once is to go back to the system soon. held is what
// warm isolates hold.
func memory(ctx context.Context, held func() int64) {
	debug.SetGCPercent(gcPercent)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
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
