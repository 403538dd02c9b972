package main_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// process is a running process of a node.
type process struct {
	pid     int
	command []string
}

// is says whether the process was started as the command name, hidden ones included:
// "worker", "jail".
func (p process) is(name string) bool { return len(p.command) > 1 && p.command[1] == name }

// processes lists pid and all that descend from it. What ends meanwhile may be missing.
func processes(pid int) []process {
	command, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(command) == 0 { // gone, or a zombie
		return nil
	}
	found := []process{{pid, strings.Split(strings.TrimRight(string(command), "\x00"), "\x00")}}
	// A thread's children are listed under the thread that made them.
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children") // the pattern is right
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue // the thread is gone
		}
		for child := range strings.FieldsSeq(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				found = append(found, processes(n)...)
			}
		}
	}
	return found
}

// resident is the memory of a process in bytes, with pages that it shares divided among
// those who share them; zero if it is gone.
func resident(pid int) int64 {
	rollup, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(rollup) {
		if rest, ok := strings.CutPrefix(string(line), "Pss:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}

// restart starts a node that has ended, at the same place. A kernel may take a moment to give
// up the locks of a large process.
func (s *server) restart() {
	s.t.Helper()
	for range 20 {
		s.start()
		if s.becomesReady() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("the node does not start again: %s", s.output.String())
}

// ended says whether the node's first process has.
func (s *server) ended() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// answers says whether the node's control API and its functions do.
func (s *server) answers() bool {
	client := &http.Client{Timeout: hungAfter, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + s.admin + "/healthz")
	if err != nil {
		return false
	}
	r.Body.Close()
	wrong, _ := greet(client, s.listen)
	return wrong == ""
}

// becomesReady waits until the node is ready; false: it has ended.
func (s *server) becomesReady() bool {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		r, err := http.Get("http://" + s.admin + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return true
			}
		}
		if s.ended() {
			return false
		}
	}
	s.t.Fatalf("the node is not ready: %s", s.output.String())
	return false
}

// nodeData is how much memory a process of a node may ask for while it is tortured: far more
// than is promised, and little enough that a node which breaks its promise does not take
// the machine along.
const nodeData = 3 << 30

// boundMemory gives nodeData to a process, and to those that it will start.
func boundMemory(t testing.TB, pid int) {
	t.Helper()
	limit := unix.Rlimit{Cur: nodeData, Max: nodeData}
	if err := unix.Prlimit(pid, unix.RLIMIT_DATA, &limit, nil); err != nil {
		t.Logf("the memory of process %d has no bound: %v", pid, err)
	}
}

// watch samples the processes of a node every 100 ms.
type watch struct {
	stopped chan struct{}
	done    chan struct{}
	mu      sync.Mutex
	pid     int // of the node
	samples int
	peak    int64       // the most memory of all together
	recent  int64       // the same, since it was asked for last
	excess  int64       // the most by which memory was above what is allowed; negative: it never was
	workers int         // the most at once
	jails   int         // the most at once
	seen    map[int]int // by pid: the last sample that it was in
}

// startWatch watches until stop. Where a kernel does not say what is resident, the test is
// skipped.
func startWatch(t testing.TB, pid int) *watch {
	t.Helper()
	if resident(os.Getpid()) == 0 {
		t.Skip("SKIPPED: this kernel has no smaps_rollup")
	}
	w := &watch{pid: pid, excess: -1 << 60, stopped: make(chan struct{}), done: make(chan struct{}), seen: make(map[int]int)}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.stopped:
				return
			case <-tick.C:
				w.sample()
			}
		}
	}()
	t.Cleanup(func() { w.stop() })
	return w
}

// allowed is how much memory a node may hold: what each worker's event may, and a process
// itself, what idle jails take, and the supervisor.
func allowed(workers, jails int) int64 {
	return int64(max(workers, 1)*(tortureLimits.memoryMB+128)+jails*24+128) << 20
}

func (w *watch) sample() {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := processes(w.pid)
	if len(all) == 0 {
		return // it is being started again
	}
	var sum int64
	workers, jails := 0, 0
	w.samples++
	for _, p := range all {
		sum += resident(p.pid)
		w.seen[p.pid] = w.samples
		if p.is("worker") {
			workers++
		}
		if p.is("jail") {
			jails++
		}
	}
	w.peak, w.recent = max(w.peak, sum), max(w.recent, sum)
	w.workers, w.jails = max(w.workers, workers), max(w.jails, jails)
	w.excess = max(w.excess, sum-allowed(workers, jails))
}

// lost counts the processes that were seen and are gone.
func (w *watch) lost() int {
	w.sample()
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := 0
	for _, last := range w.seen {
		if last < w.samples {
			gone++
		}
	}
	return gone
}

// recently returns the most memory of all together since it was called last.
func (w *watch) recently() int64 {
	w.sample()
	w.mu.Lock()
	defer w.mu.Unlock()
	most := w.recent
	w.recent = 0
	return most
}

// move watches another process: the node was started again.
func (w *watch) move(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pid = pid
}

// stop ends the watch. It may be called again.
func (w *watch) stop() {
	select {
	case <-w.stopped:
	default:
		close(w.stopped)
	}
	<-w.done
}

// has says whether serve has a flag.
func has(t testing.TB, flag string) bool {
	t.Helper()
	help, err := command(t, "serve", "--help")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(help, flag)
}

// needs skips a test of what a node of one process does not have.
func needs(t testing.TB, flag string) {
	t.Helper()
	if !has(t, flag) {
		t.Skipf("SKIPPED: this skerry has no %s", flag)
	}
}
