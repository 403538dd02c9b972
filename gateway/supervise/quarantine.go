package supervise

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Place is where a function's version may run.
type Place string

// The places of a version.
const (
	InWorker Place = "worker"  // with the others
	InJail   Place = "jail"    // in a process of its own
	Refused  Place = "refused" // nowhere before Placement.Until
)

// Placement says where a function's version may run.
type Placement struct {
	Place Place     `json:"place"`
	Until time.Time `json:"until,omitzero"` // of Refused
}

// QuarantineConfig bounds a Quarantine, and says where it is kept.
type QuarantineConfig struct {
	Path string // of its file, in an existing folder; empty: it is kept in memory alone

	// Changed is told of whom something has been noted or lifted, by the goroutine that did
	// it; that a refusal is over is seen by its time. nil: nobody is told.
	Changed func(function string)

	// Failed is told when the file can't be written; what is in memory holds. nil: nobody.
	Failed func(error)

	BackoffMin time.Duration // how long a function is refused whose jail died; doubles with each death; 0: 100 ms
	BackoffMax time.Duration // 0: 30 s
	ForgetIn   time.Duration // without a death in a jail, until the next counts as the first; 0: 1 minute
	EntriesMax int           // versions that are remembered; the least recent goes; 0: 4,096
}

func (c QuarantineConfig) withDefaults() QuarantineConfig {
	if c.Changed == nil {
		c.Changed = func(string) {}
	}
	if c.Failed == nil {
		c.Failed = func(error) {}
	}
	c.BackoffMin = cmp.Or(c.BackoffMin, 100*time.Millisecond)
	c.BackoffMax = cmp.Or(c.BackoffMax, 30*time.Second)
	c.ForgetIn = cmp.Or(c.ForgetIn, time.Minute)
	c.EntriesMax = cmp.Or(c.EntriesMax, 4096)
	return c
}

// Validate names the field that is out of range.
func (c QuarantineConfig) Validate() error {
	switch {
	case c.BackoffMin < 0:
		return fmt.Errorf("supervise: QuarantineConfig.BackoffMin is %v, want 0 or more", c.BackoffMin)
	case c.BackoffMax < 0:
		return fmt.Errorf("supervise: QuarantineConfig.BackoffMax is %v, want 0 or more", c.BackoffMax)
	case c.ForgetIn < 0:
		return fmt.Errorf("supervise: QuarantineConfig.ForgetIn is %v, want 0 or more", c.ForgetIn)
	case c.EntriesMax < 0:
		return fmt.Errorf("supervise: QuarantineConfig.EntriesMax is %d, want 0 or more", c.EntriesMax)
	}
	return nil
}

// Quarantined is a function's version that has cost a process.
type Quarantined struct {
	Function string    `json:"function"`
	Digest   uint64    `json:"digest"` // of the version: the number by which processes note it
	Since    time.Time `json:"since"`
	Cause    string    `json:"cause"` // of the latest death
	Workers  int       `json:"workers"`
	Jails    int       `json:"jails"`

	// What decides about a refusal.
	Failures int       `json:"failures"`       // deaths of its jails in a row
	Until    time.Time `json:"until,omitzero"` // nothing of it runs before
	Latest   time.Time `json:"latest"`         // death
}

// placement at a moment.
func (e *Quarantined) placement(now time.Time) Placement {
	if now.Before(e.Until) {
		return Placement{Refused, e.Until}
	}
	return Placement{Place: InJail}
}

// Quarantine remembers which versions of functions have cost a process. Such a version
// runs in a jail until it is lifted; another version is not concerned. One whose jail dies
// too is refused for a while, longer each time. It is safe for concurrent use.
type Quarantine struct {
	cfg   QuarantineConfig
	saver *saver // nil: nothing is kept
	mu    struct {
		sync.Mutex
		entries map[version]*Quarantined
	}
}

// version names what is quarantined.
type version struct {
	function string
	digest   uint64
}

