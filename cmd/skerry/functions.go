package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func functionsCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "functions",
		Aliases: []string{"ls"},
		Short:   "List the functions that are live",
		Example: "  skerry functions --json",
		Args:    cobra.NoArgs,
	}
	r := remoteFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, _ []string) error {
		list, err := c.Functions(ctx)
		if err != nil || t.document(list) {
			return err
		}
		if len(list) == 0 {
			t.say("no functions yet; skerry push puts one here")
			return nil
		}
		rows := make([][]string, len(list))
		for i, f := range list {
			rows[i] = []string{f.Name, fmt.Sprint(f.Version), string(f.Isolation), ago(f.Created), strings.Join(f.URLs, " ")}
		}
		t.table([]string{"FUNCTION", "VERSION", "ISOLATION", "PUSHED", "URL"}, rows)
		return nil
	})
	return cmd
}

// ago says how long ago at was, roughly.
func ago(at time.Time) string {
	switch d := time.Since(at); {
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	default:
		return at.Local().Format("2006-01-02")
	}
}
