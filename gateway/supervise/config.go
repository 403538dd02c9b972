package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

// Config is what a Supervisor needs, and what bounds its children.
type Config struct {
	Kind    string   // what the children are, for messages: "worker"; required
	Count   int      // how many; at least 1
	Spawner *Spawner // starts them; required, the caller's

	// Start says what the child of a slot, 0 to Count-1, is. It is called for each start,
	// from the slot's goroutine: a successor waits for it. What is in the Spec is closed
	// also when Start returns an error with it. required.
	Start func(slot int) (Spec, error)

	// Lost is told of each child that could not go on, at the first sign: when it
	// condemned itself, when it is to be killed, or when it is found dead. Its successor
	// starts when Lost returns, which should be within a millisecond. A child that was
	// told to drain is lost only if it dies of something else. Lost may be called from
	// several goroutines at once. nil: nobody is told.
	Lost func(Loss)

	// Changed is told of each change of a child's state. It must not wait, and may be
	// called from several goroutines at once. nil: nobody is told.
	Changed func(ChildStatus)

	StartMax     time.Duration // for a child to be ready; 0: 30 s
	BackoffMin   time.Duration // after a start that failed; doubles with each; 0: 100 ms
	BackoffMax   time.Duration // 0: 30 s
	DrainMax     time.Duration // for a condemned or replaced child to finish; 0: 10 s
	TerminateMax time.Duration // between SIGTERM and SIGKILL; 0: 500 ms

	Poll      time.Duration // between looks at what children run and hold; 0: 20 ms
	Overrun   time.Duration // CPU time past its budget that ends a turn's process; 0: 250 ms
	MemoryMax int64         // resident bytes that end a process; 0: no bound
	Silence   time.Duration // without an answer to a ping that ends a process; 0: 10 s; negative: never
}

func (c Config) withDefaults() Config {
	if c.Lost == nil {
		c.Lost = func(Loss) {}
	}
	if c.Changed == nil {
		c.Changed = func(ChildStatus) {}
	}
	for _, d := range c.durations() {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	return c
}

// durations lists the fields that have defaults.
func (c *Config) durations() []durationField {
	return []durationField{
		{"StartMax", &c.StartMax, 30 * time.Second},
		{"BackoffMin", &c.BackoffMin, 100 * time.Millisecond},
		{"BackoffMax", &c.BackoffMax, 30 * time.Second},
		{"DrainMax", &c.DrainMax, 10 * time.Second},
		{"TerminateMax", &c.TerminateMax, 500 * time.Millisecond},
		{"Poll", &c.Poll, 20 * time.Millisecond},
		{"Overrun", &c.Overrun, 250 * time.Millisecond},
		{"Silence", &c.Silence, 10 * time.Second},
	}
}

type durationField struct {
	name      string
	value     *time.Duration
	otherwise time.Duration
}

// Validate names the field that is missing or out of range.
func (c Config) Validate() error {
	switch {
	case c.Kind == "":
		return errors.New("supervise: Config.Kind is missing")
	case c.Count < 1:
		return fmt.Errorf("supervise: Config.Count is %d, want 1 or more", c.Count)
	case c.Spawner == nil:
		return errors.New("supervise: Config.Spawner is missing")
	case c.Start == nil:
		return errors.New("supervise: Config.Start is missing")
	case c.MemoryMax < 0:
		return fmt.Errorf("supervise: Config.MemoryMax is %d, want 0 or more", c.MemoryMax)
	}
	for _, d := range c.durations() {
		if *d.value < 0 && d.name != "Silence" {
			return fmt.Errorf("supervise: Config.%s is %v, want 0 or more", d.name, *d.value)
		}
	}
	return nil
}

// Spec is one child that is to be started.
type Spec struct {
	Command

	// Handlers are what the child may ask, besides what is the Supervisor's own. They are
	// called with the child, which may not be ready yet, and must return soon when ctx
	// ends: the loss of the child is reported after them.
	Handlers map[string]func(ctx context.Context, c *Child, r *control.Request) (any, error)

	// Running says which function the child runs at this moment, or ran when it died,
	// from a note in memory that both share. It is called every Config.Poll, and once
	// after the child's death, from one goroutine at a time. nil: nobody is ever blamed
	// or found past a budget.
	Running func(pid int) (Running, bool)

	// Close is called once when the child is gone, after the last call of Running, and
	// when it could not be started. nil: nothing is to be closed.
	Close func()
}

// Running is what a process does.
type Running struct {
	Culprit uint64        // which function's version runs, by a number of the caller's; never 0
	CPU     time.Duration // what its present turn has used, 0 when that can't be known
	Budget  time.Duration // what the turn may use; 0: no bound
}

// Loss says why a child could not go on.
type Loss struct {
	Slot    int
	Pid     int
	Culprit uint64 // which function's version is to blame; 0: nobody
	Cause   string // in one line
	Ready   bool   // whether the child had served
	Exit    *Exit  // how its process ended; nil: it still runs
}

// State is where a child is in its life.
type State string

// The states of a child, in order.
const (
	Starting  State = "starting"  // not ready yet
	Serving   State = "serving"   // ready
	Condemned State = "condemned" // can't go on: finishes what it can, a successor starts
	Draining  State = "draining"  // was told to finish
	Gone      State = "gone"      // has ended
)

// Status is what a Supervisor's children do.
type Status struct {
	Kind  string       `json:"kind"`
	Slots []SlotStatus `json:"slots"`
}

// SlotStatus is one slot: its present child, and those that finish.
type SlotStatus struct {
	Slot      int           `json:"slot"`
	Children  []ChildStatus `json:"children"`             // the present one first; empty between two starts
	Restarts  int           `json:"restarts"`             // children lost since the Supervisor began
	Failures  int           `json:"failures"`             // starts that failed in a row
	Retry     time.Time     `json:"retry,omitzero"`       // when the next start is tried, after a failure
	LastCause string        `json:"last_cause,omitempty"` // of the latest loss
	LastLoss  time.Time     `json:"last_loss,omitzero"`
}

// ChildStatus is one process.
type ChildStatus struct {
	Slot  int       `json:"slot"`
	Pid   int       `json:"pid"`
	State State     `json:"state"`
	Since time.Time `json:"since"`           // when it came to this state
	Cause string    `json:"cause,omitempty"` // why it is condemned or gone
}
