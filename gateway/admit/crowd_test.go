package admit_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/gateway/admit"
)

// line is one in which events wait for what the test says.
type line struct{ delay atomic.Int64 }

func (l *line) Delay() time.Duration { return time.Duration(l.delay.Load()) }

// crowded returns a function all of whose slots have been taken by events that wait for CPU
// time, while others came, for the given time.
func crowded(t *testing.T, l *line, lasting time.Duration) *admit.Function {
	t.Helper()
	f := admit.New(admit.Config{Wait: time.Hour}).Function(1)
	if err := f.Enter(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	l.delay.Store(int64(time.Second))
	const every = 50 * time.Millisecond
	for range lasting / every {
		go func() { _ = f.Enter(t.Context(), l) }()
		time.Sleep(every)
		synctest.Wait()
	}
	return f
}

func refusedAtOnce(t *testing.T, f *admit.Function, l *line) {
	t.Helper()
	start := time.Now()
	err := f.Enter(t.Context(), l)
	var refusal *admit.Refusal
	if !errors.As(err, &refusal) || !refusal.Busy || time.Since(start) != 0 {
		t.Errorf("got %v after %v, want a refusal at once", err, time.Since(start))
	}
}

func TestMoreThanThereIsCPUTimeForIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(line)
		f := crowded(t, l, time.Second)
		refusedAtOnce(t, f, l)
		f.SetLimit(100) // slots are free again, but the line is as long as before
		synctest.Wait()
		refusedAtOnce(t, f, l)
		l.delay.Store(int64(time.Millisecond))
		enterIn(t, f, l)
		l.delay.Store(int64(time.Second))
		refusedAtOnce(t, f, l)

		time.Sleep(1100 * time.Millisecond) // nobody came: it is over
		enterIn(t, f, l)
		enterIn(t, f, l)
	})
}

// queue has events come, run and end, without a CPU: the line is long all the time. Its slots
// are never full.
func queue(t *testing.T, come func(at time.Duration) (events int), lasting time.Duration) (refused int) {
	t.Helper()
	l := new(line)
	l.delay.Store(int64(time.Second))
	f := admit.New(admit.Config{Events: 1e6}).Function(1e6)
	for began := time.Now(); time.Since(began) < lasting; time.Sleep(10 * time.Millisecond) {
		for want := come(time.Since(began)); f.Running() > want; {
			f.Leave()
		}
		for want := come(time.Since(began)); f.Running() < want; {
			if f.Enter(t.Context(), l) != nil {
				refused++
				break
			}
		}
	}
	return refused
}

func TestLineThatGoesOnGrowingIsRefused(t *testing.T) {
	t.Parallel()
	second := float64(time.Second)
	steady := func(rate float64) func(time.Duration) int {
		return func(at time.Duration) int { return 50 + int(rate*float64(at)/second) }
	}
	for _, tc := range []struct {
		name    string
		come    func(time.Duration) int // events, over time
		lasting time.Duration
		refused bool
	}{
		{"400 a second more than end", steady(400), 750 * time.Millisecond, true},
		{"40 a second more than end", steady(40), 2 * time.Second, true},
		{"400 a second, for half a second", steady(400), 400 * time.Millisecond, false},
		{"few", steady(10), 2 * time.Second, false},
		{"1000 clients that come at once and stay", func(at time.Duration) int {
			return 50 + min(950, int(950*at/(100*time.Millisecond))) + int(at/(10*time.Millisecond)%7)
		}, 5 * time.Second, false},
		{"a burst that is worked off", func(at time.Duration) int { return max(1, 800-int(400*float64(at)/second)) }, 3 * time.Second, false},
		{"bursts", func(at time.Duration) int { return 1 + 500*int(at/(300*time.Millisecond)%2) }, 5 * time.Second, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if refused := queue(t, tc.come, tc.lasting); (refused > 0) != tc.refused {
					t.Errorf("%d were refused", refused)
				}
			})
		})
	}
}

// A refused event gives back the slot that it has found.
func TestRefusedEventTakesNoSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(line)
		l.delay.Store(int64(time.Second))
		n := admit.New(admit.Config{})
		f := n.Function(1000)
		entered := 0
		for range 200 {
			if f.Enter(t.Context(), l) == nil {
				entered++
			}
			time.Sleep(5 * time.Millisecond)
		}
		if entered == 200 || f.Running() != entered || n.Running() != entered {
			t.Errorf("%d of 200 were admitted; %d run, %d on the node", entered, f.Running(), n.Running())
		}
	})
}

func enterIn(t *testing.T, f *admit.Function, l *line) {
	t.Helper()
	if err := f.Enter(t.Context(), l); err != nil {
		t.Errorf("Enter: %v", err)
	}
}

func TestBurstWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(line)
		f := crowded(t, l, 400*time.Millisecond)
		if f.Waiting() != 8 {
			t.Errorf("%d wait, want all 8", f.Waiting())
		}
		f.SetLimit(100)
	})
}

func TestEventsThatWaitForSomethingElseAreNoCrowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(line)
		f := admit.New(admit.Config{Wait: time.Hour}).Function(1)
		enterIn(t, f, l)
		for range 30 { // all slots are taken for longer than any burst, by what needs no CPU time
			go func() { _ = f.Enter(t.Context(), l) }()
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		if f.Waiting() != 30 {
			t.Errorf("%d wait, want all 30", f.Waiting())
		}
		f.SetLimit(100)
	})
}
