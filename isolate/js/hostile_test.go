package js_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// hostileChild makes the test binary run the scripts it reads, instead of tests.
const hostileChild = "SKERRY_HOSTILE_CHILD"

const (
	hostileCPU    = 10 * time.Millisecond
	hostileMemory = 64 << 20

	// hostileHang is when a script is called one that hangs, on however busy a machine.
	hostileHang = 30 * time.Second
)

func TestMain(m *testing.M) {
	if os.Getenv(hostileChild) != "" {
		if err := runHostile(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestHostile runs scripts that try to outlive their turn, to eat memory or to end the
// process, in processes of their own. Each must end by itself, and its process must live.
func TestHostile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/hostile/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if shared := os.Getenv("SKERRY_SHARED"); shared != "" {
		files = append(files, filepath.Join(shared, "hostile", "scripts.tsv"))
	} else {
		t.Log("SKERRY_SHARED is not set: its hostile/scripts.tsv is NOT run")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			scripts := readScripts(t, file)
			for len(scripts) > 0 {
				scripts = scripts[runInChild(t, scripts):]
			}
		})
	}
}

// script is one line of a file: a name and the body of a function.
type script struct{ name, body string }

func readScripts(t *testing.T, file string) []script {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var scripts []script
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
		if strings.HasPrefix(line, "#") || len(fields) < 2 {
			continue
		}
		scripts = append(scripts, script{fields[0], fields[1]})
	}
	return scripts
}

// runInChild runs scripts in a process of their own, until all are done or one of them has
// ended the process or hangs, and returns how many it has dealt with.
func runInChild(t *testing.T, scripts []script) int {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), hostileChild+"=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr tail
	child.Stderr = &stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer in.Close()
		for _, s := range scripts {
			if _, err := fmt.Fprintf(in, "%s\t%s\n", s.name, s.body); err != nil {
				return
			}
		}
	}()
	hang := time.AfterFunc(hostileHang, func() { child.Process.Kill() })
	defer hang.Stop()
	done := 0
	for lines := bufio.NewScanner(out); lines.Scan(); done++ {
		hang.Reset(hostileHang)
		if name, outcome, _ := strings.Cut(lines.Text(), "\t"); strings.HasPrefix(outcome, "BROKEN") {
			t.Errorf("%s: %s", name, outcome)
		} else if strings.Contains(outcome, "LATE") || testing.Verbose() {
			t.Logf("%s: %s", name, outcome)
		}
	}
	err = child.Wait()
	if done == len(scripts) && err == nil {
		return done
	}
	if done == len(scripts) {
		t.Errorf("after the last script: %v\n%s", err, stderr.text())
		return done
	}
	if hang.Stop() {
		t.Errorf("%s ended the process: %v\n%s", scripts[done].name, err, stderr.text())
	} else {
		t.Errorf("%s hangs", scripts[done].name)
	}
	return done + 1
}

// tail keeps the beginning of what is written: the reason why a process died.
type tail struct {
	mu    sync.Mutex
	start strings.Builder
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.start.Len() < 1000 {
		t.start.Write(p[:min(len(p), 1000)])
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.start.String()
}

// runHostile runs the scripts that come in, one by one, and writes a line for each.
func runHostile(in io.Reader, out io.Writer) error {
	limitMemory()
	platform, err := js.NewPlatform()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, body, _ := strings.Cut(lines.Text(), "\t")
		if _, err := fmt.Fprintf(out, "%s\t%s\n", name, runScript(platform, body)); err != nil {
			return err
		}
	}
	return lines.Err()
}

// runScript runs body in a VM of its own and says how it ended: BROKEN if that is no way for
// a script to end, LATE if no interrupt reached it in time.
func runScript(platform *js.Platform, body string) string {
	program, err := js.CompileFunction("hostile.js", body, nil, nil)
	if err != nil {
		return "refused: " + err.Error()
	}
	late := make(chan js.Overrun, 1)
	turns := js.NewTurns(js.TurnsConfig{Overrun: func(o js.Overrun) { late <- o }})
	defer turns.Close()
	vm := platform.NewVM(js.Config{Turns: turns, Eval: strings.Contains(body, "eval") || strings.Contains(body, "Function(")})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: hostileCPU, MemoryBytes: hostileMemory})
	start := time.Now()
	var thrown error
	err = vm.Enter(context.Background(), func() { _, thrown = vm.Evaluate(program) })
	outcome := "a value"
	var broken *js.PanicError
	switch {
	case errors.As(err, &broken):
		outcome = "BROKEN " + broken.Error() + string(broken.Stack[:min(len(broken.Stack), 3000)])
	case errors.Is(err, js.ErrCPU), errors.Is(err, js.ErrMemory):
		outcome = err.Error()
	case err != nil:
		outcome = "BROKEN " + err.Error()
	case thrown != nil:
		err := vm.Enter(context.Background(), func() { outcome = "throws " + vm.Report(thrown).Message })
		if errors.As(err, &broken) {
			outcome = "BROKEN " + err.Error()
		}
	}
	if len(outcome) > 200 && !strings.HasPrefix(outcome, "BROKEN") {
		outcome = outcome[:200]
	}
	outcome = strings.NewReplacer("\n", " ", "\t", " ").Replace(outcome)
	used := vm.Meter().Used()
	select {
	case <-late:
		outcome = "LATE " + outcome
	default:
	}
	return fmt.Sprintf("%s; %v of CPU, %v", outcome, used.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
}
