package jail_test

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv/memory"
)

// BenchmarkDispatch is the same event here and in a jail. What a jail costs is the difference
// of the two in CPU-µs/op, which counts both processes.
func BenchmarkDispatch(b *testing.B) {
	for _, tc := range []struct {
		name, script string
		edit         func(*bundles.Manifest)
	}{
		{"hello", handler(`return new Response("hello")`), func(m *bundles.Manifest) {}},
		{"hello reused", handler(`return new Response("hello")`), func(m *bundles.Manifest) { m.Isolation = bundles.IsolationReuse }},
		{"kv get", handler(`return new Response(await env.KV.get("k"))`), func(m *bundles.Manifest) {
			m.Isolation = bundles.IsolationReuse
			m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
		}},
	} {
		for _, parallel := range []int{1, 16} {
			b.Run(tc.name+"/engine/"+strconv.Itoa(parallel), func(b *testing.B) {
				n := newNode(b, nil)
				e, err := isolate.New(isolate.Config{Load: n.load, Host: isolate.Host{KV: memory.New(memory.Config{})}})
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				dispatchMany(b, e, n.function("f", tc.script, tc.edit), parallel, func() int { return 0 })
			})
			b.Run(tc.name+"/jail/"+strconv.Itoa(parallel), func(b *testing.B) {
				n := newNode(b, nil)
				dispatchMany(b, n, n.function("f", tc.script, tc.edit), parallel, func() int { return n.keeper.Status()[0].Pid })
			})
		}
	}
}

func dispatchMany(b *testing.B, d dispatcher, f *isolate.Target, parallel int, pid func() int) {
	run := func() {
		ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{
			Method: "GET", URL: "http://hello.localhost/a?b=c",
			Header: []isolate.Field{{Name: "Host", Value: "hello.localhost"}, {Name: "User-Agent", Value: "bench"}, {Name: "Accept", Value: "*/*"}},
		}}
		if _, err := d.Dispatch(b.Context(), f, ev); err != nil {
			b.Error(err)
		}
	}
	for range 50 {
		run()
	}
	child := pid()
	b.ReportAllocs()
	before := cpuOf(child)
	if parallel == 1 {
		for b.Loop() {
			run()
		}
	} else {
		b.SetParallelism(parallel)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				run()
			}
		})
	}
	b.ReportMetric(float64((cpuOf(child)-before).Nanoseconds())/1e3/float64(b.N), "CPU-µs/op")
}

// cpuOf is the CPU time of this process and of another, 0: none.
func cpuOf(pid int) time.Duration {
	var own syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &own)
	total := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	if pid == 0 {
		return total
	}
	tasks, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + task.Name() + "/schedstat")
		first, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.ParseInt(first, 10, 64)
		total += time.Duration(n)
	}
	return total
}

// BenchmarkOpen is the start of a jail, until it serves.
func BenchmarkOpen(b *testing.B) {
	n := newNode(b, nil)
	var number atomic.Int64
	for b.Loop() {
		file, err := n.keeper.Open(b.Context(), strconv.FormatInt(number.Add(1), 10))
		if err != nil {
			b.Fatal(err)
		}
		file.Close()
	}
}
