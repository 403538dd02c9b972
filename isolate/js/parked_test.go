package js_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// newParked returns a VM for a test of its loop.
func newParked(t *testing.T) *js.VM {
	t.Helper()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	return p.NewVM(js.Config{})
}

// begun runs f in a turn of vm.
func begun(t *testing.T, vm *js.VM, f func()) {
	t.Helper()
	if err := vm.Enter(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// park runs the loop of vm until done, parked. What it has ended with comes from the channel.
func park(ctx context.Context, vm *js.VM, done func() bool) <-chan error {
	over := make(chan error, 2)
	vm.RunParked(ctx, done, nil, func(err error) { over <- err })
	return over
}

// TestParkedLoop has timers, and work of other goroutines, wake a loop that is parked.
func TestParkedLoop(t *testing.T) {
	t.Parallel()
	vm := newParked(t)
	synctest.Test(t, func(t *testing.T) {
		var rang atomic.Int32
		var answered atomic.Bool
		begun(t, vm, func() {
			id := 0
			id = vm.SetTimer(time.Second, true, func() {
				if rang.Add(1) == 3 {
					vm.ClearTimer(id)
				}
			})
			vm.Background(func(context.Context) (any, error) {
				time.Sleep(1500 * time.Millisecond)
				return nil, nil
			}, func(any, error) { answered.Store(true) })
		})
		start := time.Now()
		over := park(t.Context(), vm, func() bool { return rang.Load() == 3 })
		time.Sleep(1600 * time.Millisecond)
		synctest.Wait()
		if rang.Load() != 1 || !answered.Load() {
			t.Errorf("after 1.6 s %d rings, and %v that there was an answer", rang.Load(), answered.Load())
		}
		if err := <-over; err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("the loop ends after %v with %v", time.Since(start), err)
		}
		synctest.Wait()
		if len(over) != 0 {
			t.Error("the loop ends twice")
		}
	})
}

// TestParkedLoopEnds covers all that ends one before it is done.
func TestParkedLoopEnds(t *testing.T) {
	t.Parallel()
	never := func() bool { return false }
	t.Run("done already", func(t *testing.T) {
		t.Parallel()
		if err := <-park(t.Context(), newParked(t), func() bool { return true }); err != nil {
			t.Error(err)
		}
	})
	t.Run("nothing under way", func(t *testing.T) {
		t.Parallel()
		if err := <-park(t.Context(), newParked(t), never); !errors.Is(err, js.ErrNeverSettles) {
			t.Error(err)
		}
	})
	t.Run("nothing under way any more", func(t *testing.T) {
		t.Parallel()
		vm := newParked(t)
		begun(t, vm, func() { vm.SetTimer(time.Millisecond, false, func() {}) })
		if err := <-park(t.Context(), vm, never); !errors.Is(err, js.ErrNeverSettles) {
			t.Error(err)
		}
	})
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		vm := newParked(t)
		begun(t, vm, func() { vm.SetTimer(time.Hour, false, func() {}) })
		ctx, cancel := context.WithCancel(t.Context())
		over := park(ctx, vm, never)
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("exception", func(t *testing.T) {
		t.Parallel()
		vm := newParked(t)
		var uncaught error
		begun(t, vm, func() { vm.SetTimer(time.Millisecond, false, func() { panic(vm.ErrorValue(js.TypeError("rang"))) }) })
		over := make(chan error, 1)
		vm.RunParked(t.Context(), never, func(err error) { uncaught = err }, func(err error) { over <- err })
		if err := <-over; !errors.Is(err, js.ErrNeverSettles) || uncaught == nil {
			t.Errorf("it ends with %v, and %v was uncaught", err, uncaught)
		}
	})
}
