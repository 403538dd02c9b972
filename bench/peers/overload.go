package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// What a node is overloaded with, and what it must do then.
const (
	busyTime     = 5 * time.Millisecond // CPU time of a request
	comfortable  = 0.7                  // of what the node can do, for comparison
	tooMuch      = 3                    // times what the node can do
	overloadTime = 6 * time.Second
	// noticeTime is what a node gets to notice it, and to work off what waits by then.
	noticeTime = 4 * time.Second
	few        = 4 // connections that show what the node can do, none of them refused

	goodputMin  = 0.85 // of what the node can do
	admittedMax = 2    // times the 99th percentile of when it is comfortable
	refusalMax  = 5 * time.Millisecond
)

// measureOverload sends three times what a node can do, at a fixed rate.
func measureOverload(ctx context.Context, l *lab, r *report) error {
	for _, isolation := range isolations {
		fmt.Fprintln(os.Stderr, "bench-peers: overload,", isolation)
		if err := overload(ctx, l, r, isolation); err != nil {
			return err
		}
	}
	return nil
}

func overload(ctx context.Context, l *lab, r *report, isolation string) error {
	w := workload(busy)
	s, err := startNode(ctx, l, nodeConfig{binary: l.skerry, isolation: isolation, functions: 1, workers: 1, cores: cores(l.serverCore)}, w)
	if s != nil && s.process != nil {
		defer s.process.stop()
	}
	if err != nil {
		return err
	}
	request, spent, err := calibrate(ctx, l, s)
	if err != nil {
		return err
	}
	peak, err := l.once(ctx, s, request, few)
	if err != nil {
		return err
	}
	calm, err := loadOpen(ctx, s, request, peak.perWall*comfortable, noticeTime, overloadTime)
	if err != nil {
		return err
	}
	storm, err := loadOpen(ctx, s, request, peak.perWall*tooMuch, noticeTime, overloadTime)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "  %v of CPU time a request, peak %.0f /s; at %g: %v; at %d: %v\n", spent, peak.perWall, comfortable, calm, tooMuch, storm)
	if storm.lost > 0 {
		l.skip("overload, %s: %d requests got no answer: %v", isolation, storm.lost, storm.why)
	}
	goodput := storm.goodput() / peak.perWall
	slower := ms(storm.admitted.quantile(0.99)) / ms(calm.admitted.quantile(0.99))
	refusal := storm.refused.quantile(0.99)
	r.check(bound{
		what: fmt.Sprintf("overload, %s (%.1f ms of CPU time a request, 3 × capacity, %v after it began): goodput ÷ peak", isolation, ms(spent), noticeTime),
		want: fmt.Sprintf("≥ %g", goodputMin), got: fmt.Sprintf("%.0f/s ÷ %.0f/s = %.2f", storm.goodput(), peak.perWall, goodput),
		holds: goodput >= goodputMin,
	})
	r.check(bound{
		what:  fmt.Sprintf("overload, %s: p99 of the admitted ÷ p99 at 70 %% load", isolation),
		want:  fmt.Sprintf("≤ %d", admittedMax),
		got:   fmt.Sprintf("%.1f ms ÷ %.1f ms = %.2f", ms(storm.admitted.quantile(0.99)), ms(calm.admitted.quantile(0.99)), slower),
		holds: slower <= admittedMax,
	})
	r.check(bound{
		what:  fmt.Sprintf("overload, %s: time of a refusal, p50 / p99 (%d of %d)", isolation, len(storm.refused), len(storm.refused)+len(storm.admitted)),
		want:  fmt.Sprintf("p99 ≤ %v", refusalMax),
		got:   fmt.Sprintf("%.1f / %.1f ms", ms(storm.refused.quantile(0.5)), ms(refusal)),
		holds: len(storm.refused) > 0 && refusal <= refusalMax,
	})
	return nil
}

// calibrate finds the request that costs busyTime, and says what it costs.
func calibrate(ctx context.Context, l *lab, s *server) (request workloads.Request, spent time.Duration, err error) {
	request = workload(busy).Request
	rounds := 10_000.0
	for range 3 {
		request.Path = "/?rounds=" + strconv.Itoa(int(rounds))
		f, err := l.once(ctx, s, request, 1)
		if err != nil {
			return request, 0, err
		}
		if f.perCPU == 0 || math.IsInf(f.perCPU, 0) {
			return request, 0, errors.New("the node answered nothing")
		}
		spent = time.Duration(float64(time.Second) / f.perCPU)
		if spent > busyTime*9/10 && spent < busyTime*11/10 {
			break
		}
		rounds *= float64(busyTime) / float64(spent)
	}
	return request, spent, nil
}
