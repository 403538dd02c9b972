package replicate

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
)

// Config connects a Replica to the rest of a node.
type Config struct {
	Catalog *catalog.Catalog // what should be served
	Bundles store.Store      // where its bundles are: a store.Local, or a store.Tier with one
	Dir     string           // holds the file that says what is served; must exist

	// Warm makes a version ready to be served, with its bundle in Bundles, and says why
	// it can't be served. It is called, from several goroutines at once, for every version
	// that is news to the node: not for those that it served before it was started again,
	// nor for any at the first start of all, unless the manifest asks for isolates to be
	// kept ready. It should return when ctx ends. nil: nothing is to be done.
	Warm func(ctx context.Context, v bundles.Version) error

	// Switch makes the node serve all that s says, and nothing else. Requests that begin
	// after it has returned nil must see s. After an error the node must serve what it
	// served before, and Switch is called again later. It is called from one goroutine at
	// a time, and should return within a second.
	Switch func(ctx context.Context, s *Serving) error

	// Changed is told of every change of Status, from one goroutine at a time. It must
	// not wait and not call the Replica. nil: nobody is told.
	Changed func(Status)

	Poll     time.Duration // between looks at the catalog; 0: 1 s
	Timeout  time.Duration // for preparing one function; 0: 30 s
	Parallel int           // functions that are prepared at once; 0: 4

	// SweepEvery is how often what nobody refers to any more is removed from the catalog
	// and from Bundles. 0: every hour; negative: never. Whatever is younger than an hour
	// stays.
	SweepEvery time.Duration
}

func (c Config) withDefaults() Config {
	if c.Warm == nil {
		c.Warm = func(context.Context, bundles.Version) error { return nil }
	}
	if c.Changed == nil {
		c.Changed = func(Status) {}
	}
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Parallel == 0 {
		c.Parallel = 4
	}
	if c.SweepEvery == 0 {
		c.SweepEvery = time.Hour
	}
	return c
}

// Validate names the field that can't be used.
func (c Config) Validate() error {
	switch {
	case c.Catalog == nil:
		return errors.New("replicate: Config.Catalog is missing")
	case c.Bundles == nil:
		return errors.New("replicate: Config.Bundles is missing")
	case c.Dir == "":
		return errors.New("replicate: Config.Dir is missing")
	case c.Switch == nil:
		return errors.New("replicate: Config.Switch is missing")
	case c.Poll < 0:
		return fmt.Errorf("replicate: Config.Poll is %v, below zero", c.Poll)
	case c.Timeout < 0:
		return fmt.Errorf("replicate: Config.Timeout is %v, below zero", c.Timeout)
	case c.Parallel < 0:
		return fmt.Errorf("replicate: Config.Parallel is %d, below zero", c.Parallel)
	}
	return nil
}

// Replica keeps a node in step with the catalog. It is safe for concurrent use.
type Replica struct {
	status atomic.Pointer[Status]

	requests chan *request      // to the loop
	cancel   context.CancelFunc // ends the loop
	done     chan struct{}      // closed when it has ended
}

// Start begins to keep the node in step, and returns when the node has switched for the
// first time. What could not be prepared is then held: Status tells. ctx bounds the start
// alone; Close ends the Replica.
//
// If the catalog can't be read, the node serves what it served last, and Status tells why;
// if it has never served anything, the error is ErrNoState and the reason. A store with
// another catalog than the node's is a *ForeignError.
func Start(ctx context.Context, cfg Config) (*Replica, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	life, cancel := context.WithCancel(context.Background())
	r := &Replica{requests: make(chan *request), cancel: cancel, done: make(chan struct{})}
	l, err := newLoop(ctx, life, cfg, r)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start replication: %w", err)
	}
	go l.run()
	select {
	case err = <-l.first:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("start replication: %w", err)
	}
	return r, nil
}

// Close ends replication and waits until no hook runs any more. What is served stays as
// it is.
func (r *Replica) Close() {
	r.cancel()
	<-r.done
}

// Status says how far the node is in step. It does not wait.
func (r *Replica) Status() Status { return *r.status.Load() }

// Sync looks at the catalog at once, and returns when the node serves what the catalog
// says, or said at some moment after the call, of the named functions: nil then. Without
// names it waits for all functions. Calls at the same time share the work.
//
// It returns a *HeldError if one of these functions can't be prepared now, the catalog's
// error if it can't be read, Switch's error, ErrClosed, or ctx's error.
func (r *Replica) Sync(ctx context.Context, functions ...string) error {
	q := &request{functions: functions, answer: make(chan error, 1)}
	select {
	case r.requests <- q:
	case <-r.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-q.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
