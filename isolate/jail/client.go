package jail

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// ClientConfig is what a Client needs.
type ClientConfig struct {
	// Host is what events in the jail reach of the world. Each call is made for the event and
	// the version that made it.
	Host isolate.Host

	// Load returns a bundle that the jail needs, one of a version that was dispatched here.
	Load func(ctx context.Context, digest bundles.Digest) (*bundles.Bundle, error)

	// Fault, if not nil, is called at most once, when the jail has broken the protocol; the
	// channel is closed already. The error wraps ErrFault. It must not block.
	Fault func(error)

	EventsMax int           // in the jail at once; others wait; 0: 1,024
	DrainMax  time.Duration // of waitUntil work after the response; 0: 30 s
}

func (c ClientConfig) withDefaults() ClientConfig {
	if c.EventsMax == 0 {
		c.EventsMax = 1024
	}
	if c.DrainMax == 0 {
		c.DrainMax = 30 * time.Second
	}
	return c
}

// Validate names the field that is missing or out of range.
func (c ClientConfig) Validate() error {
	switch {
	case c.Load == nil:
		return errors.New("jail: ClientConfig.Load is missing")
	case c.EventsMax < 0:
		return errors.New("jail: ClientConfig.EventsMax is negative")
	case c.DrainMax < 0:
		return errors.New("jail: ClientConfig.DrainMax is negative")
	}
	return nil
}

// Client is a process's end of a channel into a jail. All methods are safe for concurrent
// use.
type Client struct {
	cfg  ClientConfig
	conn net.Conn
}

// NewClient returns a Client that owns conn, one end of a channel that [Keeper.Open] made.
// Close it when it is not used any more.
func NewClient(conn net.Conn, cfg ClientConfig) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Client{cfg: cfg.withDefaults(), conn: conn}, nil
}

// Dispatch runs one event of the function version t in the jail, with the contract of
// [isolate.Engine.Dispatch]: the response is the caller's to keep, the error is a
// *isolate.Failure, and ev.Done is called exactly once. There is one more error: [ErrGone],
// after which ev.Done is not called.
//
// All events of a client are for one function.
func (c *Client) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	return nil, ErrGone
}

// Idle returns since when no event has been in the jail; false: there is one.
func (c *Client) Idle() (since time.Time, idle bool) { return time.Time{}, false }

// Close ends the channel, the events in it as canceled, and waits for what they had under way.
func (c *Client) Close() error { return c.conn.Close() }
