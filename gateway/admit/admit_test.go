package admit_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/gateway/admit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// free is a line that nobody stands in.
type free struct{}

func (free) Delay() time.Duration { return 0 }

// enter fails the test if the event is not admitted.
func enter(t *testing.T, f *admit.Function) {
	t.Helper()
	if err := f.Enter(t.Context(), free{}); err != nil {
		t.Fatalf("Enter: %v", err)
	}
}

func TestEventsRunUpToTheLimit(t *testing.T) {
	t.Parallel()
	f := admit.New(admit.Config{}).Function(2)
	enter(t, f)
	enter(t, f)
	if f.Running() != 2 {
		t.Errorf("%d run, want 2", f.Running())
	}
	f.Leave()
	enter(t, f)
	f.Leave()
	f.Leave()
	if f.Running() != 0 {
		t.Errorf("%d run, want 0", f.Running())
	}
}

func TestWaitingEventRunsWhenAnotherEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := admit.New(admit.Config{Wait: time.Second}).Function(1)
		enter(t, f)
		go func() {
			time.Sleep(900 * time.Millisecond)
			f.Leave()
		}()
		start := time.Now()
		enter(t, f)
		if waited := time.Since(start); waited != 900*time.Millisecond {
			t.Errorf("waited %v, want 900ms", waited)
		}
		if f.Waiting() != 0 || f.Running() != 1 {
			t.Errorf("%d wait, %d run, want 0 and 1", f.Waiting(), f.Running())
		}
	})
}

func TestWaitingIsFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := admit.New(admit.Config{}).Function(1)
		enter(t, f)
		var order []int
		for i := range 5 {
			go func() {
				enter(t, f)
				order = append(order, i)
				f.Leave()
			}()
			synctest.Wait()
		}
		f.Leave()
		synctest.Wait()
		for i, got := range order {
			if i != got {
				t.Fatalf("order is %v", order)
			}
		}
		if len(order) != 5 {
			t.Errorf("%d events ran, want 5", len(order))
		}
	})
}

func TestEventIsRefusedAfterItsWait(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		cfg    admit.Config
		limit  int
		events int // that run already, of another function
		want   admit.Refusal
	}{
		{"for the function", admit.Config{Wait: time.Second}, 1, 0, admit.Refusal{Limit: "concurrency", Allowed: 1}},
		{"for the node", admit.Config{Wait: time.Second, Events: 3}, 5, 2, admit.Refusal{Limit: "events", Allowed: 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := admit.New(tc.cfg)
				f, other := n.Function(tc.limit), n.Function(100)
				for range tc.events {
					enter(t, other)
				}
				enter(t, f)
				start := time.Now()
				err := f.Enter(t.Context(), free{})
				var refusal *admit.Refusal
				if !errors.As(err, &refusal) || *refusal != tc.want {
					t.Errorf("got %v, want %v", err, &tc.want)
				}
				if waited := time.Since(start); waited != time.Second {
					t.Errorf("waited %v, want 1s", waited)
				}
				if f.Running() != 1 || f.Waiting() != 0 || n.Running() != 1+tc.events {
					t.Errorf("%d run, %d wait, %d run on the node", f.Running(), f.Waiting(), n.Running())
				}
			})
		})
	}
}

func TestFullBacklogRefusesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := admit.New(admit.Config{Backlog: 1}).Function(1)
		enter(t, f)
		go func() { enter(t, f) }()
		synctest.Wait()
		start := time.Now()
		err := f.Enter(t.Context(), free{})
		var refusal *admit.Refusal
		if !errors.As(err, &refusal) || !refusal.Backlog || !strings.Contains(err.Error(), "too many wait") {
			t.Errorf("got %v, want a refusal for the backlog", err)
		}
		if time.Since(start) != 0 {
			t.Error("it waited")
		}
		f.Leave()
	})
}

func TestLeavingClientGivesItsPlaceUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := admit.New(admit.Config{}).Function(1)
		enter(t, f)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- f.Enter(ctx, free{}) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if f.Waiting() != 0 || f.Running() != 1 {
			t.Errorf("%d wait, %d run, want 0 and 1", f.Waiting(), f.Running())
		}
		f.Leave()
		enter(t, f)
	})
}

func TestRaisedLimitAdmitsThoseThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := admit.New(admit.Config{}).Function(1)
		enter(t, f)
		for range 3 {
			go func() { enter(t, f) }()
		}
		synctest.Wait()
		f.SetLimit(3)
		synctest.Wait()
		if f.Running() != 3 || f.Waiting() != 1 {
			t.Errorf("%d run, %d wait, want 3 and 1", f.Running(), f.Waiting())
		}
		f.Leave()
		synctest.Wait()
		if f.Running() != 3 || f.Waiting() != 0 {
			t.Errorf("%d run, %d wait, want 3 and 0", f.Running(), f.Waiting())
		}
	})
}

func TestLoweredLimitLetsRunningEventsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := admit.New(admit.Config{Wait: time.Second}).Function(3)
		for range 3 {
			enter(t, f)
		}
		f.SetLimit(1)
		f.Leave()
		f.Leave()
		if err := f.Enter(t.Context(), free{}); err == nil {
			t.Error("a second event ran under a limit of 1")
		}
		f.Leave()
		enter(t, f)
	})
}

// TestSlotsAreNeverExceededNorLost lets many events come, wait, give up and end at random.
func TestSlotsAreNeverExceededNorLost(t *testing.T) {
	t.Parallel()
	const limit, events = 3, 5
	n := admit.New(admit.Config{Events: events, Wait: time.Minute})
	functions := []*admit.Function{n.Function(limit), n.Function(limit), n.Function(limit)}
	var running [3]atomic.Int64
	var all, served atomic.Int64
	var wg sync.WaitGroup
	for worker := range 24 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 500 {
				i := rnd.IntN(3)
				ctx, cancel := context.WithCancel(context.Background())
				if rnd.IntN(4) == 0 {
					go cancel() // the client leaves at some moment around this one
				}
				if functions[i].Enter(ctx, free{}) == nil {
					if running[i].Add(1) > limit || all.Add(1) > events {
						t.Error("more events run than may")
					}
					served.Add(1)
					if rnd.IntN(8) == 0 {
						time.Sleep(10 * time.Microsecond)
					}
					running[i].Add(-1)
					all.Add(-1)
					functions[i].Leave()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for _, f := range functions {
		if f.Running() != 0 || f.Waiting() != 0 {
			t.Errorf("%d run, %d wait when all is over", f.Running(), f.Waiting())
		}
	}
	if n.Running() != 0 || served.Load() < 6000 {
		t.Errorf("%d run on the node when all is over, %d events were served", n.Running(), served.Load())
	}
}

func TestConfigNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		field string
		cfg   admit.Config
	}{
		{"Events", admit.Config{Events: -1}},
		{"Backlog", admit.Config{Backlog: -1}},
		{"Wait", admit.Config{Wait: -1}},
	} {
		if err := tc.cfg.Validate(); err == nil || !strings.Contains(err.Error(), tc.field) {
			t.Errorf("got %v, want an error about %s", err, tc.field)
		}
	}
	if err := (admit.Config{}).Validate(); err != nil {
		t.Errorf("the zero value is invalid: %v", err)
	}
}

func TestEnterDoesNotAllocate(t *testing.T) {
	f := admit.New(admit.Config{}).Function(10)
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		if f.Enter(ctx, free{}) == nil {
			f.Leave()
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkEnterLeave(b *testing.B) {
	f := admit.New(admit.Config{}).Function(1000)
	ctx := context.Background()
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if f.Enter(ctx, free{}) == nil {
				f.Leave()
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if f.Enter(ctx, free{}) == nil {
					f.Leave()
				}
			}
		})
	})
}
