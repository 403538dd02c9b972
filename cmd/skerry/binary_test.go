package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the real program, built once for all tests of this package.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "skerry-test")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "skerry")
		args := []string{"build", "-o", binary}
		if raceEnabled {
			args = append(args, "-race")
		}
		build := exec.Command("go", append(args, ".")...)
		if !raceEnabled { // as make build does: with cgo a jail lacks some of its walls
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
		}
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build skerry:", err)
			return 1
		}
		return m.Run()
	}())
}

// root is the project's folder.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// server is a node in a process of its own.
type server struct {
	t      testing.TB
	listen string
	admin  string
	data   string
	args   []string
	cmd    *exec.Cmd
	output lockedBuffer
	exited chan struct{}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startServer starts a node that keeps its data in a folder of the test's and waits until
// it is ready.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{t: t, listen: freeAddress(t), admin: freeAddress(t), data: t.TempDir(), args: args}
	s.start()
	s.waitReady()
	return s
}

// start starts the process, again after a kill.
func (s *server) start() {
	s.t.Helper()
	args := append([]string{"serve", "--listen", s.listen, "--admin", s.admin, "--data", s.data}, s.args...)
	s.cmd = exec.Command(binary, args...)
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
		_ = cmd.Process.Kill() // it may be gone already
		<-exited
	})
}

func (s *server) waitReady() {
	s.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		r, err := http.Get("http://" + s.admin + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-s.exited:
			s.t.Fatalf("the node ended: %s", s.output.String())
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the node is not ready: %v\n%s", err, s.output.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// kill ends the node as a crash would.
func (s *server) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.exited
}

// skerry runs a command against the node and returns its stdout.
func (s *server) skerry(args ...string) (string, error) {
	s.t.Helper()
	return command(s.t, append(args, "--node", "http://"+s.admin, "--data", s.data)...)
}

// command runs a command and returns its stdout.
func command(t testing.TB, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("skerry %s: %w\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String(), nil
}

// push pushes a project and returns its version.
func (s *server) push(path string, args ...string) int {
	s.t.Helper()
	out, err := s.skerry(append([]string{"push", path, "--json"}, args...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	var change struct{ Version int }
	if err := json.Unmarshal([]byte(out), &change); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	return change.Version
}

// write puts files into a new folder, by their names, and returns the folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// client keeps enough connections for parallel requests.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxIdleConns: 512}}

// request sends a request to a function by its host name.
func (s *server) request(ctx context.Context, method, function, path string, header http.Header, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.listen+path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Host = function + ".localhost"
	return client.Do(r)
}

// get returns the status and body of a GET.
func (s *server) get(function, path string) (int, string, error) {
	r, err := s.request(s.t.Context(), http.MethodGet, function, path, nil, nil)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return r.StatusCode, string(body), err
}

// mustGet returns the body of a GET that must succeed.
func (s *server) mustGet(function, path string) string {
	s.t.Helper()
	status, body, err := s.get(function, path)
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("GET %s%s: %d %s %v", function, path, status, body, err)
	}
	return body
}

// lines reads lines of JSON from a reader until it ends.
func lines(r io.Reader, each func(map[string]any)) {
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		var v map[string]any
		if json.Unmarshal(scan.Bytes(), &v) == nil {
			each(v)
		}
	}
}
