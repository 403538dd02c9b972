package js

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
)

// ErrNeverSettles says that what is waited for can't happen any more: nothing is under
// way that could bring it about.
var ErrNeverSettles = errors.New("js: the promise can never settle: no timer and no operation is under way")

// loop is a VM's event loop: timers, work under way on other goroutines, and what they
// have posted. It costs no goroutine, no channel and no timer until something waits.
type loop struct {
	ctx     context.Context // of the event; work gets one derived from it
	cancel  context.CancelFunc
	working int    // calls of Async that have not posted yet
	used    bool   // something outside was waited for, ever
	round   uint64 // increases when work is abandoned: what it posts later is dropped
	timers  timerHeap
	byID    map[int]*Timer
	lastID  int
	posted  posted
}

// posted is what other goroutines hand to the loop.
type posted struct {
	mu struct {
		sync.Mutex
		tasks []task
		wake  chan struct{} // holds a token when there may be something to do; nil: nobody has waited yet

		resume func() // goes on with a loop that is parked; nil: none is
	}
}

type task struct {
	round uint64
	run   func()
}

// Begin gives vm the context of the event that it is about to run: work started from now
// on ends when ctx does, or when [VM.Abandon] is called.
func (vm *VM) Begin(ctx context.Context) {
	vm.loop.ctx = ctx
}

// Abandon ends the context of all work under way, forgets timers, drops what is still
// posted, and ends the account of the event. The caller owns vm.
func (vm *VM) Abandon() {
	l := &vm.loop
	if l.cancel != nil {
		l.cancel()
	}
	l.ctx, l.cancel = nil, nil
	l.round++
	l.working = 0
	l.timers, l.byID = nil, nil
	l.posted.take()
	if vm.rare != nil {
		vm.rare.rejections = rejections{}
	}
	if vm.asides != nil {
		vm.asides.abandon(vm.meter.turns)
	}
	vm.meter.close()
	if cause := vm.cause.Load(); cause != nil {
		vm.end(*cause) // it was cut while it waited
	}
}

// workContext returns the context for work, making it at first use.
func (l *loop) workContext() context.Context {
	l.used = true
	if l.cancel == nil {
		if l.ctx == nil {
			l.ctx = context.Background()
		}
		l.ctx, l.cancel = context.WithCancel(l.ctx)
	}
	return l.ctx
}

// Context is the context that work of the current event runs under.
func (vm *VM) Context() context.Context { return vm.loop.workContext() }

// Background runs work on a goroutine of its own, then done in a turn of vm, unless the event
// was abandoned before. work must not touch a JavaScript value; its ctx ends with the event.
// What done throws is lost.
func (vm *VM) Background(work func(context.Context) (any, error), done func(any, error)) {
	l := &vm.loop
	l.working++
	ctx, round, posted := l.workContext(), l.round, &l.posted
	go func() {
		v, err := recovered(ctx, work)
		posted.put(task{round, func() {
			l.working--
			done(v, err)
		}})
	}()
}

// Expected is something under way outside of a VM that will want a turn.
type Expected struct {
	loop  *loop // touched in turns alone, but for what is posted
	round uint64
	over  atomic.Bool
}

// Expect says that something is under way on a goroutine that is not vm's: its loop waits
// for it. It is called in a turn.
func (vm *VM) Expect() *Expected {
	l := &vm.loop
	l.workContext()
	l.working++
	return &Expected{loop: l, round: l.round}
}

// Done runs f in a turn of the VM: what was expected is there. It may be called from any
// goroutine, and counts once; false says that it was called before. Nothing runs if the
// work of the event was abandoned, nor before the VM's owner runs its loop.
func (e *Expected) Done(f func()) bool {
	if !e.over.CompareAndSwap(false, true) {
		return false
	}
	e.loop.posted.put(task{e.round, func() {
		e.loop.working--
		f()
	}})
	return true
}

func recovered(ctx context.Context, work func(context.Context) (any, error)) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{Value: r}
		}
	}()
	return work(ctx)
}

func (p *posted) put(t task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.tasks = append(p.mu.tasks, t)
	p.wakeLocked()
}

// wake ends the loop's wait.
func (p *posted) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeLocked()
}

