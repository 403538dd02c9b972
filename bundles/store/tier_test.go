package store_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestTier(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		return store.NewTier(openLocal(t, t.TempDir()), newShared(t, memory.New(memory.Config{})))
	})
}

func TestTierFetchesWhatIsMissingOrDamagedAndKeepsIt(t *testing.T) {
	t.Parallel()
	s := storetest.NewFaulty(memory.New(memory.Config{}))
	far := newShared(t, s)
	dir := t.TempDir()
	near := openLocal(t, dir)
	tier := store.NewTier(near, far)
	d, data := storetest.Data(1, 10_000)
	if err := far.Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"missing", "damaged"} {
		if before == "damaged" {
			if err := os.Truncate(blobPath(dir, d), 7); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := tier.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("get of a bundle that is %s: %v", before, err)
		}
		if got, err := near.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("a bundle that was %s is not kept near: %v", before, err)
		}
	}

	s.FailFrom(1, storetest.Fault{Err: kv.ErrUnavailable})
	if got, err := tier.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
		t.Errorf("get of what is near, the far store being away: %v", err)
	}
	other, otherData := storetest.Data(2, 100)
	if _, err := tier.Get(t.Context(), other); !errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("get of what is far, the far store being away: %v, want ErrUnavailable", err)
	}
	if err := tier.Put(t.Context(), other, otherData); !errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("put, the far store being away: %v, want ErrUnavailable", err)
	}
	if _, err := near.Get(t.Context(), other); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a put that failed has left the bundle near: %v", err)
	}
}

func TestTierSweepsBoth(t *testing.T) {
	t.Parallel()
	near, far := openLocal(t, t.TempDir()), newShared(t, memory.New(memory.Config{}))
	tier := store.NewTier(near, far)
	d, data := storetest.Data(1, 1000)
	if err := tier.Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
	swept, err := tier.Sweep(t.Context(), func(bundles.Digest) bool { return false }, -time.Hour)
	if want := (store.Swept{Bundles: 2, Bytes: 2000}); err != nil || swept != want {
		t.Errorf("swept %+v, %v, want %+v", swept, err, want)
	}
	for name, s := range map[string]store.Store{"near": near, "far": far} {
		if _, err := s.Get(t.Context(), d); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("get from the %s store after the sweep: %v", name, err)
		}
	}
}
