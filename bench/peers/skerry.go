package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// startSkerry returns what starts a node of ours with one function, in an isolation.
func startSkerry(binary, isolation string, workers int) func(context.Context, *lab, workloads.Workload) (*server, error) {
	return func(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
		n, err := startNode(ctx, l, binary, workers, l.serverCores(workers), w)
		if err != nil {
			return nil, err
		}
		return n.server, n.push(ctx, isolation, w.Name)
	}
}

// node is a node of ours.
type node struct {
	*server
	lab      *lab
	binary   string
	admin    string
	data     string
	workload workloads.Workload
}

func startNode(ctx context.Context, l *lab, binary string, workers int, cores string, w workloads.Workload) (*node, error) {
	n := &node{server: new(server), lab: l, binary: binary, workload: w}
	var err error
	if n.address, err = freeAddress(); err != nil {
		return nil, err
	}
	if n.admin, err = freeAddress(); err != nil {
		return nil, err
	}
	if n.data, err = os.MkdirTemp(l.dir, "node"); err != nil {
		return nil, err
	}
	config := filepath.Join(n.data, "node.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[egress]\nallow_private = [%q]\n", l.origin), 0o600); err != nil {
		return nil, err
	}
	args := []string{"serve", "--config", config, "--listen", n.address, "--admin", n.admin, "--data", n.data, "--workers", strconv.Itoa(workers)}
	if w.Name == "kv" {
		if l.redis == "" {
			return nil, errNotHere
		}
		args = append(args, "--store", "redis://"+l.redis)
	}
	if n.process, err = l.start(ctx, cores, nil, binary, args...); err != nil {
		return nil, err
	}
	return n, waitFor(ctx, n.process, func() error { return answers("http://" + n.admin + "/readyz") })
}

// push makes the workload a function of the node under each of the names.
func (n *node) push(ctx context.Context, isolation string, names ...string) error {
	folder := n.workload.Name
	if folder == embedded {
		folder = "kv"
	}
	project, err := os.MkdirTemp(n.data, "project")
	if err != nil {
		return err
	}
	choice := workloads.Choice{Isolation: isolation, Origin: n.lab.origin}
	if err := workloads.Copy(project, filepath.Join(n.lab.root, "bench", "workloads", folder), choice); err != nil {
		return err
	}
	for _, name := range names {
		out, err := exec.CommandContext(ctx, n.binary, "push", project, "--name", name, "--node", "http://"+n.admin, "--data", n.data).CombinedOutput()
		if err != nil {
			return fmt.Errorf("push: %w: %s", err, out)
		}
		n.hosts = append(n.hosts, name+".localhost")
	}
	return nil
}
