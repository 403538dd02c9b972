package redis_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// filled returns a store that has 1,000 keys with values of 256 bytes.
func filled(b *testing.B) *redis.Store {
	s := open(b, redis.Config{URL: redistest.Start(b).URL, Timeout: time.Minute})
	for i := range 1000 {
		e := kv.Entry{Value: bytes.Repeat([]byte("v"), 256), Metadata: []byte(`{"n":1}`)}
		if _, err := s.Put(b.Context(), "shop", fmt.Sprintf("user:%04d", i), e); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func BenchmarkGet(b *testing.B) {
	s := filled(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(b.Context(), "shop", "user:0500"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetParallel(b *testing.B) {
	s := filled(b)
	b.ReportAllocs()
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Get(b.Context(), "shop", "user:0500"); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkPut(b *testing.B) {
	s := filled(b)
	e := kv.Entry{Value: bytes.Repeat([]byte("v"), 256)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Put(b.Context(), "shop", "user:0500", e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	s := filled(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Add(b.Context(), "shop", "n", 1); err != nil {
			b.Fatal(err)
		}
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

// TestGetAllocations holds the budget of the hot path: what the client needs for a
// command, the Redis key, the deadline, the version and the reply.
func TestGetAllocations(t *testing.T) {
	s := open(t, redis.Config{URL: redistest.Start(t).URL, Timeout: time.Minute})
	put(t, s, "k", "value")
	ctx := t.Context()
	got := testing.AllocsPerRun(500, func() {
		if _, err := s.Get(ctx, "ns", "k"); err != nil {
			t.Fatal(err)
		}
	})
	if got > 11 {
		t.Errorf("Get makes %.0f allocations, more than the 11 it may", got)
	}
}
