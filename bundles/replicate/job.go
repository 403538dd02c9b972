package replicate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// job prepares one function. All but ready and err is set before it begins.
type job struct {
	want     catalog.Function
	have     *Function // where versions that need no preparation are found; nil: none
	last     *Function // where versions are found that the catalog need not be asked for
	fallback bool      // whether want is what was served last, as the newest failed
	first    bool      // whether the node has never served anything

	cancel context.CancelFunc

	ready *Function // the result; nil after an error
	err   error
}

// abandon ends all attempts to prepare what f should have been.
func (l *loop) abandon(f *function) {
	if f.job != nil {
		f.job.cancel()
		f.job = nil
	}
	if f.queued {
		l.queue = slices.DeleteFunc(l.queue, func(g *function) bool { return f == g })
		f.queued = false
	}
	f.failures, f.err = 0, nil
	delete(l.failing, f.want.Name)
}

// busy reports whether any function is being prepared or is about to be.
func (l *loop) busy() bool { return l.running > 0 || len(l.queue) > 0 }

func (l *loop) enqueue(f *function) {
	f.queued = true
	l.queue = append(l.queue, f)
}

// startJobs gives functions that wait a job, as many as may run at once.
func (l *loop) startJobs() {
	for l.running < l.cfg.Parallel && len(l.queue) > 0 {
		f := l.queue[0]
		l.queue = l.queue[1:]
		f.queued = false
		l.startJob(f, &job{want: f.want, have: f.have, last: f.last})
	}
}

func (l *loop) startJob(f *function, j *job) {
	ctx, cancel := context.WithTimeout(l.life, l.cfg.Timeout)
	j.cancel, j.first = cancel, l.neverServed
	f.job = j
	l.running++
	l.workers.Go(func() {
		l.prepare(ctx, j)
		select {
		case l.prepared <- j:
		case <-l.life.Done():
		}
	})
}

func (l *loop) jobEnded(j *job) {
	l.running--
	f := l.functions[j.want.Name]
	if f == nil || f.job != j {
		return // abandoned
	}
	f.job = nil
	switch {
	case j.ready != nil:
		f.have, f.last = j.ready, nil
		if !j.fallback {
			f.failures, f.err = 0, nil
			delete(l.failing, f.want.Name)
		}
		l.setDirty()
	case j.fallback:
		f.last = nil // the newest failed as well: the function has nothing to serve
	default:
		f.failed(j.err, time.Now())
		l.failing[f.want.Name] = f
		if errors.Is(j.err, catalog.ErrNoVersion) {
			l.looker.now = true // it was changed again since
		}
		if f.have == nil && f.last != nil && !f.last.is(&f.want) {
			last := Serving{Functions: []Function{*f.last}}
			l.startJob(f, &job{want: last.wanted().Functions[0], last: f.last, fallback: true})
		}
	}
}
