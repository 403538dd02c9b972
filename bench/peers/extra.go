package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// extra is a measurement of Skerry alone: how it scales, and what it does when it has too much.
type extra struct {
	name string
	run  func(context.Context, *lab, *report) error
}

// allExtras is the table of them.
func allExtras() []extra {
	return []extra{{"workers", measureWorkers}, {"overload", measureOverload}}
}

// isolations are both of ours, as manifests name them.
var isolations = [...]string{"reuse", "event"}

func workload(name string) workloads.Workload {
	all := workloads.All()
	return all[slices.IndexFunc(all, func(w workloads.Workload) bool { return w.Name == name })]
}

// versus measures two nodes of ours in turns and returns the requests per CPU second of each.
func versus(ctx context.Context, l *lab, w workloads.Workload, a, b nodeConfig) (perCPU [2]float64, err error) {
	peers := []peer{{"a", nil}, {"b", nil}}
	for i, cfg := range []nodeConfig{a, b} {
		peers[i].start = func(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
			return startNode(ctx, l, cfg, w)
		}
	}
	servers := make([]*server, len(peers))
	for i, p := range peers {
		if servers[i], err = l.ready(ctx, p, w); err != nil {
			return perCPU, err
		}
		defer servers[i].process.stop()
	}
	f, err := l.turns(ctx, peers, servers, w.Request, l.connections)
	return [2]float64{f["a"].perCPU, f["b"].perCPU}, err
}

// workersMin is what two workers must do of what one does, per CPU second.
const workersMin = 0.9

// measureWorkers compares two workers with one. Both nodes may use the core of the load too.
func measureWorkers(ctx context.Context, l *lab, r *report) error {
	for _, isolation := range isolations {
		fmt.Fprintln(os.Stderr, "bench-peers: 1 and 2 workers,", isolation)
		one := nodeConfig{binary: l.skerry, isolation: isolation, functions: 1, workers: 1, cores: cores(l.serverCore, l.loadCore)}
		two := one
		two.workers = 2
		perCPU, err := versus(ctx, l, workload("hello"), one, two)
		if err != nil {
			return err
		}
		ratio := perCPU[1] / perCPU[0]
		r.check(bound{
			what: fmt.Sprintf("hello, %s: requests per CPU second of 2 workers ÷ of 1 (both on two cores, with the load)", isolation),
			want: fmt.Sprintf("≥ %g", workersMin), got: fmt.Sprintf("%s ÷ %s = %.2f", count(perCPU[1]), count(perCPU[0]), ratio), holds: ratio >= workersMin,
		})
	}
	return nil
}

// manyMax is how much more a request may cost with many functions than with one.
const manyMax = 1.3

// one is the workload many on nodes of ours with one function, to compare with those among
// peers that have many.
func (l *lab) one(peers []peer) []peer {
	var ones []peer
	for i, name := range []string{nameReuse, nameEvent} {
		if !slices.ContainsFunc(peers, func(p peer) bool { return p.name == name }) {
			continue
		}
		cfg := nodeConfig{binary: l.skerry, isolation: isolations[i], functions: 1, workers: 1, cores: cores(l.serverCore)}
		ones = append(ones, peer{oneOf(name), func(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
			return startNode(ctx, l, cfg, w)
		}})
	}
	return ones
}

func oneOf(name string) string { return name + ", one function" }

// checkMany compares what a request costs with many functions and with one.
func (r *report) checkMany() {
	for _, name := range []string{nameReuse, nameEvent} {
		one, ok := r.rows["many"][oneOf(name)]
		many, ok2 := r.rows["many"][name]
		if !ok || !ok2 {
			continue
		}
		cost := one.perCPU / many.perCPU
		r.check(bound{
			what: fmt.Sprintf("%s: CPU time per request with %d functions (Zipf, exponent %g) ÷ with one", name, functionsOfMany, zipfExponent),
			want: fmt.Sprintf("≤ %g", manyMax), got: fmt.Sprintf("%.1f µs ÷ %.1f µs = %.2f", 1e6/many.perCPU, 1e6/one.perCPU, cost), holds: cost <= manyMax,
		})
	}
}
