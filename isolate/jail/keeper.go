package jail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

const (
	// overrunEvery is how often a keeper looks for turns that have run over, and hangUpEvery
	// for channels that were closed.
	overrunEvery = 20 * time.Millisecond
	hangUpEvery  = 500 * time.Millisecond

	// settleMax protects a jail that has just been used from making room for another.
	settleMax = time.Second

	// checksMax bounds the checks at once.
	checksMax = 2
)

// Spec is what a process to be started is for.
type Spec struct {
	Function string   // empty: to check one bundle that is not live
	Control  *os.File // what the process needs as ServerConfig.Control; Start's to pass on, the keeper's to close
}

// Process is a running jail, as its keeper sees it.
type Process interface {
	Pid() int
	// Wait returns when the process has ended: nil after exit status 0, otherwise how it
	// ended. The error wraps ErrMemory if its memory limit killed it. It is called once.
	Wait() error
	// Kill ends the process at once. It may be called at any time, also after the end.
	Kill()
}

// ErrMemory says that the kernel killed a jail at its memory limit.
var ErrMemory = errors.New("jail: killed at its memory limit")

// Loss is the end of a jail that its keeper did not mean.
type Loss struct {
	Function string
	Pid      int
	Cause    string // "signal: killed", "a turn ran over its budget"
	Memory   bool   // the memory limit killed it
}

// KeeperConfig is what a Keeper needs.
type KeeperConfig struct {
	// Start starts a jail: a process that makes a Server with its Control and serves. It is
	// called on any goroutine.
	Start func(ctx context.Context, spec Spec) (Process, error)

	// Admit, if not nil, says whether a function may have a jail now. Its error is Open's,
	// and should wrap ErrRefused.
	Admit func(function string) error

	// Overrun, if not nil, is asked every 20 ms whether the process must be killed because of
	// what runs in it, and why; empty: no.
	Overrun func(Process) (cause string)

	// Lost, if not nil, is called when a jail has ended that should not have. It must not
	// block.
	Lost func(Loss)

	JailsMax int           // at once; 0: 256
	StartMax time.Duration // from Start until the jail serves; 0: 5 s
	DrainMax time.Duration // for events of a jail that makes room for another; 0: 1 s
	CheckMax time.Duration // for Check, all in all; 0: 10 s
}

func (c KeeperConfig) withDefaults() KeeperConfig {
	if c.JailsMax == 0 {
		c.JailsMax = 256
	}
	if c.StartMax == 0 {
		c.StartMax = 5 * time.Second
	}
	if c.DrainMax == 0 {
		c.DrainMax = time.Second
	}
	if c.CheckMax == 0 {
		c.CheckMax = 10 * time.Second
	}
	return c
}

// Validate names the field that is missing or out of range.
func (c KeeperConfig) Validate() error {
	switch {
	case c.Start == nil:
		return errors.New("jail: KeeperConfig.Start is missing")
	case c.JailsMax < 0:
		return errors.New("jail: KeeperConfig.JailsMax is negative")
	case c.StartMax < 0:
		return errors.New("jail: KeeperConfig.StartMax is negative")
	case c.DrainMax < 0:
		return errors.New("jail: KeeperConfig.DrainMax is negative")
	case c.CheckMax < 0:
		return errors.New("jail: KeeperConfig.CheckMax is negative")
	}
	return nil
}

// Keeper owns the jails of a node. All methods are safe for concurrent use.
type Keeper struct {
	cfg    KeeperConfig
	ctx    context.Context // ends when the keeper is closed
	cancel context.CancelFunc
	checks chan struct{} // one for each check under way
	settle time.Duration // settleMax
	some   chan struct{} // there is a jail to be looked after
	work   sync.WaitGroup

	mu struct {
		sync.Mutex
		current map[string]*inmate   // those that take events, by function
		all     map[*inmate]struct{} // also those that leave
		closed  bool
	}
}

// NewKeeper returns a Keeper without jails. Close it when it is not used any more.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	k := &Keeper{cfg: cfg.withDefaults(), checks: make(chan struct{}, checksMax), settle: settleMax, some: make(chan struct{}, 1)}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.mu.current = make(map[string]*inmate)
	k.mu.all = make(map[*inmate]struct{})
	k.work.Go(k.look)
	return k, nil
}

// Open returns a new channel into the function's jail, starting one if there is none. The
// file is a connected stream socket, the caller's to close or to pass to another process:
// [net.FileConn] makes what NewClient takes. When as many jails live as may, the one used
// longest ago that is idle ends first; if none is, Open returns [ErrOverloaded].
func (k *Keeper) Open(ctx context.Context, function string) (*os.File, error) {
	if k.cfg.Admit != nil {
		if err := k.cfg.Admit(function); err != nil {
			return nil, err
		}
	}
	var last error
	for range 3 { // a jail may end while a channel is on its way to it
		j, err := k.jail(ctx, function)
		if err != nil {
			return nil, err
		}
		file, err := j.open()
		if err == nil {
			return file, nil
		}
		if last = err; !errors.Is(err, errLeaving) {
			j.kill("it took no channel")
		}
		k.retire(j)
	}
	return nil, fmt.Errorf("pass a channel to the jail of %s: %w", function, last)
}

