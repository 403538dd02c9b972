package main

import (
	"context"
	"sync"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/isolate"
)

// alone is a node that serves in its own process, with jails for functions that nobody
// trusts. It is serving's first kind.
type alone struct {
	*front
	jails *jails

	mu struct {
		sync.Mutex // held while places are set: the last word is that of the latest versions
		versions   []bundles.Version
	}
}

// openAlone joins a front with jails.
func openAlone(s frontSettings, parts frontParts, j *jails, log func(string, ...any)) (*alone, error) {
	parts.openJail = j.openHere
	parts.faulty = func(function string, err error) { j.keeper.Fault(function, err.Error()) }
	f, err := openFront(s, parts, func(c *isolate.Config) {
		c.Overrun = func(o isolate.Overrun) {
			log("%s: nothing in this process can end it, and a core is lost to it; run workers to be safe from such functions", o.Failure)
		}
	})
	if err != nil {
		return nil, err
	}
	a := &alone{front: f, jails: j}
	j.changed = a.placesChanged
	return a, nil
}

// SetRoutes is serving's.
func (a *alone) SetRoutes(_ context.Context, versions []bundles.Version) error {
	a.mu.Lock()
	a.mu.versions = versions
	a.placeLocked()
	a.mu.Unlock()
	return a.gateway.SetRoutes(versions)
}

// placesChanged makes versions run where they belong now.
func (a *alone) placesChanged() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.placeLocked()
}

func (a *alone) placeLocked() {
	var jailed []bundles.Digest
	for _, v := range a.mu.versions {
		if a.jails.place(v) != supervise.InWorker {
			jailed = append(jailed, v.Digest)
		}
	}
	a.places.set(jailed)
}

// Warm is serving's.
func (a *alone) Warm(ctx context.Context, v *bundles.Version) error {
	if a.jails.place(*v) != supervise.InWorker {
		return nil // a jail is started by its first event
	}
	return a.engine.Warm(ctx, v)
}

// Check is serving's: a process of its own tries the bundle.
func (a *alone) Check(ctx context.Context, b *bundles.Bundle) error {
	return a.jails.keeper.Check(ctx, b)
}

// Degraded is serving's.
func (a *alone) Degraded() []string { return a.jails.degraded() }

// Processes is serving's.
func (a *alone) Processes() []admin.Process { return a.jails.processes() }
