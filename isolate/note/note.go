package note

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// Note is where the running turn is written. One goroutine at a time may write; any
// process that has the memory may read at any time.
type Note struct {
	*page
	mapped []byte // what page lies in; nil: the process's own memory
}

// page is the layout of the shared memory. A turn's fields are valid while digest is not 0
// and turn has not changed: Begin counts turn first and stores digest last.
type page struct {
	turn   atomic.Uint64
	digest atomic.Uint64
	thread atomic.Int64
	began  atomic.Int64 // the thread's CPU clock, in nanoseconds
	budget atomic.Int64 // nanoseconds
}

const pageBytes = 4096

// A note must fit in the memory that is shared.
var _ [pageBytes - unsafe.Sizeof(page{})]struct{}

// Running is a turn that was noted.
type Running struct {
	Digest uint64        // of the function; 0: nothing runs, and the rest is 0
	Turn   uint64        // tells turns apart: the number of turns noted up to now
	Thread int           // that runs it, as the system numbers threads
	Began  time.Duration // the thread's CPU clock when the turn began
	Budget time.Duration // CPU time that the turn may use; 0: no bound
}

// Begin notes that a turn begins: thread runs the function with digest, its CPU clock
// stands at began, and it may use budget. A digest of 0 notes nothing.
func (n *Note) Begin(digest uint64, thread int, began, budget time.Duration) {
	n.digest.Store(0)
	n.turn.Add(1)
	n.thread.Store(int64(thread))
	n.began.Store(int64(began))
	n.budget.Store(int64(budget))
	n.digest.Store(digest)
}

// End notes that nothing runs.
func (n *Note) End() { n.digest.Store(0) }

// readAttempts bounds Read: a writer that is always in the middle of a change is broken, or
// means harm.
const readAttempts = 100

// Read returns the turn that is running, or that was when the writer died.
func (n *Note) Read() Running {
	for range readAttempts {
		turn, digest := n.turn.Load(), n.digest.Load()
		if digest == 0 {
			return Running{}
		}
		r := Running{
			Digest: digest, Turn: turn, Thread: int(n.thread.Load()),
			Began: time.Duration(n.began.Load()), Budget: time.Duration(n.budget.Load()),
		}
		if n.turn.Load() == turn {
			return r
		}
	}
	return Running{}
}
