package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func invokeCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "invoke FUNCTION",
		Short:   "Run one event by hand, with its logs, CPU time and outcome",
		Example: "  skerry invoke shop --method POST --path /orders --data '{\"id\":1}'\n  skerry invoke shop --data @order.json",
		Args:    cobra.ExactArgs(1),
	}
	in := admin.Invocation{}
	cmd.Flags().StringVarP(&in.Method, "method", "X", "", "HTTP method (default GET, POST with --data)")
	cmd.Flags().StringVar(&in.Path, "path", "/", "path and query")
	headers := cmd.Flags().StringArrayP("header", "H", nil, `header, as "name: value"; may be repeated`)
	data := cmd.Flags().StringP("data", "d", "", "body; @FILE reads a file, @- standard input")
	r := remoteFlags(t, cmd)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		if err := t.fill(&in, *headers, *data, cmd.Flags().Changed("data")); err != nil {
			return err
		}
		out, err := c.Invoke(ctx, args[0], in)
		if err != nil || t.document(out) {
			return err
		}
		t.invoked(out)
		if out.Outcome != "ok" {
			return errors.New(out.Outcome + ": " + out.Error)
		}
		return nil
	})
	return cmd
}

// fill completes an event by hand from its flags.
func (t *terminal) fill(in *admin.Invocation, headers []string, data string, hasData bool) error {
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return &usageError{fmt.Errorf("header %q: write it as \"name: value\"", h)}
		}
		in.Header = append(in.Header, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	if in.Method == "" {
		in.Method = http.MethodGet
		if hasData {
			in.Method = http.MethodPost
		}
	}
	var err error
	switch {
	case !hasData:
	case data == "@-":
		in.Body, err = io.ReadAll(t.in)
	case strings.HasPrefix(data, "@"):
		in.Body, err = os.ReadFile(data[1:])
	default:
		in.Body = []byte(data)
	}
	return err
}

// invoked shows what came of an event.
func (t *terminal) invoked(out admin.Invoked) {
	for _, l := range out.Logs {
		t.note("%s %s", t.paint(levelStyle(l.Level), l.Level), printableLines(l.Message))
	}
	if out.Status > 0 {
		t.note("%s", t.paint(dim, fmt.Sprintf("HTTP %d %s", out.Status, http.StatusText(out.Status))))
		for _, h := range out.Header {
			t.note("%s", t.paint(dim, printable(h[0]+": "+h[1])))
		}
		body := string(out.Body)
		if t.colour {
			body = printableLines(body)
		}
		fmt.Fprintln(t.out, body)
	}
	if out.Stack != "" {
		t.note("%s", t.paint(dim, printableLines(out.Stack)))
	}
	t.note("%s", t.paint(dim, fmt.Sprintf("%s · version %d · %.1f ms CPU · %.1f ms", out.Outcome, out.Version, out.CPU, out.Time)))
}

// levelStyle is the colour of a level of console output.
func levelStyle(level string) string {
	switch level {
	case "error":
		return red
	case "warn":
		return yellow
	case "debug":
		return dim
	default:
		return cyan
	}
}
