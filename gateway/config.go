package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// Dispatcher runs events. *isolate.Engine is one.
type Dispatcher interface {
	// Dispatch runs ev for the function version t and returns its response, which is the
	// caller's to keep, or an *isolate.Failure. It calls ev.Done exactly once, whatever it
	// returns, on any goroutine and possibly before it returns.
	//
	// ctx ends when the client leaves. It bounds the wait for the response alone: work
	// that goes on after Dispatch has returned doesn't look at it.
	Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error)
}

// Config is what a Server needs, and what bounds it.
type Config struct {
	Dispatcher Dispatcher        // required
	Observer   *observe.Observer // required, for this server alone, which doesn't close it

	Domain    string         // functions without routes answer at NAME.Domain; empty: nowhere
	Trusted   []netip.Prefix // proxies whose X-Forwarded-For and -Proto are believed
	Dev       bool           // whether problem documents show stacks and sources
	Admission admit.Config

	// Delay tells how long an event of a version that comes now would wait for CPU time, about:
	// what functions are asked beyond what there is, is refused by it. It must be quick. nil:
	// nobody knows.
	Delay func(t *isolate.Target) time.Duration

	// CF is what functions find in request.cf beside what the gateway knows itself: colo,
	// country and the like. Its values are strings, numbers and booleans; nil: nothing.
	CF map[string]any

	// ServerTiming adds a Server-Timing header to the responses of functions: what they cost.
	ServerTiming bool

	// Busy says that new connections had better go to another process that listens on the
	// same socket. It is asked before each is accepted, and must be quick; while it says so,
	// connections wait in the kernel's queue. nil: never.
	Busy func() bool

	Connections      int // open at once; 0: what the limit on open files leaves, 16,384 at most
	ConnectionsPerIP int // of one client that is not in Trusted; 0: 4,096

	HeadTimeout  time.Duration // for a request's line and header, from its first byte; 0: 10 s
	BodyTimeout  time.Duration // for a body, in which it must reach 1 KiB/s and stay there; 0: 10 s
	IdleTimeout  time.Duration // between two requests on a connection, and before the first; 0: 30 s
	WriteTimeout time.Duration // for a response; long ones get more, by 16 KiB/s; 0: 30 s
}

func (c Config) withDefaults() Config {
	if c.Connections == 0 {
		c.Connections = min(openFilesMax()-openFilesReserve, 16384)
	}
	if c.ConnectionsPerIP == 0 {
		c.ConnectionsPerIP = 4096
	}
	for d, value := range map[*time.Duration]time.Duration{
		&c.HeadTimeout:  10 * time.Second,
		&c.BodyTimeout:  10 * time.Second,
		&c.IdleTimeout:  30 * time.Second,
		&c.WriteTimeout: 30 * time.Second,
	} {
		if *d == 0 {
			*d = value
		}
	}
	return c
}

// Validate names the field that is missing or out of range.
func (c Config) Validate() error {
	switch {
	case c.Dispatcher == nil:
		return errors.New("gateway: Dispatcher is missing")
	case c.Observer == nil:
		return errors.New("gateway: Observer is missing")
	case c.Connections < 0:
		return fmt.Errorf("gateway: Connections is %d, want 0 or more", c.Connections)
	case c.ConnectionsPerIP < 0:
		return fmt.Errorf("gateway: ConnectionsPerIP is %d, want 0 or more", c.ConnectionsPerIP)
	}
	for _, f := range []struct {
		name  string
		value time.Duration
	}{
		{"HeadTimeout", c.HeadTimeout},
		{"BodyTimeout", c.BodyTimeout},
		{"IdleTimeout", c.IdleTimeout},
		{"WriteTimeout", c.WriteTimeout},
	} {
		if f.value < 0 {
			return fmt.Errorf("gateway: %s is %v, want 0 or more", f.name, f.value)
		}
	}
	return c.Admission.Validate()
}
