package bolt

import (
	"context"
	"strconv"

	"github.com/skerry-edge/skerry/kv"
)

// Put is kv.Store's.
func (s *Store) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	name, r := nameOf(ns, key), newRecord(e.Value, e.Metadata, kv.Millis(e.ExpiresAt))
	var version kv.Version
	err := s.writer.do(ctx, len(r), func(t *transaction) error {
		version = t.put(name, r)
		return nil
	})
	if err != nil {
		return "", err
	}
	return version, nil
}

// Swap is kv.Swapper's.
func (s *Store) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	name, r := nameOf(ns, key), newRecord(e.Value, e.Metadata, kv.Millis(e.ExpiresAt))
	var version kv.Version
	err := s.writer.do(ctx, len(r), func(t *transaction) error {
		current, err := t.get(name)
		if err != nil {
			return err
		}
		if (current == nil) != (old == "") || current != nil && current.version() != old {
			return kv.ErrConflict
		}
		version = t.put(name, r)
		return nil
	})
	if err != nil {
		return "", err
	}
	return version, nil
}

// Add is kv.Counter's.
func (s *Store) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return 0, err
	}
	name := nameOf(ns, key)
	var sum int64
	err := s.writer.do(ctx, len(name), func(t *transaction) error {
		current, err := t.get(name)
		if err != nil {
			return err
		}
		if current == nil {
			current = newRecord([]byte("0"), nil, 0)
		} else if err := current.checkValue(name); err != nil {
			return err
		}
		if sum, err = kv.Sum(current.value(), delta); err != nil {
			return err
		}
		t.put(name, newRecord(strconv.AppendInt(nil, sum, 10), current.metadata(), current.expiresAt()))
		return nil
	})
	if err != nil {
		return 0, err
	}
	return sum, nil
}

// Delete is kv.Store's.
func (s *Store) Delete(ctx context.Context, ns, key string) error {
	if err := kv.CheckKey(ns, key); err != nil {
		return err
	}
	name := nameOf(ns, key)
	return s.writer.do(ctx, len(name), func(t *transaction) error {
		t.delete(name)
		return nil
	})
}