// OpenQuarantine reads what was kept. Close it. With ErrQuarantineFile the Quarantine can
// be used and is empty: the error is a warning.
func OpenQuarantine(cfg QuarantineConfig) (*Quarantine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	q := &Quarantine{cfg: cfg.withDefaults()}
	q.mu.entries = make(map[version]*Quarantined)
	if cfg.Path == "" {
		return q, nil
	}
	kept, err := loadQuarantine(cfg.Path)
	if err != nil && !errors.Is(err, ErrQuarantineFile) {
		return nil, err
	}
	for _, e := range kept {
		q.mu.entries[version{e.Function, e.Digest}] = &e
	}
	q.boundLocked()
	q.saver = startSaver(func() error { return saveQuarantine(cfg.Path, q.Snapshot()) }, q.cfg.Failed)
	return q, err
}

// Close writes what is not written yet.
func (q *Quarantine) Close() error {
	if q.saver == nil {
		return nil
	}
	return q.saver.close()
}

// CostWorker notes that a version has cost a worker.
func (q *Quarantine) CostWorker(function string, digest uint64, cause string) {
	q.change(function, digest, cause, func(e *Quarantined, _ time.Time) { e.Workers++ })
}

// CostJail notes that a version has cost its jail, and returns where it may run now.
func (q *Quarantine) CostJail(function string, digest uint64, cause string) Placement {
	return q.change(function, digest, cause, func(e *Quarantined, now time.Time) {
		if now.Sub(e.Latest) > q.cfg.ForgetIn+max(0, e.Until.Sub(e.Latest)) {
			e.Failures = 0
		}
		e.Jails++
		e.Failures++
		e.Until = now.Add(backoff(q.cfg.BackoffMin, q.cfg.BackoffMax, e.Failures))
	})
}

func (q *Quarantine) change(function string, digest uint64, cause string, with func(*Quarantined, time.Time)) Placement {
	now := time.Now()
	q.mu.Lock()
	e := q.mu.entries[version{function, digest}]
	if e == nil {
		e = &Quarantined{Function: function, Digest: digest, Since: now}
		q.mu.entries[version{function, digest}] = e
	}
	with(e, now)
	e.Latest, e.Cause = now, oneLine(cause)
	q.boundLocked()
	placement := e.placement(now)
	q.mu.Unlock()
	q.changed(function)
	return placement
}

// boundLocked forgets the versions that have behaved longest when there are too many.
func (q *Quarantine) boundLocked() {
	for len(q.mu.entries) > q.cfg.EntriesMax {
		var oldest *Quarantined
		for _, e := range q.mu.entries {
			if oldest == nil || e.Latest.Before(oldest.Latest) {
				oldest = e
			}
		}
		delete(q.mu.entries, version{oldest.Function, oldest.Digest})
	}
}

func (q *Quarantine) changed(function string) {
	if q.saver != nil {
		q.saver.request()
	}
	q.cfg.Changed(function)
}

// State says where a version may run.
func (q *Quarantine) State(function string, digest uint64) Placement {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.mu.entries[version{function, digest}]
	if e == nil {
		return Placement{Place: InWorker}
	}
	return e.placement(time.Now())
}

// Lift forgets all versions of a function, and says whether there were any.
func (q *Quarantine) Lift(function string) bool {
	q.mu.Lock()
	before := len(q.mu.entries)
	for v := range q.mu.entries {
		if v.function == function {
			delete(q.mu.entries, v)
		}
	}
	lifted := len(q.mu.entries) < before
	q.mu.Unlock()
	if lifted {
		q.changed(function)
	}
	return lifted
}

// Snapshot lists what is quarantined, by function and then the latest first.
func (q *Quarantine) Snapshot() []Quarantined {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make([]Quarantined, 0, len(q.mu.entries))
	for _, e := range q.mu.entries {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b Quarantined) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), b.Latest.Compare(a.Latest), cmp.Compare(a.Digest, b.Digest))
	})
	return all
}
