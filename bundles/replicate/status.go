package replicate

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of Start and Sync.
var (
	// ErrNoState says that the catalog can't be read, and that there is no usable file
	// that says what to serve without it.
	ErrNoState = errors.New("the catalog cannot be read, and this node has nothing on its disk to serve without it")
	// ErrClosed says that the Replica was closed.
	ErrClosed = errors.New("replication has ended")
)

// ForeignError says that the store does not hold the catalog that this node has served.
type ForeignError struct {
	Path string // the file that says which catalog this node has served
	Want string // the name of that catalog
	Got  string // the name of the one in the store; empty: there is none
}

func (e *ForeignError) Error() string {
	got := "holds another catalog, " + e.Got
	if e.Got == "" {
		got = "holds no catalog"
	}
	return fmt.Sprintf("the store %s, but this node has served catalog %s: use the store that belongs to this data directory, or remove %s to take what the store holds",
		got, e.Want, e.Path)
}

// HeldError says which of the functions that Sync was asked for are held.
type HeldError struct {
	Held []Held // sorted by name; never empty
}

func (e *HeldError) Error() string {
	var b strings.Builder
	b.WriteString("not everything could be switched to its new version")
	for _, h := range e.Held {
		fmt.Fprintf(&b, "; %v", h)
	}
	return b.String()
}

// Unwrap returns why each function is held.
func (e *HeldError) Unwrap() []error {
	var errs []error
	for _, h := range e.Held {
		errs = append(errs, h.Err)
	}
	return errs
}

// Held is a function that does not serve what the catalog wants it to.
type Held struct {
	Function string
	Version  int   // the one that is wanted
	Serving  int   // the one that is served instead; 0: none
	Err      error // why the last attempt failed
	Failures int   // attempts that failed
}

func (h Held) String() string {
	return fmt.Sprintf("function %q, version %d: %v", h.Function, h.Version, h.Err)
}

// Status says how far a node is in step with the catalog.
type Status struct {
	Revision int64 // of the catalog when it was last read
	Applied  int64 // of the catalog that is served, held functions aside
	Held     []Held
	// Err says why the catalog can't be followed or the node can't be switched; Held
	// functions are no part of it. nil: all is well.
	Err error
	// Degraded says that Err is not nil or a function is held.
	Degraded bool
	// Since is when Degraded last changed, or when the Replica was started.
	Since time.Time
	// Sweep says why the last sweep failed; nil: it did not.
	Sweep error
}

// same reports whether s and t differ in nothing that is worth a report.
func (s Status) same(t Status) bool {
	if s.Revision != t.Revision || s.Applied != t.Applied || text(s.Err) != text(t.Err) || text(s.Sweep) != text(t.Sweep) || len(s.Held) != len(t.Held) {
		return false
	}
	for i, h := range s.Held {
		if u := t.Held[i]; h.Function != u.Function || h.Version != u.Version || h.Serving != u.Serving || text(h.Err) != text(u.Err) {
			return false
		}
	}
	return true
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
