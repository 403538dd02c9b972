package fence_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-edge/skerry/isolate/jail/fence"
)

// duties are what a fenced Go program must still be able to do.
func duties(end *childEnd) []attempt {
	return []attempt{
		{"collect garbage of a large heap", true, func(task) error {
			var kept [][]byte
			for i := range 200 {
				b := make([]byte, 1<<20)
				b[i] = 1
				if kept = append(kept, b); len(kept) > 100 {
					kept = kept[50:]
				}
			}
			runtime.GC()
			debug.FreeOSMemory()
			runtime.KeepAlive(kept)
			return nil
		}},
		{"grow threads, and lose them", true, func(task) error { growThreads(40); return nil }},
		{"stop a loop that does not yield", true, func(task) error {
			var stop atomic.Bool
			var running sync.WaitGroup
			for range runtime.GOMAXPROCS(0) {
				running.Go(func() {
					for n := 0; !stop.Load(); n++ {
						_ = n
					}
				})
			}
			runtime.GC()
			stop.Store(true)
			running.Wait()
			return nil
		}},
		{"tell the time and wait", true, func(task) error {
			began := time.Now()
			time.Sleep(2 * time.Millisecond)
			<-time.After(time.Millisecond)
			if waited := time.Since(began); waited < 3*time.Millisecond {
				return fmt.Errorf("it waited %v", waited)
			}
			var t unix.Timespec
			return unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
		}},
		{"recover from a panic and a nil pointer", true, func(task) error {
			for _, fault := range []func(){func() { panic("expected") }, func() { *(*int)(nil) = 1 }} {
				func() {
					defer func() { _ = recover() }()
					fault()
				}()
			}
			return nil
		}},
		{"grow a stack", true, func(task) error {
			var down func(int) int
			down = func(n int) int {
				var frame [128]byte
				if n == 0 {
					return 0
				}
				return down(n-1) + int(frame[n%128])
			}
			down(50_000)
			return nil
		}},
		{"draw random bytes", true, func(task) error { rand.Text(); return nil }},
		{"keep a deadline", true, func(task) error {
			if err := end.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
				return err
			}
			if _, err := end.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("read: %v", err)
			}
			return end.conn.SetReadDeadline(time.Time{})
		}},
		{"be handed a connection, and talk over it", true, func(task) error {
			if _, err := end.conn.Write([]byte("?")); err != nil { // the deadline before was to read nothing
				return err
			}
			f, err := end.receiveFile()
			if err != nil {
				return err
			}
			c, err := net.FileConn(f)
			if err = errors.Join(err, f.Close()); err != nil {
				return err
			}
			defer c.Close()
			large := bytes.Repeat([]byte("0123456789"), 100_000)
			if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
				return err
			}
			var writing sync.WaitGroup
			writing.Go(func() { _, _ = c.Write(large) }) // if it fails, reading does
			back := make([]byte, len(large))
			for n := 0; n < len(back); {
				m, err := c.Read(back[n:])
				if err != nil {
					return err
				}
				n += m
			}
			writing.Wait()
			if !bytes.Equal(large, back) {
				return errors.New("what came back is something else")
			}
			return nil
		}},
	}
}

// growThreads has n threads at once, which end.
func growThreads(n int) {
	var arrived, running sync.WaitGroup
	arrived.Add(n)
	meet := make(chan struct{})
	for range n {
		running.Go(func() {
			runtime.LockOSThread() // not unlocked: the thread ends
			arrived.Done()
			<-meet
		})
	}
	arrived.Wait()
	close(meet)
	running.Wait()
}

// workOn is the child that does its duties, then dies as Go programs do.
func workOn(end *childEnd, what task) {
	var results []result
	for _, d := range duties(end) {
		r := result{Name: d.name}
		if err := d.try(what); err != nil {
			r.Error = err.Error()
		}
		results = append(results, r)
	}
	if end.out.Encode(results) != nil {
		return
	}
	var forever func(int) int
	forever = func(n int) int { return forever(n+1) + 1 }
	debug.SetMaxStack(1 << 20)
	forever(0)
}

// Go goes on as if there were no fence: its collector, threads, timers, faults and sockets, and
// its last words when it dies.
func TestGoGoesOn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T) func(*exec.Cmd){"as it is": nil, "as another user": asNobody} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var as func(*exec.Cmd)
			if change != nil {
				if os.Getuid() != 0 {
					t.Skip("SKIP: only root can become another user")
				}
				as = change(t)
			}
			works(t, task{Fenced: true}, as)
		})
	}
}

