package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// figures is what a peer's runs of a workload came to: the median of each.
type figures struct {
	perCPU   float64 // requests per CPU second of the server
	perWall  float64 // requests per second
	p50, p99 time.Duration
	memory   int64 // bytes that the server held after the last run
	failed   int64 // requests, of all runs together
}

// measure measures a workload on all peers, in turns.
func (l *lab) measure(ctx context.Context, r *report, peers []peer, w workloads.Workload) error {
	fmt.Fprintln(os.Stderr, "bench-peers:", w.Name)
	servers := make([]*server, len(peers)) // nil: not measured
	defer func() {
		for _, s := range servers {
			if s != nil {
				s.process.stop()
			}
		}
	}()
	for i, p := range peers {
		s, err := l.ready(ctx, p, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case errors.Is(err, errNotHere):
		case err != nil:
			l.skip("%s on %s: %v", w.Name, p.name, err)
		default:
			servers[i] = s
		}
	}
	f, err := l.turns(ctx, peers, servers, w.Request, l.connections)
	if err != nil {
		return err
	}
	r.add(w.Name, f)
	if w.Name == "hello" {
		if f, err = l.turns(ctx, peers, servers, w.Request, 1); err != nil {
			return err
		}
		r.alone = f
	}
	return nil
}

// ready starts a peer with a workload, checks an answer and warms it up.
func (l *lab) ready(ctx context.Context, p peer, w workloads.Workload) (*server, error) {
	s, err := p.start(ctx, l, w)
	if err == nil {
		err = s.check(ctx, w)
	}
	if err == nil && l.warmup > 0 {
		_, err = l.loadClosed(ctx, s, w.Request, l.connections, l.warmup)
	}
	if err != nil && s != nil && s.process != nil {
		s.process.stop()
	}
	return s, err
}

// turns loads the servers one after the other, and again, as often as there are runs.
func (l *lab) turns(ctx context.Context, peers []peer, servers []*server, r workloads.Request, connections int) (map[string]figures, error) {
	runs := make(map[string][]figures)
	for range l.runs {
		for i, s := range servers {
			if s == nil {
				continue
			}
			f, err := l.once(ctx, s, r, connections)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", peers[i].name, err)
			}
			name := peers[i].name
			runs[name] = append(runs[name], f)
			fmt.Fprintf(os.Stderr, "  %-16s c=%-4d %9.0f /CPU s %9.0f /s  p50 %7.3f ms  p99 %8.3f ms\n", name, connections, f.perCPU, f.perWall, ms(f.p50), ms(f.p99))
		}
	}
	medians := make(map[string]figures)
	for name, list := range runs {
		m := figures{
			perCPU: median(list, func(f figures) float64 { return f.perCPU }), perWall: median(list, func(f figures) float64 { return f.perWall }),
			p50: median(list, func(f figures) time.Duration { return f.p50 }), p99: median(list, func(f figures) time.Duration { return f.p99 }),
			memory: list[len(list)-1].memory,
		}
		for _, f := range list {
			m.failed += f.failed
		}
		medians[name] = m
	}
	return medians, nil
}

// once is one run.
func (l *lab) once(ctx context.Context, s *server, r workloads.Request, connections int) (figures, error) {
	before, err := s.process.cpu()
	if err != nil {
		return figures{}, err
	}
	o, err := l.loadClosed(ctx, s, r, connections, l.duration)
	if err != nil {
		return figures{}, err
	}
	after, err := s.process.cpu()
	if err != nil {
		return figures{}, err
	}
	memory, err := s.process.memory()
	good := float64(o.requests - o.failed)
	return figures{
		perCPU: good / max((after-before).Seconds(), 0.01), perWall: good / o.wall.Seconds(),
		p50: o.p50, p99: o.p99, memory: memory, failed: o.failed,
	}, err
}

// median is the middle one; of an even number, the lower of the two.
func median[T cmp.Ordered](list []figures, of func(figures) T) T {
	each := make([]T, len(list))
	for i, f := range list {
		each[i] = of(f)
	}
	slices.Sort(each)
	return each[(len(each)-1)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
