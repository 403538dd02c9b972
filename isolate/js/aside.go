package js

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/dop251/goja"
)

// This file is work that computes beside the turns: it would hold up other events in a turn,
// and needs no JavaScript. It is the event's all the same: its CPU time is charged to the
// event's account while it runs, and an event past its cap ends at once.
//
// A VM does such work one after the other, on one goroutine that exists while there is some.
// VMs that share Turns do no more at a time than half of the processors can, shared fairly
// between flows like the turns.

// AsyncCharged is [VM.Async] for work that computes. Work begins when the work given before
// is done. It must look at its ctx every few milliseconds, and return when that has ended:
// then nobody waits for it, but it goes on taking a processor from others. Large memory that
// it fills is best allocated before, in the turn, where it is counted as the event's.
func (vm *VM) AsyncCharged(work func(context.Context) (any, error)) Value {
	p := newPromise(vm.rt, vm.promisePrototype())
	e := vm.Expect()
	vm.begin(&aside{
		ctx:   vm.loop.workContext(),
		meter: &vm.meter,
		flow:  vm.meter.account.Flow,
		work:  work,
		done: func(v any, err error) {
			e.Done(func() { vm.settle(p, v, err) })
		},
	})
	return vm.rt.ToValue(p)
}

// settle fulfils or rejects p.
func (vm *VM) settle(p *goja.Promise, v any, err error) {
	if err != nil {
		reject(p, vm.ErrorValue(err))
		return
	}
	vm.resolve(p, v)
}

// aside is one piece of work.
type aside struct {
	ctx  context.Context
	flow *Flow
	work func(context.Context) (any, error)
	done func(v any, err error)

	meter *Meter        // whose account is charged; nil: the event is over. Guarded by watchdog.mu
	clock threadClock   // of the thread that works; guarded by watchdog.mu
	seen  time.Duration // what the clock read when it was last charged; guarded by watchdog.mu
}

// asides is the work of one VM.
type asides struct {
	mu struct {
		sync.Mutex
		waiting []*aside
		current *aside // nil: nothing is under way, and there is no goroutine
	}
}

// begin does work as soon as what was given before is done.
func (vm *VM) begin(work *aside) {
	if vm.asides == nil {
		vm.asides = new(asides)
	}
	a := vm.asides
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mu.current != nil {
		a.mu.waiting = append(a.mu.waiting, work)
		return
	}
	a.mu.current = work
	go a.run(vm.meter.turns, work)
}

// run does work, and what is given meanwhile.
func (a *asides) run(turns *Turns, work *aside) {
	for work != nil {
		v, err := turns.doAside(work)
		work.done(v, err)
		work = a.next()
	}
}

func (a *asides) next() *aside {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.current = nil
	if len(a.mu.waiting) > 0 {
		a.mu.current = a.mu.waiting[0]
		a.mu.waiting = slices.Delete(a.mu.waiting, 0, 1)
	}
	return a.mu.current
}

// abandon forgets what waits, and has nobody charged for what is under way.
func (a *asides) abandon(turns *Turns) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.waiting = nil
	if turns != nil && a.mu.current != nil {
		turns.watchdog.forget(a.mu.current)
	}
}

// doAside does work when it is its flow's time, and charges it. t may be nil: then nobody else
// is there, and nothing is charged before the end.
func (t *Turns) doAside(work *aside) (any, error) {
	if err := work.ctx.Err(); err != nil {
		return nil, err
	}
	if t == nil {
		thread := lockThread()
		defer unlockThread()
		start := thread.now()
		defer func() { work.meter.aside.Add(int64(thread.now() - start)) }()
		return recovered(work.ctx, work.work)
	}
	lane, err := t.takeAside(work)
	if err != nil {
		return nil, err
	}
	thread := lockThread()
	defer unlockThread()
	start := thread.now()
	defer func() { t.giveAside(lane, thread.now()-start) }()
	t.watchdog.beginAside(work, thread)
	defer t.watchdog.endAside(work)
	return recovered(work.ctx, work.work)
}

// asidesMax is how much work is done beside turns at a time.
func asidesMax() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// takeAside waits for work's place, or for its context.
func (t *Turns) takeAside(work *aside) (*lane, error) {
	flow := work.flow
	if flow == nil {
		flow = &t.anonymous
	}
	lane := &flow.aside
	t.mu.Lock()
	line := &t.mu.aside
	if t.mu.asides < asidesMax() {
		line.begin(lane)
		t.mu.asides++
		t.mu.Unlock()
		return lane, nil
	}
	w := &waiter{ready: make(chan struct{}), lane: lane}
	line.add(w)
	t.mu.Unlock()
	select {
	case <-w.ready:
		return lane, nil
	case <-work.ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-w.ready: // given in the meantime: pass it on
		t.passAsideLocked()
	default:
		line.remove(w)
	}
	return nil, work.ctx.Err()
}

// giveAside gives the place of lane's work, which took used, to the next.
func (t *Turns) giveAside(lane *lane, used time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.aside.charge(lane, used)
	t.passAsideLocked()
}

func (t *Turns) passAsideLocked() {
	if w := t.mu.aside.next(); w != nil {
		close(w.ready)
		return
	}
	t.mu.asides--
}

// beginAside charges work on this thread to its event until endAside.
func (w *watchdog) beginAside(work *aside, thread threadClock) {
	woken := w.asleep.Load() && w.asleep.CompareAndSwap(true, false)
	w.mu.Lock()
	work.clock, work.seen = thread, thread.now()
	w.mu.asides = append(w.mu.asides, work)
	w.mu.Unlock()
	if woken {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (w *watchdog) endAside(work *aside) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chargeLocked(work)
	w.mu.asides = slices.DeleteFunc(w.mu.asides, func(a *aside) bool { return a == work })
}

// forget has nobody charged for work any more.
func (w *watchdog) forget(work *aside) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chargeLocked(work)
	work.meter = nil
}

// chargeLocked brings the account of work's event up to date, and ends the event if it is past
// its cap and waits; in a turn it is watched anyway.
func (w *watchdog) chargeLocked(work *aside) {
	m := work.meter
	if m == nil || !slices.Contains(w.mu.asides, work) {
		return // nobody is charged, or it has not begun
	}
	now := work.clock.now()
	if now == 0 { // the thread is gone
		return
	}
	m.aside.Add(int64(now - work.seen))
	work.seen = now
	if most := m.account.CPU; most == 0 || m.spent() < most || w.mu.current == &m.watch || m.vm.cause.Load() != nil {
		return
	}
	m.vm.cut(ErrCPU)
	m.vm.loop.posted.wake()
}
