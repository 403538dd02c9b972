package catalog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// interrupted is a store with which something happens once, before a key with the given
// prefix is read.
type interrupted struct {
	*memory.Store
	prefix string
	do     func()
}

func (s *interrupted) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if do := s.do; do != nil && strings.HasPrefix(key, s.prefix) {
		s.do = nil
		do()
	}
	return s.Store.Get(ctx, ns, key)
}

func TestSlowRemovalDoesNotFreeNumbers(t *testing.T) {
	t.Parallel()
	memory := memory.New(memory.Config{})
	other := open(t, memory)
	push(t, other, manifest("shop"), "1")
	// The removal has seen version 1 alone when it comes to note which numbers are used.
	s := &interrupted{Store: memory, prefix: "removed/", do: func() {
		push(t, other, manifest("shop"), "2")
		if _, err := other.Remove(t.Context(), "shop"); err != nil {
			t.Error(err)
		}
	}}
	if _, err := open(t, s).Remove(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if got := push(t, other, manifest("shop"), "3").Version.Number; got != 3 {
		t.Errorf("the next push made version %d, want 3", got)
	}
}

func TestReadersFindTheirWayWhenTheCatalogChangesUnderThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, s kv.Store)
		want   int // bundles
	}{
		{"a push", func(t *testing.T, s kv.Store) { push(t, open(t, s), manifest("shop"), "2") }, 3},
		{"a removal", func(t *testing.T, s kv.Store) {
			if _, err := open(t, s).Remove(t.Context(), "shop"); err != nil {
				t.Error(err)
			}
		}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, read := range []string{"bundles", "sweep"} {
				memory := memory.New(memory.Config{})
				other := open(t, memory)
				push(t, other, manifest("shop"), "1")
				push(t, other, manifest("tool"), "t")
				s := &interrupted{Store: memory, prefix: "history/shop/", do: func() { tc.change(t, memory) }}
				c := open(t, s)
				if read == "sweep" {
					if _, err := c.Sweep(t.Context(), time.Hour); err != nil {
						t.Errorf("sweep: %v", err)
					}
				} else if got, err := c.Bundles(t.Context()); err != nil || len(got) != tc.want {
					t.Errorf("bundles: %d, %v, want %d", len(got), err, tc.want)
				}
				if s.do != nil {
					t.Error("nothing was changed meanwhile")
				}
			}
		})
	}
}
