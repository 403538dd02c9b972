// Command density measures how many functions one node holds, and how it behaves with so
// many: memory for each function, the first request to one that is only on the disk, the
// time until a node with all of them is ready, what many functions and many workers cost per
// request, and what becomes of requests when there are more than a node can answer.
//
//	go run ./bench/density [-functions N] [-time D] [-rounds N] [-only REGEXP] [-out FILE]
//
// It starts real nodes of this source tree, writes functions into their data directories as
// pushes would, loads them with package load, and writes a Markdown table with the budget
// that each figure has. What is compared alternates within the run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"time"
)

// options is what the command line says.
type options struct {
	functions int            // that the node holds
	time      time.Duration  // of one load
	rounds    int            // of each side of what is compared
	only      *regexp.Regexp // the measures that run, by name
	out       string         // file for the table; empty: standard output
}

func main() {
	var o options
	flag.IntVar(&o.functions, "functions", 10_000, "how many functions the node holds")
	flag.DurationVar(&o.time, "time", 8*time.Second, "how long one load lasts")
	flag.IntVar(&o.rounds, "rounds", 3, "how many loads each side of a comparison has")
	only := flag.String("only", "", "run the measures whose names match this regular `expression`")
	flag.StringVar(&o.out, "out", "", "write the table to this `file`")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-density:", err)
		os.Exit(1)
	}
}

// measures are all there are, in the order in which they run.
var measures = []struct {
	name string
	run  func(context.Context, *bench) ([]figure, error)
}{
	{"start", measureStart},
	{"memory", measureMemory},
	{"first request", measureFirst},
	{"many functions", measureMany},
	{"two workers", measureWorkers},
	{"overload", measureOverload},
}

// bench is one run.
type bench struct {
	options
	dir    string // for what the run leaves behind, removed at its end
	binary string
	many   string // data directory of a node with many functions; empty: not written yet
	copies int    // of data directories
}

func run(ctx context.Context, o options) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("it reads memory and CPU time of processes from /proc: Linux alone has that")
	}
	dir, err := os.MkdirTemp("", "skerry-density-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{options: o, dir: dir}
	if err := b.build(ctx); err != nil {
		return err
	}
	var table []figure
	for _, m := range measures {
		if !o.only.MatchString(m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench-density: %s\n", m.name)
		figures, err := m.run(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		for _, f := range figures {
			fmt.Fprintf(os.Stderr, "  %s: %s\n", f.what, f.text())
		}
		table = append(table, figures...)
	}
	return b.write(ctx, table)
}
