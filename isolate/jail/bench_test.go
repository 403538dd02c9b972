package jail_test

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/jail"
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

// BenchmarkStream is a body on its way through a function, here and in a jail.
func BenchmarkStream(b *testing.B) {
	for _, tc := range []struct {
		name, script string
		chunk, count int
	}{
		{"passed on/64KiB", handler(`return fetch("http://o/")`), 64 << 10, 256},
		{"passed on/1KiB", handler(`return fetch("http://o/")`), 1 << 10, 1024},
		{"uploaded/64KiB", handler(`return new Response((await request.bytes()).length)`), 64 << 10, 256},
		{"echoed/64KiB", handler(`return new Response(request.body)`), 64 << 10, 256},
	} {
		source := func() isolate.Source { return &flood{chunk: make([]byte, tc.chunk), left: tc.count} }
		host := isolate.Host{Fetch: fetchFunc(func() *isolate.Response { return &isolate.Response{Status: 200, Stream: source()} })}
		run := func(b *testing.B, d dispatcher, f *isolate.Target) {
			once := func() {
				ev, done := event("e")
				ev.Request.Method, ev.Request.Stream = "POST", source()
				r, err := d.Dispatch(b.Context(), f, ev)
				if err != nil {
					b.Fatal(err)
				}
				for r.Stream != nil {
					if _, err := r.Stream.Next(b.Context()); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				<-done
			}
			once()
			b.SetBytes(int64(tc.chunk * tc.count))
			b.ReportAllocs()
			for b.Loop() {
				once()
			}
		}
		edit := func(m *bundles.Manifest) { m.Isolation, m.Limits.CPUMillis = bundles.IsolationReuse, 10_000 }
		b.Run(tc.name+"/engine", func(b *testing.B) {
			n := newNode(b, nil)
			e, err := isolate.New(isolate.Config{Load: n.load, Host: host})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			run(b, e, n.function("f", tc.script, edit))
		})
		b.Run(tc.name+"/jail", func(b *testing.B) {
			n := newNode(b, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.Host = host })
			run(b, n, n.function("f", tc.script, edit))
		})
	}
}

// flood is a body of so many chunks.
type flood struct {
	chunk []byte
	left  int
}

func (f *flood) Next(context.Context) ([]byte, error) {
	if f.left == 0 {
		return nil, io.EOF
	}
	f.left--
	return append([]byte(nil), f.chunk...), nil
}

func (*flood) Cancel(error) {}

// fetchFunc answers every subrequest.
type fetchFunc func() *isolate.Response

func (f fetchFunc) Fetch(context.Context, *isolate.Target, *isolate.Event, *isolate.Request) (*isolate.Response, error) {
	return f(), nil
}
