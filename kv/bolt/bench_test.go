package bolt_test

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
)

// filled returns a store that has 10,000 keys with values of 256 bytes.
func filled(b *testing.B) *bolt.Store {
	s := open(b, bolt.Config{})
	var wg sync.WaitGroup
	for w := range 100 {
		wg.Go(func() {
			for i := range 100 {
				e := kv.Entry{Value: bytes.Repeat([]byte("v"), 256), Metadata: []byte(`{"n":1}`)}
				if _, err := s.Put(b.Context(), "shop", fmt.Sprintf("user:%04d", 100*w+i), e); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return s
}

func BenchmarkGet(b *testing.B) {
	s := filled(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(b.Context(), "shop", "user:5000"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	e := kv.Entry{Value: bytes.Repeat([]byte("v"), 256)}
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := filled(b)
			b.ReportAllocs()
			b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
			if writers == 1 {
				for b.Loop() {
					if _, err := s.Put(b.Context(), "shop", "user:5000", e); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			var n atomic.Int64
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				key := fmt.Sprintf("user:%04d", 100*n.Add(1)%10000)
				for pb.Next() {
					if _, err := s.Put(b.Context(), "shop", key, e); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func BenchmarkList(b *testing.B) {
	s := filled(b)
	for _, limit := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if page, err := s.List(b.Context(), "shop", kv.Query{Limit: limit}); err != nil || len(page.Keys) != limit {
					b.Fatal(len(page.Keys), err)
				}
			}
		})
	}
}
