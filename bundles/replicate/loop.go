package replicate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// loop is the goroutine that owns what a Replica knows. Others send it what they found.
type loop struct {
	cfg     Config
	replica *Replica
	state   state
	life    context.Context // ends with the Replica
	workers sync.WaitGroup  // the goroutines that the loop has started
	first   chan error      // how the first switch went; has room for it

	looked   chan look
	prepared chan *job
	swept    chan error

	looker    looker
	functions map[string]*function
	failing   map[string]*function // those whose last attempt failed
	queue     []*function          // wait for a job
	running   int                  // jobs
	waiting   []*request

	neverServed bool // whether the node has no file that says what it served, and has not switched yet

	serving    *Serving  // what Switch was given last with success; nil: nothing yet
	dirty      bool      // whether something else should be served
	dirtySince time.Time // when that began
	tried      bool      // whether Switch was called in this step
	switchErr  error     // why the last Switch failed
	switchNext time.Time // when it is tried again, after an error
	stateErr   error     // why the file could not be read or written
	stateNext  time.Time // when it is tried again, after an error

	reported time.Time // when Status was last brought up to date

	sweeping  bool
	nextSweep time.Time
	sweepErr  error
}

// newLoop finds out what is to be served first.
func newLoop(ctx, life context.Context, cfg Config, r *Replica) (*loop, error) {
	l := &loop{
		cfg: cfg, replica: r, state: state{cfg.Dir}, life: life, first: make(chan error, 1),
		looked: make(chan look), prepared: make(chan *job), swept: make(chan error),
		looker:    looker{catalog: cfg.Catalog, poll: cfg.Poll},
		functions: make(map[string]*function), failing: make(map[string]*function),
		nextSweep: time.Now().Add(cfg.SweepEvery),
	}
	last, err := l.state.load()
	if err != nil && !errors.Is(err, errState) {
		return nil, err
	}
	l.stateErr = err // mended by the first switch
	snapshot, err := newer(ctx, cfg.Catalog, nil)
	if err != nil && last == nil {
		return nil, fmt.Errorf("%w: %w", ErrNoState, errors.Join(err, l.stateErr))
	}
	l.looker.real = err == nil
	l.looker.end(err, time.Now())
	if err != nil {
		snapshot = last.wanted()
	}
	if err := l.foreign(last, snapshot); err != nil {
		return nil, err
	}
	l.accept(snapshot)
	if l.neverServed = last == nil; !l.neverServed {
		l.remember(last)
	}
	r.status.Store(&Status{Since: time.Now()})
	return l, nil
}

// remember notes what was served before the start.
func (l *loop) remember(last *Serving) {
	for i := range last.Functions {
		if f := l.functions[last.Functions[i].Name]; f != nil {
			f.last = &last.Functions[i]
		}
	}
}

// foreign returns a *ForeignError if s is not of the catalog that was served.
func (l *loop) foreign(served *Serving, s *catalog.Snapshot) error {
	if served == nil || len(served.Functions) == 0 || served.Catalog == s.Catalog {
		return nil // whoever serves nothing has nothing to lose
	}
	return &ForeignError{Path: l.state.path(), Want: served.Catalog, Got: s.Catalog}
}

// run is the loop's goroutine.
func (l *loop) run() {
	defer close(l.replica.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(l.step(time.Now())))
		select {
		case <-timer.C:
		case q := <-l.replica.requests:
			l.request(q)
		case k := <-l.looked:
			l.lookEnded(k)
		case j := <-l.prepared:
			l.jobEnded(j)
		case err := <-l.swept:
			l.sweeping, l.sweepErr = false, err
		case <-l.life.Done():
			l.workers.Wait()
			for _, q := range l.waiting {
				q.answer <- ErrClosed
			}
			return
		}
	}
}

// step does all that is due, and returns when something else will be.
func (l *loop) step(now time.Time) (next time.Time) {
	next = now.Add(time.Hour)
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if due, ok := l.looker.due(); ok && !due.After(now) {
		l.look()
	} else if ok {
		sooner(due)
	}
	for _, f := range l.failing {
		if f.job != nil || f.queued {
			continue
		}
		if f.retry.After(now) {
			sooner(f.retry)
		} else {
			l.enqueue(f)
		}
	}
	l.startJobs()
	if l.dirty && l.switchDue(now) {
		l.publish(now)
	} else if l.stateErr != nil && l.serving != nil && !l.stateNext.After(now) {
		l.keep(l.serving, now)
	}
	if l.dirty && l.serving != nil {
		sooner(latest(l.switchNext, l.dirtySince.Add(patience)))
	}
	if l.stateErr != nil && l.serving != nil {
		sooner(l.stateNext)
	}
	if l.cfg.SweepEvery > 0 && !l.sweeping && l.looker.err == nil {
		if l.nextSweep.After(now) {
			sooner(l.nextSweep)
		} else {
			l.sweep(now)
		}
	}
	if due := l.reportDue(); due.After(now) {
		sooner(due)
	} else {
		l.report(now) // before anybody is told to look
	}
	l.answer()
	if l.tried {
		l.tried = false
		select {
		case l.first <- l.switchErr:
		default: // it was not the first
		}
	}
	return next
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// look begins to look at the catalog.
func (l *loop) look() {
	look := l.looker.begin()
	l.workers.Go(func() {
		k := look(l.life)
		select {
		case l.looked <- k:
		case <-l.life.Done():
		}
	})
}

func (l *loop) lookEnded(k look) {
	if k.err == nil && k.snapshot != nil {
		k.err = l.foreign(l.serving, k.snapshot)
	}
	l.looker.end(k.err, time.Now())
	if k.err == nil && k.snapshot != nil {
		l.accept(k.snapshot)
		l.looker.real = true
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(q *request) bool {
		if q.look > k.number {
			return false
		}
		if k.err != nil {
			q.answer <- k.err
		}
		q.ready = true
		return k.err != nil
	})
}

// accept makes s what should be served.
func (l *loop) accept(s *catalog.Snapshot) {
	l.looker.seen = s
	wanted := make(map[string]bool, len(s.Functions))
	for _, want := range s.Functions {
		wanted[want.Name] = true
		f := l.functions[want.Name]
		if f == nil {
			f = new(function)
			l.functions[want.Name] = f
		}
		l.want(f, want)
	}
	maps.DeleteFunc(l.functions, func(name string, f *function) bool {
		if !wanted[name] {
			l.abandon(f)
		}
		return !wanted[name]
	})
	l.setDirty()
}

// want makes want what f should be.
func (l *loop) want(f *function, want catalog.Function) {
	if f.want.Name != "" && same(f.want, want) {
		f.want = want
		return
	}
	l.abandon(f)
	f.want = want
	if !f.inStep() {
		l.enqueue(f)
	}
}

// same reports whether a node serves a and b alike.
func same(a, b catalog.Function) bool {
	return slices.Equal(a.Live, b.Live) && slices.Equal(a.Routes, b.Routes)
}

func (l *loop) setDirty() {
	if !l.dirty {
		l.dirty, l.dirtySince = true, time.Now()
	}
}
