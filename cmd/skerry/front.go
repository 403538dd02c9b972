package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/jail"
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
	// Reload replaces the processes that serve, one by one, where there are any.
	Reload(ctx context.Context) error
	// Degraded says what is not as it should be, a sentence each.
	Degraded() []string
	// Processes lists those that run functions beside this one.
	Processes() []admin.Process
}

// frontSettings is what a front is told by the process that starts it.
type frontSettings struct {
	Domain       string           `json:"domain"`
	Workers      int              `json:"workers"`   // that share the node's work; at least 1
	MemoryMB     int              `json:"memory_mb"` // that its warm isolates may hold
	Trusted      []netip.Prefix   `json:"trusted,omitempty"`
	AllowPrivate []string         `json:"allow_private,omitempty"`
	Listeners    []netip.AddrPort `json:"listeners"` // the node's own addresses, where functions may not go
	ServerTiming bool             `json:"server_timing,omitempty"`
	CF           map[string]any   `json:"cf,omitempty"`       // what request.cf has of the node
	CacheMB      int              `json:"cache_mb,omitempty"` // what the node's cache may hold; 0: there is none
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
	kv     kv.Store
	cache  kv.Store                                                    // what the node's cache keeps; nil: nothing
	bundle func(ctx context.Context, d bundles.Digest) ([]byte, error) // encoded
	out    io.Writer                                                   // of log lines

	// openJail returns a channel into a function's jail, faulty reports a jail that broke its
	// protocol. nil: all functions run in this process.
	openJail func(ctx context.Context, function string) (net.Conn, error)
	faulty   func(function string, err error)
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
			encoded, err := parts.bundle(ctx, d)
			if err != nil {
				return nil, err
			}
			return bundles.Decode(encoded)
		},
		MemoryBytes: int64(s.MemoryMB) << 20,
	}
	if err := withCache(&cfg, parts.cache, s.CacheMB); err != nil {
		return err
	}
	for _, c := range change {
		c(&cfg)
	}
	if f.engine, err = isolate.New(cfg); err != nil {
		return err
	}
	f.closers.add(func() error { f.engine.Close(); return nil })
	f.observer.GaugeFunc("skerry_bundles_loaded", "Bundles that are compiled and in memory.", func() float64 { return float64(f.engine.Pools()) })
	f.observer.GaugeFunc("skerry_isolates_warm", "Isolates that have evaluated their bundle and wait for an event.", func() float64 { return float64(f.engine.Idle()) })
	f.observer.GaugeFunc("skerry_isolates_bytes", "What loaded bundles and warm isolates hold, about.", func() float64 { return float64(f.engine.Held()) })
	ctx, cancel := context.WithCancel(context.Background())
	var tending sync.WaitGroup
	tending.Go(func() { memory(ctx, f.engine.Held) })
	tending.Go(func() { processors(ctx, f.engine.LongTurns) })
	f.closers.add(func() error { cancel(); tending.Wait(); return nil })
	f.places = &places{engine: f.engine}
	if parts.openJail != nil {
		pool, err := jail.NewPool(jail.PoolConfig{Open: parts.openJail, Host: cfg.Host, Load: cfg.Load, Fault: parts.faulty})
		if err != nil {
			return err
		}
		f.closers.add(pool.Close)
		f.places.jails = pool
	}
	f.gateway, err = gateway.New(gateway.Config{
		Dispatcher: f.places, Observer: f.observer, Domain: s.Domain, Trusted: s.Trusted, ServerTiming: s.ServerTiming, Busy: f.busy, CF: s.CF, Delay: f.places.Delay,
		Admission: admit.Config{Events: divided(eventsMax, s.Workers)},
	})
	return err
}

// eventsMax is how many events run at once on a node.
const eventsMax = 2000

// busyAfter is how long a turn lasts before the process leaves new connections to others.
const busyAfter = 5 * time.Millisecond

// busy says whether a connection had better go to another process.
func (f *front) busy() bool {
	_, held := f.engine.Backlog()
	return held > busyAfter
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

// Reload is serving's.
func (f *front) Reload(context.Context) error {
	return errors.New("there are no workers to replace; start the node with --workers")
}
