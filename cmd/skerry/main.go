// Command skerry is the whole product in one binary: a node that serves functions at the
// edge, and the commands that build, push and look after them.
//
// main.go is the table of commands, one file each; node.go is where the pieces of a node
// meet, and dev.go where those of a developer's do; exit.go says which error ends with
// which code.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks twice doesn't want to wait for a clean end
	os.Exit(profiled(func() int {
		return run(ctx, os.Args[1:], newTerminal(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
	}))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, t *terminal) int {
	root := &cobra.Command{
		Use:   "skerry",
		Short: "An edge-function gateway in one binary",
		Long: `Skerry serves JavaScript and TypeScript functions at the edge, with caps on
CPU time and memory, and a KV store for the state they can't hold themselves.

  skerry new hello && cd hello && skerry dev      try it
  skerry serve                                    run a node
  skerry push                                     put a function on it`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().BoolVar(&t.json, "json", false, "write JSON instead of text: one document, or one a line for streams")
	root.AddCommand(commands(t)...)
	root.SetArgs(args)
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	err := root.ExecuteContext(ctx)
	if err != nil {
		t.fail(err)
	}
	return exitCode(err)
}

// commands are all there are, in the order of a first acquaintance.
func commands(t *terminal) []*cobra.Command {
	return []*cobra.Command{
		newCommand(t),
		devCommand(t),
		serveCommand(t),
		pushCommand(t),
		functionsCommand(t),
		versionsCommand(t),
		rollbackCommand(t),
		rmCommand(t),
		kvCommand(t),
		invokeCommand(t),
		tailCommand(t),
		benchCommand(t),
		quarantineCommand(t),
		doctorCommand(t),
		versionCommand(t),

		// Processes of a node.
		workerCommand(t),
		jailCommand(t),
		compileCommand(t),
	}
}
