package main

import (
	"context"
	"sync/atomic"

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

// Dispatch runs an event where it belongs.
func (p *places) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	if jailed := p.jailed.Load(); jailed != nil {
		if _, ok := (*jailed)[t.Digest]; ok {
			return p.jails.Dispatch(ctx, t, ev)
		}
	}
	return p.engine.Dispatch(ctx, t, ev)
}
