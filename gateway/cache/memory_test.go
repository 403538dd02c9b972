package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/kvtest"
)

func newMemory(t testing.TB, cfg cache.MemoryConfig) *cache.Memory {
	t.Helper()
	m, err := cache.NewMemory(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMemoryConformance holds that a Memory with room is a store like the others.
func TestMemoryConformance(t *testing.T) {
	t.Parallel()
	kvtest.Run(t, func(t *testing.T) kv.Store { return newMemory(t, cache.MemoryConfig{Bytes: 1 << 30}) })
	kvtest.RunWithClock(t, func(t *testing.T, now func() time.Time) kv.Store {
		return newMemory(t, cache.MemoryConfig{Bytes: 1 << 30, Now: now})
	})
}

func put(t testing.TB, s kv.Store, ns, key string, size int) {
	t.Helper()
	if _, err := s.Put(t.Context(), ns, key, kv.Entry{Value: make([]byte, size)}); err != nil {
		t.Fatal(err)
	}
}

func has(t testing.TB, s kv.Store, ns, key string) bool {
	t.Helper()
	_, err := s.Get(t.Context(), ns, key)
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestMemoryForgetsWhatWasUsedLongestAgo(t *testing.T) {
	t.Parallel()
	m := newMemory(t, cache.MemoryConfig{Bytes: 100 << 10})
	for _, key := range []string{"a", "b", "c"} {
		put(t, m, "f", key, 30<<10)
	}
	has(t, m, "f", "a")
	put(t, m, "f", "d", 30<<10)
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if has(t, m, "f", key) != want {
			t.Errorf("%s is there: %v, want %v", key, !want, want)
		}
	}
}

// TestMemoryIsFairToNamespaces floods a store from one namespace: the others keep theirs.
func TestMemoryIsFairToNamespaces(t *testing.T) {
	t.Parallel()
	m := newMemory(t, cache.MemoryConfig{Bytes: 1 << 20})
	for i := range 3 {
		for key := range 10 {
			put(t, m, fmt.Sprint("quiet ", i), fmt.Sprint(key), 20<<10) // 600 KiB together
		}
	}
	for i := range 10_000 {
		put(t, m, "flood", fmt.Sprint(i), i%4096)
	}
	put(t, m, "flood", "large", 300<<10)
	if m.Bytes() > 1<<20 {
		t.Errorf("the store holds %d bytes", m.Bytes())
	}
	if !has(t, m, "flood", "large") {
		t.Error("who floods has nothing")
	}
	for i := range 3 {
		for key := range 10 {
			if !has(t, m, fmt.Sprint("quiet ", i), fmt.Sprint(key)) {
				t.Errorf("namespace %d has lost key %d", i, key)
			}
		}
	}
}

// TestMemoryGivesAwayWhatNobodyUses fills a store and leaves it: who comes later has room,
// however small the others are.
func TestMemoryGivesAwayWhatNobodyUses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, cache.MemoryConfig{Bytes: 1 << 20})
		for i := range 200 {
			put(t, m, fmt.Sprint("idle ", i), "k", 4<<10)
		}
		put(t, m, "busy", "early", 300<<10)
		if has(t, m, "busy", "early") {
			t.Error("a large entry is there before others are idle")
		}
		time.Sleep(10*time.Minute - time.Second)
		has(t, m, "idle 7", "k")
		time.Sleep(time.Second)
		put(t, m, "busy", "late", 300<<10)
		if !has(t, m, "busy", "late") || !has(t, m, "idle 7", "k") {
			t.Error("what is used must be there")
		}
	})
}

// TestMemoryStaysWithinItsBound counts what many small entries take beside their bytes, too.
func TestMemoryStaysWithinItsBound(t *testing.T) {
	t.Parallel()
	m := newMemory(t, cache.MemoryConfig{Bytes: 64 << 10})
	for i := range 5000 {
		put(t, m, fmt.Sprint("namespace ", i), "k", 0)
	}
	if m.Bytes() > 64<<10 || m.Bytes() < 32<<10 {
		t.Errorf("the store holds %d bytes", m.Bytes())
	}
	left := 0
	for i := range 5000 {
		if has(t, m, fmt.Sprint("namespace ", i), "k") {
			left++
			if err := m.Delete(t.Context(), fmt.Sprint("namespace ", i), "k"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if left < 40 || left > 200 || m.Bytes() != 0 {
		t.Errorf("of empty entries %d fit into 64 KiB; then %d bytes are left", left, m.Bytes())
	}
}

func TestMemoryRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	m := newMemory(t, cache.MemoryConfig{Bytes: 64 << 10})
	put(t, m, "f", "k", 1)
	if _, err := m.Put(t.Context(), "f", "k", kv.Entry{Value: make([]byte, 33<<10)}); !errors.Is(err, kv.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if !has(t, m, "f", "k") {
		t.Error("a put that was refused has changed something")
	}
	if _, err := cache.NewMemory(cache.MemoryConfig{Bytes: -1}); err == nil || !strings.Contains(err.Error(), "Bytes") {
		t.Errorf("negative bytes: %v", err)
	}
}

// TestMemoryAmongMany is for the race detector, and compares what the store says it holds with
// what it has.
func TestMemoryAmongMany(t *testing.T) {
	t.Parallel()
	m := newMemory(t, cache.MemoryConfig{Bytes: 256 << 10})
	var work sync.WaitGroup
	for w := range 8 {
		work.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			for range 2000 {
				ns, key := fmt.Sprint(r.IntN(4)), fmt.Sprint(r.IntN(50))
				ctx := context.Background()
				switch r.IntN(5) {
				case 0:
					_ = m.Delete(ctx, ns, key)
				case 1, 2:
					_, _ = m.Get(ctx, ns, key)
				case 3:
					_, _ = m.Swap(ctx, ns, key, "", kv.Entry{Value: make([]byte, r.IntN(8<<10))})
				default:
					_, _ = m.Put(ctx, ns, key, kv.Entry{Value: make([]byte, r.IntN(8<<10))})
				}
				if held := m.Bytes(); held < 0 || held > 256<<10 {
					t.Errorf("the store holds %d bytes", held)
					return
				}
			}
		})
	}
	work.Wait()
	for ns := range 4 {
		for key := range 50 {
			if err := m.Delete(t.Context(), fmt.Sprint(ns), fmt.Sprint(key)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if m.Bytes() != 0 {
		t.Errorf("an empty store holds %d bytes", m.Bytes())
	}
}
