package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/skerry-edge/skerry/bench/family"
)

// process is a program that was started, pinned to cores, and its children.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	output tail
}

// start starts a program on some cores; the lab ends it at the latest. Env goes beside this
// process's own.
func (l *lab) start(ctx context.Context, on string, env []string, name string, args ...string) (*process, error) {
	p := &process{exited: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, "taskset", append([]string{"-c", on, name}, args...)...)
	p.cmd.Dir, p.cmd.Stderr, p.cmd.Env = l.dir, &p.output, append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	l.running = append(l.running, p)
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // a server ends because it is told to; report has what it wrote
	}()
	return p, nil
}

// stop ends the process and waits for it. It may be called again.
func (p *process) stop() {
	select {
	case <-p.exited:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // else it has just ended
	select {
	case <-p.exited:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// report is what the process wrote last, as an error.
func (p *process) report() error { return errors.New(p.output.String()) }

// tail keeps the last of what is written to it. It is safe for concurrent use.
type tail struct {
	mu struct {
		sync.Mutex
		text []byte
	}
}

// tailMax is how much a tail keeps.
const tailMax = 2000

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.text = append(t.mu.text, b...)
	t.mu.text = t.mu.text[max(0, len(t.mu.text)-tailMax):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.mu.text))
}

// cpu is the CPU time that the process has used, with all that descend from it.
func (p *process) cpu() (time.Duration, error) { return family.CPU(p.cmd.Process.Pid) }

// memory is how many bytes the process holds, with all that descend from it; pages that they
// share count once.
func (p *process) memory() (int64, error) {
	all, err := family.Of(p.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	return family.Resident(all...)
}
