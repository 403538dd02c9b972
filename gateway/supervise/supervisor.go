package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrStart is returned when children don't become ready.
var ErrStart = errors.New("supervise: a child does not start")

// startsMax is how many starts of a slot may fail in a row before AwaitReady gives up.
const startsMax = 3

// Supervisor keeps a number of children running. It is safe for concurrent use.
type Supervisor struct {
	cfg      Config // immutable
	slots    []*slot
	stopping chan struct{}  // closed when nothing is to be started any more
	tending  sync.WaitGroup // the slots' goroutines
	running  sync.WaitGroup // the killer's, and those of each child
	killed   chan struct{}  // closed when the killer is to end

	reloading sync.Mutex // held by Reload
	mu        struct {
		sync.Mutex
		stopped  bool
		closed   bool
		children []*Child      // that are not gone
		changed  chan struct{} // closed and replaced with each change of a child
	}
}

// New starts the children, and returns at once: AwaitReady waits for them. Close it.
func New(cfg Config) (*Supervisor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Supervisor{cfg: cfg.withDefaults(), stopping: make(chan struct{}), killed: make(chan struct{})}
	s.mu.changed = make(chan struct{})
	for i := range cfg.Count {
		sl := &slot{number: i, s: s, reloads: make(chan reload)}
		s.slots = append(s.slots, sl)
	}
	s.running.Go(s.patrol)
	for _, sl := range s.slots {
		s.tending.Go(sl.tend)
	}
	return s, nil
}

// Children returns the processes that live, those of lower slots first, in each slot the
// latest first. They may be in any state but Gone.
func (s *Supervisor) Children() []*Child {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := slices.Clone(s.mu.children)
	slices.Reverse(live)
	slices.SortStableFunc(live, func(a, b *Child) int { return cmp.Compare(a.slot, b.slot) })
	return live
}

// Status says what the children do.
func (s *Supervisor) Status() Status {
	status := Status{Kind: s.cfg.Kind}
	for _, sl := range s.slots {
		status.Slots = append(status.Slots, sl.status())
	}
	for _, c := range s.Children() {
		sl := &status.Slots[c.slot]
		sl.Children = append(sl.Children, c.Status())
	}
	return status
}

// Ready says whether each slot has a child that serves.
func (s *Supervisor) Ready() bool {
	ready := make([]bool, len(s.slots))
	for _, c := range s.Children() {
		if c.Status().State == Serving {
			ready[c.slot] = true
		}
	}
	return !slices.Contains(ready, false)
}

// AwaitReady waits until each slot has a child that serves. When the starts of a slot
// fail again and again, the error is ErrStart with the cause; the Supervisor goes on trying.
func (s *Supervisor) AwaitReady(ctx context.Context) error {
	for {
		s.mu.Lock()
		changed, stopped := s.mu.changed, s.mu.stopped
		s.mu.Unlock()
		if s.Ready() {
			return nil
		}
		if stopped {
			return ErrClosed
		}
		for _, sl := range s.slots {
			if st := sl.status(); st.Failures >= startsMax {
				return fmt.Errorf("%w: %s %d: %s", ErrStart, s.cfg.Kind, st.Slot, st.LastCause)
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reload replaces the children, one slot after the other: a new one starts, and when it is
// ready the old one drains. It returns when all are replaced, while the last ones may
// still drain. When a new child doesn't become ready its slot keeps the old one, and
// Reload ends with ErrStart.
func (s *Supervisor) Reload(ctx context.Context) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	for _, sl := range s.slots {
		if err := sl.reload(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Drain ends the Supervisor's work: nothing is started any more, all children are told to
// finish, and Drain waits until they are gone. Those that live when ctx ends are ended by
// SIGTERM and then SIGKILL. Close must still be called.
func (s *Supervisor) Drain(ctx context.Context) {
	s.stop()
	patience := s.cfg.DrainMax
	if deadline, ok := ctx.Deadline(); ok {
		patience = max(0, time.Until(deadline))
	}
	var draining sync.WaitGroup
	for _, c := range s.Children() {
		c.become(Draining, "")
		draining.Go(func() { c.order(patience) })
		draining.Go(func() {
			c.expire(ctx, patience)
			<-c.gone
		})
	}
	draining.Wait()
}

// Close kills the children that live, and waits for all that the Supervisor has started.
func (s *Supervisor) Close() error {
	s.stop()
	s.mu.Lock()
	first := !s.mu.closed
	s.mu.closed = true
	s.mu.Unlock()
	if first {
		for _, c := range s.Children() {
			c.silence()
			c.process.Kill()
		}
		close(s.killed)
	}
	s.running.Wait()
	return nil
}

// stop keeps slots from starting anything, and waits until they have noticed.
func (s *Supervisor) stop() {
	s.mu.Lock()
	if !s.mu.stopped {
		s.mu.stopped = true
		close(s.stopping)
	}
	s.mu.Unlock()
	s.tending.Wait()
	s.announce(ChildStatus{})
}

// spawn starts a child for a slot.
func (s *Supervisor) spawn(number int) (*Child, error) {
	spec, err := s.cfg.Start(number)
	c := &Child{slot: number, cfg: &s.cfg, changed: s.announce,
		started: make(chan struct{}), ready: make(chan struct{}), lost: make(chan struct{}), gone: make(chan struct{})}
	c.mu.status = ChildStatus{Slot: number, State: Starting, Since: time.Now()}
	if err == nil {
		err = c.start(spec)
	} else {
		c.discard(&spec)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.mu.children = append(s.mu.children, c)
	s.mu.Unlock()
	s.announce(c.Status())
	s.running.Go(func() { c.watch(s.forget) })
	return c, nil
}

// forget takes a child that is gone off the books.
func (s *Supervisor) forget(c *Child) {
	s.mu.Lock()
	s.mu.children = slices.DeleteFunc(s.mu.children, func(other *Child) bool { return other == c })
	s.mu.Unlock()
}

// announce tells of a change: those who wait, and of a child's state Config.Changed.
func (s *Supervisor) announce(status ChildStatus) {
	s.mu.Lock()
	close(s.mu.changed)
	s.mu.changed = make(chan struct{})
	s.mu.Unlock()
	if status.State != "" {
		s.cfg.Changed(status)
	}
}
