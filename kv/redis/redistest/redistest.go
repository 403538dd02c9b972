// Package redistest runs real redis-servers for tests: one, a cluster, or one watched by
// a Sentinel, on free loopback ports, with their files in a temporary directory. They end
// with the test, and with the test's process, however that ends.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a redis-server that runs, or that was killed and can be started again.
type Server struct {
	Addr string // host:port
	URL  string // redis://host:port

	binary  string
	config  string // a file, or empty for none
	args    []string
	dir     string
	process *process
}

// startWait bounds the wait for a server to answer: much longer than one takes, on a
// machine that does other things too.
const startWait = 20 * time.Second

// Start starts a redis-server and waits until it answers. It keeps nothing on disk,
// unless args, further arguments for redis-server, say so: Start(t, "--appendonly", "yes").
// If there is no redis-server, Start skips the test.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{args: append([]string{"--save", "", "--appendonly", "no"}, args...)}
	s.start(t)
	return s
}

// arg returns what follows name in the server's arguments, or nothing.
func (s *Server) arg(name string) string {
	if i := slices.Index(s.args, name); i >= 0 && i+1 < len(s.args) {
		return s.args[i+1]
	}
	return ""
}

// start gives s all that its fields don't say yet, and runs it.
func (s *Server) start(t testing.TB) {
	t.Helper()
	s.binary, s.dir = find(t), t.TempDir()
	t.Cleanup(s.Kill)
	// Between our choice of a port and the server's use of it, another may take it.
	var err error
	for range 5 {
		s.Addr = FreeAddr(t)
		s.URL = "redis://" + s.Addr
		if err = s.launch(); err == nil {
			return
		}
	}
	t.Fatalf("redistest: redis-server does not start: %v", err)
}

// find returns the path of redis-server, and skips the test if there is none.
func find(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("SKERRY_REDIS_SERVER"); path != "" {
		return path
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("SKIPPED: no redis-server here. Install Redis 7 or newer (apt-get install redis-server, brew install redis), or set SKERRY_REDIS_SERVER to its path.")
	}
	return path
}

// FreeAddr returns a loopback address, host:port, that nothing listens on at the moment.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// launch runs the server at s.Addr and waits until it answers.
func (s *Server) launch() error {
	_, port, _ := net.SplitHostPort(s.Addr)
	args := append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--daemonize", "no"}, s.args...)
	if s.config != "" {
		args = append([]string{s.config}, args...)
	}
	p, err := startProcess(s.binary, args)
	if err != nil {
		return err
	}
	s.process = p
	deadline := time.After(startWait)
	for {
		// The process id tells our server from another that has got the port first.
		if info, err := s.Do("INFO", "server"); err == nil && strings.Contains(info, "process_id:"+strconv.Itoa(p.pid)+"\r\n") {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("it has ended: %s", p.lastOutput())
		case <-deadline:
			s.Kill()
			return fmt.Errorf("it does not answer: %s", p.lastOutput())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Kill ends the server at once, as a crash would. A server that has ended stays so.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	s.process.signal(syscall.SIGKILL)
	<-s.process.done
}

// Restart starts a killed server again, at the same address and with the same files.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatalf("redistest: restart: %v", err)
	}
}

// Freeze stops the server without ending it: it takes connections, and does not answer.
func (s *Server) Freeze() { s.process.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.process.signal(syscall.SIGCONT) }

// process is a child that dies with this process.
type process struct {
	pid    int
	done   chan struct{} // closed when it has ended
	output bytes.Buffer  // readable when done is closed
	handle *os.Process
}

// startProcess starts a child. The kernel ties a child's life to that of the thread it
// was started from, so a goroutine keeps that thread until the child has ended.
func startProcess(path string, args []string) (*process, error) {
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd := exec.Command(path, args...)
		cmd.SysProcAttr = dieWithParent()
		cmd.Stdout, cmd.Stderr = &p.output, &p.output
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid, p.handle = cmd.Process.Pid, cmd.Process
		started <- nil
		_ = cmd.Wait() // it was killed, or says why it ended
	}()
	return p, <-started
}

func (p *process) signal(sig os.Signal) {
	if err := p.handle.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		panic(fmt.Sprintf("redistest: signal %v to process %d: %v", sig, p.pid, err))
	}
}

// lastOutput returns the end of what the process wrote, if it has ended.
func (p *process) lastOutput() string {
	select {
	case <-p.done:
		lines := strings.Split(strings.TrimSpace(p.output.String()), "\n")
		return strings.Join(lines[max(0, len(lines)-3):], "; ")
	default:
		return "it runs"
	}
}
