package store

import (
	"context"
	"errors"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// Tier is a near store in front of a far one: this node's disk, and the store that all
// nodes share.
type Tier struct {
	near, far Store
}

var _ Store = (*Tier)(nil)

// NewTier returns near and far as one store. Both stay the caller's.
func NewTier(near, far Store) *Tier { return &Tier{near: near, far: far} }

// Put keeps data in both stores, the far one first: when near has it, so has every node.
func (t *Tier) Put(ctx context.Context, d bundles.Digest, data []byte) error {
	if err := t.far.Put(ctx, d, data); err != nil {
		return err
	}
	return t.near.Put(ctx, d, data)
}

// Get returns the bundle that d names; see [Store]. What the near store lacks, or has
// lost, comes from the far one and is kept near.
func (t *Tier) Get(ctx context.Context, d bundles.Digest) ([]byte, error) {
	data, nearErr := t.near.Get(ctx, d)
	if !errors.Is(nearErr, ErrNotFound) && !errors.Is(nearErr, ErrCorrupt) {
		return data, nearErr
	}
	data, err := t.far.Get(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := t.near.Put(ctx, d, data); err != nil {
		return nil, err
	}
	return data, nil
}

// Sweep sweeps both stores.
func (t *Tier) Sweep(ctx context.Context, keep func(bundles.Digest) bool, grace time.Duration) (Swept, error) {
	near, nearErr := t.near.Sweep(ctx, keep, grace)
	far, farErr := t.far.Sweep(ctx, keep, grace)
	return near.add(far), errors.Join(nearErr, farErr)
}
