package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// times is how long answers took.
type times []time.Duration

// quantile is 0 if there are none.
func (t times) quantile(q float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[int(q*float64(len(sorted)-1))]
}

// answered is what came of requests that were sent at a fixed rate.
type answered struct {
	admitted times // successes, from when they were meant to be sent
	refused  times // 503 and 429, from when they were sent
	inTime   int   // successes while requests were sent and the warm-up was over
	lost     int   // without an answer, or with another
	why      error // of the last that was lost
	wall     time.Duration
}

func (a answered) goodput() float64 { return float64(a.inTime) / a.wall.Seconds() }

func (a answered) String() string {
	return fmt.Sprintf("%.0f/s admitted, p99 %v; %d refused, p50 %v, p99 %v; %d lost (%v)",
		a.goodput(), a.admitted.quantile(0.99), len(a.refused), a.refused.quantile(0.5), a.refused.quantile(0.99), a.lost, a.why)
}

// loadOpen sends rate requests a second for d, whether or not earlier ones have been answered,
// and leaves out those of the time before, warmup. What bench/load says of errors is how many
// there were; here it matters how long a refusal took.
func loadOpen(ctx context.Context, s *server, r workloads.Request, rate float64, warmup, d time.Duration) (answered, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 4096}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	var all struct {
		sync.Mutex
		answered
	}
	var group sync.WaitGroup
	begin := time.Now().Add(warmup)
	end := begin.Add(d)
	for i := 0; ; i++ {
		due := begin.Add(time.Duration(float64(i)/rate*float64(time.Second)) - warmup)
		if !due.Before(end) || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Until(due))
		group.Go(func() {
			sent := time.Now()
			status, err := send(ctx, client, s, r)
			done := time.Now()
			all.Lock()
			defer all.Unlock()
			succeeded := err == nil && status == http.StatusOK
			if succeeded && done.After(begin) && done.Before(end) {
				all.inTime++ // whenever it was sent
			}
			switch {
			case due.Before(begin):
			case succeeded:
				all.admitted = append(all.admitted, done.Sub(due))
			case err == nil && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests):
				all.refused = append(all.refused, done.Sub(sent))
			default:
				all.lost++
				if all.why = err; err == nil {
					all.why = fmt.Errorf("status %d", status)
				}
			}
		})
	}
	all.wall = time.Since(begin)
	group.Wait()
	return all.answered, ctx.Err()
}

func send(ctx context.Context, client *http.Client, s *server, r workloads.Request) (status int, err error) {
	q, err := http.NewRequestWithContext(ctx, r.Method, "http://"+s.address+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return 0, err
	}
	q.Host = s.hosts[0]
	answer, err := client.Do(q)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}
