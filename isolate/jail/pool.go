package jail

import (
	"context"
	"net"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// PoolConfig is what a Pool needs.
type PoolConfig struct {
	// Open returns a new channel into the function's jail: what Keeper.Open gave, here or in
	// another process. Its errors keep ErrRefused and ErrOverloaded for errors.Is.
	Open func(ctx context.Context, function string) (net.Conn, error)

	Host isolate.Host                                                              // as in ClientConfig
	Load func(ctx context.Context, digest bundles.Digest) (*bundles.Bundle, error) // as in ClientConfig

	// Fault, if not nil, is told of a function whose jail broke the protocol, for its keeper to
	// kill it. It must not block.
	Fault func(function string, err error)

	IdleMax   time.Duration // a channel without events is closed after this long; 0: 30 s
	OpenMax   time.Duration // for Open; 0: 10 s
	EventsMax int           // as in ClientConfig
	DrainMax  time.Duration // as in ClientConfig
}

// Pool dispatches events of any function, each into its function's jail. All methods are safe
// for concurrent use.
type Pool struct{ cfg PoolConfig }

// NewPool returns a Pool without channels. Close it when it is not used any more.
func NewPool(cfg PoolConfig) (*Pool, error) { return &Pool{cfg}, nil }

// Dispatch runs one event of the function version t in the function's jail, with the contract
// of [isolate.Engine.Dispatch]. Where there is no jail to run it, the outcome is
// isolate.OutcomeQuarantined, isolate.OutcomeOverloaded or isolate.OutcomeInternal.
func (p *Pool) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	return nil, ErrClosed
}

// Close closes all channels.
func (p *Pool) Close() error { return nil }
