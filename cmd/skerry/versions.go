package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func versionsCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "versions FUNCTION",
		Short:   "List the versions of a function, the newest first",
		Example: "  skerry versions shop",
		Args:    cobra.ExactArgs(1),
	}
	r := remoteFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		list, err := c.Versions(ctx, args[0])
		if err != nil {
			return err
		}
		slices.Reverse(list)
		if t.document(list) {
			return nil
		}
		rows := make([][]string, len(list))
		for i, v := range list {
			live := ""
			if v.Percent > 0 {
				live = "live"
			}
			rows[i] = []string{fmt.Sprint(v.Version), live, v.Digest.Short(), ago(v.Created), v.Message}
		}
		t.table([]string{"VERSION", "", "DIGEST", "PUSHED", "MESSAGE"}, rows)
		return nil
	})
	return cmd
}
