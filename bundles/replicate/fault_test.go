package replicate_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/kv"
)

// TestEachStepOfASwitchMayFail lets each call of the store that a node makes to follow a
// push fail in turn, alone or with all that follow; then the node dies and starts again,
// with the store away. At every moment it serves the old versions or the new, each as a
// whole, and never goes back.
func TestEachStepOfASwitchMayFail(t *testing.T) {
	t.Parallel()
	for _, fails := range []string{"one call fails", "all calls fail from then on"} {
		t.Run(fails, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 1
				for failAt(t, calls, fails == "one call fails") {
					calls++
				}
				// Mark, Snapshot; and for each of two functions its version, index, chunk.
				if calls <= 8 {
					t.Errorf("only %d calls could fail", calls-1)
				}
			})
		})
	}
}

// failAt lets the nth call fail, and returns false if there are fewer.
func failAt(t *testing.T, call int, once bool) bool {
	t.Helper()
	const before, after = "blog 1, shop 1", "blog 2, shop 2"
	possible := []string{before, "blog 1, shop 2", "blog 2, shop 1", after}
	w := newWorld(t)
	w.push(t, "shop", "1")
	w.push(t, "blog", "b1")
	n := newNode(t, w)
	n.cfg.Parallel = 1
	n.onSwitch(func(s *replicate.Serving) error {
		for _, v := range s.Versions() {
			if d, _ := bundle(map[string]string{"shop 1": "1", "shop 2": "2", "blog 1": "b1", "blog 2": "b2"}[fmt.Sprint(v.Function, " ", v.Number)]); v.Digest != d {
				t.Errorf("call %d failed: %s %d has a bundle that is not its own", call, v.Function, v.Number)
			}
		}
		return nil
	})
	n.start(t)
	w.push(t, "shop", "2")
	w.push(t, "blog", "b2")

	if once {
		n.kv.FailAt(call, away)
	} else {
		n.kv.FailFrom(call, away)
	}
	err := n.Sync(t.Context())
	failed := n.kv.Failed()
	served := n.serves()
	if !slices.Contains(possible, served) || err == nil && served != after {
		t.Fatalf("call %d failed: sync says %v and %q is served", call, err, served)
	}
	if err != nil && !errors.Is(err, kv.ErrUnavailable) {
		t.Fatalf("call %d failed: sync says %v", call, err)
	}

	n.Close() // as far as the file goes, death comes at any of its steps
	n.kv.FailFrom(1, away)
	n.start(t)
	if got := n.serves(); got != served {
		t.Fatalf("call %d failed: %q was served, and %q after a start without the store", call, served, got)
	}
	n.kv.Heal()
	time.Sleep(10 * time.Second)
	if got := n.serves(); got != after {
		t.Fatalf("call %d failed: %q is served in the end", call, got)
	}
	if s := n.Status(); s.Degraded {
		t.Fatalf("call %d failed: status in the end %+v", call, s)
	}
	n.Close()
	return failed
}

