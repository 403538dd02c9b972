package catalog

import (
	"context"
	"fmt"
	"time"
)

// Rollback makes a version of function live that was pushed earlier, or later: any that is
// kept. Number 0 stands for the one that was live before the present one. Rollbacks in a
// row go back further and further; they never return to what was rolled back. A version
// that is live already is returned Unchanged.
//
// It returns ErrNoFunction, ErrNoVersion, a *ConflictError if the version wants a route
// that is another function's now, or ErrBusy. Then nothing was changed. After
// kv.ErrUnavailable that is not known; Versions tells.
func (c *Catalog) Rollback(ctx context.Context, function string, number int) (Change, error) {
	change, err := c.rollback(ctx, function, number)
	if err != nil {
		return Change{}, fmt.Errorf("roll back function %q: %w", function, err)
	}
	return change, nil
}

func (c *Catalog) rollback(ctx context.Context, function string, number int) (Change, error) {
	id := newID(time.Now())
	var change Change
	var stale string
	s, err := c.change(ctx, func(ctx context.Context, s *Snapshot) (bool, error) {
		change, stale = Change{}, ""
		f, h, err := c.function(ctx, s, function)
		if err != nil {
			return false, err
		}
		live := len(f.Live) == 1
		if f.History == id { // by an earlier attempt, whatever the store said
			change.Version, err = c.kept(ctx, h, f.Live[0].Version)
			return true, err
		}
		to := number
		if to == 0 {
			var ok bool
			if to, ok = h.previous(); !ok {
				return false, fmt.Errorf("%w: none was live before the present one", ErrNoVersion)
			}
		}
		if change.Version, err = c.kept(ctx, h, to); err != nil {
			return false, err
		}
		if live && f.Live[0].Version == to {
			change.Unchanged = true
			return true, nil
		}
		claims, err := c.claims(change.Version.Manifest)
		if err != nil {
			return false, err
		}
		if err := s.claim(function, claims); err != nil {
			return false, err
		}
		h.rollback(to)
		if err := c.write(ctx, historyKey(function, id), kindHistory, h); err != nil {
			return false, err
		}
		e, _ := h.entry(to)
		stale = historyKey(function, f.History)
		s.set(Function{
			Name:    function,
			Live:    []Share{{Version: to, Percent: 100, Digest: e.Digest, Record: e.Record}},
			Routes:  claims,
			History: id,
		})
		return false, nil
	})
	if err != nil {
		return Change{}, err
	}
	if stale != "" {
		c.discard(ctx, stale)
	}
	change.Revision = s.Revision
	return change, nil
}
