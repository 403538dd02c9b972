//go:build linux

package supervise_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

const (
	folderVariable  = "SUPERVISE_TEST_FOLDER"
	addressVariable = "SUPERVISE_TEST_ADDRESS"
)

// server is a node in small: it has a lock that only one process can hold, workers, and
// upgrades itself on SIGUSR2. The file "fail" in its folder says where a successor fails.
func server() int {
	time.AfterFunc(2*time.Minute, func() { os.Exit(9) }) // should a test forget it
	folder := os.Getenv(folderVariable)
	plan, _ := os.ReadFile(filepath.Join(folder, "fail"))
	failing := string(plan)
	if failing == "start" {
		return 4
	}
	in, err := supervise.Adopt()
	if err != nil {
		return fail(err)
	}
	defer in.Close()
	h, err := in.Handover(map[string]control.Handler{})
	if err != nil {
		return fail(err)
	}
	defer h.Close()
	switch failing {
	case "hello":
		return 4
	case "hello never":
		select {}
	case "crash":
		panic("new and broken")
	}
	ctx := context.Background()
	if err := h.Accept(ctx, fmt.Sprint("pid ", os.Getpid())); err != nil {
		return fail(err)
	}
	lock, err := os.Create(filepath.Join(folder, "lock"))
	if err != nil {
		return fail(err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fail(fmt.Errorf("two processes have what one may have: %w", err))
	}
	if failing == "accept" {
		return 4
	}
	listeners := in.Listeners("http", "admin")
	for name, address := range map[string]string{"http": os.Getenv(addressVariable), "admin": "127.0.0.1:0"} {
		ln, err := listeners.Listen(name, address)
		if err != nil {
			return fail(err)
		}
		ln.Close() // the workers accept
	}
	spawner := supervise.NewSpawner()
	defer spawner.Close()
	s, err := supervise.New(supervise.Config{Kind: "worker", Count: 2, Spawner: spawner, Start: func(slot int) (supervise.Spec, error) {
		if failing == "workers" {
			return supervise.Spec{Command: role("exit")}, nil
		}
		http, err := listeners.File("http")
		spec := supervise.Spec{Command: role("worker")}
		spec.Files = []supervise.File{http}
		return spec, err
	}, BackoffMin: time.Millisecond})
	if err != nil {
		return fail(err)
	}
	defer s.Close()
	if err := s.AwaitReady(ctx); err != nil {
		return fail(err)
	}
	if failing == "serve never" {
		select {}
	}
	if err := h.Serving(ctx); err != nil {
		return fail(err)
	}
	supervise.NotifyReady()
	h.Close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	fmt.Println("serving", os.Getpid(), listeners.Origin("http"), listeners.Origin("admin"))
	for sig := range signals {
		if sig == syscall.SIGTERM {
			break
		}
		plan, _ := os.ReadFile(filepath.Join(folder, "fail"))
		cfg := supervise.UpgradeConfig{
			Listeners: listeners,
			Release: func(context.Context, *supervise.Successor) error {
				if string(plan) == "release" {
					return errors.New("it can't be released")
				}
				return unix.Flock(int(lock.Fd()), unix.LOCK_UN)
			},
			Resume: func(context.Context) error { return unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) },
		}
		switch string(plan) {
		case "hello never":
			cfg.HelloMax = 500 * time.Millisecond
		case "serve never":
			cfg.ServeMax = 500 * time.Millisecond
		}
		next, err := supervise.Upgrade(ctx, cfg)
		if err != nil {
			fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("replaced by", next.Pid(), next.Version())
		next.Close()
		break
	}
	s.Drain(ctx)
	return 0
}

// node is a server under test, through all its successors.
type node struct {
	folder, address string
	first           *exec.Cmd
	pid             int
	lines           *bufio.Scanner
	notified        *net.UnixConn
}

func startNode(t *testing.T) *node {
	t.Helper()
	n := &node{folder: t.TempDir()}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.address = free.Addr().String()
	free.Close()
	socket := filepath.Join(n.folder, "notify")
	if n.notified, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.notified.Close() })
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	cmd := role("server", folderVariable+"="+n.folder, addressVariable+"="+n.address, "NOTIFY_SOCKET="+socket)
	n.first = &exec.Cmd{Path: cmd.Path, Args: []string{cmd.Path}, Env: cmd.Env, Stdout: in, Stderr: os.Stderr}
	if err := n.first.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	n.lines = bufio.NewScanner(out)
	t.Cleanup(n.end)
	n.expect(t, "serving", &n.pid)
	return n
}

// end ends the server that serves now, and waits until it is gone.
func (n *node) end() {
	syscall.Kill(n.pid, syscall.SIGTERM)
	n.first.Wait()
	for deadline := time.Now().Add(hang); alive(n.pid) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// expect reads a line that begins with word, and scans the rest.
func (n *node) expect(t *testing.T, word string, rest ...any) string {
	t.Helper()
	if !n.lines.Scan() {
		t.Fatalf("no line, want %q: %v", word, n.lines.Err())
	}
	text, ok := strings.CutPrefix(n.lines.Text(), word+" ")
	if !ok {
		t.Fatalf("got %q, want %q", n.lines.Text(), word)
	}
	if _, err := fmt.Sscan(text, rest...); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return text
}

// upgrade asks for an upgrade that must succeed.
func (n *node) upgrade(t *testing.T) {
	t.Helper()
	old := n.pid
	if err := syscall.Kill(old, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	// Which of the two comes first is open.
	var lines []string
	for range 2 {
		if !n.lines.Scan() {
			t.Fatal("the node says no more")
		}
		lines = append(lines, n.lines.Text())
	}
	slices.Sort(lines)
	var pid, version int
	if _, err := fmt.Sscanf(lines[0], "replaced by %d pid %d", &pid, &version); err != nil || pid != version {
		t.Fatalf("got %q, %v", lines[0], err)
	}
	if want := fmt.Sprintf("serving %d upgrade upgrade", pid); lines[1] != want {
		t.Fatalf("got %q, want %q", lines[1], want)
	}
	n.pid = pid
	for deadline := time.Now().Add(hang); alive(old); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d lives on beside its successor", old)
		}
	}
}

