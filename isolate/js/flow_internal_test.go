package js

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// share simulates flows in the bubble's time: turns last as long as their workers sleep.
type share struct {
	turns *Turns
	ctx   context.Context
	work  sync.WaitGroup
}

// simulate runs f with Turns in a bubble, and ends it after d.
func simulate(t *testing.T, d time.Duration, f func(*share)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		s := &share{turns: NewTurns(TurnsConfig{}), ctx: ctx}
		defer s.turns.Close()
		f(s)
		s.work.Wait()
		if waiting, held := s.turns.Backlog(); waiting != 0 || held != 0 {
			t.Errorf("when all was over, %d waited and the turn was held for %v", waiting, held)
		}
	})
}

// worker is what one goroutine of a flow had.
type worker struct {
	turns int
	used  time.Duration
	wait  time.Duration // the longest
}

// busy is a worker that wants turns of length each, with pauses between, from time on.
func (s *share) busy(f *Flow, p Priority, from, each, pause time.Duration) *worker {
	w := new(worker)
	s.work.Go(func() {
		time.Sleep(from)
		m := &Meter{account: Account{Flow: f, Priority: p}, asked: p}
		for s.ctx.Err() == nil {
			asked := time.Now()
			if s.turns.take(s.ctx, m) != nil {
				return
			}
			w.wait = max(w.wait, time.Since(asked))
			time.Sleep(each)
			w.turns++
			w.used += each
			s.turns.give(m, each)
			if pause > 0 {
				time.Sleep(pause)
			}
		}
	})
	return w
}

func TestFlowsShareFairly(t *testing.T) {
	t.Parallel()
	const turn = 50 * time.Millisecond
	t.Run("a request now and then waits for one turn of a flow that always has work", func(t *testing.T) {
		t.Parallel()
		var hog, meek Flow
		var w *worker
		simulate(t, 20*time.Second, func(s *share) {
			for range 20 {
				s.busy(&hog, High, 0, turn, 0)
			}
			w = s.busy(&meek, High, time.Millisecond, time.Millisecond, 100*time.Millisecond)
		})
		if w.wait > turn {
			t.Errorf("it waited %v, one turn is %v", w.wait, turn)
		}
		if w.turns < 100 {
			t.Errorf("it got %d turns in 20 s, want at least 100", w.turns)
		}
	})
	t.Run("flows that always have work get the same time, however long their turns and many their events", func(t *testing.T) {
		t.Parallel()
		var flows [10]Flow
		used := make([]time.Duration, len(flows))
		workers := make([][]*worker, len(flows))
		simulate(t, 100*time.Second, func(s *share) {
			for i := range flows {
				for range i + 2 { // with one, a flow would want nothing between its turns
					workers[i] = append(workers[i], s.busy(&flows[i], High, 0, time.Duration(i+1)*5*time.Millisecond, 0))
				}
			}
		})
		for i := range flows {
			for _, w := range workers[i] {
				used[i] += w.used
			}
		}
		for i, u := range used {
			if u < 9900*time.Millisecond || u > 10100*time.Millisecond {
				t.Errorf("flow %d got %v of 100 s, want 10 s", i, u)
			}
		}
	})
	t.Run("a flow hoards no time while it has nothing to do", func(t *testing.T) {
		t.Parallel()
		var a, b, late Flow
		var first, second, third *worker
		simulate(t, 13*time.Second, func(s *share) {
			first = s.busy(&a, High, 0, turn, 0)
			second = s.busy(&b, High, 0, turn, 0)
			third = s.busy(&late, High, 10*time.Second, turn, 0)
		})
		for _, w := range []*worker{first, second} {
			if w.used < 5900*time.Millisecond || w.used > 6100*time.Millisecond {
				t.Errorf("who was there from the start got %v, want 6 s", w.used)
			}
		}
		if third.used < 900*time.Millisecond || third.used > 1100*time.Millisecond {
			t.Errorf("who came after 10 s got %v of 3 s, want 1 s", third.used)
		}
	})
	t.Run("time taken while nobody wanted it is not held against a flow", func(t *testing.T) {
		t.Parallel()
		var alone, other Flow
		var first, second *worker
		simulate(t, 12*time.Second, func(s *share) {
			first = s.busy(&alone, High, 0, turn, 0)
			second = s.busy(&other, High, 10*time.Second, turn, 0)
		})
		if first.used < 10900*time.Millisecond || second.used < 900*time.Millisecond {
			t.Errorf("got %v and %v, want 11 s and 1 s", first.used, second.used)
		}
	})
	t.Run("in a flow the first to come is the first served", func(t *testing.T) {
		t.Parallel()
		var f Flow
		var workers []*worker
		simulate(t, 10*time.Second, func(s *share) {
			for i := range 10 {
				workers = append(workers, s.busy(&f, High, time.Duration(i), turn, 0))
			}
		})
		for _, w := range workers {
			if w.wait > 9*turn {
				t.Errorf("one of ten waited %v, want at most nine turns", w.wait)
			}
		}
	})
}

