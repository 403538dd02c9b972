package grammartest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

const (
	// overrunMax is how much CPU time beyond its cap a script may use before it is a finding.
	overrunMax = 250 * time.Millisecond
	// hangCPU is how much beyond its cap the child may use on one script before it is ended.
	hangCPU = 2 * time.Second
	// hangWall ends a child that neither computes nor answers.
	hangWall = 3 * time.Minute
	// peakMax is the resident memory, in MB, beyond which a script is a finding: twice the
	// cap, 64 MB, and what the process is without it.
	peakMax = 2*memoryMB + 64 + 40
)

// finding is what is wrong with a script's end.
type finding struct {
	kind string // "death", "hang", "overrun", "memory", "panic", "wrong"
	what string // one line
}

// fatal says whether a finding costs the process.
func (f *finding) fatal() bool { return f.kind == "death" || f.kind == "hang" }

// runner runs scripts in a child, and starts another when one is gone.
type runner struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    chan []byte // lines; closed when the child is gone
	stderr *tail
}

func newRunner(t testing.TB) *runner {
	r := &runner{t: t}
	t.Cleanup(r.stop)
	return r
}

// start starts a child.
func (r *runner) start() {
	r.t.Helper()
	r.cmd = exec.Command(os.Args[0], "-test.run=^$")
	r.cmd.Env = append(os.Environ(), childEnv+"=1", "GOTRACEBACK=crash")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.stderr = new(tail)
	r.cmd.Stderr = r.stderr
	in, err := r.cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	lines := make(chan []byte)
	r.in, r.out = in, lines
	cmd := r.cmd
	go func() {
		defer close(lines)
		scan := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := scan.ReadBytes('\n')
			if err != nil {
				_ = cmd.Wait() // how it ended stands in its stderr
				return
			}
			lines <- line
		}
	}()
}

// stop ends the child.
func (r *runner) stop() {
	if r.cmd == nil {
		return
	}
	r.in.Close()
	_ = r.cmd.Process.Kill() // it may be gone already
	for range r.out {
	}
	r.cmd = nil
}

// run runs a script. The finding is nil if the script ended as it should.
func (r *runner) run(j job) (verdict, *finding) {
	r.t.Helper()
	if r.cmd == nil {
		r.start()
	}
	line, err := json.Marshal(j)
	if err != nil {
		r.t.Fatal(err)
	}
	used := r.cpu()
	if _, err := r.in.Write(append(line, '\n')); err != nil {
		return verdict{}, r.gone()
	}
	deadline := time.Now().Add(hangWall)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case line, ok := <-r.out:
			if !ok {
				return verdict{}, r.gone()
			}
			var v verdict
			if err := json.Unmarshal(line, &v); err != nil {
				r.t.Fatalf("the child answered %.200q: %v", line, err)
			}
			return v, judge(j, v)
		case now := <-tick.C:
			if spent := r.cpu() - used; spent > j.budget()+hangCPU || now.After(deadline) {
				return verdict{}, r.hung(spent)
			}
		}
	}
}

// judge looks at how a script ended.
func judge(j job, v verdict) *finding {
	switch {
	case v.Outcome == isolate.OutcomeInternal:
		_, stack, _ := strings.Cut(v.Message, "\n")
		return &finding{"panic", oneLine(stack[:min(len(stack), 200)]) + frames(v.Message)}
	case v.Outcome == isolate.OutcomeOK && v.Body == "wrong":
		return &finding{"wrong", "the answer is wrong"}
	case v.CPU > j.budget()+overrunMax:
		return &finding{"overrun", fmt.Sprintf("%d ms of CPU, %s", v.CPU.Milliseconds(), v.Outcome)}
	case v.PeakMB > peakMax:
		return &finding{"memory", fmt.Sprintf("%d MB resident, %s", v.PeakMB, v.Outcome)}
	}
	return nil
}

// gone says how the child died.
func (r *runner) gone() *finding {
	r.stop()
	text := r.stderr.String()
	cause := "it left without a word"
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "runtime: goroutine stack exceeds") || strings.HasPrefix(line, "SIG") {
			cause = line
			if !strings.HasPrefix(line, "runtime:") {
				break
			}
		}
	}
	return &finding{"death", cause[:min(len(cause), 200)] + frames(text)}
}

// hung ends a child that runs on, and says where it was.
func (r *runner) hung(spent time.Duration) *finding {
	_ = r.cmd.Process.Signal(syscall.SIGQUIT) // it may be gone already
	done := time.After(10 * time.Second)
	for open := true; open; {
		select {
		case _, open = <-r.out:
		case <-done:
			open = false
		}
	}
	text := r.stderr.String()
	r.stop()
	return &finding{"hang", fmt.Sprintf("still running after %.1f s of CPU", spent.Seconds()) + frames(text)}
}

// cpu is the CPU time of the child up to now, in steps of 10 ms.
func (r *runner) cpu() time.Duration {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(r.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11])) // the kernel writes numbers
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * 10 * time.Millisecond
}

// frame finds the functions of a Go trace that tell where a script was.
var frame = regexp.MustCompile(`(?m)^(?:github\.com/(?:dop251/(goja)|dlclark/(regexp2)|skerry-edge/skerry/isolate/(js|webapi|binding))(?:/v2)?\.(\S+)|(math/big|regexp|sort|strings|unicode/utf16|golang\.org/x/text/[a-z/]+)\.(\S+))\(`)

// frames lists the innermost such functions of a trace.
func frames(trace string) string {
	var found []string
	for _, m := range frame.FindAllStringSubmatch(trace, -1) {
		name := m[1] + m[2] + m[3] + m[5] + "." + m[4] + m[6]
		switch {
		case strings.Contains(name, "atchdog"), strings.HasPrefix(name, "js.(*Turns)"), strings.HasPrefix(name, "js.(*Meter)"), len(found) > 0 && found[len(found)-1] == name:
			continue
		}
		found = append(found, name)
		if len(found) == 4 {
			break
		}
	}
	if len(found) == 0 {
		return ""
	}
	return " in " + strings.Join(found, " < ")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// tail keeps the first and last of what is written to it.
type tail struct {
	mu          sync.Mutex
	first, last []byte
}

const tailMax = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(p), tailMax-len(t.first))
	t.first = append(t.first, p[:n]...)
	t.last = append(t.last, p[n:]...)
	t.last = t.last[max(0, len(t.last)-tailMax):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.first) + string(t.last)
}
