package js

import (
	"container/heap"
	"context"
	"errors"
	"sync"
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
	}
	wake chan struct{} // holds one token when tasks may be there; nil until work starts
}

type task struct {
	round uint64
	run   func()
}

// Begin gives vm the context of the event that it is about to run: work started from now
// on ends when ctx does, or when [VM.Abandon] is called.
func (vm *VM) Begin(ctx context.Context) {
	vm.loop.ctx = ctx
	vm.rt.ClearInterrupt() // one that came as the event before was ending
}

// Abandon ends the context of all work under way, forgets timers, and drops what is still
// posted. The caller owns vm.
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
	vm.rejections = nil
}

// workContext returns the context for work, making it at first use.
func (l *loop) workContext() context.Context {
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

// Async runs work on a goroutine of its own and returns a promise of its result. See
// [Call.Async].
func (vm *VM) Async(work func(context.Context) (any, error)) Value {
	p := newPromise(vm.rt, promisePrototype(vm.rt))
	vm.background(work, func(v any, err error) {
		if err != nil {
			reject(p, vm.ErrorValue(err))
			return
		}
		vm.resolve(p, v)
	})
	return vm.rt.ToValue(p)
}

// Background runs work on a goroutine of its own, then done in a turn of vm. What done
// throws is lost.
func (vm *VM) background(work func(context.Context) (any, error), done func(any, error)) {
	l := &vm.loop
	l.working++
	if l.posted.wake == nil {
		l.posted.wake = make(chan struct{}, 1)
	}
	ctx, round, posted := l.workContext(), l.round, &l.posted
	go func() {
		v, err := recovered(ctx, work)
		posted.put(task{round, func() {
			l.working--
			done(v, err)
		}})
	}()
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
	p.mu.tasks = append(p.mu.tasks, t)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *posted) take() []task {
	p.mu.Lock()
	defer p.mu.Unlock()
	tasks := p.mu.tasks
	p.mu.tasks = nil
	return tasks
}

// resolve settles p as the language does: with v's own outcome if v is a thenable.
func (vm *VM) resolve(p *goja.Promise, v any) {
	var value goja.Value
	if thrown := vm.Try(func() { value = vm.ToValue(v) }); thrown != nil {
		reject(p, vm.ErrorValue(thrown))
		return
	}
	if o, ok := value.(*goja.Object); ok {
		if then, ok := goja.AssertFunction(o.Get("then")); ok {
			fulfilled := vm.rt.ToValue(func(fc goja.FunctionCall) goja.Value { return fulfill(p, fc.Argument(0)) })
			rejected := vm.rt.ToValue(func(fc goja.FunctionCall) goja.Value { return reject(p, fc.Argument(0)) })
			if _, err := then(o, fulfilled, rejected); err != nil {
				reject(p, vm.ErrorValue(err))
			}
			return
		}
	}
	fulfill(p, value)
}

// Resolved returns a promise that is fulfilled with v, or rejected if err is not nil.
func (vm *VM) Resolved(v any, err error) Value {
	p := newPromise(vm.rt, promisePrototype(vm.rt))
	if err != nil {
		reject(p, vm.ErrorValue(err))
	} else {
		vm.resolve(p, v)
	}
	return vm.rt.ToValue(p)
}

// promised runs f and returns a promise of its result, a promise being its own. What f
// throws rejects.
func (vm *VM) promised(f func() (any, error)) goja.Value {
	var v any
	var err error
	if thrown := vm.Try(func() { v, err = f() }); thrown != nil {
		return vm.Resolved(nil, thrown)
	}
	if err == nil {
		if value, ok := v.(goja.Value); ok && IsPromise(value) {
			return value
		}
	}
	return vm.Resolved(v, err)
}

// Deferred is a promise that Go code settles later, in a turn.
type Deferred struct {
	vm      *VM
	promise *goja.Promise
}

// NewDeferred makes a pending promise.
func (vm *VM) NewDeferred() *Deferred {
	return &Deferred{vm, newPromise(vm.rt, promisePrototype(vm.rt))}
}

// Promise is the promise itself.
func (d *Deferred) Promise() Value { return d.vm.rt.ToValue(d.promise) }

// Resolve fulfils the promise with v; it does nothing if the promise has settled.
func (d *Deferred) Resolve(v any) {
	if d.promise.State() == goja.PromiseStatePending {
		d.vm.resolve(d.promise, v)
	}
}

// Reject rejects the promise with err; it does nothing if the promise has settled.
func (d *Deferred) Reject(err error) {
	if d.promise.State() == goja.PromiseStatePending {
		reject(d.promise, d.vm.ErrorValue(err))
	}
}

// Then calls settled, in a turn, once v has: at a later time even if it has already. A v
// that is no promise counts as fulfilled with itself.
func (vm *VM) Then(v Value, settled func(value Value, err error)) {
	p := vm.Resolved(v, nil)
	if IsPromise(v) {
		p = v
	}
	then, _ := goja.AssertFunction(intrinsicPromise(vm.rt).Get("prototype").(*goja.Object).Get("then"))
	_, err := then(p,
		vm.rt.ToValue(func(fc goja.FunctionCall) goja.Value { settled(fc.Argument(0), nil); return Undefined }),
		vm.rt.ToValue(func(fc goja.FunctionCall) goja.Value {
			settled(nil, Throw(fc.Argument(0)))
			return Undefined
		}))
	if err != nil {
		panic(err)
	}
}

// Run runs timers and posted work, each in a turn of its own, until done returns true.
// done is called in a turn. Run returns ErrNeverSettles if done can't come true any more,
// ctx's error if ctx ends first, and what Enter returns if the VM ends. Exceptions that
// a timer's callback throws go to uncaught, in a turn.
func (vm *VM) Run(ctx context.Context, done func() bool, uncaught func(error)) error {
	l := &vm.loop
	for {
		over := false
		if err := vm.Enter(ctx, func() { over = done() }); err != nil || over {
			return err
		}
		next := l.timers.first()
		if l.working == 0 && next == nil {
			return ErrNeverSettles
		}
		if err := l.wait(ctx, next); err != nil {
			return err
		}
		if err := vm.runReady(ctx, uncaught); err != nil {
			return err
		}
	}
}

// wait blocks until something is posted or next is due.
func (l *loop) wait(ctx context.Context, next *Timer) error {
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
	case <-l.posted.wake:
	case <-due:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// runReady runs what was posted and the timers that are due now, each in its turn.
func (vm *VM) runReady(ctx context.Context, uncaught func(error)) error {
	l := &vm.loop
	for _, t := range l.posted.take() {
		if t.round != l.round {
			continue
		}
		if err := vm.enterTask(ctx, t.run, uncaught); err != nil {
			return err
		}
	}
	now := time.Now()
	for {
		next := l.timers.first()
		if next == nil || next.due.After(now) {
			return nil
		}
		if err := vm.enterTask(ctx, func() { vm.fire(next) }, uncaught); err != nil {
			return err
		}
	}
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

// Timer is a callback that is due at a time.
type Timer struct {
	id     int
	due    time.Time
	every  time.Duration // 0: once
	call   func()
	serial int // orders timers that are due at the same time
	index  int // in the heap; -1: not there
}

// SetTimer calls f in a turn after delay, again and again if repeat, and returns a number
// for ClearTimer. Delays under a millisecond count as one.
func (vm *VM) SetTimer(delay time.Duration, repeat bool, f func()) int {
	l := &vm.loop
	delay = max(delay, time.Millisecond)
	l.lastID++
	t := &Timer{id: l.lastID, due: time.Now().Add(delay), call: f, serial: l.lastID}
	if repeat {
		t.every = delay
	}
	if l.byID == nil {
		l.byID = make(map[int]*Timer)
	}
	l.byID[t.id] = t
	heap.Push(&l.timers, t)
	return t.id
}

// ClearTimer forgets a timer; a number that is none does nothing.
func (vm *VM) ClearTimer(id int) {
	l := &vm.loop
	t := l.byID[id]
	if t == nil {
		return
	}
	delete(l.byID, id)
	if t.index >= 0 {
		heap.Remove(&l.timers, t.index)
	}
}

// Timers is the number of timers set and not yet over.
func (vm *VM) Timers() int { return len(vm.loop.byID) }

// fire runs a timer that is due.
func (vm *VM) fire(t *Timer) {
	l := &vm.loop
	heap.Remove(&l.timers, t.index)
	if t.every > 0 {
		l.lastID++
		t.serial, t.due = l.lastID, time.Now().Add(t.every)
		heap.Push(&l.timers, t)
	} else {
		delete(l.byID, t.id)
	}
	t.call()
}

type timerHeap []*Timer

func (h timerHeap) first() *Timer {
	if len(h) == 0 {
		return nil
	}
	return h[0]
}

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].serial < h[j].serial
	}
	return h[i].due.Before(h[j].due)
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for package heap.
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop is for package heap.
func (h *timerHeap) Pop() any {
	t := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	t.index = -1
	return t
}
