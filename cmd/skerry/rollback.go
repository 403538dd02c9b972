package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func rollbackCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rollback FUNCTION [VERSION]",
		Short:   "Make an earlier version of a function live again",
		Long:    "Make an earlier version of a function live again: the one that was live before, or VERSION.\nWhat the function keeps in KV stays as it is.",
		Example: "  skerry rollback shop\n  skerry rollback shop 3",
		Args:    cobra.RangeArgs(1, 2),
	}
	r := remoteFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		number := 0
		if len(args) == 2 {
			var err error
			if number, err = strconv.Atoi(args[1]); err != nil || number < 1 {
				return &usageError{fmt.Errorf("version %q: a number from 1 on is needed; skerry versions %s lists them", args[1], args[0])}
			}
		}
		change, err := c.Rollback(ctx, args[0], number)
		if err != nil {
			return err
		}
		return t.changed(change, "rolled back to")
	})
	return cmd
}
