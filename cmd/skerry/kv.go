package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func kvCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kv",
		Short: "Look at and change the KV of a node",
		Example: `  skerry kv put --namespace shop greeting "hello"
  skerry kv get --namespace shop greeting
  skerry kv ls --namespace shop --prefix user:`,
	}
	cmd.AddCommand(kvGet(t), kvPut(t), kvLs(t), kvRm(t))
	return cmd
}

// kvFlags are those of every kv command.
func kvFlags(t *terminal, cmd *cobra.Command) (*remote, *string) {
	ns := cmd.Flags().StringP("namespace", "n", "", "the KV namespace (required)")
	if err := cmd.MarkFlagRequired("namespace"); err != nil {
		panic(err)
	}
	return remoteFlags(t, cmd), ns
}

func kvGet(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "get KEY", Short: "Print a value as it is", Args: cobra.ExactArgs(1),
		Example: "  skerry kv get --namespace shop greeting > greeting.txt"}
	r, ns := kvFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		e, err := c.KVGet(ctx, *ns, args[0])
		if err != nil {
			return err
		}
		if t.json {
			out := map[string]any{"key": args[0], "version": string(e.Version)}
			if utf8.Valid(e.Value) {
				out["value"] = string(e.Value)
			} else {
				out["base64"] = e.Value // JSON has no other way to hold bytes
			}
			if e.Metadata != nil {
				out["metadata"] = string(e.Metadata)
			}
			if !e.ExpiresAt.IsZero() {
				out["expiration"] = e.ExpiresAt.Unix()
			}
			t.document(out)
			return nil
		}
		if t.colour { // a terminal: the value may hold what would steer it
			fmt.Fprintln(t.out, printableLines(string(e.Value)))
			return nil
		}
		_, err = t.out.Write(e.Value)
		return err
	})
	return cmd
}

func kvPut(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "put KEY [VALUE]", Short: "Write a value: the argument, a file, or standard input",
		Example: "  skerry kv put --namespace shop greeting hello --ttl 1h\n  skerry kv put --namespace shop logo --file logo.png\n  date | skerry kv put --namespace shop now",
		Args:    cobra.RangeArgs(1, 2)}
	r, ns := kvFlags(t, cmd)
	ttl := cmd.Flags().Duration("ttl", 0, "how long the key lives (default: for ever)")
	metadata := cmd.Flags().String("metadata", "", "JSON to keep beside the value")
	file := cmd.Flags().String("file", "", "read the value from this file")
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		value, err := t.value(args, *file)
		if err != nil {
			return err
		}
		if err := c.KVPut(ctx, *ns, args[0], value, *metadata, *ttl); err != nil {
			return err
		}
		if !t.document(map[string]any{"key": args[0], "bytes": len(value)}) {
			t.say("%s %s (%d bytes)", t.paint(green, "✓"), printable(args[0]), len(value))
		}
		return nil
	})
	return cmd
}

// value reads the value of put from the command line, a file, or standard input.
func (t *terminal) value(args []string, file string) ([]byte, error) {
	switch {
	case len(args) == 2 && file != "":
		return nil, &usageError{errors.New("give the value or --file, not both")}
	case len(args) == 2:
		return []byte(args[1]), nil
	case file != "":
		return os.ReadFile(file)
	case t.prompt:
		return nil, &usageError{errors.New("give the value, or --file, or pipe it in")}
	default:
		return io.ReadAll(t.in)
	}
}

func kvLs(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "ls", Short: "List keys in order", Args: cobra.NoArgs,
		Example: "  skerry kv ls --namespace shop --prefix user: --json"}
	r, ns := kvFlags(t, cmd)
	prefix := cmd.Flags().String("prefix", "", "only keys that begin with this")
	limit := cmd.Flags().Int("limit", 0, "stop after so many (default: all)")
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, _ []string) error {
		shown, cursor := 0, ""
		for {
			size := 0
			if *limit > 0 {
				size = min(*limit-shown, 1000)
			}
			page, err := c.KVList(ctx, *ns, *prefix, cursor, size)
			if err != nil {
				return err
			}
			for _, k := range page.Keys {
				t.key(k)
			}
			shown += len(page.Keys)
			if cursor = page.Cursor; cursor == "" || *limit > 0 && shown >= *limit {
				return nil
			}
		}
	})
	return cmd
}

// key prints one line of a listing.
func (t *terminal) key(k admin.KVKey) {
	if t.document(k) {
		return
	}
	line := printable(k.Name)
	if k.Expiration > 0 {
		line += t.paint(dim, "  expires "+time.Unix(k.Expiration, 0).Format(time.RFC3339))
	}
	t.say("%s", line)
}

func kvRm(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "rm KEY…", Short: "Delete keys", Args: cobra.MinimumNArgs(1),
		Example: "  skerry kv rm --namespace shop greeting"}
	r, ns := kvFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		for _, key := range args {
			if err := c.KVDelete(ctx, *ns, key); err != nil {
				return err
			}
			if !t.document(map[string]any{"key": key, "deleted": true}) {
				t.say("%s deleted %s", t.paint(green, "✓"), printable(key))
			}
		}
		return nil
	})
	return cmd
}
