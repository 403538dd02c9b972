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
	extras      string // names, with commas between; empty: all, if all else is measured
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
	flag.StringVar(&o.extras, "extras", "", "measure these of workers and overload, and no workload but those that -workloads names")
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
	whole := o.workloads == "" && o.peers == "" && o.extras == ""
	if o.workloads == "" && o.extras != "" {
		o.workloads = "none"
	}
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
	if o.out == "" && whole {
		o.out = filepath.Join(l.root, "bench", "results", time.Now().Format(time.DateOnly)+".md")
	}
	r := newReport(l, peers)
	for _, w := range chosen {
		measured := peers
		if w.Name == "many" {
			measured = slices.Concat(peers, l.one(peers))
		}
		if err := l.measure(ctx, r, measured, w); err != nil {
			return err
		}
		if err := write(o.out, r.markdown()); err != nil { // it is long until the end
			return err
		}
	}
	r.checkMany()
	for _, e := range allExtras() {
		if whole && o.extras == "" || slices.Contains(strings.Split(o.extras, ","), e.name) {
			if err := e.run(ctx, l, r); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				l.skip("%s: %v", e.name, err)
			}
		}
	}
	text := r.markdown()
	fmt.Print(text)
	return write(o.out, text)
}

// write writes a report, if there is a name for its file.
func write(name, text string) error {
	if name == "" {
		return nil
	}
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644))
}

// Names of workloads: kv on Skerry's own store, and one that is no comparison.
const (
	embedded = "kv-embedded"
	busy     = "busy"
)

// chooseWorkloads finds workloads by their names.
func chooseWorkloads(names string) ([]workloads.Workload, error) {
	var all []workloads.Workload
	for _, w := range workloads.All() {
		if w.Name == busy {
			continue
		}
		all = append(all, w)
		if w.Name == "kv" {
			w.Name, w.What = embedded, "the same from the embedded store"
			all = append(all, w)
		}
	}
	switch names {
	case "":
		return all, nil
	case "none":
		return nil, nil
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
