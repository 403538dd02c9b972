package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func rmCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rm FUNCTION",
		Short:   "Take a function down, with all its versions",
		Long:    "Take a function down, with all its versions. What it keeps in KV stays.\nOn a terminal it asks first; --yes, or a pipe, doesn't.",
		Example: "  skerry rm shop --yes",
		Args:    cobra.ExactArgs(1),
	}
	r := remoteFlags(t, cmd)
	yes := cmd.Flags().BoolP("yes", "y", false, "don't ask")
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		if !*yes && t.prompt && !t.json && !t.confirm(fmt.Sprintf("Take down %s and all its versions?", args[0])) {
			return errors.New("nothing was changed")
		}
		change, err := c.Remove(ctx, args[0])
		if err != nil {
			return err
		}
		return t.changed(change, "took down")
	})
	return cmd
}

// confirm asks a person a question that only "y" or "yes" answers with yes.
func (t *terminal) confirm(question string) bool {
	fmt.Fprint(t.out, question+" [y/N] ")
	answer, _ := bufio.NewReader(t.in).ReadString('\n') // an end of input is a no
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}
