package isolate

import "context"

// EventOf returns the event that ctx's work belongs to, nil if it belongs to none. It is for
// what stands behind a [Host] and must know for whom it works: KV calls and subrequests have
// such a context.
func EventOf(ctx context.Context) *Event {
	run, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return nil
	}
	return run.event
}
