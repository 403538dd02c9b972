package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
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

// ticksPerSecond is the unit of CPU times in /proc, the same on all of Linux.
const ticksPerSecond = 100

// family is the process and all that descend from it, by their process ids.
//
// Source: proc_pid_task(5), children
func (p *process) family() ([]int, error) {
	all := []int{p.cmd.Process.Pid}
	for i := 0; i < len(all); i++ {
		lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		if err != nil {
			return nil, err
		}
		for _, list := range lists {
			text, err := os.ReadFile(list)
			if err != nil {
				continue // the thread has just ended
			}
			for _, field := range strings.Fields(string(text)) {
				pid, err := strconv.Atoi(field)
				if err != nil {
					return nil, err
				}
				all = append(all, pid)
			}
		}
	}
	return all, nil
}

// cpu is the CPU time that the family has used, in user space and in the kernel.
//
// Source: proc_pid_stat(5), utime and stime
func (p *process) cpu() (time.Duration, error) {
	family, err := p.family()
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, pid := range family {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, os.ErrNotExist) && pid != family[0] {
			continue // it has just ended
		}
		if err != nil {
			return 0, err
		}
		_, after, _ := strings.Cut(string(text), ") ") // what is before may have spaces
		fields := strings.Fields(after)
		for _, field := range fields[11:13] {
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// memory is how many bytes the family holds; pages that they share count once.
//
// Source: proc_pid_smaps(5), smaps_rollup
func (p *process) memory() (int64, error) {
	family, err := p.family()
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, pid := range family {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has just ended
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); fields[0] == "Pss:" {
				kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
				if err != nil {
					return 0, err
				}
				sum += kilobytes << 10
			}
		}
	}
	return sum, nil
}
