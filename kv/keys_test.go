package kv_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestKeysCrossesPages(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	const keys = kv.ListLimitMax + 5
	for i := range keys {
		if _, err := s.Put(t.Context(), "n", fmt.Sprintf("k%06d", i), kv.Entry{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Put(t.Context(), "n", "other", kv.Entry{}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for key, err := range kv.Keys(t.Context(), s, "n", "k") {
		if want := fmt.Sprintf("k%06d", seen); err != nil || key.Name != want {
			t.Fatalf("key %d is %q, %v, want %q", seen, key.Name, err, want)
		}
		seen++
	}
	if seen != keys {
		t.Errorf("%d keys, want %d", seen, keys)
	}
}

func TestKeysEndsWithTheStoresError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range kv.Keys(ctx, memory.New(memory.Config{}), "n", "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d things were yielded, want the error alone", n)
	}
}
