package main_test

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
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// workers lists the node's worker processes.
func (s *server) workers() []int {
	var pids []int
	for _, p := range processes(s.cmd.Process.Pid) {
		if p.is("worker") {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// kills is how often tests of this file do their worst: few times in make test.
func kills(few, many int) int {
	if os.Getenv("SKERRY_TORTURE") != "" {
		return many
	}
	return few
}

// hello opens a connection and sends a request on it, whose answer it does not read yet.
func hello(s *server) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", s.listen, hungAfter)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: neighbour.localhost\r\nConnection: close\r\n\r\n")
	return conn, err
}

// heard reads the answer to hello.
func heard(conn net.Conn) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(hungAfter)); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") || !strings.HasSuffix(string(answer), neighbourBody) {
		return fmt.Errorf("got %.100q", answer)
	}
	return nil
}

// TestWaitingConnectionsOutliveAWorker stops the only worker, so that connections queue up
// with requests in them, and kills it: its successor must serve them all.
func TestWaitingConnectionsOutliveAWorker(t *testing.T) {
	t.Parallel()
	needs(t, "--workers")
	s := startServer(t, "--workers", "1")
	s.pushNeighbour()
	for range kills(2, 20) {
		pids := s.workers()
		if len(pids) != 1 {
			t.Fatalf("the node has workers %v, want one", pids)
		}
		if err := syscall.Kill(pids[0], syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		s.await(pids[0], "T") // until then it may accept
		var waiting []net.Conn
		for range 20 {
			conn, err := hello(s)
			if err != nil {
				t.Fatalf("with its worker stopped, the node refuses a connection: %v", err)
			}
			waiting = append(waiting, conn)
		}
		if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for i, conn := range waiting {
			if err := heard(conn); err != nil {
				t.Errorf("connection %d of %d that waited when the worker was killed: %v", i, len(waiting), err)
			}
		}
	}
}

// TestKilledWorkerIsReplaced kills workers under load. The node must go on, and its
// successor must serve at once.
func TestKilledWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	needs(t, "--workers")
	s := startServer(t, "--workers", "1")
	s.pushNeighbour()
	n := startNeighbour(t, s.listen, 100)
	var served []time.Duration
	rounds := kills(3, 50)
	for range rounds {
		pids := s.workers()
		if len(pids) == 0 {
			t.Fatal("the node has no worker")
		}
		start := time.Now()
		if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		s.awaitGone(pids[0])
		// The first answer is the successor's.
		conn, err := hello(s)
		if err == nil {
			err = heard(conn)
		}
		if err != nil {
			t.Errorf("a connection made after the worker was killed: %v", err)
		}
		served = append(served, time.Since(start))
		time.Sleep(50 * time.Millisecond)
	}
	n.stop()
	slices.Sort(served)
	text := fmt.Sprintf("%d kills; from the kill to an answer: p50 %s ms, p95 %s ms, max %s ms; neighbour: %s\n", rounds,
		millis(percentile(served, 50)), millis(percentile(served, 95)), millis(percentile(served, 100)), n)
	t.Log(text)
	writeTable(t, text)
	if s.ended() {
		t.Errorf("the node has ended: %s", s.output.String())
	}
	if os.Getenv("SKERRY_TORTURE") == "" {
		return // the rest is the machine's too
	}
	if percentile(served, 95) > 50*time.Millisecond {
		t.Errorf("a successor serves after %s ms (p95), want 50", millis(percentile(served, 95)))
	}
	// What was under way in a killed worker is lost, and nothing else: a few at each kill.
	if failed := len(n.heads) - n.ends["ok"]; failed > rounds*10 {
		t.Errorf("neighbour: %s", n)
	}
}

// awaitGone waits until a process is gone, or a zombie: it has then let go of its sockets.
func (s *server) awaitGone(pid int) { s.await(pid, "ZX") }

// await waits until all threads of a process are in one of some states, or are gone.
func (s *server) await(pid int, states string) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !threadsAre(pid, states); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("process %d is not in a state of %s", pid, states)
		}
	}
}

// threadsAre says whether all threads of a process are in one of some states of proc(5).
func threadsAre(pid int, states string) bool {
	stats, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat") // the pattern is right
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // gone
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		if rest != "" && !strings.Contains(states, rest[:1]) {
			return false
		}
	}
	return true
}

// TestKilledNodeLeavesNothing kills the supervisor: its children must go with it, and a new
// node must be able to start at once on the same addresses and data.
func TestKilledNodeLeavesNothing(t *testing.T) {
	t.Parallel()
	needs(t, "--workers")
	args := []string{"--workers", "2"}
	if has(t, "--untrusted") {
		args = append(args, "--untrusted", "jail")
	}
	s := startServer(t, args...)
	s.pushNeighbour()
	for range kills(2, 20) {
		s.mustGet("neighbour", "/") // so that there is a jail, if there are jails
		children := processes(s.cmd.Process.Pid)[1:]
		if len(children) < 2 {
			t.Fatalf("the node has %d children, want at least 2", len(children))
		}
		s.kill()
		for _, p := range children {
			s.awaitGone(p.pid)
		}
		s.start()
		if !s.becomesReady() {
			t.Fatalf("a new node can't take the place of the one that was killed: %s", s.output.String())
		}
		s.mustGet("neighbour", "/")
	}
	if left := sockets(t, s.data); len(left) > 0 {
		t.Errorf("sockets are left in the data directory: %v", left)
	}
}

