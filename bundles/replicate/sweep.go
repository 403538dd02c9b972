package replicate

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// sweepGrace is how young what nobody refers to may be without being swept: much longer
// than a push takes from its first write to its last.
const sweepGrace = time.Hour

// sweep begins to remove what nobody refers to.
func (l *loop) sweep(now time.Time) {
	l.sweeping = true
	l.nextSweep = now.Add(l.cfg.SweepEvery + rand.N(l.cfg.SweepEvery/8+1)) // not all nodes at once
	inUse := l.inUse()
	l.workers.Go(func() {
		err := sweep(l.life, l.cfg, inUse)
		select {
		case l.swept <- err:
		case <-l.life.Done():
		}
	})
}

// inUse returns the bundles that this node serves or is about to, whatever the catalog
// has come to say of them.
func (l *loop) inUse() map[bundles.Digest]bool {
	inUse := make(map[bundles.Digest]bool)
	for _, f := range l.functions {
		for _, share := range f.want.Live {
			inUse[share.Digest] = true
		}
		for _, served := range []*Function{f.have, f.last} {
			if served == nil {
				continue
			}
			for _, live := range served.Live {
				inUse[live.Digest] = true
			}
		}
	}
	return inUse
}

// sweep removes what neither the catalog nor this node refers to.
func sweep(ctx context.Context, cfg Config, inUse map[bundles.Digest]bool) error {
	referred, err := cfg.Catalog.Bundles(ctx)
	if err != nil {
		return err
	}
	keep := func(d bundles.Digest) bool { return inUse[d] || referred[d] }
	_, bundlesErr := cfg.Bundles.Sweep(ctx, keep, sweepGrace)
	_, catalogErr := cfg.Catalog.Sweep(ctx, sweepGrace)
	return errors.Join(bundlesErr, catalogErr)
}
