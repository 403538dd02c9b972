package bench_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/bench/family"
)

// connections is how many clients load the node at once.
const connections = 32

// places are where a node runs functions.
var places = []struct {
	name string
	args []string
}{
	{"alone", []string{"--workers", "0"}},
	{"worker", []string{"--workers", "1"}},
	{"workers", nil},
	{"jail", []string{"--untrusted", "jail"}},
}

// BenchmarkNode loads a node with each workload, in both isolations and in each place. It
// reports the CPU time per request of all the node's processes, and what they hold
// afterwards.
func BenchmarkNode(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("SKIPPED: CPU time of another process is read from /proc")
	}
	binary := buildBinary(b)
	for _, w := range []struct{ name, path string }{
		{"hello", "/"},
		{"route", "/users/ada/posts/7"},
	} {
		for _, isolation := range []string{"event", "reuse"} {
			for _, place := range places {
				b.Run(w.name+"/"+isolation+"/"+place.name, func(b *testing.B) {
					n := startNode(b, binary, place.args...)
					n.push(workload(b, w.name, isolation))
					benchmarkRequests(b, n, w.name, w.path)
				})
			}
		}
	}
}

// BenchmarkIdle reports what an idle node holds.
func BenchmarkIdle(b *testing.B) {
	n := startNode(b, buildBinary(b))
	time.Sleep(time.Second) // what starting has left behind is collected
	for b.Loop() {
		n.residentBytes()
	}
	b.ReportMetric(float64(n.residentBytes())/(1<<20), "MB")
}

func benchmarkRequests(b *testing.B, n *node, function, path string) {
	client := &fasthttp.HostClient{Addr: n.listen, MaxConns: connections}
	host := function + ".localhost"
	send := func() error {
		r, w := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(r)
		defer fasthttp.ReleaseResponse(w)
		r.SetRequestURI("http://" + host + path)
		r.UseHostHeader = true
		r.Header.SetHost(host)
		if err := client.Do(r, w); err != nil {
			return err
		}
		if w.StatusCode() != http.StatusOK {
			return fmt.Errorf("status %d: %s", w.StatusCode(), w.Body())
		}
		return nil
	}
	for range 2000 { // warm-up
		if err := send(); err != nil {
			b.Fatal(err)
		}
	}
	before := n.cpu()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				if err := send(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64((n.cpu()-before).Nanoseconds())/float64(b.N), "cpu-ns/req")
	b.ReportMetric(float64(n.residentBytes())/(1<<20), "MB")
}

// buildBinary builds skerry into a folder of the benchmark's.
func buildBinary(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "skerry")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "../cmd/skerry")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return binary
}

// workload copies a workload with the isolation given.
func workload(b *testing.B, name, isolation string) string {
	b.Helper()
	source := filepath.Join("workloads", name)
	if _, err := os.Stat(filepath.Join(source, "package.json")); err == nil {
		if _, err := os.Stat(filepath.Join(source, "node_modules")); err != nil {
			b.Skipf("SKIPPED: %s has no node_modules; run make deps (it needs npm)", source)
		}
	}
	dir := filepath.Join(b.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		b.Fatal(err)
	}
	config := filepath.Join(dir, "skerry.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		b.Fatal(err)
	}
	changed := strings.Replace(string(text), `isolation = "event"`, fmt.Sprintf("isolation = %q", isolation), 1)
	if err := os.WriteFile(config, []byte(changed), 0o644); err != nil {
		b.Fatal(err)
	}
	return dir
}

// node is a node in a process of its own.
type node struct {
	b                          *testing.B
	binary, listen, admin, dir string
	pid                        int
}

func startNode(b *testing.B, binary string, args ...string) *node {
	b.Helper()
	n := &node{b: b, binary: binary, listen: freeAddress(b), admin: freeAddress(b), dir: b.TempDir()}
	cmd := exec.Command(binary, append([]string{"serve", "--listen", n.listen, "--admin", n.admin, "--data", n.dir}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	n.pid = cmd.Process.Pid
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 500 {
		if r, err := http.Get("http://" + n.admin + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return n
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("the node is not ready")
	return nil
}

func (n *node) push(dir string) {
	n.b.Helper()
	out, err := exec.Command(n.binary, "push", dir, "--node", "http://"+n.admin, "--data", n.dir).CombinedOutput()
	if err != nil {
		n.b.Fatalf("%v: %s", err, out)
	}
}

// processes are the node's own and its children's.
func (n *node) processes() []int {
	all, err := family.Of(n.pid)
	if err != nil {
		n.b.Fatal(err)
	}
	return all
}

// cpu is the CPU time that the node has used, in user space and in the kernel.
//
// Source: proc_pid_schedstat(5), of all threads that live
func (n *node) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range n.processes() {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil {
			n.b.Fatal(err)
		}
		for _, thread := range threads {
			text, err := os.ReadFile(thread)
			if err != nil {
				continue // it has just ended
			}
			used, _, _ := strings.Cut(string(text), " ")
			nanoseconds, err := strconv.ParseInt(used, 10, 64)
			if err != nil {
				n.b.Fatal(err)
			}
			sum += time.Duration(nanoseconds)
		}
	}
	return sum
}

// residentBytes is the memory that the node holds now; pages that its processes share are
// counted once.
func (n *node) residentBytes() int64 {
	sum, err := family.Resident(n.processes()...)
	if err != nil {
		n.b.Fatal(err)
	}
	return sum
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
