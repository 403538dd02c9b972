package main

import (
	"context"

	"github.com/skerry-edge/skerry/bench/load"
)

// clients is how many clients load a node at once where its CPU time is measured.
const clients = 32

// zipfFunctions is how many functions get requests at once.
const zipfFunctions = 1000

// measureMany compares the cost of a request when all go to one function with that when
// they are spread over many, the i-th of which gets 1/i of what the first gets.
func measureMany(ctx context.Context, b *bench) ([]figure, error) {
	data, err := b.manyFunctions(ctx)
	if err != nil {
		return nil, err
	}
	n, err := b.start(ctx, data)
	if err != nil {
		return nil, err
	}
	defer n.stop()
	requests, err := n.requests("hello", min(b.functions, zipfFunctions))
	if err != nil {
		return nil, err
	}
	var weighted []load.Weighted
	for i, r := range requests {
		weighted = append(weighted, load.Weighted{Request: r, Weight: 1 / float64(i+1)})
	}
	one, err := load.NewMix(weighted[0])
	if err != nil {
		return nil, err
	}
	many, err := load.NewMix(weighted...)
	if err != nil {
		return nil, err
	}
	// All are loaded once before anything is measured.
	if _, err := n.load(ctx, load.Config{Source: &cycle{rounds{requests: requests}}, Concurrency: clients, Duration: b.time}); err != nil {
		return nil, err
	}
	alone, spread, err := b.alternate(func() (float64, error) {
		return n.perCPUSecond(ctx, load.Config{Source: one, Concurrency: clients, Duration: b.time})
	}, func() (float64, error) {
		return n.perCPUSecond(ctx, load.Config{Source: many, Concurrency: clients, Duration: b.time})
	})
	if err != nil {
		return nil, err
	}
	return []figure{
		{what: "requests per CPU second, one function of many", value: alone, unit: "/s", note: "hello, event isolation"},
		{what: "the same, 1,000 functions under Zipf", value: spread, unit: "/s"},
		{what: "cost per request, 1,000 under Zipf ÷ one", value: alone / spread, unit: "×", most: 1.3},
	}, nil
}

// cycle is rounds without an end.
type cycle struct{ rounds }

// Next implements load.Source.
func (c *cycle) Next(context.Context) (*load.Request, error) {
	return c.requests[int(c.next.Add(1)-1)%len(c.requests)], nil
}

// alternate measures two sides in turns and returns the median of each.
func (b *bench) alternate(first, second func() (float64, error)) (float64, float64, error) {
	var sides [2][]float64
	for range b.rounds {
		for i, measure := range []func() (float64, error){first, second} {
			v, err := measure()
			if err != nil {
				return 0, 0, err
			}
			sides[i] = append(sides[i], v)
		}
	}
	return median(sides[0]), median(sides[1]), nil
}

// measureWorkers compares nodes with one worker and with two.
func measureWorkers(ctx context.Context, b *bench) ([]figure, error) {
	functions, err := fleet(ctx, "hello", 1)
	if err != nil {
		return nil, err
	}
	var sides []func() (float64, error)
	for _, workers := range []string{"1", "2"} {
		data, err := b.data(ctx, functions)
		if err != nil {
			return nil, err
		}
		n, err := b.start(ctx, data, "--workers", workers)
		if err != nil {
			return nil, err
		}
		defer n.stop()
		requests, err := n.requests("hello", 1)
		if err != nil {
			return nil, err
		}
		sides = append(sides, func() (float64, error) {
			return n.perCPUSecond(ctx, load.Config{Source: &cycle{rounds{requests: requests}}, Concurrency: clients, Duration: b.time})
		})
	}
	one, two, err := b.alternate(sides[0], sides[1])
	if err != nil {
		return nil, err
	}
	return []figure{
		{what: "requests per CPU second, one worker", value: one, unit: "/s", note: "hello, event isolation"},
		{what: "the same, two workers", value: two, unit: "/s"},
		{what: "two workers ÷ one, per CPU second", value: two / one, unit: "×", least: 0.9},
	}, nil
}
