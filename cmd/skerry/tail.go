package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

// tailRetry are the waits between attempts to reach a node that went away.
var tailRetry = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}

// tailLine is what a tail needs of a line: a console line or the record of an event.
type tailLine struct {
	Type     string    `json:"type"`
	Time     time.Time `json:"time"`
	Function string    `json:"function"`
	Version  int       `json:"version"`
	Level    string    `json:"level"`
	Message  string    `json:"message"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status"`
	Outcome  string    `json:"outcome"`
	Error    string    `json:"error"`
	CPU      float64   `json:"cpu_ms"`
	Total    float64   `json:"total_ms"`
	Lines    int       `json:"lines"`
}

func tailCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tail [FUNCTION]",
		Short:   "Follow what functions log, and each event, live",
		Example: "  skerry tail shop\n  skerry tail --json | jq 'select(.status >= 500)'",
		Args:    cobra.MaximumNArgs(1),
	}
	r := remoteFlags(t, cmd)
	outcome := cmd.Flags().String("outcome", "", `only events that ended like this: "ok", "exception", "exceeded_cpu", …`)
	cmd.RunE = r.run(func(ctx context.Context, c *admin.Client, args []string) error {
		function := ""
		if len(args) == 1 {
			function = args[0]
		}
		attempt := 0
		for {
			err := c.Tail(ctx, function, func() {
				attempt = 0
				t.note("%s", t.paint(dim, "following "+c.Node+"; Ctrl-C ends"))
			}, func(document json.RawMessage) error {
				return t.tailed(document, *outcome)
			})
			if ctx.Err() != nil {
				return nil // it has no other end
			}
			if !errors.Is(err, admin.ErrUnreachable) {
				return err
			}
			wait := tailRetry[min(attempt, len(tailRetry)-1)]
			attempt++
			t.note("%s", t.paint(yellow, fmt.Sprintf("the node went away; trying again in %v", wait)))
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return nil
			}
		}
	})
	return cmd
}

// tailed shows one line of a tail.
func (t *terminal) tailed(document json.RawMessage, outcome string) error {
	var l tailLine
	if err := json.Unmarshal(document, &l); err != nil {
		return err
	}
	if outcome != "" && l.Outcome != outcome {
		return nil
	}
	if t.json {
		_, err := fmt.Fprintf(t.out, "%s\n", document)
		return err
	}
	at := t.paint(dim, l.Time.Local().Format("15:04:05.000"))
	switch l.Type {
	case "request":
		style := green
		if l.Outcome != "ok" {
			style = red
		}
		text := fmt.Sprintf("%s %s %s %s", l.Function, l.Method, printable(l.Path), t.paint(style, fmt.Sprintf("%d %s", l.Status, l.Outcome)))
		t.say("%s %s %s", at, text, t.paint(dim, fmt.Sprintf("%.1f ms, %.1f ms CPU", l.Total, l.CPU)))
		if l.Error != "" {
			t.say("             %s", t.paint(red, printableLines(l.Error)))
		}
	case "log":
		t.say("%s %s %s %s", at, l.Function, t.paint(levelStyle(l.Level), l.Level), printableLines(l.Message))
	case "dropped":
		t.say("%s", t.paint(yellow, fmt.Sprintf("%d lines were dropped: more is logged than this connection takes", l.Lines)))
	}
	return nil
}
