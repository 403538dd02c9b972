package webapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

const (
	// teeAheadBytes is how far a branch of a source may be ahead of one that is being read.
	teeAheadBytes = 1 << 20

	// teeBytesMax is how much is kept for a branch that nobody has begun to read.
	teeBytesMax = 16 << 20
)

// ErrTeeFull says that one branch of a body was read so far ahead of the other, which nobody
// has begun to read, that the other can't be kept.
var ErrTeeFull = fmt.Errorf("one copy of the body is more than %d bytes ahead of the other; read both at once, or cancel the one that is not needed", teeBytesMax)

// errCanceled is what a source that was canceled gives.
var errCanceled = errors.New("the stream was canceled")

// teeSource makes two sources of one. Both give all of its bytes, each its own copy. The one
// that is ahead waits for the other when that is being read.
func teeSource(from Source) (a, b Source) {
	t := &tee{from: from}
	t.mu.changed = make(chan struct{})
	return &teeBranch{tee: t, mine: 0}, &teeBranch{tee: t, mine: 1}
}

// tee is a source that two read.
type tee struct {
	from Source
	mu   struct {
		sync.Mutex
		reading bool          // one of the branches waits for from
		end     error         // what from has ended with; nil: it goes on
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
		case t.mu.reading, other.dropped == nil && other.begun && other.bytes >= teeAheadBytes:
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
		other.chunks = append(other.chunks, slices.Clone(chunk))
		other.bytes += len(chunk)
		if !other.begun && other.bytes > teeBytesMax {
			other.drop(ErrTeeFull)
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
	t.tellLocked()
	return chunk
}

func (t *tee) tellLocked() {
	close(t.mu.changed)
	t.mu.changed = make(chan struct{})
}

func (s *teeSide) drop(err error) { s.dropped, s.chunks, s.bytes = err, nil, 0 }

// Cancel drops what is kept for b. When both branches are canceled, the source is.
func (b *teeBranch) Cancel(reason error) {
	t := b.tee
	t.mu.Lock()
	mine, other := &t.mu.sides[b.mine], &t.mu.sides[1-b.mine]
	if mine.dropped == nil {
		mine.drop(errCanceled)
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
