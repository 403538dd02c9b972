package js

import (
	"context"
	"testing"
	"time"
)

// TestShortTurnsAreCharged says that time can't be had for nothing in turns too short for a
// look at the thread's clock.
func TestShortTurnsAreCharged(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: time.Hour})
	const each, times = lapError / 4, 50
	for range times {
		if err := vm.Enter(context.Background(), func() { burn(each) }); err != nil {
			t.Fatal(err)
		}
	}
	if used := vm.Meter().Used(); used < times*each {
		t.Errorf("%d turns of %v were charged %v", times, each, used)
	}
}

// TestWaitingInATurnIsNotCharged says that a long turn costs what its thread has computed,
// not what it lasted.
func TestWaitingInATurnIsNotCharged(t *testing.T) {
	t.Parallel()
	needThreadClocks(t)
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: time.Hour})
	const lasted = 100 * time.Millisecond
	var inside time.Duration
	if err := vm.Enter(context.Background(), func() {
		time.Sleep(lasted)
		inside = vm.Meter().Used()
	}); err != nil {
		t.Fatal(err)
	}
	if inside >= lasted || vm.Meter().Used() >= lasted {
		t.Errorf("a turn that slept for %v was charged %v within, %v in all", lasted, inside, vm.Meter().Used())
	}
}
