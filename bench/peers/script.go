package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// startScript returns what starts a JavaScript runtime that runs one application in one
// process, with a server of the folder servers around the workload. Arguments come before
// the server's file.
func startScript(program func(*lab) string, file string, args ...string) func(context.Context, *lab, workloads.Workload) (*server, error) {
	return func(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
		if w.Name == embedded || w.Name == "kv" && l.redis == "" {
			return nil, errNotHere
		}
		dir, err := l.bundle(ctx, w)
		if err != nil {
			return nil, err
		}
		module := filepath.Join(dir, "index.mjs")
		if err := inlineWasm(dir, module); err != nil {
			return nil, err
		}
		s := &server{hosts: []string{w.Name + ".localhost"}}
		if s.address, err = freeAddress(); err != nil {
			return nil, err
		}
		_, port, err := net.SplitHostPort(s.address)
		if err != nil {
			return nil, err
		}
		redis := l.redis
		if !w.KV {
			redis = ""
		}
		all := append(args[:len(args):len(args)], filepath.Join(l.root, "bench", "peers", "servers", file), "file://"+module, port, redis, l.origin)
		s.process, err = l.start(ctx, cores(l.serverCore), []string{"NODE_ENV=production"}, program(l), all...)
		if err != nil {
			return nil, err
		}
		return s, waitFor(ctx, s.process, s.listens)
	}
}

// machineNode is the Node that the machine has.
func machineNode(*lab) string {
	if path, err := exec.LookPath("node"); err == nil {
		return path
	}
	return "node" // starting it says what is wrong
}

// npmProgram returns what finds a program that npm has brought.
func npmProgram(name string) func(*lab) string {
	return func(l *lab) string { return l.packageProgram(name) }
}

// wasmImport matches an import of a WebAssembly module, which runtimes disagree about.
var wasmImport = regexp.MustCompile(`import (\w+) from "\./([\w.-]+\.wasm)";`)

// inlineWasm writes the bundle in dir to the file to, with the WebAssembly that it imports as
// modules that it compiles itself.
func inlineWasm(dir, to string) error {
	text, err := os.ReadFile(filepath.Join(dir, "index.js"))
	if err != nil {
		return err
	}
	var failed error
	text = wasmImport.ReplaceAllFunc(text, func(statement []byte) []byte {
		parts := wasmImport.FindSubmatch(statement)
		module, err := os.ReadFile(filepath.Join(dir, string(parts[2])))
		if err != nil {
			failed = err
		}
		return fmt.Appendf(nil, `const %s = new WebAssembly.Module(Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0)));`,
			parts[1], base64.StdEncoding.EncodeToString(module))
	})
	if failed != nil {
		return failed
	}
	return os.WriteFile(to, text, 0o644)
}
