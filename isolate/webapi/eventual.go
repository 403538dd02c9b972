package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// eventual is a promise of a specification's algorithm, as Go code makes and hears it. It
// becomes a promise of the language when a script is to see it, and costs none until then.
// Reactions are promise jobs in the order of the language.
type eventual struct {
	vm        *js.VM
	state     js.PromiseState
	handled   bool     // a rejection is no fault even if nobody listens
	value     js.Value // or the reason
	reactions []eventualReaction
	seen      *js.Deferred // what scripts have of it; nil: nothing
	of        js.Value     // the promise that it stands for, whose state counts; nil: none
}

type eventualReaction struct{ fulfilled, rejected func(js.Value) }

func newEventual(vm *js.VM) *eventual { return &eventual{vm: vm} }

func fulfilled(vm *js.VM, v js.Value) *eventual {
	return &eventual{vm: vm, state: js.Fulfilled, value: v}
}

func rejected(vm *js.VM, reason js.Value) *eventual {
	return &eventual{vm: vm, state: js.Rejected, value: reason}
}

// failed is rejected with what scripts see of err.
func failed(vm *js.VM, err error) *eventual { return rejected(vm, vm.ErrorValue(err)) }

// resolvedWith is "a promise resolved with" v, which may be a promise itself.
//
// Spec: https://webidl.spec.whatwg.org/#a-promise-resolved-with
func resolvedWith(vm *js.VM, v js.Value) *eventual {
	if !js.IsObject(v) {
		return fulfilled(vm, v)
	}
	d := vm.NewDeferred()
	d.Resolve(v)
	return &eventual{vm: vm, of: d.Promise()}
}

// invoked is the promise of what a script's callback returns or throws.
func invoked(vm *js.VM, f, this js.Value, args ...any) *eventual {
	var v js.Value
	if thrown := vm.Try(func() { v = vm.Invoke(f, this, args...) }); thrown != nil {
		return failed(vm, thrown)
	}
	return resolvedWith(vm, v)
}

func (e *eventual) pending() bool { return e.state == js.Pending }

// fulfill does nothing if e has settled.
func (e *eventual) fulfill(v js.Value) { e.settle(js.Fulfilled, v) }

// reject does nothing if e has settled.
func (e *eventual) reject(reason js.Value) { e.settle(js.Rejected, reason) }

// done fulfills e with undefined.
func (e *eventual) done() { e.fulfill(js.Undefined) }

func (e *eventual) settle(state js.PromiseState, v js.Value) {
	if e.state != js.Pending || e.of != nil {
		return
	}
	e.state, e.value = state, v
	reactions := e.reactions
	e.reactions = nil
	for _, r := range reactions {
		e.call(r)
	}
	if e.seen != nil {
		e.show()
	}
}

// call runs a reaction to e, which has settled, as a promise job.
func (e *eventual) call(r eventualReaction) {
	f := r.fulfilled
	if e.state == js.Rejected {
		f = r.rejected
	}
	if f != nil {
		e.vm.Soon(func() { f(e.value) })
	}
}

// react runs one of two functions as a promise job once e has settled; either may be nil.
// A rejection counts as handled.
func (e *eventual) react(fulfilled, rejected func(js.Value)) {
	e.handle()
	switch r := (eventualReaction{fulfilled, rejected}); {
	case e.of != nil:
		e.vm.React(e.of, fulfilled, rejected)
	case e.state == js.Pending && e.seen != nil: // after those that scripts have added
		e.vm.React(e.seen.Promise(), fulfilled, rejected)
	case e.state == js.Pending:
		e.reactions = append(e.reactions, r)
	default:
		e.call(r)
	}
}

// handle says that a rejection of e is no fault.
func (e *eventual) handle() {
	e.handled = true
	if e.seen != nil {
		e.seen.Handled()
	}
}

// promise is e as scripts see it, the same one each time.
func (e *eventual) promise() js.Value {
	if e.of != nil {
		return e.of
	}
	if e.seen == nil {
		e.seen = e.vm.NewDeferred()
		if e.handled {
			e.seen.Handled()
		}
		e.show()
	}
	return e.seen.Promise()
}

// show settles what scripts have as e has.
func (e *eventual) show() {
	switch e.state {
	case js.Fulfilled:
		e.seen.Resolve(e.value)
	case js.Rejected:
		e.seen.Reject(js.Throw(e.value))
	}
}

// then is "the result of reacting to" e: what one of two functions returns or throws. A nil
// function passes on what it would have been given.
//
// Spec: https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled
func (e *eventual) then(onValue, onReason func(js.Value) (js.Value, error)) *eventual {
	result := newEventual(e.vm)
	step := func(f func(js.Value) (js.Value, error)) func(js.Value) {
		return func(v js.Value) {
			var err error
			if thrown := e.vm.Try(func() { v, err = f(v) }); thrown != nil {
				err = thrown
			}
			if err != nil {
				result.reject(e.vm.ErrorValue(err))
				return
			}
			result.fulfill(v)
		}
	}
	onFulfilled, onRejected := result.fulfill, result.reject
	if onValue != nil {
		onFulfilled = step(onValue)
	}
	if onReason != nil {
		onRejected = step(onReason)
	}
	e.react(onFulfilled, onRejected)
	return result
}

// thenUndefined is then for a result that is of no interest.
func (e *eventual) thenUndefined() *eventual {
	return e.then(func(js.Value) (js.Value, error) { return js.Undefined, nil }, nil)
}

// follow makes e settle as other does: what resolving a promise with another is. It takes a
// promise job to begin.
func (e *eventual) follow(other *eventual) {
	e.vm.Soon(func() { other.react(e.fulfill, e.reject) })
}

// follower is a promise resolved with e.
func (e *eventual) follower() *eventual {
	f := newEventual(e.vm)
	f.follow(e)
	return f
}
