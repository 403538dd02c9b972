package admit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Config bounds what runs and what waits.
type Config struct {
	Events  int           // that run at once on the node; 0: 2,000
	Backlog int           // events of one function that wait; more are refused at once; 0: 5,000
	Wait    time.Duration // that an event waits for its turn at most; 0: 5 s
}

func (c Config) withDefaults() Config {
	if c.Events == 0 {
		c.Events = 2000
	}
	if c.Backlog == 0 {
		c.Backlog = 5000
	}
	if c.Wait == 0 {
		c.Wait = 5 * time.Second
	}
	return c
}

// Validate names the field that is out of range.
func (c Config) Validate() error {
	switch {
	case c.Events < 0:
		return fmt.Errorf("admit: Events is %d, want 0 or more", c.Events)
	case c.Backlog < 0:
		return fmt.Errorf("admit: Backlog is %d, want 0 or more", c.Backlog)
	case c.Wait < 0:
		return fmt.Errorf("admit: Wait is %v, want 0 or more", c.Wait)
	}
	return nil
}

// Node admits the events of all functions. Its methods are safe for concurrent use.
type Node struct {
	cfg   Config
	slots slots
}

// New returns a node where nothing runs. cfg must be valid.
func New(cfg Config) *Node {
	n := &Node{cfg: cfg.withDefaults()}
	n.slots.limit.Store(int64(n.cfg.Events))
	return n
}

// Running returns how many events run now.
func (n *Node) Running() int { return int(n.slots.taken.Load()) }

// Function returns the door to one function, where limit events may run at once. The caller
// keeps it for as long as the function lives, over all its versions: what runs is counted in
// it.
func (n *Node) Function(limit int) *Function {
	f := &Function{node: n}
	f.slots.limit.Store(int64(limit))
	return f
}

// Function admits the events of one function. Its methods are safe for concurrent use.
type Function struct {
	node  *Node
	slots slots
	crowd crowd
}

// Line is where events that run wait for CPU time.
type Line interface {
	// Delay is how long an event that joins the line now waits, about; 0: nobody knows.
	Delay() time.Duration
}

// SetLimit changes how many events may run at once. Those that run already stay.
func (f *Function) SetLimit(limit int) {
	f.slots.limit.Store(int64(limit))
	f.slots.grant()
}

// Running returns how many of the function's events run now, or wait for the node alone.
func (f *Function) Running() int { return int(f.slots.taken.Load()) }

// Waiting returns how many events wait for others of the function to end.
func (f *Function) Waiting() int { return int(f.slots.waiting.Load()) }

// Enter waits for a slot. After nil, the caller must call Leave once, when the event is
// over, from any goroutine.
//
// It returns a *Refusal if the event has waited for Config.Wait, the backlog is full, or more
// events come than there is CPU time for, by the delay in line; and ctx's cause if ctx ends
// first. While slots are free and nobody waits for CPU time it neither locks nor allocates.
func (f *Function) Enter(ctx context.Context, line Line) error {
	delay := line.Delay()
	if f.crowd.shedding.Load() && !f.crowd.admits(delay, time.Now()) {
		return f.tooMany()
	}
	entered := f.slots.try()
	running := entered && f.node.slots.try()
	if delay >= longLine && f.crowd.forms(f.Running()+f.Waiting(), !running, time.Now()) {
		if running {
			f.node.slots.leave()
		}
		if entered {
			f.slots.leave()
		}
		return f.tooMany()
	}
	if running {
		return nil
	}
	return f.wait(ctx, entered)
}

// tooMany is the refusal of an event that there is no CPU time for.
func (f *Function) tooMany() *Refusal {
	return &Refusal{Limit: "concurrency", Allowed: int(f.slots.limit.Load()), Busy: true}
}

// Leave gives back the slot of an Enter that returned nil.
func (f *Function) Leave() {
	f.node.slots.leave()
	f.slots.leave()
}

// errWait is the cause of a wait that took too long, as against a client that left.
var errWait = errors.New("admit: waited too long")

func (f *Function) wait(ctx context.Context, entered bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, f.node.cfg.Wait, errWait)
	defer cancel()
	if !entered {
		if err := f.slots.enter(ctx, f.node.cfg.Backlog); err != nil {
			return refusal(err, "concurrency", &f.slots)
		}
	}
	if err := f.node.slots.enter(ctx, 0); err != nil {
		f.slots.leave()
		return refusal(err, "events", &f.node.slots)
	}
	return nil
}

// Refusal says why an event may not run.
type Refusal struct {
	Limit   string // "concurrency", the function's, or "events", the node's
	Allowed int    // events at once
	Backlog bool   // refused at once, because too many waited already
	Busy    bool   // refused at once, because events come faster than there is CPU time for them
}

func (r *Refusal) Error() string {
	if r.Busy {
		return "requests come faster than this node has CPU time for them"
	}
	if r.Backlog {
		return fmt.Sprintf("%d events run at once (limit %q), and too many wait", r.Allowed, r.Limit)
	}
	return fmt.Sprintf("%d events run at once (limit %q), and none ended in time", r.Allowed, r.Limit)
}

func refusal(err error, limit string, s *slots) error {
	if err != errWait && err != errBacklog {
		return err
	}
	return &Refusal{Limit: limit, Allowed: int(s.limit.Load()), Backlog: err == errBacklog}
}
