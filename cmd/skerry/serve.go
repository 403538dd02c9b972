package main

import (
	"context"
	"errors"
	"io"
	"log"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
)

const (
	// drainMax is how long a node that was told to stop lets requests finish.
	drainMax = 10 * time.Second
	// rolloutMax is how long a push waits for the other nodes.
	rolloutMax = 10 * time.Second
	// systemTimeout is for calls about the catalog and bundles, which nobody's request waits
	// for: more patience than functions have.
	systemTimeout = 2 * time.Second
	// gcPercent trades memory for time: isolates are made and thrown away all the time.
	gcPercent = 400
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
SIGTERM lets requests finish for up to 10 seconds.`,
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

// serve runs a node until ctx ends.
func serve(ctx context.Context, t *terminal, f serveFlags) (err error) {
	debug.SetGCPercent(gcPercent)
	// net/http writes what strange servers send to the standard logger: nobody's log.
	log.SetOutput(io.Discard)
	n, err := openNode(ctx, t, f)
	if errors.Is(err, context.Canceled) {
		return nil // told to stop before it had begun
	}
	if err != nil {
		return err
	}
	failed := n.start()
	t.note("skerry %s serves on %s, admin on %s, store %s", currentVersion(), n.front.Addr(), n.control.Addr(), n.storeName)
	for _, problem := range n.status().Degraded {
		t.note("%s %s", t.paint(yellow, "degraded:"), problem)
	}
	select {
	case <-ctx.Done():
		t.note("stopping: requests may finish for up to %v", drainMax)
	case err = <-failed:
	}
	return errors.Join(err, n.close())
}
