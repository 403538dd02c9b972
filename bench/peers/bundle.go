package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// bundle makes the workload one module, index.js in a folder of its own, with the WebAssembly
// that it imports beside it.
func (l *lab) bundle(ctx context.Context, w workloads.Workload) (dir string, err error) {
	if dir, err = os.MkdirTemp(l.dir, w.Name); err != nil {
		return "", err
	}
	folder := filepath.Join(l.root, "bench", "workloads", w.Name)
	main := filepath.Join(folder, "index.js")
	if _, err := os.Stat(main); err != nil {
		main = filepath.Join(folder, "src", "index.ts")
	}
	out, err := exec.CommandContext(ctx, l.packageProgram("esbuild"), main, "--bundle", "--format=esm", "--external:*.wasm",
		"--log-level=warning", "--outfile="+filepath.Join(dir, "index.js")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("bundle %s: %w: %s", w.Name, err, out)
	}
	modules, err := filepath.Glob(filepath.Join(folder, "*.wasm"))
	if err != nil {
		return "", err
	}
	for _, m := range modules {
		text, err := os.ReadFile(m)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(m)), text, 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}
