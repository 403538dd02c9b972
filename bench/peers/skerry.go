package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/skerry-edge/skerry/bench/workloads"
	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/gateway/admin"
)

// functionsOfMany is how many functions a node of ours has in the workload many.
const functionsOfMany = 1000

// startSkerry returns what starts a node of ours: one worker, and the workload in an
// isolation as its one function, or as its many.
func startSkerry(binary, isolation string) func(context.Context, *lab, workloads.Workload) (*server, error) {
	return func(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
		functions := 1
		if w.Name == "many" {
			functions = functionsOfMany
		}
		return startNode(ctx, l, nodeConfig{binary: binary, isolation: isolation, functions: functions, workers: 1, cores: cores(l.serverCore)}, w)
	}
}

// nodeConfig is what distinguishes nodes of ours.
type nodeConfig struct {
	binary    string
	isolation string
	functions int // the same workload under so many names
	workers   int
	cores     string
}

// startNode starts a node and pushes the workload.
func startNode(ctx context.Context, l *lab, cfg nodeConfig, w workloads.Workload) (*server, error) {
	if w.Name == "kv" && l.redis == "" {
		return nil, errNotHere
	}
	s := new(server)
	var err error
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	control, err := freeAddress()
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp(l.dir, "node")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(data, "node.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[egress]\nallow_private = [%q]\n", l.origin), 0o600); err != nil {
		return nil, err
	}
	args := []string{"serve", "--config", config, "--listen", s.address, "--admin", control, "--data", data, "--workers", strconv.Itoa(cfg.workers)}
	if w.Name == "kv" {
		args = append(args, "--store", l.store())
	}
	if s.process, err = l.start(ctx, cfg.cores, nil, cfg.binary, args...); err != nil {
		return nil, err
	}
	if err := waitFor(ctx, s.process, func() error { return answers("http://" + control + "/readyz") }); err != nil {
		return s, err
	}
	bundle, err := l.bundleOf(ctx, w, cfg.isolation)
	if err != nil {
		return s, err
	}
	c := &admin.Client{Node: "http://" + control}
	if c.Token, err = admin.ReadToken(data); err != nil {
		return s, err
	}
	for i := range cfg.functions {
		name := w.Name
		if cfg.functions > 1 {
			name += "-" + strconv.Itoa(i)
		}
		bundle.Manifest.Name = name
		if _, err := c.Push(ctx, name, bytes.NewReader(bundles.Encode(bundle)), ""); err != nil {
			return s, fmt.Errorf("push %s: %w", name, err)
		}
		s.hosts = append(s.hosts, name+".localhost")
	}
	return s, nil
}

// bundleOf builds a workload as push does.
func (l *lab) bundleOf(ctx context.Context, w workloads.Workload, isolation string) (*bundles.Bundle, error) {
	folder := w.Name
	if folder == embedded {
		folder = "kv"
	}
	project, err := os.MkdirTemp(l.dir, "project")
	if err != nil {
		return nil, err
	}
	choice := workloads.Choice{Isolation: isolation, Origin: l.origin}
	if err := workloads.Copy(project, filepath.Join(l.root, "bench", "workloads", folder), choice); err != nil {
		return nil, err
	}
	p, err := build.Load(project)
	if err != nil {
		return nil, err
	}
	r, err := build.Build(ctx, p, build.Options{})
	if err != nil {
		return nil, err
	}
	return r.Bundle, nil
}
