package replicate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// Retries of a function that could not be prepared, twice as late each time.
const (
	retryMin = time.Second
	retryMax = 30 * time.Second
)

// function is what the loop knows of one function.
type function struct {
	want catalog.Function // what the catalog says
	have *Function        // what is prepared, and served after the next switch; nil: nothing
	last *Function        // what the file says was served before the start; nil: nothing

	job      *job      // that prepares it now; nil: none
	queued   bool      // whether it waits for a job
	failures int       // to prepare want
	err      error     // why the last attempt failed; nil: none has failed
	retry    time.Time // when the next attempt is due, after a failure
}

// inStep reports whether f is prepared as it should be.
func (f *function) inStep() bool { return f.have != nil && f.have.is(&f.want) }

// settled reports whether f is in step or can't be now.
func (f *function) settled() bool { return f.inStep() || f.err != nil && f.job == nil && !f.queued }

// failed notes that an attempt has failed, and when the next is due.
func (f *function) failed(err error, now time.Time) {
	f.err = err
	f.failures++
	pause := min(retryMin<<min(f.failures-1, 10), retryMax)
	f.retry = now.Add(pause - rand.N(pause/4)) // not all nodes at the same moment
}

func (f *function) held() Held {
	h := Held{Function: f.want.Name, Version: f.want.Live[0].Version, Err: f.err, Failures: f.failures}
	if f.have != nil {
		h.Serving = f.have.Live[0].Number
	}
	return h
}

// job prepares one function. All but ready and err is set before it begins.
type job struct {
	want     catalog.Function
	have     *Function // where versions that need no preparation are found; nil: none
	last     *Function // where versions are found that the catalog need not be asked for
	fallback bool      // whether want is what was served last, as the newest failed

	cancel context.CancelFunc

	ready *Function // the result; nil after an error
	err   error
}

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
	if err := l.cfg.Warm(ctx, live.Version); err != nil {
		return Live{}, timedOut(ctx, fmt.Errorf("warm: %w", err))
	}
	return live, nil
}

// timedOut says so if err is because the time to prepare a function is over.
func timedOut(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not ready in time: %w", err)
	}
	return err
}