// jail returns the function's jail, which serves.
func (k *Keeper) jail(ctx context.Context, function string) (*inmate, error) {
	for {
		k.mu.Lock()
		if k.mu.closed {
			k.mu.Unlock()
			return nil, ErrClosed
		}
		j, room := k.mu.current[function], len(k.mu.all) < k.cfg.JailsMax
		var leaver *inmate
		switch {
		case j != nil:
		case room:
			j = newInmate(k, function)
			k.mu.current[function], k.mu.all[j] = j, struct{}{}
			k.work.Go(j.live)
		default:
			if leaver = k.leaverLocked(); leaver == nil {
				k.mu.Unlock()
				return nil, ErrOverloaded
			}
		}
		k.mu.Unlock()
		if leaver != nil {
			leaver.leave()
			select {
			case <-leaver.gone:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		select {
		case <-j.ready:
			return j, nil
		case <-j.gone:
			return nil, j.startError()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// leaverLocked returns a jail that leaves, or else the one to leave to make room for another:
// the one used longest ago that is idle, nil if none is.
func (k *Keeper) leaverLocked() *inmate {
	var best *inmate
	var used time.Time
	for j := range k.mu.all {
		at, idle := j.idle()
		if k.mu.current[j.function] != j {
			return j
		}
		if idle && time.Since(at) >= k.settle && (best == nil || at.Before(used)) {
			best, used = j, at
		}
	}
	if best != nil {
		delete(k.mu.current, best.function)
	}
	return best
}

// retire makes j take no more channels.
func (k *Keeper) retire(j *inmate) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.current[j.function] == j {
		delete(k.mu.current, j.function)
	}
}

// remove forgets j, which has ended.
func (k *Keeper) remove(j *inmate) {
	k.retire(j)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.mu.all, j)
}

// Fault kills the function's jail because a client found it at fault.
func (k *Keeper) Fault(function, cause string) {
	k.mu.Lock()
	j := k.mu.current[function]
	k.mu.Unlock()
	if j != nil {
		j.kill(cause)
	}
}

// Check evaluates a bundle that is not live in a process of its own, and returns a
// *isolate.Failure if it can't be run; another error says that it could not be tried.
func (k *Keeper) Check(ctx context.Context, b *bundles.Bundle) error {
	if err := enter(ctx, k.checks); err != nil {
		return err
	}
	defer leave(k.checks)
	j := newInmate(k, "")
	k.mu.Lock()
	if k.mu.closed {
		k.mu.Unlock()
		return ErrClosed
	}
	k.work.Go(j.live)
	k.mu.Unlock()
	defer func() {
		j.end()
		<-j.gone
	}()
	select {
	case <-j.ready:
	case <-j.gone:
		return j.startError()
	case <-ctx.Done():
		return ctx.Err()
	}
	file, err := j.open()
	if err != nil {
		return fmt.Errorf("pass a channel to the process that checks: %w", err)
	}
	conn, err := unixConn(file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, k.cfg.CheckMax)
	defer cancel()
	defer context.AfterFunc(k.ctx, cancel)()
	return Check(ctx, conn, bundles.Encode(b))
}

// look kills jails whose turns run over and ends those that nobody has a channel to.
func (k *Keeper) look() {
	tick := time.NewTicker(overrunEvery)
	defer tick.Stop()
	var hangUps time.Time
	for {
		all := k.inmates()
		if len(all) == 0 {
			tick.Stop()
			select {
			case <-k.ctx.Done():
				return
			case <-k.some:
				tick.Reset(overrunEvery)
			}
		}
		select {
		case <-k.ctx.Done():
			return
		case now := <-tick.C:
			if k.cfg.Overrun != nil {
				for _, j := range all {
					j.checkOverrun()
				}
			}
			if now.Sub(hangUps) >= hangUpEvery {
				hangUps = now
				for _, j := range all {
					j.checkChannels()
				}
			}
		}
	}
}

func (k *Keeper) inmates() []*inmate {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]*inmate, 0, len(k.mu.all))
	for j := range k.mu.all {
		all = append(all, j)
	}
	return all
}

// JailStatus is what is known of one jail.
type JailStatus struct {
	Function string    `json:"function"`
	Pid      int       `json:"pid"`
	Since    time.Time `json:"since"`
	State    string    `json:"state"`    // "starting", "serving", "leaving"
	Channels int       `json:"channels"` // that are open
	Events   int       `json:"events"`   // in it, by its own account
}

// Status returns a line for each jail, by function.
func (k *Keeper) Status() []JailStatus {
	list := make([]JailStatus, 0)
	for _, j := range k.inmates() {
		list = append(list, j.status())
	}
	slices.SortFunc(list, func(a, b JailStatus) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), a.Since.Compare(b.Since))
	})
	return list
}

// Close kills all jails and waits for their ends.
func (k *Keeper) Close() error {
	k.mu.Lock()
	k.mu.closed = true
	k.mu.Unlock()
	for _, j := range k.inmates() {
		j.end()
	}
	k.cancel()
	k.work.Wait()
	return nil
}