func TestLowPriority(t *testing.T) {
	t.Parallel()
	t.Run("it gets all that is left", func(t *testing.T) {
		t.Parallel()
		var high, low Flow
		var w *worker
		simulate(t, 10*time.Second, func(s *share) {
			s.busy(&high, High, 0, time.Millisecond, 9*time.Millisecond)
			w = s.busy(&low, Low, 0, time.Millisecond, 0)
		})
		if w.used < 8*time.Second {
			t.Errorf("got %v of 10 s while others used 1 s", w.used)
		}
	})
	for _, tc := range []struct {
		name  string
		each  time.Duration
		least int
	}{
		{"short turns are let through every 100 ms", time.Millisecond, 190},
		{"long turns get their share", 200 * time.Millisecond, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var high, low Flow
			var lows []*worker
			simulate(t, 20*time.Second, func(s *share) {
				for range 5 {
					s.busy(&high, High, 0, 2*time.Millisecond, 0)
				}
				for range 5 {
					lows = append(lows, s.busy(&low, Low, 0, tc.each, 0))
				}
			})
			turns, used := 0, time.Duration(0)
			for _, w := range lows {
				turns += w.turns
				used += w.used
			}
			if turns < tc.least || used > 2100*time.Millisecond+tc.each {
				t.Errorf("got %d turns and %v of 20 s that others wanted; want at least %d turns and at most a tenth", turns, used, tc.least)
			}
		})
	}
}

// TestGivenUp: those who stop waiting leave no trace, and a turn that reaches one too late
// is passed on.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	var a, b Flow
	var stays *worker
	simulate(t, 10*time.Second, func(s *share) {
		stays = s.busy(&a, High, 0, 10*time.Millisecond, 0)
		for i := range 50 {
			s.work.Go(func() {
				for n := 0; s.ctx.Err() == nil; n++ {
					flow, p := []*Flow{&a, &b, nil}[(i+n)%3], Priority(n%2)
					m := &Meter{account: Account{Flow: flow, Priority: p}, asked: p}
					ctx, cancel := context.WithTimeout(s.ctx, time.Duration(n%7)*5*time.Millisecond)
					if s.turns.take(ctx, m) == nil {
						time.Sleep(10 * time.Millisecond)
						s.turns.give(m, 10*time.Millisecond)
					}
					cancel()
					time.Sleep(time.Millisecond)
				}
			})
		}
	})
	if stays.turns == 0 {
		t.Error("who stayed got no turn")
	}
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(TurnsConfig{})
		defer turns.Close()
		m := new(Meter)
		if err := turns.take(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		for range 3 {
			work.Go(func() { _ = turns.take(ctx, new(Meter)) })
			work.Go(func() { _ = turns.take(ctx, &Meter{asked: Low}) })
		}
		synctest.Wait()
		time.Sleep(time.Second)
		if waiting, held := turns.Backlog(); waiting != 3 || held != time.Second+1 && held != time.Second {
			t.Errorf("got %d waiting and the turn held for %v, want 3 and 1s", waiting, held)
		}
		cancel()
		work.Wait()
		turns.give(m, time.Second)
		if waiting, held := turns.Backlog(); waiting != 0 || held != 0 {
			t.Errorf("got %d waiting and the turn held for %v, want none", waiting, held)
		}
	})
}

func BenchmarkTurn(b *testing.B) {
	for _, tc := range []struct {
		name    string
		waiters int
	}{{"alone", 0}, {"one waits", 1}, {"100 wait", 100}} {
		b.Run(tc.name, func(b *testing.B) {
			turns := NewTurns(TurnsConfig{})
			defer turns.Close()
			ctx, cancel := context.WithCancel(b.Context())
			var work sync.WaitGroup
			for range tc.waiters {
				work.Go(func() {
					m := &Meter{account: Account{Flow: new(Flow)}}
					for ctx.Err() == nil && turns.take(ctx, m) == nil {
						turns.give(m, time.Microsecond)
					}
				})
			}
			m := &Meter{account: Account{Flow: new(Flow)}}
			b.ReportAllocs()
			for b.Loop() {
				if turns.take(ctx, m) == nil {
					turns.give(m, time.Microsecond)
				}
			}
			cancel()
			work.Wait()
		})
	}
}