// TestManyChangesAndFaults lets three nodes follow random changes while their connections
// fail and versions can't be warmed: in the end all serve the same, the newest, and on the
// way none was ever asked to serve what is not a version of its function.
func TestManyChangesAndFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		contents := make(map[string]bundles.Digest) // by "shop 1"
		var mu sync.Mutex
		var nodes []*node
		for range 3 {
			n := newNode(t, w)
			n.onSwitch(func(s *replicate.Serving) error {
				mu.Lock()
				defer mu.Unlock()
				for _, v := range s.Versions() {
					if version := fmt.Sprint(v.Function, " ", v.Number); contents[version] != v.Digest {
						t.Errorf("%s has bundle %s, not %s", version, v.Digest, contents[version])
					}
				}
				return nil
			})
			n.onWarm(func(_ context.Context, v bundles.Version) error {
				if rand.N(5) == 0 {
					return errWarm
				}
				return nil
			})
			nodes = append(nodes, n.start(t))
		}
		random := func(list ...string) string { return list[rand.N(len(list))] }
		for i := range 300 {
			function := random("a", "b", "c", "d")
			switch random("push", "push", "push", "rollback", "remove", "away", "back", "back", "wait") {
			case "push":
				d, data := bundle(fmt.Sprint(i))
				if err := w.shared.Put(t.Context(), d, data); err != nil {
					t.Fatal(err)
				}
				mu.Lock() // until it is known which version this bundle is
				change, err := w.catalog.Push(t.Context(), bundles.Manifest{Name: function}, d, "")
				contents[fmt.Sprint(function, " ", change.Version.Number)] = d
				mu.Unlock()
				if err != nil {
					t.Fatal(err)
				}
			case "rollback":
				if _, err := w.catalog.Rollback(t.Context(), function, 0); err != nil && !errors.Is(err, catalog.ErrNoFunction) && !errors.Is(err, catalog.ErrNoVersion) {
					t.Fatal(err)
				}
			case "remove":
				if _, err := w.catalog.Remove(t.Context(), function); err != nil && !errors.Is(err, catalog.ErrNoFunction) {
					t.Fatal(err)
				}
			case "away":
				nodes[rand.N(3)].kv.FailFrom(1+rand.N(10), away)
			case "back":
				nodes[rand.N(3)].kv.Heal()
			case "wait":
				time.Sleep(rand.N(5 * time.Second))
			}
		}
		for _, n := range nodes {
			n.kv.Heal()
			n.onWarm(nil)
		}
		time.Sleep(time.Minute)
		snapshot, err := w.catalog.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, f := range snapshot.Functions {
			want = append(want, fmt.Sprint(f.Name, " ", f.Live[0].Version))
		}
		for i, n := range nodes {
			n.want(t, fmt.Sprint("node ", i), strings.Join(want, ", "))
			if s := n.Status(); s.Degraded || s.Applied != snapshot.Revision {
				t.Errorf("node %d: status %+v", i, s)
			}
		}
	})
}

func TestDamagedStateFile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		damage func(content []byte) []byte
	}{
		{"emptied", func([]byte) []byte { return nil }},
		{"cut", func(c []byte) []byte { return c[:len(c)-1] }},
		{"with something added", func(c []byte) []byte { return append(c, ' ') }},
		{"with a changed byte", func(c []byte) []byte {
			return []byte(strings.Replace(string(c), `"version":1`, `"version":2`, 1))
		}},
		{"of another format", func(c []byte) []byte { return []byte("skerry-serving 2 x\n{}") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.push(t, "shop", "1")
				n := newNode(t, w).start(t)
				n.Close()
				path := filepath.Join(n.dir, "serving.state")
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				damage := func() {
					if err := os.WriteFile(path, tc.damage(slices.Clone(content)), 0o600); err != nil {
						t.Fatal(err)
					}
				}

				damage()
				n.kv.FailFrom(1, away)
				err = n.tryStart(t.Context())
				if !errors.Is(err, replicate.ErrNoState) || !strings.Contains(err.Error(), path+".corrupt") {
					t.Errorf("start without the store: %v, want ErrNoState and where the file was set aside", err)
				}
				if _, err := os.Stat(path + ".corrupt"); err != nil {
					t.Error(err)
				}

				damage()
				n.kv.Heal()
				n.start(t)
				n.want(t, "with the store", "shop 1")
				if s := n.Status(); s.Degraded {
					t.Errorf("status %+v", s)
				}
				n.mu.Lock()
				first := n.mu.statuses[len(n.mu.statuses)-1]
				reported := slices.ContainsFunc(n.mu.statuses, func(s replicate.Status) bool {
					return s.Err != nil && strings.Contains(s.Err.Error(), ".corrupt")
				})
				n.mu.Unlock()
				if !reported || first.Degraded {
					t.Errorf("the damage was not reported, or is still: %+v", first)
				}
				n.Close()
				n.kv.FailFrom(1, away)
				n.start(t)
				n.want(t, "with the mended file", "shop 1")
			})
		})
	}
}

func TestStateFileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w)
		n.cfg.Dir = filepath.Join(n.dir, "state")
		if err := os.Mkdir(n.cfg.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		n.start(t)
		if err := os.RemoveAll(n.cfg.Dir); err != nil {
			t.Fatal(err)
		}
		w.push(t, "shop", "2")
		n.sync(t)
		n.want(t, "without a file", "shop 2")
		w.push(t, "shop", "3")
		if took := takes(func() { n.sync(t) }); took > 100*time.Millisecond {
			t.Errorf("a sync without a file took %v", took)
		}
		if s := n.Status(); !s.Degraded || !errors.Is(s.Err, os.ErrNotExist) {
			t.Errorf("status without a file: %+v", s)
		}
		if err := os.Mkdir(n.cfg.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
		if s := n.Status(); s.Degraded {
			t.Errorf("status when it can be written again: %+v", s)
		}
		n.Close()
		n.kv.FailFrom(1, away)
		n.start(t)
		n.want(t, "with the new file", "shop 3")
	})
}

func TestUnfinishedStateFilesAreCleared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := newNode(t, w)
	left := filepath.Join(n.dir, "serving.state.123.tmp")
	other := filepath.Join(n.dir, "other.tmp")
	for _, path := range []string{left, other} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.start(t)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished file: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file of somebody else: %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w)
		// A disk's files have the time of day; this test has a time of its own.
		near, err := store.NewShared(newWorld(t).kv)
		if err != nil {
			t.Fatal(err)
		}
		n.onWarm(nil)
		n.cfg.Warm = nil
		n.cfg.Bundles = store.NewTier(near, w.shared)
		n.start(t)
		w.push(t, "shop", "2")
		w.push(t, "gone", "g")
		n.sync(t)
		w.remove(t, "gone")
		d, data := bundle("never announced")
		if err := n.cfg.Bundles.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}

		has := func(s store.Store, content string) bool {
			d, _ := bundle(content)
			_, err := s.Get(t.Context(), d)
			return err == nil
		}
		time.Sleep(50 * time.Minute)
		for _, content := range []string{"1", "2", "g", "never announced"} {
			if !has(near, content) || !has(w.shared, content) {
				t.Errorf("bundle %q is gone before its hour is over", content)
			}
		}
		time.Sleep(3 * time.Hour)
		for _, content := range []string{"1", "2"} {
			if !has(near, content) || !has(w.shared, content) {
				t.Errorf("bundle %q is gone, but its version is kept", content)
			}
		}
		for _, content := range []string{"g", "never announced"} {
			if has(near, content) || has(w.shared, content) {
				t.Errorf("bundle %q is still there", content)
			}
		}
		if s := n.Status(); s.Sweep != nil || s.Degraded {
			t.Errorf("status %+v", s)
		}
	})
}

func TestSweepSparesWhatAHeldFunctionServes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w)
		near, err := store.NewShared(newWorld(t).kv)
		if err != nil {
			t.Fatal(err)
		}
		n.cfg.Warm = refuse("shop 2")
		n.cfg.Bundles = store.NewTier(near, w.shared)
		n.start(t)
		// Removed and pushed again, the catalog forgets version 1, which is served still.
		w.remove(t, "shop")
		w.push(t, "shop", "2")
		var held *replicate.HeldError
		if err := n.Sync(t.Context(), "shop"); !errors.As(err, &held) {
			t.Fatal(err)
		}
		n.want(t, "held", "shop 1")
		time.Sleep(4 * time.Hour)
		d, _ := bundle("1")
		if _, err := near.Get(t.Context(), d); err != nil {
			t.Errorf("what is served was swept: %v", err)
		}
	})
}

func TestSweepThatFailsIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		page, err := w.kv.List(t.Context(), catalog.Namespace, kv.Query{Prefix: "history/"})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.kv.Delete(t.Context(), catalog.Namespace, page.Keys[0].Name); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if s := n.Status(); !errors.Is(s.Sweep, catalog.ErrCorrupt) || s.Degraded {
			t.Errorf("status %+v, want a sweep that found the catalog corrupt", s)
		}
	})
}
