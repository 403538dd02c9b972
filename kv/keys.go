package kv

import (
	"context"
	"iter"
)

// Keys yields the keys of ns that begin with prefix, in order, a page at a time as they
// are asked for. An error of the store is the last thing that it yields.
func Keys(ctx context.Context, s Store, ns, prefix string) iter.Seq2[Key, error] {
	return func(yield func(Key, error) bool) {
		for q := (Query{Prefix: prefix}); ; {
			page, err := s.List(ctx, ns, q)
			if err != nil {
				yield(Key{}, err)
				return
			}
			for _, key := range page.Keys {
				if !yield(key, nil) {
					return
				}
			}
			if page.Cursor == "" {
				return
			}
			q.Cursor = page.Cursor
		}
	}
}
