//go:build linux

package supervise_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
	"github.com/skerry-edge/skerry/isolate/note"
)

// roleVariable makes the test binary play a part: one of roles.
const roleVariable = "SUPERVISE_TEST_ROLE"

// roles are what the test binary is as another process. Their result is the exit code.
var roles = map[string]func() int{
	"worker":     worker,
	"supervisor": supervisor,
	"server":     server,
	"activated":  activated,
	"lacking":    lacking,
	"exit":       func() int { return 7 },
	"silent":     func() int { select {} },
	"garbage":    garbage,
	"trace":      trace,
	"orphan":     orphan,
}

func TestMain(m *testing.M) {
	if play := roles[os.Getenv(roleVariable)]; play != nil {
		os.Exit(play())
	}
	goleak.VerifyTestMain(m)
}

// hang bounds what would otherwise wait forever. It decides nothing.
const hang = 60 * time.Second

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	t.Cleanup(cancel)
	return ctx
}

// role is a Command for this binary.
func role(name string, env ...string) supervise.Command {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	// The race detector would let each process sleep for a second at its end.
	own := []string{roleVariable + "=" + name, "GORACE=atexit_sleep_ms=0"}
	return supervise.Command{Path: exe, Env: slices.Concat(os.Environ(), own, env)}
}

// fail ends a role.
func fail(err error) int {
	fmt.Fprintln(os.Stderr, "role:", err)
	return 1
}

// worker accepts on the socket "http", if there is one, and answers each line with its pid.
// It dies as it is told to.
func worker() int {
	in, err := supervise.Adopt()
	if err != nil {
		return fail(err)
	}
	var n *note.Note
	if f := in.File("note"); f != nil {
		if n, err = note.Open(f); err != nil {
			return fail(err)
		}
		f.Close()
	}
	var link *supervise.Link
	joined := make(chan struct{})
	link, err = in.Connect(map[string]control.Handler{
		"die": func(_ context.Context, r *control.Request) (any, error) {
			<-joined
			var d death
			if err := r.Decode(&d); err != nil {
				return nil, err
			}
			if n != nil && d.Culprit != 0 {
				runtime.LockOSThread()
				n.Begin(d.Culprit, syscall.Gettid(), threadCPU(), d.Budget)
			}
			return nil, d.happen(link)
		},
		"echo": func(_ context.Context, r *control.Request) (any, error) { return r.Params, nil },
	})
	if err != nil {
		return fail(err)
	}
	close(joined)
	ln, err := in.Listener("http")
	if err == nil {
		conns.Go(func() { serveLines(ln) })
	}
	if os.Getenv("SUPERVISE_TEST_ASK") != "" {
		if err := link.Conn().Call(context.Background(), "routes", nil, nil); err != nil {
			return fail(err)
		}
	}
	if err := link.Ready(context.Background()); err != nil {
		return fail(err)
	}
	select {
	case <-link.Draining():
		if ln != nil {
			ln.Close()
		}
		conns.Wait()
		return 0
	case <-link.Done():
		if unlinked.Load() {
			select {}
		}
		return fail(errors.New("no parent"))
	}
}

// death is how a worker is told to die.
type death struct {
	Way     string
	Culprit uint64
	Budget  time.Duration
}

func (d death) happen(link *supervise.Link) error {
	switch d.Way {
	case "stack":
		debug.SetMaxStack(1 << 20)
		fmt.Println(deep(0))
	case "panic":
		go func() { panic("oh\x07no") }()
		select {}
	case "exit":
		os.Exit(3)
	case "clean":
		os.Exit(0)
	case "signal":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "terminate":
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	case "abort":
		syscall.Kill(os.Getpid(), syscall.SIGABRT)
	case "spin":
		for !unlinked.Load() { // never
		}
	case "hold":
		held = make([]byte, 256<<20)
		for i := range held {
			held[i] = 1
		}
	case "condemn":
		return link.Condemned(context.Background(), d.Culprit, "a turn can't be ended")
	case "condemn and die":
		link.Condemned(context.Background(), d.Culprit, "a turn can't be ended")
		os.Exit(1)
	case "unlink":
		unlinked.Store(true)
		go link.Close() // waits for this handler
	case "stop":
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	return nil
}

// State of a process that plays the worker.
var (
	held     []byte         // keeps memory
	conns    sync.WaitGroup // those that it serves, and who accepts them
	unlinked atomic.Bool    // it has closed its connection to its parent
)

// deep overflows the stack.
func deep(n int) int {
	if n < 0 {
		return 0
	}
	var pad [1 << 10]byte
	pad[n%len(pad)] = byte(n)
	return deep(n+1) + int(pad[n%7])
}

// serveLines answers each line with the process' id.
func serveLines(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		conns.Go(func() {
			defer c.Close()
			lines := bufio.NewScanner(c)
			for lines.Scan() {
				fmt.Fprintf(c, "%d\n", os.Getpid())
			}
		})
	}
}

// lacking looks for a socket that it has not got.
func lacking() int {
	in, err := supervise.Adopt()
	if err == nil {
		_, err = in.Listener("http")
	}
	return fail(err)
}

// garbage sends what is no frame.
func garbage() int {
	in, err := supervise.Adopt()
	if err != nil {
		return fail(err)
	}
	f := in.File("control")
	f.WriteString("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
	select {}
}

// trace writes a crash report that is longer than what is kept.
func trace() int {
	for range 2000 {
		fmt.Fprintln(os.Stderr, "a line of a log")
	}
	fmt.Fprintln(os.Stderr, "fatal error: all is lost")
	for i := range 2000 {
		fmt.Fprintf(os.Stderr, "goroutine %d [running]:\n", i)
	}
	return 2
}
