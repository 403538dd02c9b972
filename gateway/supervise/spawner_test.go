//go:build linux

package supervise_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-edge/skerry/gateway/supervise"
)

func newSpawner(t testing.TB) *supervise.Spawner {
	t.Helper()
	s := supervise.NewSpawner()
	t.Cleanup(func() { s.Close() })
	return s
}

func TestExit(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	var copied bytes.Buffer
	for _, tc := range []struct {
		name, role  string
		kill        bool
		code        int
		cause, want string // how the exit is described, and what stderr has
	}{
		{"an exit code", "exit", false, 7, "exit status 7", ""},
		{"a last word", "lacking", false, 1, "role: supervise: there is no inherited file \"http\" (exit status 1)", ""},
		{"a signal", "silent", true, -1, "signal: killed", ""},
		{"a crash report longer than what is kept", "trace", false, 2, "fatal error: all is lost (exit status 2)", "goroutine 3 [running]:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cmd := role(tc.role)
			copied.Reset()
			cmd.Stderr = &copied
			p, err := s.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			if tc.kill {
				if err := p.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			exit := p.Wait()
			if exit.Code != tc.code || exit.Cause() != tc.cause || exit.OK() {
				t.Errorf("code %d, cause %q; want %d, %q", exit.Code, exit.Cause(), tc.code, tc.cause)
			}
			if !strings.Contains(string(exit.Stderr), tc.want) || len(exit.Stderr) > 8<<10 {
				t.Errorf("%d bytes of stderr are kept, want %q among at most 8 KB", len(exit.Stderr), tc.want)
			}
			if tc.role == "trace" && strings.Count(copied.String(), "\n") != 4001 {
				t.Errorf("%d lines were copied, want 4001", strings.Count(copied.String(), "\n"))
			}
			if err := p.Kill(); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("to kill it again: %v, want %v", err, os.ErrProcessDone)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	for _, tc := range []struct {
		name string
		cmd  func(f *os.File) supervise.Command
		want string
	}{
		{"no path", func(f *os.File) supervise.Command {
			return supervise.Command{Files: []supervise.File{{Name: "f", File: f}}}
		}, "Path is missing"},
		{"no such program", func(f *os.File) supervise.Command {
			return supervise.Command{Path: "/nowhere/skerry", Files: []supervise.File{{Name: "f", File: f}}}
		}, "/nowhere/skerry: no such file"},
		{"a file without a name", func(f *os.File) supervise.Command {
			return supervise.Command{Path: "x", Files: []supervise.File{{File: f}}}
		}, "without a name"},
		{"two files of one name", func(f *os.File) supervise.Command {
			return supervise.Command{Path: "x", Files: []supervise.File{{Name: "f", File: f}, {Name: "f", File: f}}}
		}, `two files "f"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			if _, err := s.Start(tc.cmd(in)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if _, err := out.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the child's file is still open here: %v", err)
			}
		})
	}
}

// TestFilesOfAChild shows that a lent file stays open, in the mode that it had: a listener
// that became blocking would hold a thread of every process that shares it.
func TestFilesOfAChild(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := role("silent")
	cmd.Files = []supervise.File{{Name: "http", File: f, Lent: true}, {Name: "pipe", File: in}}
	p, err := s.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("the listener's flags are %#x, %v: it became blocking", flags, err)
		}
	})
	p.Kill()
	p.Wait()
	if _, err := out.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after its only owner's death the pipe is open: %v", err)
	}
}

func TestCloseKillsAll(t *testing.T) {
	t.Parallel()
	s := supervise.NewSpawner()
	var all []*supervise.Process
	for range 3 {
		p, err := s.Start(role("silent"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	var closing sync.WaitGroup
	for range 2 {
		closing.Go(func() { s.Close() })
	}
	closing.Wait()
	for _, p := range all {
		if exit := p.Wait(); exit.Signal != syscall.SIGKILL {
			t.Errorf("process %d: %s", p.Pid(), exit.Cause())
		}
	}
	if _, err := s.Start(role("silent")); !errors.Is(err, supervise.ErrClosed) {
		t.Errorf("to start after Close: %v, want %v", err, supervise.ErrClosed)
	}
}

// orphan says whether a child whose parent is another notices.
func orphan() int {
	switch _, err := supervise.Adopt(); {
	case errors.Is(err, supervise.ErrOrphan):
		return 10
	case err != nil:
		return fail(err)
	default:
		return 11
	}
}

func TestAChildWhoseParentIsGoneIsAnOrphan(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	p, err := s.Start(role("orphan"))
	if err != nil {
		t.Fatal(err)
	}
	if exit := p.Wait(); exit.Code != 11 {
		t.Errorf("with its parent: %s: %s", exit.Cause(), exit.Stderr)
	}
	// The environment of a child of another process.
	cmd := role("orphan", `SKERRY_INHERIT={"parent":1,"files":[]}`)
	process, err := os.StartProcess(cmd.Path, []string{cmd.Path}, &os.ProcAttr{Env: cmd.Env})
	if err != nil {
		t.Fatal(err)
	}
	state, err := process.Wait()
	if err != nil || state.ExitCode() != 10 {
		t.Errorf("with another parent: %v, %v", state, err)
	}
}