func works(t *testing.T, what task, change func(*exec.Cmd)) {
	c := start(t, "work", what, change)
	if c.started.Error != "" {
		t.Fatal(c.started.Error)
	}
	if c.started.Secret != "" {
		t.Errorf("the environment has a secret %q", c.started.Secret)
	}
	t.Logf("layers:\n%s", c.started.Layers)
	question := make([]byte, 1)
	if _, err := c.conn.Read(question); err != nil {
		t.Fatalf("%v; %v\n%s", err, c.wait(), c.stderr.String())
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "handed over")
	if err := c.sendFile(theirs); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	ours, err := newEnd(os.NewFile(uintptr(pair[0]), "echo"))
	if err != nil {
		t.Fatal(err)
	}
	var echo sync.WaitGroup
	echo.Go(func() {
		defer ours.conn.Close()
		_ = ours.conn.SetDeadline(time.Now().Add(patience)) // an echo that fails is noticed by the child
		_, _ = io.Copy(ours.conn, ours.conn)
	})
	var results []result
	c.receive(&results)
	echo.Wait()
	for _, r := range results {
		if r.Error != "" {
			t.Errorf("%s: %s", r.Name, r.Error)
		}
	}
	if state := c.wait(); state.ExitCode() != 2 || !strings.Contains(c.stderr.String(), "stack overflow") {
		t.Errorf("a stack that overflows: %v\n%s", state, c.stderr.String())
	}
}

// A fence with folders lets their files be read, and no others, and nothing be written.
func TestReadFolders(t *testing.T) {
	t.Parallel()
	needFence(t, "seccomp", "landlock")
	what := surroundings(t)
	what.ReadFolders = []string{what.Folder, filepath.Join(what.Folder, "absent")}
	inside := []string{"open a file by its absolute path", "look at a file"}
	for _, r := range tries(t, what, nil) {
		if allowed := slices.Contains(inside, r.Name); allowed != (r.Error == "") {
			t.Errorf("%s: error %q", r.Name, r.Error)
		}
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	c := start(t, "nothing", task{Fenced: true, Require: []string{fence.LayerEnvironment, "moat"}}, nil)
	if want := "the process can't be fenced as required: moat is missing: there is no such layer"; c.started.Error != want {
		t.Errorf("error %q, want %q", c.started.Error, want)
	}
}

func TestOrphan(t *testing.T) {
	t.Parallel()
	c := start(t, "nothing", task{Fenced: true, Orphan: true}, nil)
	if want := "fence: " + fence.ErrOrphan.Error(); c.started.Error != want {
		t.Errorf("error %q, want %q", c.started.Error, want)
	}
}

func TestWhatItOpenedItself(t *testing.T) {
	t.Parallel()
	c := start(t, "nothing", task{Fenced: true, Careless: true}, nil)
	if want := "(/etc) is open, and nobody asked to keep it"; !strings.HasSuffix(c.started.Error, want) {
		t.Errorf("error %q, want one about %s", c.started.Error, want)
	}
}

// leaveAnOrphan starts a fenced child of its own, and reports it.
func leaveAnOrphan(end *childEnd, _ task) {
	f, err := end.conn.File()
	if err != nil {
		return
	}
	runtime.LockOSThread()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=answer")
	cmd.ExtraFiles = []*os.File{f}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return
	}
	end.conn.Close()
	f.Close()
	_ = cmd.Wait() // this process is killed meanwhile
}

// answerPings answers until the other side is gone.
func answerPings(end *childEnd, _ task) {
	for {
		var ping int
		if end.in.Decode(&ping) != nil || end.out.Encode(ping) != nil {
			return
		}
	}
}

func TestChildDiesWithItsParent(t *testing.T) {
	t.Parallel()
	c := start(t, "orphan", task{}, nil)
	c.send(task{Fenced: true}) // to the grandchild
	var s started
	c.receive(&s)
	if s.Error != "" {
		t.Fatal(s.Error)
	}
	c.send(7)
	var pong int
	c.receive(&pong)
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.wait()
	if n, err := c.conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the grandchild lives: read %d bytes, %v", n, err)
	}
}
