package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/skerry-edge/skerry/bench/load"
)

// abWarmup is how long each turn loads before it measures, if no flag says.
const abWarmup = 500 * time.Millisecond

// benchComparison is what --compare and --ab say.
type benchComparison struct {
	A           string            `json:"a"`
	B           string            `json:"b"`
	Comparisons []load.Comparison `json:"comparisons"`
}

func (b *bench) compareFiles(first, second string) error {
	var results [2]*load.Result
	for i, name := range []string{first, second} {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		results[i], err = load.Read(file)
		_ = file.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if reason := results[i].Generator.Bottleneck; reason != "" {
			b.note("%s in %s the generator was the bottleneck: %s", b.paint(yellow, "warning:"), printable(name), printable(reason))
		}
	}
	return b.compared(benchComparison{first, second, load.Compare(results[0], results[1])})
}

// compared shows a comparison.
func (b *bench) compared(c benchComparison) error {
	if b.document(c) {
		return nil
	}
	b.say("%s → %s", b.paint(bold, printable(c.A)), b.paint(bold, printable(c.B)))
	if len(c.Comparisons) == 0 {
		b.say("  nothing was measured on both sides: a load of some whole seconds is needed")
	}
	for _, one := range c.Comparisons {
		style := dim
		switch one.Verdict {
		case load.Slower:
			style = red
		case load.Faster:
			style = green
		}
		b.say("  %s", b.paint(style, one.String()))
	}
	return nil
}

// abSide is one of two targets that are loaded in turns.
type abSide struct {
	target  benchTarget
	cfg     load.Config
	samples load.Samples
	refused *load.BottleneckError // the last of those that ended turns without figures
}

// compareTargets loads two targets in turns. Which of them begins changes from one round to
// the next, so that what drifts meets both alike.
func (b *bench) compareTargets(ctx context.Context, first, second string) (err error) {
	if b.turns < 1 || b.turns > 1000 {
		return &usageError{fmt.Errorf("turns %d: from 1 to 1000 are possible", b.turns)}
	}
	if !b.hasWarmup {
		b.warmup = abWarmup
	}
	var sides [2]*abSide
	live := make(map[string]int) // what to go back to, by function
	for i, name := range []string{first, second} {
		s := &abSide{samples: make(load.Samples)}
		var closing func()
		if s.target, err = b.target(ctx, name); err != nil {
			return err
		}
		if s.cfg, closing, err = b.config(ctx, s.target); err != nil {
			return err
		}
		defer closing()
		s.cfg.Duration /= time.Duration(b.turns)
		if s.target.version > 0 {
			if live[s.target.function], err = s.live(ctx); err != nil {
				return err
			}
		}
		sides[i] = s
	}
	defer func() { // whatever happened: the function's users are waiting
		for _, s := range sides {
			if was := live[s.target.function]; was > 0 {
				if back := s.switchTo(context.WithoutCancel(ctx), was); err == nil {
					err = back
				}
			}
		}
	}()
	for i := range b.turns {
		for j := range sides {
			if err := b.turn(ctx, sides[(i+j)%2], i); err != nil {
				return err
			}
		}
	}
	for _, s := range sides {
		if s.refused != nil && 2*s.turns() < b.turns {
			return b.trusted(s.refused)
		}
	}
	return b.compared(benchComparison{first, second, load.CompareSamples(sides[0].samples, sides[1].samples)})
}

// turn measures one side once.
func (b *bench) turn(ctx context.Context, s *abSide, n int) error {
	if s.target.version > 0 {
		if err := s.switchTo(ctx, s.target.version); err != nil {
			return err
		}
	}
	r, err := load.Run(ctx, s.cfg)
	if errors.As(err, &s.refused) && !b.force {
		b.note("%s", b.paint(yellow, fmt.Sprintf("turn %d of %d, %s: left out, %v", n+1, b.turns, printable(s.target.label), s.refused.Reason)))
		return nil
	}
	if err := b.trusted(err); err != nil {
		return err
	}
	if r.Interrupted {
		return context.Canceled
	}
	s.samples.Add(r.Turn())
	b.note("%s", b.paint(dim, fmt.Sprintf("turn %d of %d, %s: p50 %.3f ms, p99 %.3f ms, %.0f a second, %d failed",
		n+1, b.turns, printable(s.target.label), r.Latency.P50, r.Latency.P99, r.Throughput, r.Failed)))
	return nil
}

// turns is how many gave figures.
func (s *abSide) turns() int {
	most := 0
	for _, v := range s.samples {
		most = max(most, len(v))
	}
	return most
}

// live is the version of the side's function that gets events now.
func (s *abSide) live(ctx context.Context) (int, error) {
	list, err := s.target.client.Functions(ctx)
	for _, f := range list {
		if f.Name == s.target.function {
			return f.Version, err
		}
	}
	return 0, err
}

// switchTo makes a version live on all nodes.
func (s *abSide) switchTo(ctx context.Context, version int) error {
	change, err := s.target.client.Rollback(ctx, s.target.function, version)
	if err != nil {
		return fmt.Errorf("make version %d of %s live: %w", version, s.target.function, err)
	}
	partial := &partialError{}
	for _, n := range change.Nodes {
		if !n.Switched {
			partial.missing = append(partial.missing, n)
		}
	}
	if len(partial.missing) > 0 {
		return partial
	}
	return nil
}
