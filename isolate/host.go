package isolate

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
)

// Host is all that isolates reach of the world. The zero Host reaches nothing: fetch, KV and
// caches reject, and console output goes nowhere. Its members are safe for concurrent use.
type Host struct {
	Fetch   Fetcher       // nil: no network
	KV      kv.Store      // nil: no KV
	Cache   Cache         // nil: no caches
	Console func(LogLine) // nil: console output is dropped. Must not block
}

// Fetcher performs the subrequests of functions.
type Fetcher interface {
	// Fetch performs r, which the function t made while it handled ev. t's manifest says
	// where the function may go.
	Fetch(ctx context.Context, t *Target, ev *Event, r *Request) (*Response, error)
}

// running is an event on its way through an isolate. It is the context of the work that
// the event starts, so that work on other goroutines finds the event it belongs to.
type running struct {
	context.Context
	event    *Event
	target   *Target
	started  time.Time
	subCount atomic.Int64 // subrequests made; work counts on its own goroutine
	caching  cacheSlots

	// Console lines; the isolate's owner counts.
	logLines, logBytes, logDropped int
}

type runningKey struct{}

// Value makes r find itself.
func (r *running) Value(key any) any {
	if key == (runningKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// hostOf is the world as one isolate sees it: webapi.Host.
type hostOf struct{ isolate *Isolate }

// Fetch performs a subrequest within the limits of the event that made it.
func (h hostOf) Fetch(ctx context.Context, r *Request) (*Response, error) {
	host := &h.isolate.pool.engine.cfg.Host
	if host.Fetch == nil {
		return nil, js.TypeError("fetch: this isolate has no network")
	}
	run, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return nil, js.TypeError("fetch: there is no network at the top level of a module; fetch in a handler")
	}
	manifest := &run.target.Manifest
	if n := int(run.subCount.Add(1)); n > manifest.Limits.Subrequests {
		run.subCount.Add(-1)
		return nil, &js.CodedError{Code: "exceeded_subrequests", Message: "this event has made all of its " +
			plural(manifest.Limits.Subrequests, "subrequest") + " (limits.subrequests)"}
	}
	return host.Fetch.Fetch(ctx, run.target, run.event, r)
}

// Console passes a line on with the event that it belongs to.
func (h hostOf) Console(level, message string) { h.isolate.log(level, message) }
