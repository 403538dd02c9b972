package load

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeServer answers in virtual time.
type fakeServer struct {
	serve func(n int64) answer
	n     atomic.Int64
}

func (f *fakeServer) close() {}

func (f *fakeServer) send(*Request, time.Time) answer { return f.serve(f.n.Add(1)) }

func virtual() waiter { return timerWaiter{} }

func source(t *testing.T) Source {
	t.Helper()
	r, err := NewRequest("", "http://127.0.0.1/", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMix(Weighted{r, 1})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// about says whether got is want, but for what histograms round.
func about(got, want float64) bool { return math.Abs(got-want) <= 0.002*want+0.001 }

func TestOpenLoopChargesAStallToAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// One connection, a request every 10 ms, each answered in 1 ms; but the 100th takes a
		// second. A hundred requests were meant to be sent in that second, and have to wait.
		s := &fakeServer{serve: func(n int64) answer {
			time.Sleep(time.Millisecond)
			if n == 100 {
				time.Sleep(999 * time.Millisecond)
			}
			return answer{status: 200}
		}}
		r, err := run(t.Context(), Config{Source: source(t), Rate: Rate{100, 100}, Concurrency: 1, Duration: 5 * time.Second}.withDefaults(), s, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests != 500 {
			t.Errorf("%d requests were sent, want 500", r.Requests)
		}
		// The 100th takes 1000 ms, the next 991, then 982 …: 112 wait at all, a fifth of all.
		if !about(r.Latency.Max, 1000) || r.Latency.P50 > 2 || !about(r.Latency.P90, 1000-9*50) {
			t.Errorf("latency %+v: a stall has to be charged to all who waited", r.Latency)
		}
		if r.Generator.LagMax > 1 {
			t.Errorf("lag %v ms: waiting for the server is none", r.Generator.LagMax)
		}
	})
}

func TestClosedLoopWaitsForAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(int64) answer { time.Sleep(10 * time.Millisecond); return answer{status: 200, bytes: 7} }}
		var seconds []Progress
		r, err := run(t.Context(), Config{Source: source(t), Concurrency: 4, Duration: 2500 * time.Millisecond, Warmup: time.Second,
			Progress: func(p Progress) { seconds = append(seconds, p) }}.withDefaults(), s, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests != 1000 || r.Bytes != 7000 || math.Abs(r.Throughput-400) > 2 || !about(r.Latency.P99, 10) {
			t.Errorf("got %d requests, %v a second, p99 %v", r.Requests, r.Throughput, r.Latency.P99)
		}
		if len(seconds) != 4 || !seconds[0].Warmup || seconds[1].Warmup || len(r.Seconds) != 3 || r.Seconds[2].Length != 0.5 {
			t.Errorf("seconds %+v", r.Seconds)
		}
	})
}

func TestOpenLoopEndsWithAServerThatIsTooSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(int64) answer { time.Sleep(time.Second); return answer{status: 200} }}
		started := time.Now()
		r, err := run(t.Context(), Config{Source: source(t), Rate: Rate{1000, 1000}, Concurrency: 10, Duration: 3 * time.Second, Timeout: 2 * time.Second}.withDefaults(), s, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took > 6*time.Second {
			t.Errorf("it took %v", took)
		}
		if r.Requests != 3000 || r.Errors[kindUnsent] < 2900 || r.Latency.P99 < 2000 {
			t.Errorf("%d requests, errors %v, p99 %v: what was not sent in time counts", r.Requests, r.Errors, r.Latency.P99)
		}
	})
}

func TestErrorsByKind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(n int64) answer {
			time.Sleep(10 * time.Millisecond)
			return []answer{{status: 200}, {status: 503}, {err: context.DeadlineExceeded}, {err: errors.New("garbage")}}[n%4]
		}}
		r, err := run(t.Context(), Config{Source: source(t), Concurrency: 1, Duration: 400 * time.Millisecond}.withDefaults(), s, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests != 40 || r.Failed != 30 || r.Errors["status 503"] != 10 || r.Errors["timeout"] != 10 || r.Errors["no HTTP"] != 10 || r.Statuses["503"] != 10 {
			t.Errorf("errors %v, statuses %v", r.Errors, r.Statuses)
		}
	})
}

func TestALateGeneratorIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(int64) answer { time.Sleep(time.Millisecond); return answer{status: 200} }}
		r, err := run(t.Context(), Config{Source: source(t), Rate: Rate{10, 10}, Duration: 3 * time.Second}.withDefaults(), s, func() waiter { return lateWaiter{} })
		var late *BottleneckError
		if !errors.As(err, &late) || r == nil || r.Generator.Bottleneck == "" {
			t.Errorf("got %v", err)
		}
	})
}

// lateWaiter is always 20 ms late.
type lateWaiter struct{ timerWaiter }

func (lateWaiter) until(ctx context.Context, at time.Time) error {
	return timerWaiter{}.until(ctx, at.Add(20*time.Millisecond))
}

func TestALoadThatIsInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(int64) answer { time.Sleep(10 * time.Millisecond); return answer{status: 200} }}
		ctx, cancel := context.WithTimeout(t.Context(), 1505*time.Millisecond)
		defer cancel()
		r, err := run(ctx, Config{Source: source(t), Concurrency: 1, Duration: time.Hour}.withDefaults(), s, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Interrupted || r.Requests != 150 || !about(r.Duration, 1.505) {
			t.Errorf("interrupted %v, %d requests in %v s", r.Interrupted, r.Requests, r.Duration)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if r, err := run(ctx, Config{Source: source(t)}.withDefaults(), s, virtual); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", r, err)
		}
	})
}

type broken struct{ error }

func (b broken) Next(context.Context) (*Request, error) { return nil, b.error }

func TestAnErrorOfTheSourceEndsTheLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("wrong")
		for _, rate := range []Rate{{}, {10, 10}} {
			r, err := run(t.Context(), Config{Source: broken{wrong}, Rate: rate, Duration: time.Hour}.withDefaults(), &fakeServer{}, virtual)
			if !errors.Is(err, wrong) || r != nil {
				t.Errorf("rate %v: got %v, %v", rate, r, err)
			}
		}
	})
}

func TestServerUsage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(int64) answer { time.Sleep(10 * time.Millisecond); return answer{status: 200} }}
		r, err := run(t.Context(), Config{Source: source(t), Concurrency: 1, Duration: 3 * time.Second, Usage: func(context.Context) (Usage, error) {
			n := s.n.Load()
			return Usage{CPU: time.Duration(n) * 2 * time.Millisecond, JavaScript: time.Duration(n) * time.Millisecond, Events: n, MemoryBytes: 1000 + n}, nil
		}}.withDefaults(), s, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if v := r.Server; v == nil || v.CPUMillis != 2 || v.JavaScriptMillis != 1 || v.BytesPerRequest != 1 || v.MemoryBytesMax < 1300 {
			t.Errorf("got %+v", v)
		}
		if c := r.Seconds[1].CPU; !about(c, 2) {
			t.Errorf("a second's CPU per request is %v", c)
		}
	})
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		s    schedule
		want map[int64]time.Duration
		all  int64 // requests in all
	}{
		{"a fixed rate", schedule{Rate{100, 100}, 2 * time.Second}, map[int64]time.Duration{0: 0, 1: 10 * time.Millisecond, 150: 1500 * time.Millisecond}, 200},
		{"less than one a second", schedule{Rate{0.5, 0.5}, 5 * time.Second}, map[int64]time.Duration{1: 2 * time.Second}, 3},
		{"a rise from nothing", schedule{Rate{0, 100}, 10 * time.Second}, map[int64]time.Duration{0: 0, 125: 5 * time.Second}, 500},
		{"a rise", schedule{Rate{100, 300}, 10 * time.Second}, map[int64]time.Duration{750: 5 * time.Second}, 2000},
		{"a fall to nothing", schedule{Rate{100, 0}, 10 * time.Second}, map[int64]time.Duration{375: 5 * time.Second}, 500},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for i, want := range tc.want {
				if got := tc.s.at(i); (got - want).Abs() > time.Microsecond {
					t.Errorf("request %d is at %v, want %v", i, got, want)
				}
			}
			n, last := int64(0), time.Duration(-1)
			for ; n < 10000; n++ {
				at := tc.s.at(n)
				if at >= tc.s.duration {
					break
				}
				if at < last {
					t.Fatalf("request %d is at %v, before the one before it", n, at)
				}
				last = at
			}
			if n < tc.all-1 || n > tc.all+1 {
				t.Errorf("there are %d requests, want %d", n, tc.all)
			}
		})
	}
}
