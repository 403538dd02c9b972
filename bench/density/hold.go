package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bench/family"
	"github.com/skerry-edge/skerry/bench/load"
)

// settleMax is how long a process gets to give back what it does not need after a load.
const settleMax = 8 * time.Second

// measureStart measures how long a node with many functions takes until it is ready.
func measureStart(ctx context.Context, b *bench) ([]figure, error) {
	data, err := b.manyFunctions(ctx)
	if err != nil {
		return nil, err
	}
	empty, err := b.data(ctx, nil)
	if err != nil {
		return nil, err
	}
	var table []figure
	for _, s := range []struct {
		what, data string
		most       float64
		rounds     int
		note       string
	}{
		{"`serve` to ready, no function", empty, 0, b.rounds, "the median"},
		{"`serve` to ready, the first start with them", data, 0, 1, "the node has no file yet that says what it served"},
		{"`serve` to ready, again", data, 2, b.rounds, "the median; from the file, with the disk's pages in memory"},
	} {
		var took []float64
		for range s.rounds {
			n, err := b.start(ctx, s.data)
			if err != nil {
				return nil, err
			}
			n.stop()
			took = append(took, n.ready.Seconds())
		}
		table = append(table, figure{what: s.what, value: median(took), unit: "s", most: s.most, note: s.note})
	}
	return table, nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func percentile(values []float64, p float64) float64 {
	slices.Sort(values)
	return values[min(int(p*float64(len(values))), len(values)-1)]
}

// measureMemory measures what functions take in the worker that has them: unloaded, and
// loaded and warm.
func measureMemory(ctx context.Context, b *bench) ([]figure, error) {
	data, err := b.manyFunctions(ctx)
	if err != nil {
		return nil, err
	}
	empty, err := b.data(ctx, nil)
	if err != nil {
		return nil, err
	}
	args := []string{"--workers", "1", "--memory-mb", "4096"}
	none, err := b.start(ctx, empty, args...)
	if err != nil {
		return nil, err
	}
	defer none.stop()
	n, err := b.start(ctx, data, args...)
	if err != nil {
		return nil, err
	}
	defer n.stop()
	if err := pause(ctx, settleMax); err != nil {
		return nil, err
	}
	all := float64(b.functions + routeFunctions)
	before := make(map[*node][2]int64)
	for _, n := range []*node{none, n} {
		processes, err := n.processes()
		if err != nil {
			return nil, err
		}
		worker, err := family.Resident(processes[1:]...)
		if err != nil {
			return nil, err
		}
		whole, err := family.Resident(processes...)
		if err != nil {
			return nil, err
		}
		before[n] = [2]int64{worker, whole - worker}
	}
	table := []figure{
		{what: "memory of a worker, no function", value: float64(before[none][0]) / (1 << 20), unit: "MB"},
		{what: "memory per function, idle and unloaded", value: float64(before[n][0]-before[none][0]) / all / 1024, unit: "KB", most: 4, note: "in a worker"},
		{what: "the same, in the supervisor", value: float64(before[n][1]-before[none][1]) / all / 1024, unit: "KB"},
	}
	if err := b.wake(ctx, n); err != nil {
		return nil, err
	}
	if err := pause(ctx, settleMax); err != nil {
		return nil, err
	}
	processes, err := n.processes()
	if err != nil {
		return nil, err
	}
	worker, err := family.Resident(processes[1:]...)
	if err != nil {
		return nil, err
	}
	loaded, err := n.gauge(ctx, "skerry_bundles_loaded")
	if err != nil {
		return nil, err
	}
	if int(loaded) < b.functions {
		return nil, fmt.Errorf("%.0f of %d functions are loaded", loaded, b.functions)
	}
	warm, err := n.gauge(ctx, "skerry_isolates_warm")
	if err != nil {
		return nil, err
	}
	held, err := n.gauge(ctx, "skerry_isolates_bytes")
	if err != nil {
		return nil, err
	}
	return append(table,
		figure{what: "memory per function, hello, loaded and warm", value: float64(worker-before[n][0]) / float64(b.functions) / 1024, unit: "KB", most: 60,
			note: fmt.Sprintf("in a worker, %v after each had its third event; %.0f isolates are warm", settleMax, warm)},
		figure{what: "the same, by the engine's own count", value: held / float64(b.functions) / 1024, unit: "KB", note: "what `--memory-mb` bounds"}), nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rounds gives each request in turn, n times over, and ends the load.
type rounds struct {
	requests []*load.Request
	n        int
	next     atomic.Int64
}

var errAllSent = errors.New("all is sent")

// Next implements load.Source.
func (r *rounds) Next(context.Context) (*load.Request, error) {
	i := int(r.next.Add(1)) - 1
	if i >= r.n*len(r.requests) {
		return nil, errAllSent
	}
	return r.requests[i%len(r.requests)], nil
}

// wake sends each hello function three requests.
func (b *bench) wake(ctx context.Context, n *node) error {
	requests, err := n.requests("hello", b.functions)
	if err != nil {
		return err
	}
	_, err = load.Run(ctx, load.Config{Source: &rounds{requests: requests, n: 3}, Connect: n.listen, Concurrency: 4, Duration: time.Hour})
	if errors.Is(err, errAllSent) {
		return nil
	}
	return err
}

// requests are one for each function made of a workload.
func (n *node) requests(workload string, count int) ([]*load.Request, error) {
	all := make([]*load.Request, count)
	for i := range all {
		var err error
		if all[i], err = n.requestTo(nameOf(workload, i)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// measureFirst measures the first request to functions that are only on the disk, one after
// the other.
func measureFirst(ctx context.Context, b *bench) ([]figure, error) {
	data, err := b.manyFunctions(ctx)
	if err != nil {
		return nil, err
	}
	n, err := b.start(ctx, data)
	if err != nil {
		return nil, err
	}
	defer n.stop()
	if err := pause(ctx, time.Second); err != nil {
		return nil, err
	}
	var table []figure
	for _, w := range []struct {
		workload, path string
		of, sample     int
		most           float64
	}{
		{"hello", "/", b.functions, min(b.functions, 1000), 5},
		{"route", "/users/ada/posts/7", routeFunctions, routeFunctions, 15},
	} {
		var first []float64
		for _, i := range rand.Perm(w.of)[:w.sample] {
			took, status, err := n.request(ctx, nameOf(w.workload, i), w.path)
			if err != nil || status != http.StatusOK {
				return nil, fmt.Errorf("%s: status %d, %v", nameOf(w.workload, i), status, err)
			}
			first = append(first, millis(took))
		}
		table = append(table,
			figure{what: "first request, " + w.workload + ", p50", value: percentile(first, .5), unit: "ms"},
			figure{what: "first request, " + w.workload + ", p99", value: percentile(first, .99), unit: "ms", most: w.most,
				note: strconv.Itoa(w.sample) + " functions that nobody has asked for yet, one after the other"})
	}
	return table, nil
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }

// request sends one request and returns how long its answer took.
func (n *node) request(ctx context.Context, function, path string) (time.Duration, int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.listen+path, nil)
	if err != nil {
		return 0, 0, err
	}
	r.Host = function + "." + domain
	started := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, 0, err
	}
	took := time.Since(started)
	return took, response.StatusCode, response.Body.Close()
}