func TestUpgradesUnderLoad(t *testing.T) {
	t.Parallel()
	n := startNode(t)
	load := startLoad(t, n.address, 2)
	const upgrades = 5
	main := []int{n.pid}
	for range upgrades {
		n.upgrade(t)
		main = append(main, n.pid)
	}
	if answers := load.stop(t); len(answers) < upgrades {
		t.Errorf("%d processes answered, and there were %d upgrades", len(answers), upgrades)
	}
	// systemd hears of each new main process from the one before.
	var heard []string
	buf := make([]byte, 256)
	for len(heard) < 2*upgrades+1 {
		n.notified.SetReadDeadline(time.Now().Add(hang))
		size, err := n.notified.Read(buf)
		if err != nil {
			t.Fatalf("heard %q: %v", heard, err)
		}
		heard = append(heard, string(buf[:size]))
	}
	for _, pid := range main[1:] {
		if word := fmt.Sprint("MAINPID=", pid); !slices.Contains(heard, word) {
			t.Errorf("heard %q, want %q", heard, word)
		}
	}
	if !slices.Contains(heard, "READY=1") {
		t.Errorf("heard %q, want READY=1", heard)
	}
}

// TestFailedUpgrades lets the new process fail in each phase: the old one goes on, as the
// clients see, and can be upgraded when the new one is right.
func TestFailedUpgrades(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ fail, want string }{
		{"start", "supervise: upgrade: hello: the new process ended: exit status 4"},
		{"hello", "supervise: upgrade: hello: the new process ended: exit status 4"},
		{"crash", "supervise: upgrade: hello: the new process ended: exit status 2"},
		{"hello never", "supervise: upgrade: hello: the new process has taken longer than 500ms"},
		{"release", "supervise: upgrade: release: it can't be released"},
		{"accept", "supervise: upgrade: serve: the new process ended: exit status 4"},
		{"workers", "supervise: upgrade: serve: the new process ended: exit status 1"},
		{"serve never", "supervise: upgrade: serve: the new process has taken longer than 500ms"},
	} {
		t.Run(tc.fail, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			plan := filepath.Join(n.folder, "fail")
			if err := os.WriteFile(plan, []byte(tc.fail), 0o600); err != nil {
				t.Fatal(err)
			}
			var load *load
			if tc.fail != "serve never" { // the workers of a new process that is ended are ended with it
				load = startLoad(t, n.address, 1)
			}
			if err := syscall.Kill(n.pid, syscall.SIGUSR2); err != nil {
				t.Fatal(err)
			}
			var word string
			if got := n.expect(t, "failed", &word); !strings.HasPrefix(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if load != nil {
				load.stop(t)
			}
			if err := os.Remove(plan); err != nil {
				t.Fatal(err)
			}
			load = startLoad(t, n.address, 1)
			n.upgrade(t) // shows that the lock was taken back and is released again
			load.stop(t)
		})
	}
}

// TestPredecessorDies kills the old process while the new one waits for it: there must not
// be one left that nobody knows.
func TestPredecessorDies(t *testing.T) {
	t.Parallel()
	ours, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	cmd := role("server", folderVariable+"="+t.TempDir(), addressVariable+"=127.0.0.1:0")
	cmd.Files = []supervise.File{{Name: "handover", File: theirs}}
	p, err := newSpawner(t).Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	conn, err := control.New(ours, control.Config{Handlers: map[string]control.Handler{
		"supervise.hello": func(ctx context.Context, _ *control.Request) (any, error) {
			close(said)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-said
	conn.Close()
	if exit := p.Wait(); exit.Code != 1 || !strings.Contains(string(exit.Stderr), supervise.ErrAbandoned.Error()) {
		t.Errorf("%s: %s", exit.Cause(), exit.Stderr)
	}
}

func TestUpgradeConfigValidate(t *testing.T) {
	t.Parallel()
	in, err := supervise.Adopt()
	if err != nil {
		t.Fatal(err)
	}
	listeners := in.Listeners("http")
	for want, cfg := range map[string]supervise.UpgradeConfig{
		"Listeners is missing": {},
		"HelloMax is -1ns":     {Listeners: listeners, HelloMax: -1},
		"ReleaseMax is -1ns":   {Listeners: listeners, ReleaseMax: -1},
		"ServeMax is -1ns":     {Listeners: listeners, ServeMax: -1},
	} {
		if _, err := supervise.Upgrade(within(t), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	var failed *supervise.UpgradeError
	_, err = supervise.Upgrade(within(t), supervise.UpgradeConfig{Listeners: listeners, Path: "/nowhere"})
	if !errors.As(err, &failed) || failed.Phase != supervise.PhaseStart || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}
