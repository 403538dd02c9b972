package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
)

const (
	// attemptsMax bounds how often a change starts again because another came first.
	// With 64 nodes changing the catalog at once each of them has its turn in time.
	attemptsMax = 100

	// unknownMax bounds how often a change starts again because the store did not say
	// whether it took the last attempt.
	unknownMax = 2

	pauseMin = 2 * time.Millisecond
	pauseMax = 250 * time.Millisecond
)

// Change is what a push or a rollback did.
type Change struct {
	Version   bundles.Version // the one that is live now
	Revision  int64           // of a snapshot in which it is
	Unchanged bool            // it was live already, and no new revision was made
}

// edit makes a change in s, of which it has possession, and writes the documents that s
// then leads to. It returns true if s says already what the change is to bring about. It
// may be called many times, each time with a newer snapshot, and must recognize in s what
// an earlier call of its own has done.
type edit func(ctx context.Context, s *Snapshot) (done bool, err error)

// change makes an edit of the newest snapshot the next one, and returns it.
func (c *Catalog) change(ctx context.Context, edit edit) (*Snapshot, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	unknown := 0
	for attempt := range attemptsMax {
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
		s, err := c.try(ctx, edit)
		switch {
		case err == nil:
			return s, nil
		case errors.Is(err, errUnknown) && unknown < unknownMax:
			unknown++
		case !errors.Is(err, kv.ErrConflict):
			if unknown > 0 && !errors.Is(err, errUnknown) {
				err = fmt.Errorf("%w: %w", errUnknown, err)
			}
			return nil, err
		}
	}
	return nil, ErrBusy
}

// errUnknown says that the store did not answer whether it has swapped the head. The next
// attempt finds out.
var errUnknown = errors.New("it is not known whether the change was made")

// try is one attempt of change. It returns kv.ErrConflict if another change came first.
func (c *Catalog) try(ctx context.Context, edit edit) (*Snapshot, error) {
	var s *Snapshot
	var done bool
	err := c.look(ctx, func(newest *Snapshot) (err error) {
		s = newest
		done, err = edit(ctx, s)
		return err
	})
	if err != nil || done {
		return s, err
	}
	if s.Catalog == "" {
		s.Catalog = string(newID(time.Now()))
	}
	s.Revision++
	data, err := encode(kindHead, s)
	if err != nil {
		return nil, err
	}
	if len(data) > kv.ValueBytesMax {
		size := &bundles.SizeError{What: "the list of functions and routes", Bytes: len(data), BytesMax: kv.ValueBytesMax}
		return nil, fmt.Errorf("%w: %w: remove some", ErrTooLarge, size)
	}
	s.Mark, err = c.swap.Swap(ctx, Namespace, headKey, s.Mark, kv.Entry{Value: data})
	if errors.Is(err, kv.ErrUnavailable) {
		return nil, fmt.Errorf("%w: %w", errUnknown, err)
	}
	return s, storeError(err)
}

// pause waits before an attempt, the longer the more there were, by a random part so that
// those who met once do not meet again.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return ctx.Err()
	}
	longest := min(pauseMin<<min(attempt, 10), pauseMax)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// discard removes documents that nobody refers to any more. What cannot be removed now is
// left to Sweep, so that a change that was made is not reported as failed.
func (c *Catalog) discard(ctx context.Context, keys ...string) {
	for _, key := range keys {
		if c.kv.Delete(ctx, Namespace, key) != nil {
			return
		}
	}
}
