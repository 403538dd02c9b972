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
	"syscall"
	"time"

	"github.com/skerry-edge/skerry/bench/family"
)

// build builds skerry into dir.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "skerry")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/skerry")
	cmd.Stderr = os.Stderr
	return binary, cmd.Run()
}

// process is one that was started, with its children.
type process struct {
	cmd *exec.Cmd
}

// command is one that dies with this process.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (p *process) close() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	late := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait()
}

// cpu is the CPU time that the process has used, with its children's.
func (p *process) cpu() (time.Duration, error) { return family.CPU(p.cmd.Process.Pid) }

// resident is the memory that the process and its children hold; pages that are shared are
// counted once.
func (p *process) resident() (int64, error) {
	all, err := family.Of(p.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	return family.Resident(all...)
}

// node is a node of one worker with a function.
type node struct {
	*process
	listen, admin string
	host          string // where the function answers
}

// startNode starts a node that may reach origin, and pushes a function with its CPU time.
func startNode(ctx context.Context, binary, origin, function string, cpuMillis int) (*node, error) {
	dir, err := os.MkdirTemp(filepath.Dir(binary), "node-")
	if err != nil {
		return nil, err
	}
	n := &node{listen: freeAddress(), admin: freeAddress(), host: function + ".localhost"}
	config := filepath.Join(dir, "node.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[egress]\nallow_private = [%q]\n", origin), 0o644); err != nil {
		return nil, err
	}
	project, err := workload(dir, function, cpuMillis)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	n.process = &process{command(ctx, binary, "serve", "--listen", n.listen, "--admin", n.admin, "--data", data, "--workers", "1", "--config", config)}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	err = n.ready()
	if err == nil {
		var out []byte
		out, err = exec.CommandContext(ctx, binary, "push", project, "--node", "http://"+n.admin, "--data", data).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("push: %w: %s", err, out)
		}
	}
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// workload copies the function into dir, with its CPU time.
func workload(dir, name string, cpuMillis int) (string, error) {
	to := filepath.Join(dir, name)
	if err := os.CopyFS(to, os.DirFS(filepath.Join("bench/workloads", name))); err != nil {
		return "", err
	}
	config := filepath.Join(to, "skerry.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		return "", err
	}
	return to, os.WriteFile(config, fmt.Appendf(text, "cpu_ms = %d\n", cpuMillis), 0o644)
}

func (n *node) ready() error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r, err := http.Get("http://" + n.admin + "/readyz")
		if err != nil {
			continue
		}
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.New("the node is not ready")
}

// get asks for path on a connection of its own, which the caller must close.
func (n *node) get(path string) (net.Conn, error) {
	c, err := net.Dial("tcp", n.listen)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(c, n.head(path))
	return c, err
}

// head is that of a request for path.
func (n *node) head(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + n.host + "\r\n\r\n"
}

// freeAddress is one that nobody listens at; empty: there is none.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return ""
	}
	defer l.Close()
	return l.Addr().String()
}
