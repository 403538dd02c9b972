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
)

// connections is how many clients load the node at once.
const connections = 32

// BenchmarkNode loads a node with each workload, in both isolations. It reports the node's
// CPU time per request, and what it holds afterwards.
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
			b.Run(w.name+"/"+isolation, func(b *testing.B) {
				n := startNode(b, binary)
				n.push(workload(b, w.name, isolation))
				benchmarkRequests(b, n, w.name, w.path)
			})
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

func startNode(b *testing.B, binary string) *node {
	b.Helper()
	n := &node{b: b, binary: binary, listen: freeAddress(b), admin: freeAddress(b), dir: b.TempDir()}
	cmd := exec.Command(binary, "serve", "--listen", n.listen, "--admin", n.admin, "--data", n.dir)
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
			return n
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

// cpu is the CPU time that the node has used, in user space and in the kernel.
//
// Source: proc_pid_stat(5), fields 14 and 15, in ticks of 10 ms
func (n *node) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.pid))
	if err != nil {
		n.b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		t, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			n.b.Fatal(err)
		}
		ticks += t
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// residentBytes is the memory that the node holds now.
func (n *node) residentBytes() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", n.pid))
	if err != nil {
		n.b.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		n.b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
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
