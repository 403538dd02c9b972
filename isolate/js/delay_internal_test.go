package js

import (
	"testing"
	"testing/synctest"
	"time"
)

// Delay follows the line of the flow that is asked for, and no other's.
func TestDelayFollowsTheLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(TurnsConfig{})
		defer turns.Close()
		var busy, quiet Flow
		meter := func(f *Flow) *Meter { return &Meter{turns: turns, account: Account{Flow: f}} }
		if got := turns.Delay(&busy); got != 0 {
			t.Errorf("%v when nobody waits, want 0", got)
		}
		const each, others = 10 * time.Millisecond, 8
		holder := meter(&busy)
		if err := turns.take(t.Context(), holder); err != nil {
			t.Fatal(err)
		}
		for range others {
			go func() {
				m := meter(&busy)
				if turns.take(t.Context(), m) == nil {
					time.Sleep(each)
					turns.give(m, each)
				}
			}()
			synctest.Wait()
		}
		time.Sleep(each)
		turns.give(holder, each)
		time.Sleep(3*each + each/2) // four have had theirs, or have it: four wait
		if got := turns.Delay(&busy); got < 4*each || got > 6*each {
			t.Errorf("%v with four that wait, of %v each", got, each)
		}
		if got := turns.Delay(&quiet); got != 0 {
			t.Errorf("%v for a flow of which nobody waits, want 0", got)
		}
		time.Sleep(others * each)
		if got := turns.Delay(&busy); got != 0 {
			t.Errorf("%v when all is over, want 0", got)
		}
	})
}

// Long counts turns that compute, and not those that answer.
func TestLongTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(TurnsConfig{})
		defer turns.Close()
		const short, long = 300 * time.Microsecond, 4 * time.Millisecond
		for _, used := range []time.Duration{short, long, short, long, long} {
			m := &Meter{turns: turns}
			if err := turns.take(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			time.Sleep(used)
			turns.give(m, used)
		}
		if got := turns.Long(); got != 3*long {
			t.Errorf("%v, want %v", got, 3*long)
		}
		m := &Meter{turns: turns}
		if err := turns.take(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := turns.Long(); got < time.Second || got > time.Second+4*long {
			t.Errorf("%v with a turn that has lasted for a second", got)
		}
		turns.give(m, time.Second)
		if got, want := turns.Long(), time.Second+3*long; got != want {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
