// Command node measures what the Web platform of an isolate costs against Node: it runs the
// same snippets, those of cases.js, in an isolate and in a Node process of its own, and
// prints the figures of both as a Markdown table.
//
//	go run ./bench/node [-case REGEXP] [-rounds N] [-time D] [-cpuprofile FILE]
//
// Rounds alternate between the two, so that what else the machine does meets both alike. A
// figure is the median of the rounds. Each round is an event of its own in the isolate, with the caps of
// one; CPU is what all threads of a process have used, collections of garbage among it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/pprof"
	"time"
)

// options is what the command line says.
type options struct {
	only       *regexp.Regexp // the cases that are measured, by name
	rounds     int
	round      time.Duration // how long a round lasts, about
	cpuProfile string        // of the isolate's rounds; empty: none
}

func main() {
	var o options
	only := flag.String("case", "", "measure the cases whose names match this regular `expression`")
	flag.IntVar(&o.rounds, "rounds", 9, "how many rounds each case has in each engine")
	flag.DurationVar(&o.round, "time", 30*time.Millisecond, "how long a round lasts, about")
	flag.StringVar(&o.cpuProfile, "cpuprofile", "", "write a profile of the isolate's rounds to this `file`")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err == nil {
		err = run(context.Background(), o)
	}
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintln(os.Stderr, "bench-node: SKIPPED, there is no program named node on this machine's PATH to compare with")
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-node:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	peer, err := startPeer(ctx)
	if err != nil {
		return err
	}
	defer peer.close()
	here, err := openIsolate(ctx)
	if err != nil {
		return err
	}
	defer here.close()
	if o.cpuProfile != "" {
		f, err := os.Create(o.cpuProfile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Print(header(peer.version))
	for _, c := range here.cases {
		if !o.only.MatchString(c.name) {
			continue
		}
		fmt.Print(compare(c, here, peer, o))
	}
	return nil
}

// errMissing says that the isolate has nothing to measure.
var errMissing = errors.New("not in this version")

// engine runs n operations of a case as one round.
type engine interface {
	measure(name string, n int) (round, error)
}

// round is what a round has cost and come to.
type round struct {
	n         int
	wall, cpu time.Duration
	result    string
}

// compare measures one case in both engines and returns its row.
func compare(c benchCase, here, peer engine, o options) string {
	if c.missing {
		return c.row(nil, nil, errMissing)
	}
	n, err := calibrate(here, c.name, o.round)
	if err != nil {
		return c.row(nil, nil, err)
	}
	m, err := calibrate(peer, c.name, o.round)
	alone := errors.Is(err, errNone)
	if err != nil && !alone {
		return c.row(nil, nil, err)
	}
	var ours, theirs []round
	for range o.rounds {
		r, err := here.measure(c.name, n)
		if err != nil {
			return c.row(nil, nil, err)
		}
		ours = append(ours, r)
		if alone {
			continue
		}
		if r, err = peer.measure(c.name, m); err != nil {
			return c.row(nil, nil, err)
		}
		theirs = append(theirs, r)
		if a, b := ours[0].result, r.result; a != b {
			return c.row(nil, nil, fmt.Errorf("the isolate comes to %.60q, Node to %.60q", a, b))
		}
	}
	return c.row(ours, theirs, nil)
}

// calibrate returns how many operations last about d, having let the engine warm up.
func calibrate(e engine, name string, d time.Duration) (int, error) {
	for n := 1; ; {
		r, err := e.measure(name, n)
		if err != nil {
			return 0, err
		}
		if r.wall >= d/2 {
			return max(1, int(float64(n)*float64(d)/float64(r.wall))), nil
		}
		n *= 2
	}
}
