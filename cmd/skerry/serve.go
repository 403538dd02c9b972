package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/supervise"
)

const (
	// drainMax is how long a node that was told to stop lets requests finish.
	drainMax = 10 * time.Second
	// rolloutMax is how long a push waits for the other nodes.
	rolloutMax = 10 * time.Second
	// systemTimeout is for calls about the catalog and bundles, which nobody's request waits
	// for: more patience than functions have.
	systemTimeout = 2 * time.Second
)

// serveFlags are those of serve. Their names are also node.toml's keys.
type serveFlags struct {
	listen        string
	admin         string
	data          string
	store         string
	domain        string
	config        string
	memoryMB      int
	insecureAdmin bool
	serverTiming  bool
	workers       int
	untrusted     string
	file          nodeFile
}

func serveCommand(t *terminal) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a node",
		Long: `Run a node: it serves functions on one address and takes commands on another.

Settings come from flags, or else from the environment (SKERRY_LISTEN, SKERRY_STORE, …),
or else from the file that --config names, whose keys are the flags' names.

SIGTERM lets requests finish for up to 10 seconds. SIGHUP replaces the workers one by one.
SIGUSR2 starts the program anew, perhaps a newer one, and hands everything over to it; no
request is lost.`,
		Example: "  skerry serve\n  skerry serve --store redis://127.0.0.1:6379 --listen :80 --domain edge.example.com",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&f.listen, "listen", ":8787", "address that serves functions")
	cmd.Flags().StringVar(&f.admin, "admin", "127.0.0.1:8788", "address of the control API")
	cmd.Flags().StringVar(&f.data, "data", defaultData, "directory for everything that the node keeps")
	cmd.Flags().StringVar(&f.store, "store", "bolt", `where state lives: "bolt", in the data directory, or a redis:// URL that nodes share`)
	cmd.Flags().StringVar(&f.domain, "domain", "localhost", "functions without routes answer at NAME.DOMAIN")
	cmd.Flags().StringVar(&f.config, "config", "", "node.toml to read settings from")
	cmd.Flags().IntVar(&f.memoryMB, "memory-mb", 512, "memory that warm isolates may hold together, about")
	cmd.Flags().BoolVar(&f.insecureAdmin, "insecure-admin", false, "permit an admin address that others can reach, without TLS")
	cmd.Flags().BoolVar(&f.serverTiming, "server-timing", false, "tell clients, in a Server-Timing header, what a function's response cost")
	cmd.Flags().IntVar(&f.workers, "workers", runtime.NumCPU(), "processes that serve requests, as a rule one for each core; 0: this process does all itself")
	cmd.Flags().StringVar(&f.untrusted, "untrusted", "", `where functions run that you don't trust: "jail", each in a closed process of its own; empty: with the others`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		file, err := settings(t, cmd)
		if err != nil {
			return err
		}
		f.file = file
		return serve(cmd.Context(), t, f)
	}
	return cmd
}

// check names the flag that can't be used.
func (f *serveFlags) check() error {
	switch {
	case f.workers < 0 || f.workers > workersMax:
		return &configError{fmt.Errorf("--workers %d: 0 to %d are possible", f.workers, workersMax)}
	case f.untrusted != "" && f.untrusted != "jail":
		return &configError{fmt.Errorf(`--untrusted %q: use "jail"`, f.untrusted)}
	}
	return nil
}

// workersMax bounds --workers.
const workersMax = 1024

// serve runs a node until ctx ends.
func serve(ctx context.Context, t *terminal, f serveFlags) error {
	// net/http writes what strange servers send to the standard logger: nobody's log.
	log.SetOutput(io.Discard)
	if err := f.check(); err != nil {
		return err
	}
	in, err := supervise.Adopt()
	if err != nil {
		return err
	}
	// A process that replaces another begins when that has let go.
	handover, err := in.Handover(nil)
	if err != nil {
		return err
	}
	defer handover.Close()
	if err := handover.Accept(ctx, currentVersion()); err != nil {
		return err
	}
	n, err := openNode(ctx, t, f, in)
	if errors.Is(err, context.Canceled) {
		return nil // told to stop before it had begun
	}
	if err != nil {
		return err
	}
	n.start()
	if err := handover.Serving(ctx); err != nil {
		return errors.Join(err, n.close())
	}
	t.note("%s", n.describe())
	for _, line := range n.jails.missing() {
		t.note("%s %s", t.paint(yellow, "warning:"), line)
	}
	for _, problem := range n.status().Degraded {
		t.note("%s %s", t.paint(yellow, "degraded:"), problem)
	}
	err = n.run(ctx)
	_ = supervise.NotifyStopping() // without systemd there is nobody to tell
	t.note("stopping: requests may finish for up to %v", drainMax)
	return errors.Join(err, n.close())
}

// run obeys signals until the node is to end: ctx has ended, a successor serves, or a
// listener has failed.
func (n *node) run(ctx context.Context) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, controlSignals...)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-n.failed:
			return err
		case s := <-signals:
			if s == signalReload {
				if err := n.serving.Reload(ctx); err != nil {
					n.t.note("reload: %v", err)
				}
				continue
			}
			err := n.upgrade(ctx)
			if err == nil {
				return nil
			}
			n.t.note("%s upgrade failed, and this process goes on: %v", n.t.paint(yellow, "warning:"), err)
		}
	}
}
