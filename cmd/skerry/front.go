package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
)

// serving is where a node runs functions: in its own process, a front, or in workers, each
// of which has a front.
type serving interface {
	// Warm makes a version ready for its first event.
	Warm(ctx context.Context, v *bundles.Version) error
	// Check evaluates a bundle that is not live yet, without a trace.
	Check(ctx context.Context, b *bundles.Bundle) error
	// SetRoutes makes these versions the live ones, for all requests that begin afterwards.
	SetRoutes(ctx context.Context, versions []bundles.Version) error
	// Dispatch runs one event by hand.
	Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error)
	// Subscribe follows the events and lines of a function, of all if it is empty.
	Subscribe(function string) *observe.Subscription
	Metrics() http.Handler
	Ready() bool
	// Serve serves a listener until Shutdown.
	Serve(ln net.Listener) error
	// Shutdown lets requests finish until ctx ends.
	Shutdown(ctx context.Context) error
	// Degraded says what is not as it should be, a sentence each.
	Degraded() []string
}

// frontSettings is what a front is told by the process that starts it.
type frontSettings struct {
	Domain       string           `json:"domain"`
	MemoryMB     int              `json:"memory_mb"` // that its warm isolates may hold
	Trusted      []netip.Prefix   `json:"trusted,omitempty"`
	AllowPrivate []string         `json:"allow_private,omitempty"`
	Listeners    []netip.AddrPort `json:"listeners"` // the node's own addresses, where functions may not go
	ServerTiming bool             `json:"server_timing,omitempty"`
}

// front is the path of a request: gateway, isolates, and what functions reach.
type front struct {
	observer *observe.Observer
	engine   *isolate.Engine
	gateway  *gateway.Server
	places   *places
	closers  closers
}

// frontParts are what a front is joined with.
type frontParts struct {
	kv      kv.Store
	bundles store.Store
	out     io.Writer          // of log lines
	jails   gateway.Dispatcher // for functions that don't run in this process; nil: all do
}

// openFront joins the pieces. Nothing is served yet.
func openFront(s frontSettings, parts frontParts, change ...func(*isolate.Config)) (*front, error) {
	f := &front{observer: observe.New(observe.Config{Out: parts.out})}
	f.closers.add(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return f.observer.Close(ctx)
	})
	if err := f.open(s, parts, change); err != nil {
		return nil, f.closers.close(err)
	}
	return f, nil
}

func (f *front) open(s frontSettings, parts frontParts, change []func(*isolate.Config)) error {
	out, err := egress.New(egress.Config{AllowPrivate: s.AllowPrivate, Listeners: s.Listeners})
	if err != nil {
		return &configError{fmt.Errorf("[egress]: %w", err)}
	}
	f.closers.add(out.Close)
	cfg := isolate.Config{
		Host: isolate.Host{Fetch: outbound{out}, KV: parts.kv, Console: f.observer.Log},
		Load: func(ctx context.Context, d bundles.Digest) (*bundles.Bundle, error) {
			encoded, err := parts.bundles.Get(ctx, d)
			if err != nil {
				return nil, err
			}
			return bundles.Decode(encoded)
		},
		MemoryBytes: int64(s.MemoryMB) << 20,
	}
	for _, c := range change {
		c(&cfg)
	}
	if f.engine, err = isolate.New(cfg); err != nil {
		return err
	}
	f.closers.add(func() error { f.engine.Close(); return nil })
	f.places = &places{engine: f.engine, jails: parts.jails}
	f.gateway, err = gateway.New(gateway.Config{
		Dispatcher: f.places, Observer: f.observer, Domain: s.Domain, Trusted: s.Trusted, ServerTiming: s.ServerTiming,
	})
	return err
}

// Warm is serving's.
func (f *front) Warm(ctx context.Context, v *bundles.Version) error { return f.engine.Warm(ctx, v) }

// Check is serving's.
func (f *front) Check(ctx context.Context, b *bundles.Bundle) error { return f.engine.Check(ctx, b) }

// SetRoutes is serving's.
func (f *front) SetRoutes(_ context.Context, versions []bundles.Version) error {
	return f.gateway.SetRoutes(versions)
}

// Dispatch is serving's.
func (f *front) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	return f.places.Dispatch(ctx, t, ev)
}

// Subscribe is serving's.
func (f *front) Subscribe(function string) *observe.Subscription {
	return f.observer.Subscribe(function)
}

// Metrics is serving's.
func (f *front) Metrics() http.Handler { return f.observer.Handler() }

// Ready is serving's.
func (f *front) Ready() bool { return f.gateway.Ready() }

// Serve is serving's.
func (f *front) Serve(ln net.Listener) error { return f.gateway.Serve(ln) }

// Shutdown is serving's.
func (f *front) Shutdown(ctx context.Context) error { return f.gateway.Shutdown(ctx) }

// Degraded is serving's.
func (f *front) Degraded() []string { return nil }
