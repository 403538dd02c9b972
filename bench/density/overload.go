package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/bundles"
)

const (
	busyMillis   = 5 // CPU time of a request, of a node that is overloaded
	busyClients  = 8 // that find out how much it can do at most
	overloadedBy = 3

	// overloadWarmup is what a node gets to notice, and to work off what waits by then.
	overloadWarmup = 4 * time.Second
)

// probeEvery is how often somebody looks how a node answers under a load.
const probeEvery = 20 * time.Millisecond

// measureOverload sends a node with one worker more than it can do, and looks what becomes
// of the requests that it takes and of those that it refuses.
func measureOverload(ctx context.Context, b *bench) ([]figure, error) {
	function, err := busy(ctx, b.dir, busyMillis)
	if err != nil {
		return nil, err
	}
	quiet, err := fleet(ctx, "hello", 1)
	if err != nil {
		return nil, err
	}
	data, err := b.data(ctx, append(quiet, []*bundles.Bundle{function}...))
	if err != nil {
		return nil, err
	}
	n, err := b.start(ctx, data, "--workers", "1")
	if err != nil {
		return nil, err
	}
	defer n.stop()
	request, err := n.requestTo(function.Manifest.Name)
	if err != nil {
		return nil, err
	}
	source, err := load.NewMix(load.Weighted{Request: request, Weight: 1})
	if err != nil {
		return nil, err
	}
	at := func(r load.Rate, clients int) (*load.Result, error) {
		return n.load(ctx, load.Config{Source: source, Rate: r, Concurrency: clients, Duration: b.time, Warmup: overloadWarmup})
	}
	peak, err := at(load.Rate{}, busyClients)
	if err != nil {
		return nil, err
	}
	rate := 0.7 * peak.Throughput
	normal, err := at(load.Rate{From: rate, To: rate}, 0)
	if err != nil {
		return nil, err
	}
	watch, stop := context.WithCancel(ctx)
	defer stop()
	probed := make(chan probes, 1)
	go func() { probed <- n.probe(watch, function.Manifest.Name) }()
	innocent := make(chan probes, 1)
	go func() { innocent <- n.probe(watch, nameOf("hello", 0)) }()
	rate = overloadedBy * peak.Throughput
	over, err := at(load.Rate{From: rate, To: rate}, 0)
	stop()
	p, other := <-probed, <-innocent
	if err != nil {
		return nil, err
	}
	if p.err != nil || other.err != nil {
		return nil, errors.Join(p.err, other.err)
	}
	if len(p.refused) == 0 || len(other.answered) == 0 {
		return nil, fmt.Errorf("of the probes %d were refused, and of those to another function %d answered", len(p.refused), len(other.answered))
	}
	return []figure{
		{what: "a handler of 5 ms CPU, peak", value: peak.Throughput, unit: "/s", note: strconv.Itoa(busyClients) + " clients, one worker"},
		{what: "p99 at 70 % of that", value: normal.Latency.P99, unit: "ms", note: fmt.Sprintf("open loop; %d of %d failed", normal.Failed, normal.Requests)},
		{what: "goodput at 3 × the peak", value: over.Throughput, unit: "/s", note: fmt.Sprintf("open loop; of %d requests %v", over.Requests, over.Errors)},
		{what: "goodput ÷ peak", value: over.Throughput / peak.Throughput, unit: "×", least: 0.85},
		{what: "p99 of those admitted", value: over.Latency.P99, unit: "ms", most: 2 * normal.Latency.P99, note: fmt.Sprintf("p50 %.1f ms", over.Latency.P50)},
		{what: "refusals, p99", value: percentile(p.refused, .99), unit: "ms", most: 5, note: fmt.Sprintf("%d probes beside the load; p50 %.2f ms", len(p.refused), percentile(p.refused, .5))},
		{what: "another function meanwhile, p99", value: percentile(other.answered, .99), unit: "ms",
			note: fmt.Sprintf("hello, %d probes, of which %d were refused; p50 %.2f ms", len(other.answered)+len(other.refused), len(other.refused), percentile(other.answered, .5))},
	}, nil
}

// probes are the latencies of requests that were sent one after the other, in milliseconds.
type probes struct {
	answered, refused []float64
	err               error
}

// probe sends a request now and then until ctx ends. It leaves out the load's warm-up.
func (n *node) probe(ctx context.Context, function string) (p probes) {
	if pause(ctx, overloadWarmup) != nil {
		return p
	}
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return p
		case <-tick.C:
		}
		took, status, err := n.request(context.WithoutCancel(ctx), function, "/")
		switch {
		case err != nil:
			p.err = err
			return p
		case status == http.StatusServiceUnavailable:
			p.refused = append(p.refused, millis(took))
		default:
			p.answered = append(p.answered, millis(took))
		}
	}
}
