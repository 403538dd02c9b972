package webapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/skerry-edge/skerry/isolate/js"
)

const (
	// teeAheadBytes is how far a branch of a source may be ahead of one that is being read.
	teeAheadBytes = 1 << 20

	// teeBytesMax is how much is kept for all branches of an event together: beyond it, those
	// that nobody has begun to read get an error.
	teeBytesMax = 16 << 20

	// teesMax is how many bodies of an event may be in two branches at a time.
	teesMax = 100
)

// ErrTeeFull says that one branch of a body was read so far ahead of the other, which nobody
// has begun to read, that the other can't be kept.
var ErrTeeFull = fmt.Errorf("copies of bodies that nobody reads hold more than %d bytes; read the copies at the same time, or cancel those that are not needed", teeBytesMax)

// tees is what the branches of an event's bodies hold together.
type tees struct {
	bytes atomic.Int64 // kept for branches that are behind
	open  atomic.Int64 // sources that have two branches
}

// teesOf returns those of the event that vm runs.
func teesOf(vm *js.VM) *tees {
	type local struct {
		event <-chan struct{}
		tees  *tees
	}
	l := js.Local[local](vm)
	if event := vm.Context().Done(); l.event != event {
		l.event, l.tees = event, new(tees)
	}
	return l.tees
}

// errCanceled is what a source that was canceled gives.
var errCanceled = errors.New("the stream was canceled")

// tee makes two sources of one. Both give all of its bytes, each its own copy. The one that is
// ahead waits for the other when that is being read.
func (all *tees) tee(from Source) (a, b Source, err error) {
	if all.open.Load() >= teesMax {
		return nil, nil, js.RangeError("more than %d bodies have copies that are not read to their ends; cancel those that are not needed", teesMax)
	}
	all.open.Add(1)
	t := &tee{all: all, from: from}
	t.mu.changed = make(chan struct{})
	return &teeBranch{tee: t, mine: 0}, &teeBranch{tee: t, mine: 1}, nil
}

// tee is a source that two read.
type tee struct {
	all  *tees
	from Source
	mu   struct {
		sync.Mutex
		reading bool          // one of the branches waits for from
		end     error         // what from has ended with; nil: it goes on
		over    bool          // and all that was kept is gone
		changed chan struct{} // closed, and another made, when something else here changes
		sides   [2]teeSide
	}
}

// teeSide is what is kept for one branch.
type teeSide struct {
	chunks  [][]byte
	bytes   int
	begun   bool  // somebody reads it
	dropped error // it was canceled, or can't be kept
}

// teeBranch is one of the two sources.
type teeBranch struct {
	tee  *tee
	mine int
}

func (b *teeBranch) Next(ctx context.Context) ([]byte, error) {
	t := b.tee
	for {
		t.mu.Lock()
		mine, other := &t.mu.sides[b.mine], &t.mu.sides[1-b.mine]
		mine.begun = true
		switch {
		case mine.dropped != nil:
			defer t.mu.Unlock()
			return nil, mine.dropped
		case len(mine.chunks) > 0:
			defer t.mu.Unlock()
			return t.takeLocked(mine), nil
		case t.mu.end != nil:
			defer t.mu.Unlock()
			return nil, t.mu.end
		case t.mu.reading, t.aheadLocked(other):
			changed := t.mu.changed
			t.mu.Unlock()
			select {
			case <-changed:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		default:
			t.mu.reading = true
			t.mu.Unlock()
			return b.read(ctx)
		}
	}
}

// aheadLocked says whether a branch is too far ahead of other.
func (t *tee) aheadLocked(other *teeSide) bool {
	if other.dropped != nil || !other.begun {
		return false
	}
	return other.bytes >= teeAheadBytes || other.bytes > 0 && t.all.bytes.Load() > teeBytesMax
}

// read reads from, for both.
func (b *teeBranch) read(ctx context.Context) ([]byte, error) {
	t := b.tee
	chunk, err := t.from.Next(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.reading = false
	if err != nil {
		t.mu.end = err
	} else if other := &t.mu.sides[1-b.mine]; other.dropped == nil {
		if t.all.bytes.Add(int64(len(chunk))) > teeBytesMax && !other.begun {
			t.all.bytes.Add(-int64(len(chunk)))
			t.dropLocked(other, ErrTeeFull)
		} else {
			other.chunks = append(other.chunks, slices.Clone(chunk))
			other.bytes += len(chunk)
		}
	}
	t.tellLocked()
	if mine := &t.mu.sides[b.mine]; mine.dropped != nil {
		return nil, mine.dropped
	}
	return chunk, err
}

func (t *tee) takeLocked(side *teeSide) []byte {
	chunk := side.chunks[0]
	side.chunks[0] = nil
	side.chunks = side.chunks[1:]
	side.bytes -= len(chunk)
	t.all.bytes.Add(-int64(len(chunk)))
	t.tellLocked()
	return chunk
}

// tellLocked wakes a branch that waits, and lets go of what is over.
func (t *tee) tellLocked() {
	close(t.mu.changed)
	t.mu.changed = make(chan struct{})
	a, b := &t.mu.sides[0], &t.mu.sides[1]
	if !t.mu.over && a.bytes+b.bytes == 0 && (t.mu.end != nil || a.dropped != nil || b.dropped != nil) {
		t.mu.over = true
		t.all.open.Add(-1)
	}
}

// dropLocked forgets what is kept for a branch.
func (t *tee) dropLocked(s *teeSide, err error) {
	t.all.bytes.Add(-int64(s.bytes))
	s.dropped, s.chunks, s.bytes = err, nil, 0
}

// Cancel drops what is kept for b. When both branches are canceled, the source is.
func (b *teeBranch) Cancel(reason error) {
	t := b.tee
	t.mu.Lock()
	mine, other := &t.mu.sides[b.mine], &t.mu.sides[1-b.mine]
	if mine.dropped == nil {
		t.dropLocked(mine, errCanceled)
	}
	last := other.dropped != nil && t.mu.end == nil
	if last {
		t.mu.end = io.EOF
	}
	t.tellLocked()
	t.mu.Unlock()
	if last {
		t.from.Cancel(reason)
	}
}
