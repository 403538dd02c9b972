package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

const (
	defaultNode  = "http://127.0.0.1:8788"
	defaultData  = "skerry-data"
	devDirectory = ".skerry"
)

// remote are the flags of commands that talk to a node.
type remote struct {
	t     *terminal
	node  string
	token string
	data  string
}

// remoteFlags adds them to cmd. A command that has a flag --data of its own, added before,
// has --data-dir instead.
func remoteFlags(t *terminal, cmd *cobra.Command) *remote {
	r := &remote{t: t}
	data := "data"
	if cmd.Flags().Lookup(data) != nil {
		data = "data-dir"
	}
	cmd.Flags().StringVar(&r.node, "node", "", "admin address of the node (default "+defaultNode+", or SKERRY_NODE)")
	cmd.Flags().StringVar(&r.token, "token", "", "admin token (or SKERRY_TOKEN; default: read from the data directory)")
	cmd.Flags().StringVar(&r.data, data, "", "data directory of a node on this machine (default ./"+defaultData+", or SKERRY_DATA)")
	return r
}

// client returns a client for the node that flags and environment name.
func (r *remote) client() (*admin.Client, error) {
	c := &admin.Client{Node: r.setting(r.node, "SKERRY_NODE", defaultNode), Token: r.setting(r.token, "SKERRY_TOKEN", "")}
	if !strings.Contains(c.Node, "://") {
		c.Node = "http://" + c.Node
	}
	if c.Token != "" {
		return c, nil
	}
	dir := r.setting(r.data, "SKERRY_DATA", defaultData)
	token, err := admin.ReadToken(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &admin.Problem{Status: 401, Code: "unauthorized", Detail: fmt.Sprintf(
			"no admin token: there is no %s; run the command where the node runs, or pass --data DIR, --token or SKERRY_TOKEN",
			filepath.Join(dir, admin.TokenFile))}
	}
	if err != nil {
		return nil, err
	}
	c.Token = token
	return c, nil
}

func (r *remote) setting(flag, env, fallback string) string {
	if flag != "" {
		return flag
	}
	if v, ok := r.t.getenv(env); ok && v != "" {
		return v
	}
	return fallback
}

// changed reports a change, and fails if a node has not switched to it.
func (t *terminal) changed(c admin.Change, verb string) error {
	if !t.document(c) {
		what := c.Function
		if c.Version > 0 {
			what = fmt.Sprintf("%s version %d", c.Function, c.Version)
		}
		if c.Unchanged {
			t.say("%s %s was live already", t.paint(dim, "="), what)
		} else {
			t.say("%s %s %s", t.paint(green, "✓"), verb, t.paint(bold, what))
		}
		for _, u := range c.URLs {
			t.say("  %s", t.paint(cyan, u))
		}
		if len(c.Nodes) > 1 {
			t.say("  %d nodes", len(c.Nodes))
		}
	}
	var missing []admin.Node
	for _, n := range c.Nodes {
		if !n.Switched {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return &partialError{missing}
	}
	return nil
}

// run makes a command's run function of one that needs a client.
func (r *remote) run(f func(ctx context.Context, c *admin.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := r.client()
		if err != nil {
			return err
		}
		return f(cmd.Context(), c, args)
	}
}
