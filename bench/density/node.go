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
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/skerry-edge/skerry/bench/family"
	"github.com/skerry-edge/skerry/bench/load"
)

// node is a node in processes of its own.
type node struct {
	listen, admin, data string
	cmd                 *exec.Cmd
	ready               time.Duration // from its start until it was ready
}

// readyMax is how long a node may take until it is ready.
const readyMax = 2 * time.Minute

// build builds the program that is measured.
func (b *bench) build(ctx context.Context) error {
	b.binary = filepath.Join(b.dir, "skerry")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.binary, "./cmd/skerry")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// start starts a node on a data directory and waits until it is ready.
func (b *bench) start(ctx context.Context, data string, args ...string) (*node, error) {
	n := &node{data: data}
	for _, address := range []*string{&n.listen, &n.admin} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		*address = l.Addr().String()
		l.Close()
	}
	args = append([]string{"serve", "--listen", n.listen, "--admin", n.admin, "--data", data}, args...)
	n.cmd = exec.Command(b.binary, args...)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said strings.Builder
	n.cmd.Stderr = &said
	// The parent-death signal follows the thread that has started the process.
	runtime.LockOSThread()
	started := time.Now()
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readyMax)
	defer cancel()
	for {
		if r, err := http.Get("http://" + n.admin + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				n.ready = time.Since(started)
				return n, nil
			}
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			n.stop()
			return nil, fmt.Errorf("the node is not ready after %v: %s", time.Since(started), said.String())
		}
	}
}

// stop ends the node and waits for it.
func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	_ = n.cmd.Wait()
}

// processes are the node's own and its children's.
func (n *node) processes() ([]int, error) { return family.Of(n.cmd.Process.Pid) }

// cpu is the CPU time that the node has used, in user space and in the kernel.
func (n *node) cpu() (time.Duration, error) { return family.CPU(n.cmd.Process.Pid) }

// gauge reads one of the node's metrics.
func (n *node) gauge(ctx context.Context, name string) (float64, error) {
	token, err := os.ReadFile(filepath.Join(n.data, "admin.token"))
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.admin+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("the node has no metric %s", name)
}

// requestTo is a request to a function of the node. Its URL has the node's address, so that
// requests to thousands of functions share connections, as behind a proxy.
func (n *node) requestTo(function string) (*load.Request, error) {
	return load.NewRequest("", "http://"+n.listen+"/", [][2]string{{"Host", function + "." + domain}}, nil)
}

// load loads the node. A generator that was short of CPU time is no error here: what is
// read off a saturated load is the server's CPU time.
func (n *node) load(ctx context.Context, cfg load.Config) (*load.Result, error) {
	cfg.Connect = n.listen
	r, err := load.Run(ctx, cfg)
	var bottleneck *load.BottleneckError
	if errors.As(err, &bottleneck) {
		err = nil
	}
	if err == nil && r.Requests == 0 {
		err = errors.New("no request was answered")
	}
	return r, err
}

// perCPUSecond loads the node and returns how many requests it answers in a second of its
// CPU time.
func (n *node) perCPUSecond(ctx context.Context, cfg load.Config) (float64, error) {
	warm := cfg
	warm.Duration = max(cfg.Duration/4, time.Second)
	if _, err := n.load(ctx, warm); err != nil {
		return 0, err
	}
	before, err := n.cpu()
	if err != nil {
		return 0, err
	}
	r, err := n.load(ctx, cfg)
	if err != nil {
		return 0, err
	}
	if r.Failed > 0 {
		return 0, fmt.Errorf("%d of %d requests failed: %v", r.Failed, r.Requests, r.Errors)
	}
	after, err := n.cpu()
	if err != nil {
		return 0, err
	}
	return float64(r.Requests) / (after - before).Seconds(), nil
}
