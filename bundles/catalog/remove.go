package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/skerry-edge/skerry/kv"
)

// Remove takes function out of the catalog, with its versions and its routes, and returns
// the revision in which it is gone. The numbers of its versions stay used. Its bundles go
// with the next sweep of the bundle store.
//
// It returns ErrNoFunction or ErrBusy. Then nothing was changed. After kv.ErrUnavailable
// that is not known, but removing again is safe.
func (c *Catalog) Remove(ctx context.Context, function string) (revision int64, err error) {
	tried := false
	var stale []string
	s, err := c.change(ctx, func(ctx context.Context, s *Snapshot) (bool, error) {
		stale = nil
		f, h, err := c.function(ctx, s, function)
		if errors.Is(err, ErrNoFunction) && tried {
			return true, nil // by an earlier attempt, whatever the store said
		}
		if err != nil {
			return false, err
		}
		// Before the function goes: whoever finds it gone must find the numbers it used.
		if err := c.retire(ctx, function, h.Last); err != nil {
			return false, err
		}
		tried = true
		s.remove(function)
		stale = append(stale, historyKey(function, f.History))
		for _, e := range h.Versions {
			stale = append(stale, recordKey(function, e.Record))
		}
		return false, nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove function %q: %w", function, err)
	}
	c.discard(ctx, stale...)
	return s.Revision, nil
}

// retire notes that function has used the numbers up to last. The note is only ever raised:
// a slow Remove that lost its race must not undo that of a later one.
func (c *Catalog) retire(ctx context.Context, function string, last int) error {
	data, err := encode(kindRemoved, removed{Last: last})
	if err != nil {
		return err
	}
	for attempt := range attemptsMax {
		if err := pause(ctx, attempt); err != nil {
			return err
		}
		past, version, err := c.removed(ctx, function)
		if err != nil {
			return err
		}
		if past.Last >= last {
			return nil
		}
		_, err = c.swap.Swap(ctx, Namespace, removedKey(function), version, kv.Entry{Value: data})
		if !errors.Is(err, kv.ErrConflict) {
			return storeError(err)
		}
	}
	return ErrBusy
}
