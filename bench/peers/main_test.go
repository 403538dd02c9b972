package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bench/workloads"
)

func TestReadWrk(t *testing.T) {
	t.Parallel()
	o, err := readWrk([]byte("Running 3s test\nresult {\"requests\": 10, \"us\": 2000000, \"failed\": 1, \"p50\": 500, \"p99\": 9000}\n"))
	want := outcome{requests: 10, failed: 1, wall: 2 * time.Second, p50: 500 * time.Microsecond, p99: 9 * time.Millisecond}
	if err != nil || o != want {
		t.Errorf("%+v, %v, want %+v", o, err, want)
	}
	if _, err := readWrk([]byte("unable to connect")); err == nil {
		t.Error("what is no result was read as one")
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	l := &lab{options: options{connections: 64}}
	r := newReport(l, []peer{{name: nameReuse}, {name: nameWorkerd}})
	r.add("hello", map[string]figures{nameReuse: {perCPU: 30, p99: 7 * time.Millisecond}, nameWorkerd: {perCPU: 10}})
	r.add("json", map[string]figures{nameReuse: {perCPU: 11, p99: time.Second}, nameWorkerd: {perCPU: 10}})
	r.add("wasm", map[string]figures{nameReuse: {perCPU: 8}})
	r.add("cpu", map[string]figures{nameWorkerd: {perCPU: 10}})
	text := r.markdown()
	for _, want := range []string{
		"| hello | skerry-reuse | workerd | 3 | 3.00 | held |",
		"| hello | skerry-event | workerd | 1.2 | – | not measured |",
		"| json | skerry-reuse | workerd | 1.2 | 1.10 | **not held** |",
		"| wasm | skerry-reuse | workerd (cpu) | 0.8 | 0.80 | held |",
		"| hello, 64 connections, p99 in ms | skerry-reuse | 8 | 7.00 | held |",
		"| hello, 64 connections, p99 in ms | skerry-event | 8 | – | not measured |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestSequence(t *testing.T) {
	t.Parallel()
	drawn := make(map[string]int)
	for _, host := range sequence([]string{"a", "b", "c"}) {
		drawn[host]++
	}
	if drawn["a"] <= drawn["b"] || drawn["b"] <= drawn["c"] || drawn["c"] == 0 || drawn["a"]+drawn["b"]+drawn["c"] != draws {
		t.Errorf("drawn %v", drawn)
	}
}

func TestInlineWasm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"index.js": "import m from \"./fib.wasm\";\nm();\n", "fib.wasm": "\x00asm"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	to := filepath.Join(dir, "index.mjs")
	if err := inlineWasm(dir, to); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to)
	if want := `const m = new WebAssembly.Module(Uint8Array.from(atob("AGFzbQ=="), (c) => c.charCodeAt(0)));` + "\nm();\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v, want %q", text, err, want)
	}
}

func TestMedianAndCount(t *testing.T) {
	t.Parallel()
	list := []figures{{perCPU: 3}, {perCPU: 1}, {perCPU: 2}}
	if m := median(list, func(f figures) float64 { return f.perCPU }); m != 2 {
		t.Errorf("the median is %v", m)
	}
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.4: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%v is written %q, want %q", n, got, want)
		}
	}
}

func TestChoosing(t *testing.T) {
	t.Parallel()
	chosen, err := chooseWorkloads("kv-embedded,hello")
	if err != nil || len(chosen) != 2 || chosen[0].Name != embedded || chosen[1].Name != "hello" {
		t.Errorf("chosen %v, %v", chosen, err)
	}
	if _, err := chooseWorkloads("hallo"); err == nil {
		t.Error("a workload that there is none of was chosen")
	}
	l := &lab{options: options{binaries: "before=/a"}}
	peers, err := choosePeers(l, "workerd,skerry")
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	if want := "workerd skerry-reuse skerry-event before-reuse before-event"; err != nil || strings.Join(names, " ") != want {
		t.Errorf("chosen %v, %v, want %s", names, err, want)
	}
	if _, err := choosePeers(l, "nobody"); err == nil {
		t.Error("a peer that there is none of was chosen")
	}
}

// TestRequests holds that a workload can be found by its name.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, w := range workloads.All() {
		if got := workload(w.Name); got.Request.Path != w.Request.Path {
			t.Errorf("workload(%q) is %q", w.Name, got.Name)
		}
	}
}
