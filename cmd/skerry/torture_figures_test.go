package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// records follows the events of one function; the function it returns waits until n of
// them are there, ends that, and gives them.
func records(t *testing.T, s *server, function string) func(n int) []map[string]any {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(s.data, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.admin+"/v1/tail?function="+function, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(token))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []map[string]any
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines(response.Body, func(line map[string]any) {
			if line["type"] == "request" {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, line)
			}
		})
	}()
	return func(n int) []map[string]any {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			got := len(all)
			mu.Unlock()
			if got >= n {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%d events of %s were told of, want %d", got, function, n)
				break
			}
		}
		cancel()
		<-done
		response.Body.Close()
		return all
	}
}

// cpuOf is what an event was charged.
func cpuOf(record map[string]any) time.Duration {
	ms, _ := record["cpu_ms"].(float64) // absent: nothing
	return time.Duration(ms * float64(time.Millisecond))
}

// startSpinners keeps every core busy with n processes until the test ends.
func startSpinners(t *testing.T, n int) {
	t.Helper()
	for range n {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it can't have ended
			_ = cmd.Wait()         // "signal: killed" is what was asked for
		})
	}
}

// TestTortureCPU measures what the CPU cap is worth on a machine whose cores are busy: when
// a handler that never ends is stopped, that waiting is free, and that nobody who stays below
// the cap is hit.
func TestTortureCPU(t *testing.T) {
	needsTorture(t)
	s := startServer(t)
	startSpinners(t, 4)
	push := func(name, script string, l limits) {
		t.Helper()
		if refused := s.pushAttack(attack{name: name, script: script}, l); refused != "" {
			t.Fatal(refused)
		}
	}
	push("busy", "for (;;) {}", limits{50, 64, 30_000})
	push("sleeper", "await new Promise((r) => setTimeout(r, 5000))", limits{50, 64, 30_000})
	// About 10 ms of work: well below the cap, also on a slow machine.
	push("innocent", "let x = 0; for (let i = 0; i < 100000; i++) x += i % 7", limits{50, 64, 30_000})

	const stops, sleeps, innocents = 300, 3, 300
	busy, sleeper, innocent := records(t, s, "busy"), records(t, s, "sleeper"), records(t, s, "innocent")
	var group sync.WaitGroup
	for range sleeps {
		group.Go(func() { s.attackOnce(t.Context(), attack{name: "sleeper"}) })
	}
	for range stops {
		s.attackOnce(t.Context(), attack{name: "busy"})
	}
	for range 4 {
		group.Go(func() {
			for range innocents / 4 {
				if end, _ := s.attackOnce(t.Context(), attack{name: "innocent"}); end != endAnswer {
					t.Errorf("an event below its cap ended with %s", end)
				}
			}
		})
	}
	group.Wait()

	var text strings.Builder
	measure := func(name, outcome string, all []map[string]any) []time.Duration {
		used := make([]time.Duration, 0, len(all))
		for _, r := range all {
			if r["outcome"] != outcome {
				t.Errorf("an event of %s ended with %v, want %s", name, r["outcome"], outcome)
			}
			used = append(used, cpuOf(r))
		}
		slices.Sort(used)
		fmt.Fprintf(&text, "%-10s %4d events, CPU p50 %s ms, p95 %s ms, p99 %s ms, max %s ms\n", name, len(used),
			millis(percentile(used, 50)), millis(percentile(used, 95)), millis(percentile(used, 99)), millis(percentile(used, 100)))
		return used
	}
	stopped := measure("busy", "exceeded_cpu", busy(stops))
	waited := measure("sleeper", "ok", sleeper(sleeps))
	measure("innocent", "ok", innocent(innocents))
	t.Log("\n" + text.String())
	writeTable(t, text.String())
	if p := percentile(stopped, 50); p > 52*time.Millisecond {
		t.Errorf("half of the busy events were stopped at %s ms or later, want 52", millis(p))
	}
	if p := percentile(stopped, 99); p > 75*time.Millisecond {
		t.Errorf("p99 of the busy events is %s ms, want 75", millis(p))
	}
	if p := percentile(waited, 100); p > 10*time.Millisecond {
		t.Errorf("an event that waited was charged %s ms", millis(p))
	}
}

// TestTortureMemory measures what hogs of many kinds get before they end, and that programs
// which only make garbage pass.
func TestTortureMemory(t *testing.T) {
	needsTorture(t)
	hogs := []string{"hog-strings", "hog-arrays", "hog-buffers", "hog-maps", "hog-closures", "hog-promises", "hog-typed", "hog-json", "hog-regexp",
		"hog-arrays-fill", "slow-strings", "slow-arrays", "slow-microtasks"}
	garbage := []string{"garbage-strings", "garbage-arrays", "garbage-buffers", "garbage-slow"}
	args := []string{}
	if has(t, "--workers") {
		args = append(args, "--workers", "1")
	}
	s := startServer(t, args...)
	boundMemory(t, s.cmd.Process.Pid)
	// Memory is what shall end them: there is time for it.
	generous := limits{cpuMS: 5000, memoryMB: 64, wallMS: 30_000}
	var text strings.Builder
	for _, a := range chosen(t, append(slices.Clone(hogs), garbage...)...) {
		if refused := s.pushAttack(a, generous); refused != "" {
			t.Fatal(refused)
		}
		s.settle()
		before := highWater(s.cmd.Process.Pid)
		end, head := s.attackOnce(t.Context(), a)
		grown := growth(s.cmd.Process.Pid, before)
		fmt.Fprintf(&text, "%-18s %-18s %6s ms, peak %4d MB above what was\n", a.name, end, millis(head), grown>>20)
		want := "exceeded_memory"
		if slices.Contains(garbage, a.name) {
			want = endAnswer
		}
		if end != want {
			t.Errorf("%s ended with %s, want %s", a.name, end, want)
		}
		most := int64(2*generous.memoryMB+64) << 20
		if a.name == "hog-arrays-fill" {
			most = int64(5*generous.memoryMB) << 20
		}
		if grown > most && want != endAnswer {
			t.Errorf("%s: the node grew by %d MB, want at most %d", a.name, grown>>20, most>>20)
		}
	}
	t.Log("\n" + text.String())
	writeTable(t, text.String())
}

// settle waits until what a push has started is over, as far as memory shows it.
func (s *server) settle() {
	s.t.Helper()
	last := int64(0)
	for range 50 {
		now := int64(0)
		for _, p := range processes(s.cmd.Process.Pid) {
			now += resident(p.pid)
		}
		if now == last {
			return
		}
		last = now
		time.Sleep(100 * time.Millisecond)
	}
}

// highWater makes the kernel forget the peaks of a node's processes, and returns what each
// holds.
func highWater(pid int) map[int]int64 {
	held := make(map[int]int64)
	for _, p := range processes(pid) {
		// Where that can't be done an old peak counts too: the figure is then too high.
		_ = os.WriteFile("/proc/"+strconv.Itoa(p.pid)+"/clear_refs", []byte("5"), 0)
		held[p.pid] = peakOf(p.pid)
	}
	return held
}

// growth sums how far the processes of a node have gone above what they held before. A
// process that is gone counts nothing: the request's end tells of it.
func growth(pid int, before map[int]int64) int64 {
	var sum int64
	for _, p := range processes(pid) {
		sum += max(0, peakOf(p.pid)-before[p.pid])
	}
	return sum
}

// peakOf is the most memory that was resident in a process.
func peakOf(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err == nil {
				return kb << 10
			}
		}
	}
	return 0
}
