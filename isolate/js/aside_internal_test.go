package js

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// await runs vm's loop until p has settled, and returns its value.
func await(t testing.TB, vm *VM, p func() Value) (Value, error) {
	t.Helper()
	var promise Value
	if err := vm.Enter(t.Context(), func() { promise = p() }); err != nil {
		return nil, err
	}
	var value Value
	err := vm.Run(t.Context(), func() bool {
		var state PromiseState
		state, value = Peek(promise)
		return state != Pending
	}, nil)
	return value, err
}

// TestAside: work beside turns settles its promise, and its CPU time is the event's.
func TestAside(t *testing.T) {
	t.Parallel()
	const d = 5 * time.Millisecond
	for _, turns := range []*Turns{nil, NewTurns(TurnsConfig{})} {
		vm := accountVM(t, turns, Account{CPU: time.Minute})
		value, err := await(t, vm, func() Value {
			return vm.AsyncCharged(func(context.Context) (any, error) { burn(d); return "done", nil })
		})
		if err != nil || value.String() != "done" {
			t.Fatalf("got %v, %v", value, err)
		}
		if used := vm.Meter().Used(); used < d {
			t.Errorf("%v of CPU are charged for work of %v", used, d)
		}
		reason, err := await(t, vm, func() Value {
			return vm.AsyncCharged(func(context.Context) (any, error) { return nil, RangeError("too much") })
		})
		if err != nil || reason.String() != "RangeError: too much" {
			t.Errorf("an error gives %v, %v", reason, err)
		}
		reason, err = await(t, vm, func() Value {
			return vm.AsyncCharged(func(context.Context) (any, error) { panic("broken") })
		})
		if err != nil || reason.String() != "Error: js: panic: broken" {
			t.Errorf("a panic gives %v, %v", reason, err)
		}
		vm.Abandon()
		if turns != nil {
			turns.Close()
		}
	}
}

// TestAsideEndsTheEvent: an event whose work uses up its CPU time ends while it waits for it,
// and the work is told. Tests beside it would have goroutines too.
func TestAsideEndsTheEvent(t *testing.T) {
	before := goleak.IgnoreCurrent()
	turns := NewTurns(TurnsConfig{})
	vm := accountVM(t, turns, Account{CPU: 10 * time.Millisecond})
	told, over := make(chan error, 1), make(chan struct{})
	start := time.Now()
	_, err := await(t, vm, func() Value {
		return vm.AsyncCharged(func(ctx context.Context) (any, error) {
			defer close(over)
			for ctx.Err() == nil && time.Since(start) < hang {
				burn(time.Millisecond)
			}
			told <- ctx.Err()
			return nil, ctx.Err()
		})
	})
	if !errors.Is(err, ErrCPU) {
		t.Errorf("the event ends with %v", err)
	}
	vm.Abandon()
	<-over
	if err := <-told; err == nil {
		t.Error("the work was not told")
	}
	if turns.Condemned() {
		t.Error("the event was taken for one that an interrupt does not reach")
	}
	turns.Close()
	goleak.VerifyNone(t, before)
}

// TestAsideCutsTheTurn: what work beside the turn uses up, the turn can't have.
func TestAsideCutsTheTurn(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{Grace: hang})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: 20 * time.Millisecond})
	defer vm.Abandon()
	err := vm.Enter(t.Context(), func() {
		vm.AsyncCharged(func(ctx context.Context) (any, error) {
			for ctx.Err() == nil {
				burn(time.Millisecond)
			}
			return nil, nil
		})
		for used := vm.Meter().used; ; used = vm.Meter().used {
			vm.checkpoint()
			if used > hang {
				return
			}
		}
	})
	if !errors.Is(err, ErrCPU) {
		t.Errorf("the turn ends with %v", err)
	}
}

// TestAsideInOrder: a VM's work is done one after the other, in order.
func TestAsideInOrder(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	vm := accountVM(t, turns, Account{})
	defer vm.Abandon()
	const n = 20
	var order []int
	var atOnce atomic.Int32
	var last Value
	if err := vm.Enter(t.Context(), func() {
		for i := range n {
			last = vm.AsyncCharged(func(context.Context) (any, error) {
				if atOnce.Add(1) != 1 {
					t.Error("two pieces of work are done at once")
				}
				order = append(order, i)
				atOnce.Add(-1)
				return nil, nil
			})
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := await(t, vm, func() Value { return last }); err != nil {
		t.Fatal(err)
	}
	if len(order) != n || !slices.IsSorted(order) {
		t.Errorf("done in the order %v", order)
	}
}

// TestAsideOfTheEventBefore: what an event has left under way is not charged to the next one in
// the same VM.
func TestAsideOfTheEventBefore(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: time.Minute})
	begun, abandoned, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	if err := vm.Enter(t.Context(), func() {
		vm.AsyncCharged(func(context.Context) (any, error) {
			close(begun)
			<-abandoned
			burn(20 * time.Millisecond)
			close(over)
			return nil, nil
		})
		vm.AsyncCharged(func(context.Context) (any, error) {
			t.Error("work that had not begun is done for an event that is over")
			return nil, nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	<-begun
	vm.Abandon()
	vm.Meter().Reset(Account{CPU: time.Minute})
	close(abandoned)
	<-over
	value, err := await(t, vm, func() Value {
		return vm.AsyncCharged(func(context.Context) (any, error) { return "next", nil })
	})
	if err != nil || value.String() != "next" {
		t.Fatalf("the next event's work gives %v, %v", value, err)
	}
	if used := vm.Meter().Used(); used >= 20*time.Millisecond {
		t.Errorf("the next event is charged for %v", used)
	}
	vm.Abandon()
}

// TestAsideIsShared: of those that wait for a place, the flow goes first that has had the
// least.
func TestAsideIsShared(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	busy, quiet := new(Flow), new(Flow)
	var places []*lane
	for range asidesMax() {
		lane, err := turns.takeAside(&aside{ctx: t.Context(), flow: busy})
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, lane)
	}
	order := make(chan *Flow)
	queue := func(f *Flow, n int) {
		go func() {
			lane, err := turns.takeAside(&aside{ctx: t.Context(), flow: f})
			if err != nil {
				t.Error(err)
			}
			order <- f
			turns.giveAside(lane, time.Second)
		}()
		for waiting := 0; waiting < n; time.Sleep(100 * time.Microsecond) {
			turns.mu.Lock()
			waiting = 0
			for _, l := range turns.mu.aside.waiting {
				for w := l.first; w != nil; w = w.after {
					waiting++
				}
			}
			turns.mu.Unlock()
		}
	}
	queue(busy, 1)
	queue(busy, 2)
	queue(quiet, 3)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.takeAside(&aside{ctx: canceled, flow: quiet}); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting under a context that has ended gives %v", err)
	}
	turns.giveAside(places[0], time.Second)
	if f := <-order; f != quiet {
		t.Error("the flow that has had all places goes first")
	}
	for range 2 {
		<-order
	}
	for _, p := range places[1:] {
		turns.giveAside(p, 0)
	}
}
