package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// options is what the command line says.
type options struct {
	workloads   string // names, with commas between; empty: all
	peers       string // names, with commas between; empty: all
	binaries    string // further builds of Skerry, LABEL=PATH with commas between
	out         string // where the report goes; empty: stdout alone
	runs        int
	duration    time.Duration // of a run
	warmup      time.Duration // before the first run of each server
	connections int
	serverCore  int
	loadCore    int
}

func main() {
	var o options
	flag.StringVar(&o.workloads, "workloads", "", "measure these workloads, `names` with commas between")
	flag.StringVar(&o.peers, "peers", "", "measure these peers, `names` with commas between")
	flag.StringVar(&o.binaries, "skerry", "", "measure these builds of Skerry too: `LABEL=PATH` with commas between")
	flag.StringVar(&o.out, "out", "", "write the report to this `file`; if everything is measured, bench/results/DATE.md")
	flag.IntVar(&o.runs, "runs", 3, "how many runs each server has")
	flag.DurationVar(&o.duration, "time", 3*time.Second, "how long a run lasts")
	flag.DurationVar(&o.warmup, "warmup", time.Second, "how long a server is loaded before its first run")
	flag.IntVar(&o.connections, "connections", 64, "how many connections load a server")
	flag.IntVar(&o.serverCore, "server-core", 0, "the `core` that servers are pinned to")
	flag.IntVar(&o.loadCore, "load-core", 1, "the `core` that load, Redis and origin are pinned to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-peers:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	whole := o.workloads == "" && o.peers == ""
	chosen, err := chooseWorkloads(o.workloads)
	if err != nil {
		return err
	}
	l, err := openLab(ctx, o)
	if err != nil {
		return err
	}
	defer l.close()
	peers, err := choosePeers(l, o.peers)
	if err != nil {
		return err
	}
	r := newReport(l, peers)
	for _, w := range chosen {
		if err := l.measure(ctx, r, peers, w); err != nil {
			return err
		}
	}
	text := r.markdown()
	fmt.Print(text)
	if o.out == "" && whole {
		o.out = filepath.Join(l.root, "bench", "results", time.Now().Format(time.DateOnly)+".md")
	}
	if o.out == "" {
		return nil
	}
	return errors.Join(os.MkdirAll(filepath.Dir(o.out), 0o755), os.WriteFile(o.out, []byte(text), 0o644))
}

// embedded names the workload kv on Skerry's own store.
const embedded = "kv-embedded"

// chooseWorkloads finds workloads by their names.
func chooseWorkloads(names string) ([]workloads.Workload, error) {
	var all []workloads.Workload
	for _, w := range workloads.All() {
		all = append(all, w)
		if w.Name == "kv" {
			w.Name, w.What = embedded, "the same from the embedded store"
			all = append(all, w)
		}
	}
	if names == "" {
		return all, nil
	}
	var chosen []workloads.Workload
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(w workloads.Workload) bool { return w.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no workload %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
