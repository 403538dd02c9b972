package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

// places says where each version runs: in this process, or in a jail. It is the gateway's
// Dispatcher.
type places struct {
	engine *isolate.Engine
	jails  gateway.Dispatcher                          // nil: there are none
	jailed atomic.Pointer[map[bundles.Digest]struct{}] // nil: none is
}

// set puts the versions with these digests into jails, and no others.
func (p *places) set(digests []bundles.Digest) {
	if len(digests) == 0 || p.jails == nil {
		p.jailed.Store(nil)
		return
	}
	jailed := make(map[bundles.Digest]struct{}, len(digests))
	for _, d := range digests {
		jailed[d] = struct{}{}
	}
	p.jailed.Store(&jailed)
}

// Delay is how long an event of t that comes now waits for its turn in this process, about.
// Jails refuse what they can't do themselves.
func (p *places) Delay(t *isolate.Target) time.Duration {
	if p.inJail(t) {
		return 0
	}
	return p.engine.Delay(t)
}

// inJail says whether t runs in a jail.
func (p *places) inJail(t *isolate.Target) bool {
	jailed := p.jailed.Load()
	if jailed == nil {
		return false
	}
	_, ok := (*jailed)[t.Digest]
	return ok
}

// Dispatch runs an event where it belongs.
func (p *places) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	if p.inJail(t) {
		return p.jails.Dispatch(ctx, t, ev)
	}
	return p.engine.Dispatch(ctx, t, ev)
}
