package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// peer is a kind of server that can be measured.
type peer struct {
	name  string
	start func(context.Context, *lab, workloads.Workload) (*server, error)
}

// Names of peers that others are compared with, and ours.
const (
	nameReuse   = "skerry-reuse"
	nameEvent   = "skerry-event"
	nameWorkerd = "workerd"
	namePlain   = "fasthttp"
)

// allPeers is the table of peers; the command line may add further builds of Skerry.
func allPeers(l *lab) []peer {
	return []peer{
		{nameReuse, startSkerry(l.skerry, "reuse")},
		{nameEvent, startSkerry(l.skerry, "event")},
		{nameWorkerd, startWorkerd},
		{namePlain, startPlain},
		{"deno", startScript(npmProgram("deno"), "deno.js", "run", "--allow-all", "--no-prompt", "--node-modules-dir=manual")},
		{"bun", startScript(npmProgram("bun"), "bun.js", "run")},
		{"node", startScript(machineNode, "node.js")},
		{"nginx-njs", startNginx},
	}
}

// choosePeers finds peers by their names; "skerry" is both of ours.
func choosePeers(l *lab, names string) ([]peer, error) {
	all := allPeers(l)
	var chosen []peer
	if names == "" {
		chosen = all
	} else {
		for name := range strings.SplitSeq(names, ",") {
			n := len(chosen)
			for _, p := range all {
				if p.name == name || name == "skerry" && (p.name == nameReuse || p.name == nameEvent) {
					chosen = append(chosen, p)
				}
			}
			if len(chosen) == n {
				return nil, fmt.Errorf("there is no peer %q", name)
			}
		}
	}
	if l.binaries == "" {
		return chosen, nil
	}
	for item := range strings.SplitSeq(l.binaries, ",") {
		label, path, found := strings.Cut(item, "=")
		if !found {
			return nil, fmt.Errorf("-skerry %q: write LABEL=PATH", item)
		}
		path, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		for _, isolation := range []string{"reuse", "event"} {
			chosen = append(chosen, peer{label + "-" + isolation, startSkerry(path, isolation)})
		}
	}
	return slices.Clip(chosen), nil
}