// sockets lists the Unix sockets below a folder.
func sockets(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type()&os.ModeSocket != 0 {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestStopFinishesRequests stops a node while requests are under way: they must be answered.
func TestStopFinishesRequests(t *testing.T) {
	t.Parallel()
	needs(t, "--workers")
	s := startServer(t, "--workers", "2")
	s.push(write(t, map[string]string{"slow.js": "export default { async fetch(request, env) { await new Promise((r) => setTimeout(r, 1000)); return new Response('late') } }"}) + "/slow.js")
	began := make(chan struct{})
	answers := make(chan string)
	for range 8 {
		go func() {
			began <- struct{}{}
			status, body, err := s.get("slow", "/")
			answers <- fmt.Sprint(status, " ", body, " ", err)
		}()
	}
	for range 8 {
		<-began
	}
	time.Sleep(300 * time.Millisecond) // in which the requests reach their handlers
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if got := <-answers; got != "200 late <nil>" {
			t.Errorf("a request that was under way got %s", got)
		}
	}
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		t.Fatal("the node does not end")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the node ended with code %d: %s", code, s.output.String())
	}
}

// TestUpgradesLoseNothing replaces the node by a new process of the same binary, again and
// again, under load.
func TestUpgradesLoseNothing(t *testing.T) {
	t.Parallel()
	needs(t, "SIGUSR2")
	s := startServer(t, "--workers", "2")
	s.pushNeighbour()
	n := startNeighbour(t, s.listen, 100)
	first := s.cmd.Process.Pid
	pid := first
	t.Cleanup(func() {
		if pid != first { // the harness knows only the one that it started
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	rounds := kills(3, 100)
	for i := range rounds {
		if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
			t.Fatalf("upgrade %d: %v", i, err)
		}
		old := pid
		deadline := time.Now().Add(time.Minute)
		for pid == old {
			if time.Now().After(deadline) {
				t.Fatalf("upgrade %d: process %d has no successor: %s", i, old, s.output.String())
			}
			time.Sleep(10 * time.Millisecond)
			if next := serving(t, s.data); len(next) == 1 {
				pid = next[0]
			}
		}
		if !s.ready(t.Context()) {
			t.Errorf("upgrade %d: the successor is not ready", i)
		}
		s.mustGet("neighbour", "/")
	}
	n.stop()
	t.Logf("%d upgrades; neighbour: %s", rounds, n)
	writeTable(t, fmt.Sprintf("%d upgrades; neighbour: %s\n", rounds, n))
	if failed := len(n.heads) - n.ends["ok"]; failed > 0 {
		t.Errorf("%d requests failed: %s\n%s", failed, n, s.output.String())
	}
	if _, err := s.skerry("functions"); err != nil {
		t.Errorf("the control API after %d upgrades: %v", rounds, err)
	}
}

// ready asks the node.
func (s *server) ready(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.admin+"/readyz", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// serving lists the processes that serve a data directory: two during an upgrade.
func serving(t *testing.T, data string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil {
			continue // gone
		}
		if args := strings.Split(string(text), "\x00"); len(args) > 1 && args[1] == "serve" && slices.Contains(args, data) {
			found = append(found, pid)
		}
	}
	return found
}

// TestFailedUpgradeChangesNothing puts a program that can't serve in the binary's place and
// asks for an upgrade: the old process must go on.
func TestFailedUpgradeChangesNothing(t *testing.T) {
	t.Parallel()
	needs(t, "SIGUSR2")
	copied := filepath.Join(t.TempDir(), "skerry")
	if out, err := exec.Command("cp", binary, copied).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := &server{t: t, listen: freeAddress(t), admin: freeAddress(t), data: t.TempDir(), args: []string{"--workers", "2"}}
	s.startBinary(copied)
	s.waitReady()
	s.pushNeighbour()
	n := startNeighbour(t, s.listen, 50)
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(s.output.String(), "upgrade") {
		if time.Now().After(deadline) {
			t.Fatalf("nobody says that the upgrade failed: %s", s.output.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	s.mustGet("neighbour", "/")
	s.push(write(t, map[string]string{"after.js": "export default { fetch: () => new Response('after') }"}) + "/after.js")
	n.stop()
	if n.ends["ok"] != len(n.heads) {
		t.Errorf("neighbour: %s", n)
	}
	if s.ended() {
		t.Errorf("the node has ended: %s", s.output.String())
	}
}

// startBinary starts the node from another copy of the program.
func (s *server) startBinary(path string) {
	s.t.Helper()
	args := append([]string{"serve", "--listen", s.listen, "--admin", s.admin, "--data", s.data}, s.args...)
	s.cmd = exec.Command(path, args...)
	s.cmd.Stdout, s.cmd.Stderr = io.Discard, &s.output
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	s.exited = exited
	cmd := s.cmd
	go func() {
		_ = cmd.Wait() // how it ended is the test's to judge
		close(exited)
	}()
	s.t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.t.Error(err)
		}
		<-exited
	})
}
