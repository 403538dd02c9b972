package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
)

// Bundles returns the digests of all versions that are kept: the bundles that a store must
// not lose. A bundle that is pushed while Bundles runs may be missing.
func (c *Catalog) Bundles(ctx context.Context) (map[bundles.Digest]bool, error) {
	digests := make(map[bundles.Digest]bool)
	err := c.walk(ctx, func(f Function, h *history) {
		for _, e := range h.Versions {
			digests[e.Digest] = true
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list bundles: %w", err)
	}
	return digests, nil
}

// Sweep removes the documents that changes which never ended have left behind, and returns
// their number. It spares those younger than grace, which must be longer than a change can
// take. Others may change the catalog meanwhile.
func (c *Catalog) Sweep(ctx context.Context, grace time.Duration) (int, error) {
	removed, err := c.sweep(ctx, time.Now().Add(-grace))
	if err != nil {
		return removed, fmt.Errorf("sweep catalog: %w", err)
	}
	return removed, nil
}

func (c *Catalog) sweep(ctx context.Context, before time.Time) (removed int, err error) {
	used := make(map[string]bool)
	err = c.walk(ctx, func(f Function, h *history) {
		used[historyKey(f.Name, f.History)] = true
		for _, e := range h.Versions {
			used[recordKey(f.Name, e.Record)] = true
		}
	})
	if err != nil {
		return 0, err
	}
	for _, kind := range []string{kindHistory, kindVersion} {
		for key, err := range kv.Keys(ctx, c.kv, Namespace, kind+"/") {
			if err != nil {
				return removed, storeError(err)
			}
			id := ID(key.Name[strings.LastIndexByte(key.Name, '/')+1:])
			// What was not in use and is old never comes into use: documents are referred
			// to by the change that writes them or never.
			if made, ok := id.time(); !ok || used[key.Name] || !made.Before(before) {
				continue
			}
			if err := c.kv.Delete(ctx, Namespace, key.Name); err != nil {
				return removed, storeError(err)
			}
			removed++
		}
	}
	return removed, nil
}

// walk visits all functions with their histories.
func (c *Catalog) walk(ctx context.Context, visit func(Function, *history)) error {
	s, err := c.snapshot(ctx)
	if err != nil {
		return err
	}
	for _, f := range s.Functions {
		f, h, err := c.follow(ctx, s, f)
		if err != nil {
			return err
		}
		if h != nil {
			visit(f, h)
		}
	}
	return nil
}

// follow returns f as it is in s, or as it is now if it was changed meanwhile, with its
// history, which is nil if f was removed.
func (c *Catalog) follow(ctx context.Context, s *Snapshot, f Function) (Function, *history, error) {
	for {
		_, h, err := c.function(ctx, s, f.Name)
		if errors.Is(err, ErrNoFunction) {
			return f, nil, nil
		}
		if !errors.Is(err, errGone) {
			return f, h, err
		}
		if s, err = c.snapshot(ctx); err != nil {
			return f, nil, err
		}
		newer, _ := s.Function(f.Name)
		if newer.History == f.History {
			return f, nil, fmt.Errorf("%w: the history of function %q is missing", ErrCorrupt, f.Name)
		}
		newer.Name = f.Name // which it lacks if the function was removed
		f = newer
	}
}
