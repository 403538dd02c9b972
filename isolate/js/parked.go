package js

import (
	"context"
	"time"
)

// parked is a loop that runs without a goroutine while it waits.
type parked struct {
	vm       *VM
	ctx      context.Context
	done     func() bool
	uncaught func(error)
	over     func(error)
	forget   func() bool // ctx
	timer    *time.Timer // nil: there was none yet
}

// RunParked is Run for a loop that may wait for long: nothing but memory is held between its
// turns. What Run would return goes to over, once, on any goroutine, and possibly before
// RunParked returns.
func (vm *VM) RunParked(ctx context.Context, done func() bool, uncaught func(error), over func(error)) {
	isOver := false
	if err := vm.Enter(ctx, func() { isOver = done() }); err != nil || isOver {
		over(err)
		return
	}
	p := &parked{vm: vm, ctx: ctx, done: done, uncaught: uncaught, over: over}
	p.forget = context.AfterFunc(ctx, vm.loop.posted.wake)
	if !p.park() {
		p.resume()
	}
}

// resume runs what is ready until there is something to wait for.
func (p *parked) resume() {
	if p.timer != nil {
		p.timer.Stop()
	}
	for {
		err := p.ctx.Err()
		isOver := false
		if err == nil {
			isOver, err = p.vm.runReady(p.ctx, p.done, p.uncaught)
		}
		if l := &p.vm.loop; err == nil && !isOver && l.working == 0 && l.timers.first() == nil {
			err = ErrNeverSettles
		}
		if err != nil || isOver {
			p.forget()
			p.over(err)
			return
		}
		if p.park() {
			return
		}
	}
}

// park leaves the loop to whoever wakes it. False says that there is something to do.
func (p *parked) park() bool {
	l := &p.vm.loop
	next := l.timers.first()
	if next == nil && l.working == 0 {
		return false
	}
	l.posted.mu.Lock()
	defer l.posted.mu.Unlock()
	if len(l.posted.mu.tasks) > 0 || p.vm.cause.Load() != nil || p.ctx.Err() != nil {
		return false
	}
	if next != nil {
		d := time.Until(next.due)
		if d <= 0 {
			return false
		}
		if p.timer == nil {
			p.timer = time.AfterFunc(d, p.vm.loop.posted.wake)
		} else {
			p.timer.Reset(d)
		}
	}
	l.posted.mu.resume = p.resume
	return true
}
