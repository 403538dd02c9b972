package main

import (
	"context"
	"errors"
	"time"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/bench/workloads"
)

// loadOurs is loadClosed by bench/load, in this process. That it is the bottleneck is no
// error: the server's CPU time counts.
func loadOurs(ctx context.Context, s *server, r workloads.Request, connections int, d time.Duration) (outcome, error) {
	weights := make(map[string]float64)
	for _, host := range sequence(s.hosts) {
		weights[host]++
	}
	var list []load.Weighted
	for host, weight := range weights {
		header := [][2]string{{"Host", host}}
		if r.Type != "" {
			header = append(header, [2]string{"Content-Type", r.Type})
		}
		q, err := load.NewRequest(r.Method, "http://"+s.address+r.Path, header, r.Body)
		if err != nil {
			return outcome{}, err
		}
		list = append(list, load.Weighted{Request: q, Weight: weight})
	}
	mix, err := load.NewMix(list...)
	if err != nil {
		return outcome{}, err
	}
	result, err := load.Run(ctx, load.Config{Source: mix, Concurrency: connections, Duration: d})
	var bottleneck *load.BottleneckError
	if err != nil && !errors.As(err, &bottleneck) {
		return outcome{}, err
	}
	millis := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	return outcome{
		requests: result.Requests, failed: result.Failed, wall: time.Duration(result.Duration * float64(time.Second)),
		p50: millis(result.Latency.P50), p99: millis(result.Latency.P99),
	}, nil
}
