package replicate

import (
	"context"
	"errors"
	"fmt"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// prepare makes the job's function ready: it reads what it must know of each version,
// fetches and verifies the bundle, and warms it.
func (l *loop) prepare(ctx context.Context, j *job) {
	defer j.cancel()
	ready := &Function{Name: j.want.Name, Routes: j.want.Routes}
	if j.last != nil && j.last.is(&j.want) {
		ready.Lost = j.last.Lost
	}
	for _, share := range j.want.Live {
		live, served := j.have.live(share.Record)
		if !served {
			var err error
			if live, err = l.prepareVersion(ctx, j, share); err != nil {
				j.err = err
				return
			}
		}
		live.Percent = share.Percent
		ready.Live = append(ready.Live, live)
	}
	j.ready = ready
}

func (l *loop) prepareVersion(ctx context.Context, j *job, share catalog.Share) (Live, error) {
	live, known := j.last.live(share.Record)
	if !known {
		v, err := l.cfg.Catalog.Live(ctx, j.want.Name, share)
		if err != nil {
			return Live{}, err
		}
		live = Live{Version: v, Record: share.Record}
	}
	if _, err := l.cfg.Bundles.Get(ctx, share.Digest); err != nil {
		return Live{}, timedOut(ctx, fmt.Errorf("fetch: %w", err))
	}
	if j.lazy(&live, known) {
		return live, nil
	}
	if err := l.cfg.Warm(ctx, live.Version); err != nil {
		return Live{}, timedOut(ctx, fmt.Errorf("warm: %w", err))
	}
	return live, nil
}

// lazy reports whether a version can be left to its first event to warm: it is no news to
// this node, or nothing is served yet that it could spoil, and no isolate of it has to be
// kept ready. That is why a node with thousands of functions starts in no time.
func (j *job) lazy(live *Live, servedBefore bool) bool {
	return (servedBefore || j.first) && live.Manifest.Prewarm == 0
}

// timedOut says so if err is because the time to prepare a function is over.
func timedOut(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not ready in time: %w", err)
	}
	return err
}
