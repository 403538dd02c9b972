package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

// finding is one thing that the doctor looked at.
type finding struct {
	Check   string `json:"check"`
	OK      bool   `json:"ok"`
	Warning bool   `json:"warning,omitempty"` // it is OK, and could be better
	Detail  string `json:"detail"`
	err     error
}

func doctorCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Look at this machine and the node, and say what is wrong",
		Example: "  skerry doctor --node http://127.0.0.1:8788",
		Args:    cobra.NoArgs,
	}
	r := remoteFlags(t, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		findings := append(r.machine(), r.nodeFindings(cmd.Context())...)
		if !t.document(findings) {
			for _, f := range findings {
				mark := t.paint(green, "✓")
				switch {
				case !f.OK:
					mark = t.paint(red, "✗")
				case f.Warning:
					mark = t.paint(yellow, "!")
				}
				t.say("%s %-12s %s", mark, f.Check, printableLines(f.Detail))
			}
		}
		for _, f := range findings {
			if f.err != nil {
				return f.err
			}
			if !f.OK {
				return errors.New(f.Check + ": " + f.Detail)
			}
		}
		return nil
	}
	return cmd
}

// machine looks at what a node needs of this machine.
func (r *remote) machine() []finding {
	found := []finding{{Check: "skerry", OK: true, Detail: currentVersion() + " " + runtime.GOOS + "/" + runtime.GOARCH}}
	if files, err := openFilesMax(); err == nil {
		f := finding{Check: "open files", OK: files >= 4096, Detail: fmt.Sprintf("at most %d", files)}
		if !f.OK {
			f.Detail += "; a busy node needs more: ulimit -n 65536"
		}
		found = append(found, f)
	}
	dir := r.setting(r.data, "SKERRY_DATA", defaultData)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		found = append(found, finding{Check: "data", OK: true, Detail: dir + " is not there yet; skerry serve makes it"})
	case err != nil:
		found = append(found, finding{Check: "data", Detail: err.Error()})
	default:
		f := finding{Check: "data", OK: info.IsDir() && info.Mode().Perm()&0o002 == 0, Detail: dir}
		if !f.OK {
			f.Detail += " must be a folder that not everybody can write to"
		}
		found = append(found, f)
	}
	return found
}

// nodeFindings asks the node.
func (r *remote) nodeFindings(ctx context.Context) []finding {
	c, err := r.client()
	if err != nil {
		return []finding{{Check: "node", Detail: err.Error(), err: err}}
	}
	status, err := c.Status(ctx)
	if err != nil {
		var problem *admin.Problem
		detail := err.Error()
		if !errors.As(err, &problem) {
			detail += "; is a node running? start one with: skerry serve"
		}
		return []finding{{Check: "node", Detail: detail, err: err}}
	}
	found := []finding{{Check: "node", OK: true, Detail: fmt.Sprintf("%s, skerry %s, store %s, %d function(s), revision %d",
		c.Node, status.Version, status.Store, status.Functions, status.Revision)}}
	found = append(found, finding{Check: "processes", OK: true, Detail: countProcesses(status.Processes)})
	for _, layer := range status.MissingLayers {
		found = append(found, finding{Check: "layers", OK: true, Warning: true, Detail: layer})
	}
	if !status.Ready {
		found = append(found, finding{Check: "ready", Detail: "the node takes no requests"})
	}
	for _, problem := range status.Degraded {
		found = append(found, finding{Check: "health", Detail: problem})
	}
	return found
}

// countProcesses says how many processes of each kind there are, and how many of them do
// anything but serve: "2 workers (1 starting), 0 jails".
func countProcesses(all []admin.Process) string {
	var kinds []string
	for _, kind := range []string{"worker", "jail"} {
		count, others := 0, make(map[string]int)
		for _, p := range all {
			if p.Kind != kind {
				continue
			}
			count++
			if p.State != "serving" {
				others[p.State]++
			}
		}
		text := counted(count, kind)
		var states []string
		for _, state := range slices.Sorted(maps.Keys(others)) {
			states = append(states, fmt.Sprintf("%d %s", others[state], state))
		}
		if len(states) > 0 {
			text += " (" + strings.Join(states, ", ") + ")"
		}
		kinds = append(kinds, text)
	}
	return strings.Join(kinds, ", ")
}
