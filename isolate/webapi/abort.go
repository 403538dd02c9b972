package webapi

import (
	"math"
	"slices"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// AbortController aborts what was given its signal.
//
// Spec: https://dom.spec.whatwg.org/#interface-abortcontroller
var AbortController = js.Class[abortController]{
	Name:        "AbortController",
	Constructor: func(*js.Call) (*abortController, error) { return new(abortController), nil },
	Members: []js.Member[abortController]{
		js.Getter("signal", func(a *abortController, _ *js.Call) (any, error) { return &a.signal, nil }),
		js.Do("abort", 0, func(a *abortController, c *js.Call) error {
			a.signal.abort(c.VM, c.Arg(0))
			return nil
		}),
	},
}

type abortController struct {
	js.Instance
	signal abortSignal
}

// AbortSignal tells that something is to be aborted, and why.
//
// Spec: https://dom.spec.whatwg.org/#interface-AbortSignal
var AbortSignal = js.Class[abortSignal]{
	Name:    "AbortSignal",
	Extends: EventTarget,
	Members: []js.Member[abortSignal]{
		js.Getter("aborted", func(s *abortSignal, _ *js.Call) (any, error) { return s.aborted, nil }),
		js.Getter("reason", func(s *abortSignal, _ *js.Call) (any, error) {
			if !s.aborted {
				return js.Undefined, nil
			}
			return s.reason, nil
		}),
		js.Do("throwIfAborted", 0, func(s *abortSignal, _ *js.Call) error { return s.err() }),
		handlerAttribute[abortSignal]("abort"),
	},
	Statics: []js.Static{
		js.StaticMethod("abort", 0, func(c *js.Call) (any, error) {
			s := new(abortSignal)
			s.abort(c.VM, c.Arg(0))
			return s, nil
		}),
		js.StaticMethod("timeout", 1, abortAfter),
		js.StaticMethod("any", 1, abortWithAny),
	},
}

type abortSignal struct {
	eventTarget
	aborted  bool
	reason   js.Value // if aborted
	watchers []*abortWatcher

	// A signal that any made is aborted with the first of its sources. Those are no such
	// signals themselves.
	sources    []*abortSignal
	dependents []*abortSignal
	dependent  bool // any made it
}

// abortWatcher is a call that an abort leads to, before the event.
//
// Spec: https://dom.spec.whatwg.org/#abortsignal-add
type abortWatcher struct{ call func() }

// onAbort calls f, in the turn of the abort, when s is aborted, unless forget is called
// before. It does nothing if s is aborted already.
func (s *abortSignal) onAbort(f func()) (forget func()) {
	w := &abortWatcher{f}
	if !s.aborted {
		s.watchers = append(s.watchers, w)
	}
	return func() {
		s.watchers = slices.DeleteFunc(s.watchers, func(o *abortWatcher) bool { return o == w })
	}
}

// err returns the error that throws the reason, nil if s is not aborted.
func (s *abortSignal) err() error {
	if !s.aborted {
		return nil
	}
	return js.Throw(s.reason)
}

// abort aborts s; an undefined reason becomes an AbortError.
//
// Spec: https://dom.spec.whatwg.org/#abortsignal-signal-abort
func (s *abortSignal) abort(vm *js.VM, reason js.Value) {
	if s.aborted {
		return
	}
	if js.IsUndefined(reason) {
		reason = vm.ErrorValue(&js.DOMError{Name: "AbortError", Message: "This operation was aborted"})
	}
	s.aborted, s.reason = true, reason
	var dependents []*abortSignal
	for _, d := range s.dependents {
		if !d.aborted { // by another source
			d.aborted, d.reason, d.sources = true, reason, nil
			dependents = append(dependents, d)
		}
	}
	s.dependents = nil
	s.tell(vm)
	for _, d := range dependents {
		vm.Checkpoint()
		d.tell(vm)
	}
}

// tell calls who waits for s to be aborted.
//
// Spec: https://dom.spec.whatwg.org/#run-the-abort-steps
func (s *abortSignal) tell(vm *js.VM) {
	watchers := s.watchers
	s.watchers = nil
	for _, w := range watchers {
		vm.Checkpoint()
		w.call()
	}
	if len(s.listeners) > 0 {
		s.dispatch(vm, &event{kind: "abort", trusted: true, timeStamp: now(vm)})
	}
}

// abortAfter is AbortSignal.timeout.
//
// Spec: https://dom.spec.whatwg.org/#dom-abortsignal-timeout
func abortAfter(c *js.Call) (any, error) {
	const safeMax = 1<<53 - 1
	ms := c.Float(0)
	if math.IsNaN(ms) || math.Trunc(ms) < 0 || ms > safeMax {
		return nil, js.TypeError("AbortSignal.timeout: %v is not a number of milliseconds from 0 to %d", ms, safeMax)
	}
	if err := mayStartTimer(c.VM); err != nil {
		return nil, err
	}
	s, vm := new(abortSignal), c.VM
	delay := time.Duration(min(ms, math.MaxInt64/float64(time.Millisecond)/2)) * time.Millisecond
	vm.SetTimer(delay, false, func() {
		s.abort(vm, vm.ErrorValue(&js.DOMError{Name: "TimeoutError", Message: "The operation was aborted due to timeout"}))
	})
	return s, nil
}

// abortWithAny is AbortSignal.any: a signal that is aborted when the first of others is,
// for the same reason.
//
// Spec: https://dom.spec.whatwg.org/#dom-abortsignal-any
func abortWithAny(c *js.Call) (any, error) {
	if !c.VM.Iterable(c.Arg(0)) {
		return nil, js.TypeError("AbortSignal.any: the argument is not iterable")
	}
	var sources []*abortSignal
	foreign := false
	c.VM.ForOf(c.Arg(0), func(v js.Value) bool {
		s := js.As[abortSignal](c.VM, v)
		sources, foreign = appendTo(c.VM, sources, s), s == nil
		return !foreign
	})
	if foreign {
		return nil, js.TypeError("AbortSignal.any: one of the signals is not an AbortSignal")
	}
	return dependentSignal(c.VM, sources...), nil
}

// dependentSignal makes a signal that is aborted when the first of sources is.
//
// Spec: https://dom.spec.whatwg.org/#create-a-dependent-abort-signal
func dependentSignal(vm *js.VM, sources ...*abortSignal) *abortSignal {
	s := &abortSignal{dependent: true}
	for _, source := range sources {
		if source.aborted {
			s.aborted, s.reason = true, source.reason
			return s
		}
	}
	seen, steps := make(map[*abortSignal]bool), vm.Steps()
	for _, source := range sources {
		roots := source.sources
		if !source.dependent {
			roots = []*abortSignal{source}
		}
		steps.Done(1)
		for _, root := range roots {
			steps.Done(8)
			if !seen[root] {
				seen[root] = true
				s.follow(root)
			}
		}
	}
	return s
}

// follow makes source one of those that s is aborted with. A source forgets dependents that
// another has aborted when it would need more memory for a new one.
func (s *abortSignal) follow(source *abortSignal) {
	if len(source.dependents) == cap(source.dependents) {
		source.dependents = slices.DeleteFunc(source.dependents, func(d *abortSignal) bool { return d.aborted })
	}
	s.sources = append(s.sources, source)
	source.dependents = append(source.dependents, s)
}
