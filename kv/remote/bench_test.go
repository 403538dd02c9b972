package remote_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/kv"
)

// BenchmarkGet compares a store with itself behind a socket. Divide the time by what the
// processors can do at once for the processor time of both sides.
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
