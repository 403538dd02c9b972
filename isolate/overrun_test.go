package isolate_test

import (
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// told is a Waiter that passes on what it hears.
type told chan *isolate.Failure

func (c told) Overrun(f *isolate.Failure) { c <- f }

// TestOverrun: an event that is stuck in Go code is told so, and others go on meanwhile.
func TestOverrun(t *testing.T) {
	t.Parallel()
	var release atomic.Bool
	overruns := make(chan isolate.Overrun, 1)
	n := newNode(t, isolate.Config{
		Host:    isolate.Host{},
		Overrun: func(o isolate.Overrun) { overruns <- o },
	})
	n.stuck = func() bool { return !release.Load() }
	stuck := n.function("stuck", handler(`console.log("spin"); return new Response("late")`), func(m *bundles.Manifest) { m.Limits.CPUMillis = 10 })
	other := n.function("other", handler(`return new Response("fine")`))
	waiter, dispatched := make(told, 1), make(chan error)
	go func() {
		_, err := n.Dispatch(t.Context(), stuck, &isolate.Event{ID: "e", Kind: isolate.KindFetch,
			Request: &isolate.Request{Method: "GET", URL: "http://f/"}, Waiter: waiter})
		dispatched <- err
	}()
	f, o := <-waiter, <-overruns
	if f.Outcome != isolate.OutcomeExceededCPU || f.Limit != "cpu_ms" || f.Allowed != 10 || f.Used < 100 {
		t.Errorf("the waiter was told %+v", f)
	}
	if o.Target != stuck || o.Digest != stuck.Digest || o.Failure != f {
		t.Errorf("the owner was told %+v", o)
	}
	for range 3 {
		if body, err := n.get(other); err != nil || body != "fine" {
			t.Errorf("another function meanwhile: %q, %v", body, err)
		}
	}
	release.Store(true)
	if err := <-dispatched; outcome(err) != isolate.OutcomeExceededCPU {
		t.Errorf("in the end: %v", err)
	}
	if body, err := n.get(other); err != nil || body != "fine" {
		t.Errorf("another function afterwards: %q, %v", body, err)
	}
}
