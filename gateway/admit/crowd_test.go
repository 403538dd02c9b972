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
