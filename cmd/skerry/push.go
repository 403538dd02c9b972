package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
)

// progressFrom is the size of an upload from which its progress is shown.
const progressFrom = 1 << 20

func pushCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "push [DIR or FILE]",
		Aliases: []string{"deploy"},
		Short:   "Build a function, upload it, and wait until the nodes serve it",
		Example: "  skerry push\n  skerry push hello.js --name hi --route 'example.com/hi/*'",
		Args:    cobra.MaximumNArgs(1),
	}
	r := remoteFlags(t, cmd)
	name := cmd.Flags().String("name", "", "name of the function (default: the project's)")
	routes := cmd.Flags().StringArray("route", nil, `route, as "host/path*"; may be repeated, and replaces the project's`)
	message := cmd.Flags().StringP("message", "m", "", "what to say of this version")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path := "."
		if len(args) == 1 {
			path = args[0]
		}
		bundle, err := t.build(cmd.Context(), compileRequest{Path: path, Name: *name, Routes: *routes})
		if err != nil {
			return err
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		change, err := t.upload(cmd.Context(), c, bundle, *message)
		if err != nil {
			return err
		}
		return t.changed(change, "pushed")
	}
	return cmd
}

// build builds a project, and reports warnings.
func (t *terminal) build(ctx context.Context, request compileRequest) (*bundles.Bundle, error) {
	started := time.Now()
	bundle, warnings, err := compile(ctx, request)
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		t.note("%s %s", t.paint(yellow, "warning:"), printableLines(w.String()))
	}
	t.say("%s built %s, %s in %d ms", t.paint(green, "✓"), t.paint(bold, bundle.Manifest.Name),
		size(bundle.EncodedBytes()), time.Since(started).Milliseconds())
	return bundle, nil
}

// upload sends a bundle, showing how far it is.
func (t *terminal) upload(ctx context.Context, c *admin.Client, b *bundles.Bundle, message string) (admin.Change, error) {
	if err := b.Check(); err != nil {
		return admin.Change{}, err
	}
	encoded := bundles.Encode(b)
	body := &progress{Reader: bytes.NewReader(encoded)}
	stop := func() {}
	if t.prompt && !t.json && len(encoded) >= progressFrom {
		stop = t.showProgress(body, len(encoded))
	}
	change, err := c.Push(ctx, b.Manifest.Name, body, message)
	stop()
	return change, err
}

// progress counts what was read.
type progress struct {
	io.Reader
	done atomic.Int64
}

// Read reads and counts.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.done.Add(int64(n))
	return n, err
}

// showProgress draws a line on stderr until the function it returns is called.
func (t *terminal) showProgress(p *progress, total int) (stop func()) {
	quit, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			fmt.Fprintf(t.err, "\r\x1b[Kuploading %s of %s", size(int(p.done.Load())), size(total))
			select {
			case <-tick.C:
			case <-quit:
				fmt.Fprint(t.err, "\r\x1b[K")
				return
			}
		}
	}()
	return func() { close(quit); <-stopped }
}

// size writes a number of bytes for people.
func size(bytes int) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(bytes)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
	}
}
