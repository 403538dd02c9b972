package catalog_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestParallelPushes(t *testing.T) {
	t.Parallel()
	const pushes = 64
	for _, tc := range []struct {
		name     string
		catalogs int
		function func(i int) string
	}{
		{"to one function through one catalog", 1, func(int) string { return "shop" }},
		{"to one function through many catalogs", pushes, func(int) string { return "shop" }},
		{"to many functions through many catalogs", pushes, func(i int) string { return fmt.Sprint("shop", i%8) }},
	} {
		t.Run(tc.name+" get distinct numbers and none is lost", func(t *testing.T) {
			t.Parallel()
			testParallelPushes(t, memory.New(memory.Config{}), pushes, tc.catalogs, tc.function)
		})
	}
}

func testParallelPushes(t *testing.T, s kv.Store, pushes, catalogs int, function func(i int) string) {
	var group sync.WaitGroup
	var mu sync.Mutex
	made := make(map[string][]int)
	shared := open(t, s)
	for i := range pushes {
		c := shared
		if catalogs > 1 {
			c = open(t, s)
		}
		group.Go(func() {
			change, err := c.Push(t.Context(), manifest(function(i)), digest(fmt.Sprint(i)), "")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made[change.Version.Function] = append(made[change.Version.Function], change.Version.Number)
		})
	}
	group.Wait()
	if got := snapshot(t, shared).Revision; got != int64(pushes) {
		t.Errorf("revision %d after %d pushes", got, pushes)
	}
	for function, got := range made {
		slices.Sort(got)
		for i, n := range got {
			if n != i+1 {
				t.Fatalf("%s: numbers %v, want each from 1 to %d once", function, got, len(got))
			}
		}
		if kept := numbers(t, shared, function); !slices.Equal(kept, got) {
			t.Errorf("%s: kept %v, made %v", function, kept, got)
		}
	}
	if removed, err := shared.Sweep(t.Context(), -time.Hour); err != nil {
		t.Error(err)
	} else if removed > pushes {
		t.Errorf("%d documents were left behind", removed)
	}
	if got, want := len(keys(t, s, "version/")), pushes; got != want {
		t.Errorf("%d versions are written, want %d", got, want)
	}
}
