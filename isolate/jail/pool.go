package jail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// gonePauseMax bounds the pauses after which an event that was not run is offered to a jail
// again. Once is mostly enough; but a keeper may hear later than a client that a jail leaves.
const gonePauseMax = 20 * time.Millisecond

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

	StreamIdleMax time.Duration // as in ClientConfig
}

func (c PoolConfig) withDefaults() PoolConfig {
	if c.IdleMax == 0 {
		c.IdleMax = 30 * time.Second
	}
	if c.OpenMax == 0 {
		c.OpenMax = 10 * time.Second
	}
	return c
}

// Validate names the field that is missing or out of range.
func (c PoolConfig) Validate() error {
	switch {
	case c.Open == nil:
		return errors.New("jail: PoolConfig.Open is missing")
	case c.IdleMax < 0:
		return errors.New("jail: PoolConfig.IdleMax is negative")
	case c.OpenMax < 0:
		return errors.New("jail: PoolConfig.OpenMax is negative")
	}
	return c.client("").Validate()
}

// client is the configuration of a function's clients.
func (c PoolConfig) client(function string) ClientConfig {
	cfg := ClientConfig{Host: c.Host, Load: c.Load, EventsMax: c.EventsMax, DrainMax: c.DrainMax, StreamIdleMax: c.StreamIdleMax}
	if c.Fault != nil {
		cfg.Fault = func(err error) { c.Fault(function, err) }
	}
	return cfg
}

// Pool dispatches events of any function, each into its function's jail. All methods are safe
// for concurrent use.
type Pool struct {
	cfg    PoolConfig
	ctx    context.Context // ends when the pool is closed
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu struct {
		sync.Mutex
		entries map[string]*entry
		closed  bool
	}
}

// entry is a function's client, when ready is closed.
type entry struct {
	ready  chan struct{}
	client *Client
	err    error
}

// NewPool returns a Pool without channels. Close it when it is not used any more.
func NewPool(cfg PoolConfig) (*Pool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Pool{cfg: cfg.withDefaults()}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.mu.entries = make(map[string]*entry)
	p.work.Go(p.reap)
	return p, nil
}

// Dispatch runs one event of the function version t in the function's jail, with the contract
// of [isolate.Engine.Dispatch]. Where there is no jail to run it, the outcome is
// isolate.OutcomeQuarantined, isolate.OutcomeOverloaded or isolate.OutcomeInternal.
func (p *Pool) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	started := time.Now()
	for pause := time.Duration(0); pause < gonePauseMax; pause = 2*pause + time.Millisecond {
		if err := wait(ctx, pause); err != nil {
			return nil, refuse(ev, started, canceled())
		}
		e, err := p.entry(ctx, t.Function)
		if err != nil {
			return nil, refuse(ev, started, p.failureOf(ctx, err))
		}
		response, err := e.client.Dispatch(ctx, t, ev)
		if !errors.Is(err, ErrGone) {
			return response, err
		}
		p.drop(t.Function, e)
	}
	return nil, refuse(ev, started, &isolate.Failure{
		Outcome: isolate.OutcomeWorkerLost, Message: "the process that should have run the function ended", Detail: ErrGone.Error(),
	})
}

// wait pauses, unless ctx ends.
func wait(ctx context.Context, pause time.Duration) error {
	if pause == 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failureOf says why there is no jail.
func (p *Pool) failureOf(ctx context.Context, err error) *isolate.Failure {
	f := &isolate.Failure{Outcome: isolate.OutcomeInternal, Message: "the function's process could not be started", Detail: err.Error()}
	switch {
	case errors.Is(err, ErrRefused):
		f.Outcome, f.Message = isolate.OutcomeQuarantined, "the function has ended every process that ran it, and is held back for a while"
	case errors.Is(err, ErrOverloaded):
		f.Outcome, f.Message = isolate.OutcomeOverloaded, "there are as many processes for functions as may be, and all of them work"
	case ctx.Err() != nil, p.ctx.Err() != nil:
		return canceled()
	}
	return f
}

// entry returns the function's entry with a client, opening a channel if there is none. All
// who want one at the same time wait for the same.
func (p *Pool) entry(ctx context.Context, function string) (*entry, error) {
	p.mu.Lock()
	if p.mu.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	e := p.mu.entries[function]
	if e == nil {
		e = &entry{ready: make(chan struct{})}
		p.mu.entries[function] = e
		p.work.Go(func() { p.open(function, e) })
	}
	p.mu.Unlock()
	select {
	case <-e.ready:
		return e, e.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// open makes e's client. It does not depend on the one who asked first: others may wait too.
func (p *Pool) open(function string, e *entry) {
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.OpenMax)
	defer cancel()
	conn, err := p.cfg.Open(ctx, function)
	if err == nil {
		e.client, err = NewClient(conn, p.cfg.client(function))
	}
	if err != nil {
		e.err = fmt.Errorf("open a channel into the jail of %s: %w", function, err)
		p.forget(function, e) // the next event tries again
	}
	close(e.ready)
}

// forget takes e out of the pool and says whether it was in it.
func (p *Pool) forget(function string, e *entry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.mu.entries[function] == e
	if found {
		delete(p.mu.entries, function)
	}
	return found
}

// drop lets go of an entry whose client takes no more events. It is closed when those that it
// has are over.
func (p *Pool) drop(function string, e *entry) {
	if p.forget(function, e) {
		p.work.Go(func() { e.client.wait(p.ctx) })
	}
}

// reap closes channels that have had no event for a while.
func (p *Pool) reap() {
	tick := time.NewTicker(max(p.cfg.IdleMax/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case now := <-tick.C:
			for function, e := range p.opened() {
				since, idle := e.client.Idle()
				if idle && now.Sub(since) >= p.cfg.IdleMax && e.client.closeIdle() {
					p.drop(function, e)
				}
			}
		}
	}
}

// opened returns the entries that have a client.
func (p *Pool) opened() map[string]*entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make(map[string]*entry, len(p.mu.entries))
	for function, e := range p.mu.entries {
		select {
		case <-e.ready:
			if e.err == nil {
				list[function] = e
			}
		default:
		}
	}
	return list
}

// Close closes all channels; events under way end as canceled. It waits for what they had
// under way.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.mu.closed = true
	p.mu.Unlock()
	p.cancel()
	p.work.Wait()
	for _, e := range p.opened() {
		e.client.Close()
	}
	return nil
}
