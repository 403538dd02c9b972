package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func quarantineCommand(t *terminal) *cobra.Command {
	cmd := quarantineLs(t)
	cmd.Use, cmd.Aliases = "quarantine", nil
	cmd.Short = "List the functions that have cost a process, and let them run with the others again"
	cmd.Long = `List the functions that have cost a process of this node, and let them run with
the others again.

A version that ends the worker that runs it is quarantined: from then on it runs in
a jail, a process of its own. If it ends its jails too it is refused for a while,
longer each time. A new version is not quarantined.`
	cmd.Example = "  skerry quarantine\n  skerry quarantine lift shop"
	cmd.AddCommand(quarantineLs(t), quarantineLift(t))
	return cmd
}

func quarantineLs(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "ls", Short: "List the functions that have cost a process", Args: cobra.NoArgs,
		Example: "  skerry quarantine ls --json"}
	r := remoteFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, _ []string) error {
		list, err := c.Quarantine(ctx)
		if err != nil || t.document(list) {
			return err
		}
		if len(list) == 0 {
			t.say("no function is quarantined")
			return nil
		}
		rows := make([][]string, len(list))
		for i, q := range list {
			rows[i] = []string{q.Function, versionOf(q), ago(q.Since), counted(q.WorkersLost, "worker") + ", " + counted(q.JailsLost, "jail"), placeOf(q), q.Cause}
		}
		t.table([]string{"FUNCTION", "VERSION", "SINCE", "LOST", "PLACE", "CAUSE"}, rows)
		return nil
	})
	return cmd
}

func quarantineLift(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "lift FUNCTION", Short: "Let all versions of a function run with the others again", Args: cobra.ExactArgs(1),
		Example: "  skerry quarantine lift shop"}
	r := remoteFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		if err := c.Lift(ctx, args[0]); err != nil {
			return err
		}
		if !t.document(map[string]any{"function": args[0], "lifted": true}) {
			t.say("%s lifted the quarantine of %s", t.paint(green, "✓"), t.paint(bold, printable(args[0])))
		}
		return nil
	})
	return cmd
}

// versionOf names a quarantined version by its number, or else by what is known.
func versionOf(q admin.Quarantined) string {
	if q.Version > 0 {
		return fmt.Sprint(q.Version)
	}
	return q.Digest
}

// placeOf says where a quarantined version runs now.
func placeOf(q admin.Quarantined) string {
	if q.Until.IsZero() {
		return q.Place
	}
	return q.Place + " until " + q.Until.Local().Format(time.TimeOnly)
}

// counted is a number of things: "1 jail", "2 jails".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
