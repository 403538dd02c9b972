package remote_test

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// BenchmarkGet compares a store with itself behind a socket: cpu-ns/op is the processor time
// of caller, client, server and store together.
func BenchmarkGet(b *testing.B) {
	direct := openBolt(b, nil)
	e := kv.Entry{Value: bytes.Repeat([]byte("v"), 256), Metadata: []byte(`{"n":1}`)}
	if _, err := direct.Put(b.Context(), "shop", "user:5000", e); err != nil {
		b.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		store kv.Store
	}{{"direct", direct}, {"remote", through(b, direct)}} {
		for _, callers := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/callers=%d", tc.name, callers), func(b *testing.B) {
				b.ReportAllocs()
				before := processorTime(b)
				if callers == 1 {
					for b.Loop() {
						if _, err := tc.store.Get(b.Context(), "shop", "user:5000"); err != nil {
							b.Fatal(err)
						}
					}
				} else {
					atOnce(b, callers, func() error {
						_, err := tc.store.Get(b.Context(), "shop", "user:5000")
						return err
					})
				}
				b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// BenchmarkLargeGet reads values that come in parts.
func BenchmarkLargeGet(b *testing.B) {
	direct := memory.New(memory.Config{})
	if _, err := direct.Put(b.Context(), "ns", "k", kv.Entry{Value: make([]byte, 1<<20)}); err != nil {
		b.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		store kv.Store
	}{{"direct", direct}, {"remote", through(b, direct)}} {
		b.Run(tc.name, func(b *testing.B) {
			b.SetBytes(1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tc.store.Get(b.Context(), "ns", "k"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocations holds the budget of both sides together, beside what the store takes.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector allocates")
	}
	direct := memory.New(memory.Config{})
	far := through(t, direct)
	e := kv.Entry{Value: make([]byte, 256), Metadata: []byte(`{"n":1}`)}
	for _, tc := range []struct {
		name   string
		budget float64
		call   func(s kv.Store) error
	}{
		{"Put", 16, func(s kv.Store) error { _, err := s.Put(t.Context(), "shop", "user:5000", e); return err }},
		{"Get", 16, func(s kv.Store) error { _, err := s.Get(t.Context(), "shop", "user:5000"); return err }},
		{"List", 17, func(s kv.Store) error { _, err := s.List(t.Context(), "shop", kv.Query{}); return err }},
	} {
		measure := func(s kv.Store) float64 {
			return testing.AllocsPerRun(200, func() {
				if err := tc.call(s); err != nil {
					t.Fatal(err)
				}
			})
		}
		if alone, both := measure(direct), measure(far); both-alone > tc.budget {
			t.Errorf("%s allocates %v times more than in the store, want %v at most", tc.name, both-alone, tc.budget)
		}
	}
}

// atOnce spreads b.N calls over that many goroutines.
func atOnce(b *testing.B, callers int, call func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, callers)
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEcho is the least that a call over a socket can cost: two system calls on each
// side, and waking up for them.
func BenchmarkEcho(b *testing.B) {
	near, far := socketPair(b)
	go func() {
		io.Copy(struct{ io.Writer }{far}, struct{ io.Reader }{far})
	}()
	message := make([]byte, 300)
	before := processorTime(b)
	for b.Loop() {
		if _, err := near.Write(message); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(near, message); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}
