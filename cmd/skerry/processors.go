package main

import (
	"context"
	"runtime"
	"time"
)

// On one processor, JavaScript that computes for milliseconds keeps everybody from looking
// which requests have come. They would wait where nobody counts them, in the kernel and in
// the scheduler's queue, and a node that should refuse some would find no line at all. With a
// second processor to the scheduler, the system lets a thread look in between. It costs a sixth
// of the CPU time where turns are short, so that it is there only while they are not.
const (
	processorsEvery = 250 * time.Millisecond
	// processorsMany is the share of the time in long turns from which on there are two, and
	// processorsFew that under which there is one again, after processorsLooks looks.
	processorsMany  = 4
	processorsFew   = 16
	processorsLooks = 8
)

// processors follows how long turns are in a process that has one processor, until ctx ends.
// long is the time that long turns have taken so far.
func processors(ctx context.Context, long func() time.Duration) {
	if runtime.GOMAXPROCS(0) > 1 {
		return
	}
	c := computing{spent: long()}
	every(ctx, processorsEvery, func() {
		switch change := c.look(long()); {
		case change > 0:
			runtime.GOMAXPROCS(2)
		case change < 0:
			runtime.SetDefaultGOMAXPROCS()
		}
	})
}

// computing tells whether a process spends its time in long turns.
type computing struct {
	spent time.Duration // in them, at the last look
	many  bool
	few   int // looks with few of them, up to the last
}

// look is told of the time spent in long turns so far, every processorsEvery. It returns 1 if
// they have become many, -1 if that is over, and else 0.
func (c *computing) look(spent time.Duration) int {
	lately := spent - c.spent
	c.spent = spent
	if c.few++; lately > processorsEvery/processorsFew {
		c.few = 0
	}
	switch {
	case !c.many && lately >= processorsEvery/processorsMany:
		c.many = true
		return 1
	case c.many && c.few >= processorsLooks:
		c.many = false
		return -1
	}
	return 0
}