func (p *posted) wakeLocked() {
	if p.mu.wake != nil {
		select {
		case p.mu.wake <- struct{}{}:
		default:
		}
	}
	if resume := p.mu.resume; resume != nil {
		p.mu.resume = nil
		go resume()
	}
}

// woken is the channel to wait on, and whether something was posted before there was one.
func (p *posted) woken() (c <-chan struct{}, tasks bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.wake == nil {
		p.mu.wake = make(chan struct{}, 1)
	}
	return p.mu.wake, len(p.mu.tasks) > 0
}

func (p *posted) take() []task {
	p.mu.Lock()
	defer p.mu.Unlock()
	tasks := p.mu.tasks
	p.mu.tasks = nil
	return tasks
}

// Run runs timers and posted work, each in a turn of its own, until done returns true.
// done is called in a turn, at first and when all that was ready has run. Run returns
// ErrNeverSettles if done can't come true any more, ctx's error if ctx ends first, and what
// Enter returns if the VM ends. Exceptions that a timer's callback throws go to uncaught, in
// a turn.
func (vm *VM) Run(ctx context.Context, done func() bool, uncaught func(error)) error {
	over := false
	if err := vm.Enter(ctx, func() { over = done() }); err != nil || over {
		return err
	}
	return vm.Resume(ctx, done, uncaught)
}

// Resume is Run for who has just seen in a turn that done returns false.
func (vm *VM) Resume(ctx context.Context, done func() bool, uncaught func(error)) error {
	l := &vm.loop
	for {
		next := l.timers.first()
		if l.working == 0 && next == nil {
			return ErrNeverSettles
		}
		if err := vm.wait(ctx, next); err != nil {
			return err
		}
		if over, err := vm.runReady(ctx, done, uncaught); err != nil || over {
			return err
		}
	}
}

// wait blocks until something is posted, next is due, or vm's event was cut.
func (vm *VM) wait(ctx context.Context, next *Timer) error {
	woken, tasks := vm.loop.posted.woken()
	if tasks || vm.cause.Load() != nil {
		return ctx.Err()
	}
	var due <-chan time.Time
	if next != nil {
		d := time.Until(next.due)
		if d <= 0 {
			return ctx.Err()
		}
		t := time.NewTimer(d)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-woken:
	case <-due:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// runReady runs what was posted and the timers that are due now, each in its turn, and asks
// done in the last of those turns.
func (vm *VM) runReady(ctx context.Context, done func() bool, uncaught func(error)) (over bool, err error) {
	l := &vm.loop
	tasks, now := l.posted.take(), time.Now()
	for asked := false; !asked; {
		err = vm.Hold(ctx, func() error {
			run := l.ready(&tasks, now)
			if run != nil {
				if err := vm.enterTask(ctx, run, uncaught); err != nil {
					return err
				}
			}
			if len(tasks) > 0 || l.due(now) != nil {
				return nil
			}
			asked = true
			return vm.Enter(ctx, func() { over = done() })
		})
		if err != nil {
			return false, err
		}
	}
	return over, nil
}

// ready takes out what is to be run first: a task that was posted, or a timer that was due at
// now. nil: neither.
func (l *loop) ready(tasks *[]task, now time.Time) (run func()) {
	for len(*tasks) > 0 {
		t := (*tasks)[0]
		*tasks = (*tasks)[1:]
		if t.round == l.round {
			return t.run
		}
	}
	if next := l.due(now); next != nil {
		return func() { l.fire(next) }
	}
	return nil
}

// due returns the first timer if it was due at now.
func (l *loop) due(now time.Time) *Timer {
	next := l.timers.first()
	if next == nil || next.due.After(now) {
		return nil
	}
	return next
}

// enterTask enters for a task whose exceptions nobody waits for.
func (vm *VM) enterTask(ctx context.Context, run func(), uncaught func(error)) error {
	err := vm.Enter(ctx, run)
	var exception *goja.Exception
	if !errors.As(err, &exception) || vm.ended != nil {
		return err
	}
	if uncaught != nil {
		return vm.Enter(ctx, func() { uncaught(err) })
	}
	return nil
}
