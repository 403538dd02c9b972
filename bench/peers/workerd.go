package main

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"strings"

	"github.com/skerry-edge/skerry/bench/workloads"
)

//go:embed workerd/config.capnp
var workerdConfig string

//go:embed workerd/store.js
var workerdStore string

// startWorkerd starts workerd with the workload; KV is its own, over memory.
func startWorkerd(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
	if w.Name == embedded {
		return nil, errNotHere
	}
	dir, err := l.bundle(ctx, w)
	if err != nil {
		return nil, err
	}
	s := &server{hosts: []string{w.Name + ".localhost"}}
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	modules := `(name = "index.js", esModule = embed "index.js")`
	if _, err := os.Stat(filepath.Join(dir, "fib.wasm")); err == nil {
		modules += `, (name = "fib.wasm", wasm = embed "fib.wasm")`
	}
	config := strings.NewReplacer("ADDRESS", s.address, "ORIGIN_URL", "http://"+l.origin, "MODULES", modules).Replace(workerdConfig)
	for name, text := range map[string]string{"config.capnp": config, "store.js": workerdStore} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	s.process, err = l.start(ctx, cores(l.serverCore), nil, l.packageProgram("workerd"), "serve", filepath.Join(dir, "config.capnp"))
	if err != nil {
		return nil, err
	}
	return s, waitFor(ctx, s.process, s.listens)
}
