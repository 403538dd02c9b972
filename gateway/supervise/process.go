package supervise

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// stderrPatience is how long the end of a process' stderr is waited for, when the process
// is gone and another one still has the pipe.
const stderrPatience = 100 * time.Millisecond

// Process is a child that runs, or has ended. It is safe for concurrent use.
type Process struct {
	process *os.Process
	stderr  *report
	done    chan struct{}
	exit    Exit // written before done is closed
}

// Exit is how a process ended.
type Exit struct {
	Code   int            // -1 when a signal ended it
	Signal syscall.Signal // 0: it exited
	Stderr []byte         // the last that it wrote there, or the beginning of its crash report; 8 KB at most
	CPU    time.Duration  // that it used in its life
}

// OK says whether the process exited with 0.
func (e Exit) OK() bool { return e.Signal == 0 && e.Code == 0 }

// Cause says in one line why the process ended: what Go's runtime reported, or the one line
// that a program wrote before it failed, and how the kernel saw it end.
func (e Exit) Cause() string {
	how := fmt.Sprintf("exit status %d", e.Code)
	if e.Signal != 0 {
		how = "signal: " + e.Signal.String()
	}
	cause := CauseOf(e.Stderr)
	if said := strings.TrimSpace(string(e.Stderr)); cause == "" && e.Code > 0 && !strings.Contains(said, "\n") {
		cause = oneLine(said)
	}
	if cause == "" {
		return how
	}
	return cause + " (" + how + ")"
}

// Pid is the process' id. When the process is gone it may be another's.
func (p *Process) Pid() int { return p.process.Pid }

// Done is closed when the process has ended and is reaped.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end of the process.
func (p *Process) Wait() Exit {
	<-p.done
	return p.exit
}

// Signal sends a signal. To a process that has ended it is os.ErrProcessDone.
func (p *Process) Signal(s os.Signal) error { return p.process.Signal(s) }

// Kill ends the process at once, and doesn't wait for it.
func (p *Process) Kill() error { return p.process.Kill() }

// newProcess watches over what has just been started. stderr, the pipe's end or nil, is
// taken over, and copied to out.
func newProcess(process *os.Process, stderr *os.File, out io.Writer) *Process {
	p := &Process{process: process, stderr: new(report), done: make(chan struct{})}
	read := make(chan struct{})
	go func() {
		defer close(read)
		if stderr != nil {
			p.stderr.copy(stderr, out)
		}
	}()
	go func() {
		defer close(p.done)
		state, err := process.Wait()
		if stderr != nil {
			stderr.SetReadDeadline(time.Now().Add(stderrPatience))
			<-read
			stderr.Close()
		}
		p.exit = Exit{Code: -1, Stderr: p.stderr.bytes()}
		if err != nil { // somebody else has reaped it
			return
		}
		p.exit.Code = state.ExitCode()
		p.exit.CPU = state.UserTime() + state.SystemTime()
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			p.exit.Signal = status.Signal()
		}
	}()
	return p
}
