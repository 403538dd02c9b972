package webapi

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/skerry-edge/skerry/isolate/js"
)

// abortSource is the body of a response to a fetch that can be aborted: the signal that the
// fetch was given ends it, too.
type abortSource struct {
	Source
	reason atomic.Pointer[error] // that the signal was aborted with; nil: it was not
	over   atomic.Bool
	forget func() // the signal; in a turn
}

// abortSources are those of a VM whose signals have not been told to forget them.
type abortSources struct{ list []*abortSource }

// abortable makes s, in a turn, end when signal is aborted.
//
// Spec: https://fetch.spec.whatwg.org/#abort-fetch, steps 5 and 6
func abortable(vm *js.VM, s Source, signal *abortSignal) Source {
	known := js.Local[abortSources](vm)
	known.list = slices.DeleteFunc(known.list, func(o *abortSource) bool {
		over := o.over.Load()
		if over {
			o.forget()
		}
		return over
	})
	a := &abortSource{Source: s}
	a.forget = signal.onAbort(func() {
		err := signal.err()
		a.reason.Store(&err)
		a.over.Store(true)
		s.Cancel(err)
	})
	known.list = append(known.list, a)
	return a
}

// Next returns the reason of the abort once there was one, whatever had come before it.
func (a *abortSource) Next(ctx context.Context) ([]byte, error) {
	data, err := a.Source.Next(ctx)
	if err != nil {
		a.over.Store(true)
	}
	if reason := a.reason.Load(); reason != nil {
		return nil, *reason
	}
	return data, err
}

// Cancel ends the source.
func (a *abortSource) Cancel(reason error) {
	a.over.Store(true)
	a.Source.Cancel(reason)
}

// Length is how many bytes are still to come.
func (a *abortSource) Length() int64 { return LengthOf(a.Source) }

// Reuse gives a chunk back.
func (a *abortSource) Reuse(chunk []byte) { Reuse(a.Source, chunk) }
