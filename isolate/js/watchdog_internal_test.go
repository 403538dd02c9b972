package js

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/isolate/note"
)

// hang bounds waits in tests that would otherwise wait for ever.
const hang = 30 * time.Second

// burn uses up CPU time on the calling thread.
func burn(d time.Duration) {
	for end := threadCPU() + d; threadCPU() < end; {
		continue
	}
}

// accountVM makes a VM of turns with an account.
func accountVM(t testing.TB, turns *Turns, a Account) *VM {
	t.Helper()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	vm := p.NewVM(Config{Turns: turns})
	vm.Meter().Reset(a)
	return vm
}

// stuck enters vm with Go code that heeds no interrupt until the function it returns is
// called, which returns Enter's error.
func stuck(vm *VM) (release func() error) {
	var free atomic.Bool
	entered := make(chan error)
	go func() {
		entered <- vm.Enter(context.Background(), func() {
			for !free.Load() {
				continue
			}
		})
	}()
	return func() error {
		free.Store(true)
		return <-entered
	}
}

func needThreadClocks(t testing.TB) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a thread's CPU time: elsewhere wall time stands for it")
	}
}

// TestOverrun: a turn in Go code that heeds no interrupt is reported once and loses its
// turn, the process is told to die, and a culprit that comes back after all has ended.
func TestOverrun(t *testing.T) {
	t.Parallel()
	overruns := make(chan Overrun, 10)
	kills := make(chan struct{}, 10)
	turns := NewTurns(TurnsConfig{
		Grace: 10 * time.Millisecond, Overrun: func(o Overrun) { overruns <- o },
		KillAfter: 20 * time.Millisecond, Kill: func() { kills <- struct{}{} },
	})
	defer turns.Close()
	flow := new(Flow)
	culprit := accountVM(t, turns, Account{CPU: 10 * time.Millisecond, Owner: "culprit", Flow: flow})
	release := stuck(culprit)
	got := <-overruns
	if got.Owner != "culprit" || got.Flow != flow || !errors.Is(got.Cause, ErrCPU) || got.Budget != 10*time.Millisecond || got.Used < 20*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	if !turns.Condemned() {
		t.Error("the process is not condemned")
	}
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	other := accountVM(t, turns, Account{CPU: time.Minute})
	if err := other.Enter(ctx, func() {}); err != nil {
		t.Fatalf("others got no turn while the culprit spun: %v", err)
	}
	<-kills

	// The culprit comes back while another has the turn: it must not give that away.
	err := other.Enter(ctx, func() {
		if err := release(); !errors.Is(err, ErrCPU) || !errors.Is(culprit.Ended(), ErrCPU) {
			t.Errorf("the culprit came back with %v, ended by %v; want %v", err, culprit.Ended(), ErrCPU)
		}
		if m := turns.holder(); m != &other.meter {
			t.Errorf("the culprit gave another's turn away: %p has it, want %p", m, &other.meter)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if len(overruns) > 0 || len(kills) > 0 {
		t.Errorf("told again: %d overruns, %d kills", len(overruns), len(kills))
	}
	if turns.holder() != nil {
		t.Error("the turn was not given up")
	}
}

func (t *Turns) holder() *Meter {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.holder
}

// TestManyOverrun: a second culprit is found while the first still spins.
func TestManyOverrun(t *testing.T) {
	t.Parallel()
	overruns := make(chan Overrun, 10)
	turns := NewTurns(TurnsConfig{Grace: time.Millisecond, Overrun: func(o Overrun) { overruns <- o }})
	defer turns.Close()
	var release []func() error
	for i := range 3 {
		release = append(release, stuck(accountVM(t, turns, Account{CPU: time.Millisecond, Owner: i})))
	}
	seen := map[any]bool{}
	for range 3 {
		seen[(<-overruns).Owner] = true
	}
	for _, r := range release {
		if err := r(); !errors.Is(err, ErrCPU) {
			t.Errorf("got %v, want %v", err, ErrCPU)
		}
	}
	if len(seen) != 3 {
		t.Errorf("told of %v, want each of three", seen)
	}
}

// TestTooLate: a turn that comes to its end before it notices the interrupt fails all the
// same.
func TestTooLate(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: 5 * time.Millisecond})
	err := vm.Enter(t.Context(), func() {
		for vm.cause.Load() == nil {
			continue
		}
	})
	if !errors.Is(err, ErrCPU) {
		t.Errorf("got %v, want %v", err, ErrCPU)
	}
}

// TestManyShortTurns: turns that are too short for the watchdog to see add up.
func TestManyShortTurns(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	const budget = 20 * time.Millisecond
	vm := accountVM(t, turns, Account{CPU: budget})
	for i := 0; ; i++ {
		err := vm.Enter(t.Context(), func() { burn(20 * time.Microsecond) })
		if errors.Is(err, ErrCPU) {
			break
		}
		if i > 1000 {
			t.Fatalf("still running after %v of %v", vm.Meter().Used(), budget)
		}
	}
	if used := vm.Meter().Used(); used < budget {
		t.Errorf("ended after %v of %v", used, budget)
	}
}

// TestWaitingIsFree: neither a wait between turns nor one within a turn is CPU time.
func TestWaitingIsFree(t *testing.T) {
	t.Parallel()
	needThreadClocks(t)
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	const budget = 50 * time.Millisecond
	t.Run("await", func(t *testing.T) {
		t.Parallel()
		vm := accountVM(t, turns, Account{CPU: budget})
		vm.Begin(t.Context())
		defer vm.Abandon()
		rang := false
		if err := vm.Enter(t.Context(), func() { vm.SetTimer(4*budget, false, func() { rang = true }) }); err != nil {
			t.Fatal(err)
		}
		if err := vm.Run(t.Context(), func() bool { return rang }, nil); err != nil {
			t.Errorf("after %v of CPU time: %v", vm.Meter().Used(), err)
		}
	})
	t.Run("a thread that is not running", func(t *testing.T) {
		t.Parallel()
		vm := accountVM(t, turns, Account{CPU: budget})
		if err := vm.Enter(t.Context(), func() { time.Sleep(4 * budget) }); err != nil {
			t.Errorf("after %v of CPU time: %v", vm.Meter().Used(), err)
		}
	})
}

// TestNoInterruptReachesTheNextTurn: turns that end just as they are interrupted leave
// nothing behind for the VM that runs next.
func TestNoInterruptReachesTheNextTurn(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	for range 100 {
		vm := accountVM(t, turns, Account{CPU: 2 * time.Millisecond})
		_ = vm.Enter(t.Context(), func() { burn(2 * time.Millisecond) })
		next := accountVM(t, turns, Account{CPU: time.Hour})
		if err := next.Enter(t.Context(), func() { burn(10 * time.Microsecond) }); err != nil {
			t.Fatalf("a VM with an hour left: %v", err)
		}
	}
}

// TestTurnsAreNoted: the note says who runs while somebody does.
func TestTurnsAreNoted(t *testing.T) {
	t.Parallel()
	n, file, err := note.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	if file != nil {
		_ = file.Close()
	}
	turns := NewTurns(TurnsConfig{Note: n})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: time.Minute, Flow: &Flow{Digest: 77}})
	for range 2 {
		err = vm.Enter(t.Context(), func() {
			if got := n.Read(); got.Digest != 77 || got.Budget > time.Minute || got.Budget < time.Minute/2 {
				t.Errorf("in a turn the note says %+v", got)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Read(); got != (note.Running{}) {
			t.Errorf("after a turn the note says %+v", got)
		}
	}
}

// TestCloseLeavesNothing holds that Turns have no goroutine when they are closed.
func TestCloseLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	turns := NewTurns(TurnsConfig{})
	var work sync.WaitGroup
	for range 4 {
		vm := accountVM(t, turns, Account{CPU: 5 * time.Millisecond, MemoryBytes: 1 << 20})
		work.Go(func() { _ = vm.Enter(context.Background(), func() { burn(10 * time.Millisecond) }) })
	}
	work.Wait()
	turns.Close()
	goleak.VerifyNone(t, before)
}
