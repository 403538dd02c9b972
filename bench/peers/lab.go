package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// lab is what all measurements share: built programs, Redis, the origin, a folder.
type lab struct {
	options
	root    string // of the project
	version string // of the project, by git
	dir     string // for files of this run, removed at the end
	plain   string // the program bench/peers/plain
	skerry  string
	redis   string // host:port; empty: there is none
	stores  int    // databases of Redis that nodes of ours have taken
	origin  string // host:port
	wrk     string // the program; empty: bench/load is used

	running []*process
	skipped []string // what could not be measured, and why
}

// openLab builds and starts what measurements share. Close it.
func openLab(ctx context.Context, o options) (l *lab, err error) {
	l = &lab{options: o}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if _, err := exec.LookPath("taskset"); err != nil {
		return nil, fmt.Errorf("nothing can be pinned to a core: %w", err)
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the project's folder: %w", err)
	}
	l.root, l.version = strings.TrimSpace(string(out)), "unknown"
	if out, err := exec.CommandContext(ctx, "git", "-C", l.root, "describe", "--always", "--dirty").Output(); err == nil {
		l.version = strings.TrimSpace(string(out))
	}
	if l.dir, err = os.MkdirTemp("", "skerry-peers"); err != nil {
		return nil, err
	}
	if l.plain, err = l.build(ctx, "plain", "./bench/peers/plain"); err != nil {
		return nil, err
	}
	if l.skerry, err = l.build(ctx, "skerry", "./cmd/skerry"); err != nil {
		return nil, err
	}
	if err := l.install(ctx); err != nil {
		l.skip("peers from npm: %v", err)
	}
	if l.wrk, err = exec.LookPath("wrk"); err != nil {
		l.skip("wrk is not there: bench/load sends the requests, and takes more of its core")
	}
	if err := l.pinSelf(); err != nil {
		return nil, err
	}
	if err := l.startRedis(ctx); err != nil {
		l.skip("Redis: %v", err)
	}
	return l, l.startOrigin(ctx)
}

// close ends what still runs and removes the files.
func (l *lab) close() {
	for _, p := range l.running {
		p.stop()
	}
	if l.dir != "" {
		if err := os.RemoveAll(l.dir); err != nil {
			fmt.Fprintln(os.Stderr, "bench-peers:", err)
		}
	}
}

// skip says, at once and in the report, what is not measured.
func (l *lab) skip(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	fmt.Fprintln(os.Stderr, "bench-peers: SKIPPED", reason)
	l.skipped = append(l.skipped, reason)
}

// build builds a program of the project, as make does.
func (l *lab) build(ctx context.Context, name, pkg string) (string, error) {
	binary := filepath.Join(l.dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, pkg)
	cmd.Dir, cmd.Stderr, cmd.Env = l.root, os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return binary, nil
}

// install fetches the peers' packages, unless they are there.
func (l *lab) install(ctx context.Context) error {
	dir := filepath.Join(l.root, "bench", "peers")
	have, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if err == nil {
		if lock, err := os.Stat(filepath.Join(dir, "package-lock.json")); err == nil && !lock.ModTime().After(have.ModTime()) {
			return nil
		}
	}
	// npm ci would refuse a registry that lacks Deno's packages for other systems.
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stderr, os.Stderr
	return cmd.Run()
}

// pinSelf moves this process, with all its threads, to the core of the load.
func (l *lab) pinSelf() error {
	out, err := exec.Command("taskset", "-a", "-c", "-p", strconv.Itoa(l.loadCore), strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pin the load to core %d: %w: %s", l.loadCore, err, out)
	}
	return nil
}

// packageProgram is a program that a package of npm has brought.
func (l *lab) packageProgram(name string) string {
	return filepath.Join(l.root, "bench", "peers", "node_modules", ".bin", name)
}

// databases is how many databases Redis has: one for the peers that keep values there alone, and
// one for each node of ours.
const databases = 256

// store is the URL of a database of Redis that no other node has. Nodes that share one are one
// system: what is pushed to the last is what all of them run.
func (l *lab) store() string {
	l.stores++
	return "redis://" + l.redis + "/" + strconv.Itoa(l.stores)
}

func (l *lab) startRedis(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	p, err := l.start(ctx, cores(l.loadCore), nil, "redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", l.dir, "--databases", strconv.Itoa(databases))
	if err != nil {
		return err
	}
	l.redis = "127.0.0.1:" + strconv.Itoa(port)
	return waitFor(ctx, p, func() error {
		c, err := net.Dial("tcp", l.redis)
		if err != nil {
			return err
		}
		return c.Close()
	})
}

func (l *lab) startOrigin(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	p, err := l.start(ctx, cores(l.loadCore), nil, l.plain, "-listen", address)
	if err != nil {
		return err
	}
	l.origin = address
	return waitFor(ctx, p, func() error { return answers("http://" + address + "/") })
}

// answers says whether a GET succeeds.
func answers(url string) error {
	r, err := http.Get(url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", url, r.StatusCode)
	}
	return nil
}

// startWait is how long a server may take to start.
const startWait = 30 * time.Second

// waitFor waits until ready succeeds.
func waitFor(ctx context.Context, p *process, ready func() error) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it isn't ready: %w", errors.Join(err, p.report()))
		case <-p.exited:
			return fmt.Errorf("it has ended: %w", p.report())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func freeAddress() (string, error) {
	port, err := freePort()
	return "127.0.0.1:" + strconv.Itoa(port), err
}

// cores lists cores as taskset reads them.
func cores(list ...int) string {
	text := ""
	for _, c := range list {
		text += "," + strconv.Itoa(c)
	}
	return text[1:]
}
