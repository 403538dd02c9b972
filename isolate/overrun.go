package isolate

import (
	"errors"
	"strconv"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
)

// Overrun is a turn that is past its cap and that nothing in this process can end: it is in
// Go code that looks at no interrupt. It may spin for ever, and the process should be replaced.
type Overrun struct {
	Digest  bundles.Digest // of the bundle that ran
	Target  *Target        // nil: the bundle was being evaluated, for no event
	Failure *Failure       // what whoever waited for the event was told
}

// overrun tells whoever waits for the event that it overran, and then whoever owns the
// process.
func (e *Engine) overrun(o js.Overrun) {
	over := Overrun{}
	var waiter Waiter
	switch owner := o.Owner.(type) {
	case *running:
		over.Digest, over.Target, waiter = owner.target.Digest, owner.target, owner.event.Waiter
		over.Failure = exceeded(o, int64(owner.target.Manifest.WithDefaults().Limits.MemoryMB))
	case *Pool:
		over.Digest = owner.digest
		over.Failure = e.startExceeded("top level or warmup", o.Used)
	}
	e.work.Go(func() {
		if waiter != nil {
			waiter.Overrun(over.Failure)
		}
		if e.cfg.Overrun != nil {
			e.cfg.Overrun(over)
		}
	})
}

// exceeded is the failure of an event that overran.
func exceeded(o js.Overrun, memoryMB int64) *Failure {
	if errors.Is(o.Cause, js.ErrMemory) {
		return exceededMemory(memoryMB, memoryMB)
	}
	return exceededCPU(o.Used.Milliseconds(), o.Budget.Milliseconds())
}

func exceededCPU(used, allowed int64) *Failure {
	return &Failure{
		Outcome: OutcomeExceededCPU,
		Message: "the handler used more than " + strconv.FormatInt(allowed, 10) + " ms of CPU time (limits.cpu_ms)",
		Limit:   "cpu_ms", Used: max(allowed, used), Allowed: allowed,
	}
}

func exceededMemory(used, allowed int64) *Failure {
	return &Failure{
		Outcome: OutcomeExceededMemory,
		Message: "the handler kept more than " + strconv.FormatInt(allowed, 10) + " MB of memory (limits.memory_mb)",
		Limit:   "memory_mb", Used: max(allowed, used), Allowed: allowed,
	}
}
