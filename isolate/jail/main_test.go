package jail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/jail"
	"github.com/skerry-edge/skerry/isolate/jail/fence"
	"github.com/skerry-edge/skerry/kv/memory"
)

// jailEnv makes the test binary a jail.
const jailEnv = "SKERRY_TEST_JAIL"

func TestMain(m *testing.M) {
	if how := os.Getenv(jailEnv); how != "" {
		os.Exit(beJail(how))
	}
	goleak.VerifyTestMain(m)
}

// beJail is a jail's main, without a fence.
func beJail(how string) int {
	switch how {
	case "silent":
		select {}
	case "broken":
		return 7
	}
	signal.Ignore(syscall.SIGINT)
	cfg := jail.ServerConfig{Control: os.NewFile(3, "control"), MemoryBytes: 64 << 20, Engine: isolate.Config{MemoryBytes: 16 << 20}}
	newServer := jail.NewServer
	if how == "sticky" {
		newServer = func(cfg jail.ServerConfig) (*jail.Server, error) { return jail.NewServerWithConsole(cfg, stick) }
	}
	server, err := newServer(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if how == "fenced" {
		layers, err := fence.Self(fence.Config{Keep: server.Sockets(), Parent: os.Getppid()})
		if err != nil || !layers.InForce(fence.LayerSeccomp) {
			fmt.Fprintln(os.Stderr, layers, err)
			return 4
		}
	}
	if err := server.Serve(context.Background()); err != nil {
		return 3
	}
	return 0
}

// stick is a native function that nothing interrupts.
func stick(l isolate.LogLine) {
	for n := 0; l.Message == "stick"; n++ {
	}
}

// process is a jail that the tests have started.
type process struct{ cmd *exec.Cmd }

func (p process) Pid() int    { return p.cmd.Process.Pid }
func (p process) Wait() error { return p.cmd.Wait() }
func (p process) Kill()       { p.cmd.Process.Kill() }

// starter returns a KeeperConfig.Start whose jails behave as how says.
func starter(how string) func(context.Context, jail.Spec) (jail.Process, error) {
	return func(_ context.Context, spec jail.Spec) (jail.Process, error) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = []string{jailEnv + "=" + how, "GOMAXPROCS=2", "GORACE=atexit_sleep_ms=0"}
		cmd.ExtraFiles = []*os.File{spec.Control}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return process{cmd}, nil
	}
}

// node is a keeper and a pool in one process, with functions in memory.
type node struct {
	*jail.Pool
	keeper  *jail.Keeper
	mu      sync.Mutex
	bundles map[bundles.Digest]*bundles.Bundle
	lines   []isolate.LogLine
	losses  []jail.Loss
	faults  []error
}

// newNode starts a node; edit may change what it is made of.
func newNode(t testing.TB, edit func(*jail.KeeperConfig, *jail.PoolConfig)) *node {
	t.Helper()
	n := &node{bundles: make(map[bundles.Digest]*bundles.Bundle)}
	kc := jail.KeeperConfig{
		Start:    starter("jail"),
		StartMax: 30 * time.Second,
		Lost: func(l jail.Loss) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.losses = append(n.losses, l)
		},
	}
	pc := jail.PoolConfig{
		Host: isolate.Host{KV: memory.New(memory.Config{}), Cache: newCache(t), Fetch: newEcho(), Console: n.log},
		Load: n.load,
		Open: func(ctx context.Context, function string) (net.Conn, error) { return n.open(ctx, function) },
		Fault: func(_ string, err error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.faults = append(n.faults, err)
		},
		OpenMax: time.Minute,
	}
	if edit != nil {
		edit(&kc, &pc)
	}
	var err error
	if n.keeper, err = jail.NewKeeper(kc); err != nil {
		t.Fatal(err)
	}
	if n.Pool, err = jail.NewPool(pc); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Pool.Close()
		n.keeper.Close()
	})
	return n
}

func (n *node) open(ctx context.Context, function string) (net.Conn, error) {
	file, err := n.keeper.Open(ctx, function)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return net.FileConn(file)
}

func (n *node) log(l isolate.LogLine) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, l)
}

func (n *node) load(_ context.Context, d bundles.Digest) (*bundles.Bundle, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.bundles[d]
	if !ok {
		return nil, errors.New("no such bundle")
	}
	return b, nil
}

// function makes a function of a script.
func (n *node) function(name, script string, edit ...func(*bundles.Manifest)) *isolate.Target {
	m := bundles.Manifest{Name: name}
	for _, f := range edit {
		f(&m)
	}
	b := &bundles.Bundle{Manifest: m, Script: []byte(script)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bundles[b.Digest()] = b
	return &isolate.Target{Function: name, Number: 1, Digest: b.Digest(), Manifest: m.WithDefaults()}
}

// handler is a script whose function does what body says.
func handler(body string) string {
	return "__register({default: {async fetch(request, env, ctx) {" + body + "}}})"
}

// event is an event whose result comes through the channel.
func event(id string) (*isolate.Event, <-chan isolate.Result) {
	done := make(chan isolate.Result, 1)
	return &isolate.Event{
		ID: id, Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://hello.localhost/a?b=c"},
		Done: func(r isolate.Result) { done <- r },
	}, done
}

// get runs one event and waits until it is over.
func (n *node) get(t *testing.T, target *isolate.Target) (string, isolate.Result, error) {
	t.Helper()
	ev, done := event("e")
	r, err := n.Dispatch(t.Context(), target, ev)
	result := <-done
	if err != nil {
		return "", result, err
	}
	return string(r.Body), result, nil
}

func outcome(err error) isolate.Outcome {
	var f *isolate.Failure
	switch {
	case err == nil:
		return isolate.OutcomeOK
	case errors.As(err, &f):
		return f.Outcome
	default:
		return isolate.Outcome(err.Error())
	}
}

// echo answers subrequests with what they are. "/wait" is never answered, and
// "/begun" once a "/wait" has arrived.
type echo struct{ begun chan struct{} }

func newEcho() echo { return echo{begun: make(chan struct{})} }

func (e echo) Fetch(ctx context.Context, t *isolate.Target, ev *isolate.Event, r *isolate.Request) (*isolate.Response, error) {
	switch {
	case strings.HasSuffix(r.URL, "/fail"):
		return nil, errors.New("no route to host")
	case strings.HasSuffix(r.URL, "/wait"):
		select {
		case e.begun <- struct{}{}:
			<-ctx.Done()
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	case strings.HasSuffix(r.URL, "/begun"):
		select {
		case <-e.begun:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	body := fmt.Sprintf("%s %d %s %s %s %d", t.Function, t.Number, ev.ID, r.Method, r.URL, len(r.Body))
	return &isolate.Response{URL: r.URL, Status: 203, StatusText: "Sure", Header: []isolate.Field{{Name: "X-Echo", Value: "yes"}}, Body: []byte(body)}, nil
}
