package replicate_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/skerry-edge/skerry/bundles/store/storetest"
	"github.com/skerry-edge/skerry/kv"
)

// away is a store that can't be reached.
var away = storetest.Fault{Err: kv.ErrUnavailable}

func TestNodesFollowTheCatalog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b := newNode(t, w).start(t), newNode(t, w).start(t)
		a.want(t, "an empty catalog", "")
		for _, tc := range []struct {
			name   string
			change func()
			want   string
		}{
			{"a first push", func() { w.push(t, "shop", "1") }, "shop 1"},
			{"a second function", func() { w.push(t, "blog", "b", "blog.example.com/*") }, "blog 1 blog.example.com/*, shop 1"},
			{"a new version", func() { w.push(t, "shop", "2") }, "blog 1 blog.example.com/*, shop 2"},
			{"a rollback", func() {
				if _, err := w.catalog.Rollback(t.Context(), "shop", 0); err != nil {
					t.Fatal(err)
				}
			}, "blog 1 blog.example.com/*, shop 1"},
			{"a removal", func() { w.remove(t, "blog") }, "shop 1"},
			{"a push after removal", func() { w.push(t, "blog", "b2") }, "blog 2, shop 1"},
			{"a removal of all", func() { w.remove(t, "blog"); w.remove(t, "shop") }, ""},
		} {
			tc.change()
			a.sync(t)
			a.want(t, tc.name+", after a sync", tc.want)
			time.Sleep(1100 * time.Millisecond) // one poll
			b.want(t, tc.name+", after a poll", tc.want)
			for _, n := range []*node{a, b} {
				if s := n.Status(); s.Degraded || s.Applied != s.Revision || s.Err != nil || len(s.Held) > 0 {
					t.Errorf("%s: status %+v", tc.name, s)
				}
			}
		}
	})
}

func TestVersionsAreWarmedOnceEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		w.push(t, "shop", "1")
		n.sync(t)
		w.push(t, "blog", "b")
		n.sync(t)
		w.push(t, "shop", "2")
		n.sync(t)
		if got, want := strings.Join(n.mu.warmed, ", "), "shop 1, blog 1, shop 2"; got != want {
			t.Errorf("warmed %s, want %s", got, want)
		}
	})
}

func TestStartWarmsOnlyWhatIsNewsOrAsksForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		w.push(t, "blog", "b")
		d, data := bundle("ready")
		if err := w.shared.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}
		if _, err := w.catalog.Push(t.Context(), bundles.Manifest{Name: "ready", Prewarm: 2}, d, ""); err != nil {
			t.Fatal(err)
		}
		n := newNode(t, w)
		for _, tc := range []struct {
			name   string
			before func()
			want   string
		}{
			{"the first start", func() {}, "ready 1"},
			{"another", func() {}, "ready 1"},
			{"one after a push", func() { w.push(t, "shop", "2") }, "ready 1, shop 2"},
		} {
			tc.before()
			n.mu.warmed = nil
			n.start(t)
			slices.Sort(n.mu.warmed)
			if got := strings.Join(n.mu.warmed, ", "); got != tc.want {
				t.Errorf("%s warmed %s, want %s", tc.name, got, tc.want)
			}
			n.Close()
		}
	})
}

func TestPollingIsCheapWhileNothingChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		switches := n.switches()
		n.kv.FailFrom(1<<30, storetest.Fault{}) // counts calls, and fails none
		time.Sleep(time.Minute)
		if calls := n.kv.Calls(); calls < 55 || calls > 75 {
			t.Errorf("%d calls of the store in a minute, want about 60", calls)
		}
		if got := n.switches() - switches; got != 0 {
			t.Errorf("%d switches without a change", got)
		}
	})
}

func TestHeldFunctionKeepsItsOldVersionAndOthersSwitch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		fail func(t *testing.T, w *world, n *node)
		want error
		mend func(t *testing.T, w *world, n *node)
	}{
		{
			"a bundle that is missing",
			func(t *testing.T, w *world, n *node) { w.announce(t, "shop", "2") },
			store.ErrNotFound,
			func(t *testing.T, w *world, n *node) {
				d, data := bundle("2")
				if err := w.shared.Put(t.Context(), d, data); err != nil {
					t.Fatal(err)
				}
			},
		},
		{
			"a version that can't be warmed",
			func(t *testing.T, w *world, n *node) { n.onWarm(refuse("shop 2")); w.push(t, "shop", "2") },
			errWarm,
			func(t *testing.T, w *world, n *node) { n.onWarm(nil) },
		},
		{
			"a version whose warming hangs",
			func(t *testing.T, w *world, n *node) {
				n.onWarm(func(ctx context.Context, v bundles.Version) error {
					if v.Function == "shop" {
						<-ctx.Done()
						return ctx.Err()
					}
					return nil
				})
				w.push(t, "shop", "2")
			},
			context.DeadlineExceeded,
			func(t *testing.T, w *world, n *node) { n.onWarm(nil) },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.push(t, "shop", "1")
				w.push(t, "blog", "b1")
				n := newNode(t, w).start(t)

				tc.fail(t, w, n)
				w.push(t, "blog", "b2")
				if took := takes(func() { n.sync(t, "blog") }); took > 100*time.Millisecond {
					t.Errorf("sync of the good function took %v", took)
				}
				n.want(t, "after the failure", "blog 2, shop 1")

				var held *replicate.HeldError
				if err := n.Sync(t.Context(), "shop"); !errors.As(err, &held) || !errors.Is(err, tc.want) || !strings.Contains(err.Error(), `"shop"`) {
					t.Fatalf("sync of the bad function: %v, want a HeldError that names shop and wraps %v", err, tc.want)
				}
				s := n.Status()
				if !s.Degraded || s.Err != nil || len(s.Held) != 1 || s.Applied != s.Revision {
					t.Fatalf("status %+v", s)
				}
				if h := s.Held[0]; h.Function != "shop" || h.Version != 2 || h.Serving != 1 || h.Failures < 1 || !errors.Is(h.Err, tc.want) {
					t.Errorf("held %+v", h)
				}

				// It is tried again, more and more rarely.
				time.Sleep(10 * time.Minute)
				if f := n.Status().Held[0].Failures; f < 10 || f > 40 {
					t.Errorf("%d attempts in ten minutes", f)
				}
				since := n.Status().Since
				tc.mend(t, w, n)
				time.Sleep(61 * time.Second) // an attempt that runs, and the pause after it
				n.want(t, "mended", "blog 2, shop 2")
				if s := n.Status(); s.Degraded || len(s.Held) > 0 || !s.Since.After(since) {
					t.Errorf("status when mended: %+v", s)
				}
			})
		})
	}
}

func TestNewVersionReleasesAHeldFunctionAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		n.onWarm(refuse("shop 2"))
		w.push(t, "shop", "2")
		time.Sleep(5 * time.Minute) // far into the pauses between attempts
		n.want(t, "held", "shop 1")
		w.push(t, "shop", "3")
		time.Sleep(1100 * time.Millisecond)
		n.want(t, "after another push", "shop 3")

		n.onWarm(refuse("shop 4"))
		w.push(t, "shop", "4")
		time.Sleep(5 * time.Minute)
		if _, err := w.catalog.Rollback(t.Context(), "shop", 0); err != nil {
			t.Fatal(err)
		}
		n.sync(t)
		n.want(t, "rolled back to what is served still", "shop 3")
		if s := n.Status(); s.Degraded {
			t.Errorf("status %+v", s)
		}
	})
}

func TestSyncTriesAHeldFunctionAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		w.announce(t, "shop", "1")
		time.Sleep(5 * time.Minute)
		d, data := bundle("1")
		if err := w.shared.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}
		if took := takes(func() { n.sync(t, "shop") }); took > 100*time.Millisecond {
			t.Errorf("sync took %v", took)
		}
		n.want(t, "after the sync", "shop 1")
	})
}

func TestSlowFunctionIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		n.onWarm(func(ctx context.Context, v bundles.Version) error {
			if v.Function == "slow" {
				time.Sleep(20 * time.Second)
			}
			return nil
		})
		w.push(t, "slow", "s")
		w.push(t, "quick", "q")
		time.Sleep(2200 * time.Millisecond) // a poll, and the second that those ready wait
		n.want(t, "while the slow one is warmed", "quick 1")
		w.push(t, "quicker", "q2")
		time.Sleep(2200 * time.Millisecond)
		n.want(t, "while the slow one is warmed still", "quick 1, quicker 1")
		w.push(t, "quickest", "q3")
		if took := takes(func() { n.sync(t, "quickest") }); took > 100*time.Millisecond {
			t.Errorf("sync of a quick function took %v", took)
		}
		if took := takes(func() { n.sync(t) }); took < 10*time.Second {
			t.Errorf("sync of all functions took %v, and did not wait for the slow one", took)
		}
		n.want(t, "at the end", "quick 1, quicker 1, quickest 1, slow 1")
	})
}

func TestChangeWhileTheOldOneIsPrepared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		n.onWarm(func(ctx context.Context, v bundles.Version) error {
			if v.Number == 1 {
				<-ctx.Done() // for as long as it is wanted
				return ctx.Err()
			}
			return nil
		})
		w.push(t, "shop", "1")
		w.push(t, "gone", "1")
		time.Sleep(5 * time.Second)
		w.push(t, "shop", "2")
		w.remove(t, "gone")
		if took := takes(func() { n.sync(t) }); took > 100*time.Millisecond {
			t.Errorf("sync took %v: what is no longer wanted was waited for", took)
		}
		n.want(t, "at the end", "shop 2")
	})
}

func TestSyncsAtOnceShareTheWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		for i := range 50 {
			w.push(t, fmt.Sprint("f", i%3), fmt.Sprint(i))
		}
		before := n.switches()
		n.kv.FailFrom(1<<30, storetest.Fault{}) // counts calls, and fails none
		n.kv.Takes(time.Millisecond)
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { n.sync(t) })
		}
		group.Wait()
		if got := n.switches() - before; got > 2 {
			t.Errorf("%d switches for 50 syncs at once", got)
		}
		if got := n.kv.Calls(); got > 20 {
			t.Errorf("%d calls of the store for 50 syncs at once", got)
		}
		n.want(t, "after the syncs", "f0 17, f1 17, f2 16")
	})
}

func TestSyncSeesWhatWasPushedBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := newNode(t, w).start(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			function := fmt.Sprint("f", i)
			for v := 1; v <= 20; v++ {
				w.push(t, function, fmt.Sprint(i, ".", v))
				if err := n.Sync(t.Context(), function); err != nil {
					t.Error(err)
				}
				if got, want := ", "+n.serves()+",", fmt.Sprintf(", %s %d,", function, v); !strings.Contains(got, want) {
					t.Errorf("after a sync the node serves %q, without %q", got, want)
				}
			}
		})
	}
	group.Wait()
}

func TestSwitchThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		errSwitch := errors.New("a worker is stuck")
		n.onSwitch(func(*replicate.Serving) error { return errSwitch })
		w.push(t, "shop", "2")
		if err := n.Sync(t.Context(), "shop"); !errors.Is(err, errSwitch) {
			t.Errorf("sync: %v, want %v", err, errSwitch)
		}
		n.want(t, "after the failure", "shop 1")
		if s := n.Status(); !s.Degraded || !errors.Is(s.Err, errSwitch) || s.Applied == s.Revision {
			t.Errorf("status %+v", s)
		}
		n.onSwitch(nil)
		time.Sleep(1100 * time.Millisecond)
		n.want(t, "when the switch works again", "shop 2")
		if s := n.Status(); s.Degraded || s.Applied != s.Revision {
			t.Errorf("status %+v", s)
		}
	})
}

func TestFirstSwitchThatFailsEndsTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, newWorld(t))
		errSwitch := errors.New("no worker")
		n.onSwitch(func(*replicate.Serving) error { return errSwitch })
		if err := n.tryStart(t.Context()); !errors.Is(err, errSwitch) {
			t.Errorf("start: %v, want %v", err, errSwitch)
		}
	})
}

func TestRouteThatMovesAwayFromAHeldFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1", "a.example.com/*", "b.example.com/*")
		w.push(t, "only", "1", "c.example.com/*")
		n := newNode(t, w).start(t)
		n.onWarm(refuse("shop 2", "only 2"))
		w.push(t, "shop", "2", "a.example.com/*")
		w.push(t, "only", "2", "d.example.com/*")
		w.push(t, "taker", "1", "b.example.com/*", "c.example.com/*")
		n.sync(t, "taker")
		const want = "shop 1 a.example.com/*, taker 1 b.example.com/* c.example.com/*"
		n.want(t, "while both are held", want)

		n.Close()
		n.kv.FailFrom(1, away)
		if err := n.tryStart(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.want(t, "after a start without the store", want)
		n.kv.Heal()
		n.onWarm(nil)
		time.Sleep(10 * time.Second)
		n.want(t, "when nothing is held", "only 2 d.example.com/*, shop 2 a.example.com/*, taker 1 b.example.com/* c.example.com/*")
		w.remove(t, "taker")
		if _, err := w.catalog.Rollback(t.Context(), "shop", 1); err != nil {
			t.Fatal(err)
		}
		n.sync(t)
		n.want(t, "rolled back", "only 2 d.example.com/*, shop 1 a.example.com/* b.example.com/*")
		n.Close()
	})
}

func TestStoreThatGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		n.kv.FailFrom(1, away)
		w.push(t, "shop", "2")
		if err := n.Sync(t.Context()); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("sync without the store: %v, want ErrUnavailable", err)
		}
		time.Sleep(time.Hour)
		n.want(t, "without the store", "shop 1")
		if s := n.Status(); !s.Degraded || !errors.Is(s.Err, kv.ErrUnavailable) || len(s.Held) > 0 {
			t.Errorf("status without the store: %+v", s)
		}
		n.kv.Heal()
		time.Sleep(4500 * time.Millisecond)
		n.want(t, "with the store again", "shop 2")
		if s := n.Status(); s.Degraded || s.Applied != 2 {
			t.Errorf("status with the store again: %+v", s)
		}
	})
}

func TestStartWithoutTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		w.push(t, "blog", "b")
		w.push(t, "news", "n")
		n := newNode(t, w)
		n.kv.FailFrom(1, away)
		if err := n.tryStart(t.Context()); !errors.Is(err, replicate.ErrNoState) || !errors.Is(err, kv.ErrUnavailable) {
			t.Fatalf("first start of all: %v, want ErrNoState and ErrUnavailable", err)
		}
		n.kv.Heal()
		n.start(t)
		n.Close()
		w.push(t, "shop", "2")
		w.remove(t, "blog")

		// One bundle is lost while there is no store to fetch it from.
		d, _ := bundle("n")
		if err := os.Remove(filepath.Join(n.dir, "bundles", "sha256", string(d[:2]), string(d[2:]))); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			n.kv.FailFrom(1, away)
			n.start(t)
			n.want(t, "started without the store", "blog 1, shop 1")
			s := n.Status()
			if !s.Degraded || !errors.Is(s.Err, kv.ErrUnavailable) || s.Applied != 3 || len(s.Held) != 1 || s.Held[0].Function != "news" || s.Held[0].Serving != 0 {
				t.Errorf("status %+v", s)
			}
			n.Close()
		}
		n.start(t)
		n.kv.Heal()
		time.Sleep(31 * time.Second)
		n.want(t, "when the store is back", "news 1, shop 2")
		if s := n.Status(); s.Degraded || s.Applied != s.Revision {
			t.Errorf("status %+v", s)
		}
	})
}

func TestStartWhenTheNewestCannotBePrepared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		n.Close()
		n.onWarm(refuse("shop 2", "blog 1"))
		w.push(t, "shop", "2")
		w.push(t, "blog", "b")
		w.push(t, "news", "n")
		n.start(t)
		n.want(t, "started", "news 1, shop 1")
		s := n.Status()
		if len(s.Held) != 2 || s.Held[0].Function != "blog" || s.Held[0].Serving != 0 || s.Held[1].Function != "shop" || s.Held[1].Serving != 1 {
			t.Errorf("status %+v", s)
		}
		n.onWarm(nil)
		time.Sleep(31 * time.Second)
		n.want(t, "mended", "blog 1, news 1, shop 2")
	})
}

func TestStartBoundByContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		n.Close()
		w.push(t, "shop", "2")
		n.onWarm(func(ctx context.Context, _ bundles.Version) error { <-ctx.Done(); return ctx.Err() })
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := n.tryStart(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("start: %v, want DeadlineExceeded", err)
		}
	})
}

func TestDamagedBundleIsFetchedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		n.Close()
		d, _ := bundle("1")
		if err := os.WriteFile(filepath.Join(n.dir, "bundles", "sha256", string(d[:2]), string(d[2:])), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		n.start(t)
		n.want(t, "started", "shop 1")
		if s := n.Status(); s.Degraded {
			t.Errorf("status %+v", s)
		}
	})
}

func TestForeignCatalog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		n := newNode(t, w).start(t)
		name := func() string {
			s, err := w.catalog.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s.Catalog
		}
		own := name()
		path := filepath.Join(n.dir, "serving.state")
		check := func(when string, err error, got string) {
			t.Helper()
			var foreign *replicate.ForeignError
			if !errors.As(err, &foreign) || *foreign != (replicate.ForeignError{Path: path, Want: own, Got: got}) {
				t.Errorf("%s: error %v, want a ForeignError", when, err)
			}
		}

		// The store loses everything, as Redis does by FLUSHALL.
		page, err := w.kv.List(t.Context(), catalog.Namespace, kv.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range page.Keys {
			if err := w.kv.Delete(t.Context(), catalog.Namespace, key.Name); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		n.want(t, "with an empty store", "shop 1")
		check("running, with an empty store", n.Status().Err, "")
		check("sync with an empty store", n.Sync(t.Context()), "")
		n.Close()
		check("start with an empty store", n.tryStart(t.Context()), "")

		// Somebody begins anew.
		w.push(t, "blog", "b")
		other := name()
		check("start with another catalog", n.tryStart(t.Context()), other)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		n.start(t)
		n.want(t, "after the file was removed", "blog 1")
		own = other

		// A node that serves nothing has nothing to lose.
		w.remove(t, "blog")
		n.sync(t)
		n.want(t, "without functions", "")
		if err := w.kv.Delete(t.Context(), catalog.Namespace, "head"); err != nil {
			t.Fatal(err)
		}
		w.push(t, "shop", "1")
		n.sync(t)
		n.want(t, "with another catalog, having served nothing", "shop 1")
	})
}

// TestStoreThatForgot is a Redis that fails over to a replica which lacks the last change:
// the store is the truth, and the nodes go back with it.
func TestStoreThatForgot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.push(t, "shop", "1")
		backup := make(map[string]kv.Entry)
		page, err := w.kv.List(t.Context(), catalog.Namespace, kv.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range page.Keys {
			if backup[key.Name], err = w.kv.Get(t.Context(), catalog.Namespace, key.Name); err != nil {
				t.Fatal(err)
			}
		}
		n := newNode(t, w).start(t)
		w.push(t, "shop", "2")
		n.sync(t)
		n.want(t, "before", "shop 2")
		for key, e := range backup {
			if _, err := w.kv.Put(t.Context(), catalog.Namespace, key, e); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(1100 * time.Millisecond)
		n.want(t, "when the store has forgotten", "shop 1")
		w.push(t, "shop", "other") // has the revision and the number that were forgotten
		n.sync(t)
		n.want(t, "after another push", "shop 2")
		n.mu.Lock()
		defer n.mu.Unlock()
		if d, _ := bundle("other"); n.mu.serving.Functions[0].Live[0].Digest != d {
			t.Errorf("serves the forgotten bundle")
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		started, ended := make(chan struct{}), false
		n.onWarm(func(ctx context.Context, _ bundles.Version) error {
			close(started)
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
			return ctx.Err()
		})
		w.push(t, "shop", "1")
		var syncErr error
		var group sync.WaitGroup
		group.Go(func() { syncErr = n.Sync(t.Context()) })
		<-started
		n.Close()
		if !ended {
			t.Error("close did not wait for a hook that runs")
		}
		group.Wait()
		if !errors.Is(syncErr, replicate.ErrClosed) {
			t.Errorf("a sync that waits when the replica is closed: %v, want ErrClosed", syncErr)
		}
		if err := n.Sync(t.Context()); !errors.Is(err, replicate.ErrClosed) {
			t.Errorf("sync after close: %v, want ErrClosed", err)
		}
		n.Close()
	})
}

func TestSyncBoundByContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := newNode(t, w).start(t)
		n.onWarm(func(ctx context.Context, _ bundles.Version) error { <-ctx.Done(); return ctx.Err() })
		w.push(t, "shop", "1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := n.Sync(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("sync: %v, want DeadlineExceeded", err)
		}
	})
}

func TestConfigIsValidated(t *testing.T) {
	t.Parallel()
	n := newNode(t, newWorld(t))
	for field, spoil := range map[string]func(*replicate.Config){
		"Catalog":  func(c *replicate.Config) { c.Catalog = nil },
		"Bundles":  func(c *replicate.Config) { c.Bundles = nil },
		"Dir":      func(c *replicate.Config) { c.Dir = "" },
		"Switch":   func(c *replicate.Config) { c.Switch = nil },
		"Poll":     func(c *replicate.Config) { c.Poll = -1 },
		"Timeout":  func(c *replicate.Config) { c.Timeout = -1 },
		"Parallel": func(c *replicate.Config) { c.Parallel = -1 },
	} {
		cfg := n.cfg
		spoil(&cfg)
		if _, err := replicate.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("start without a good %s: %v", field, err)
		}
	}
	n.cfg.Dir = filepath.Join(n.dir, "missing")
	if err := n.tryStart(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("start in a directory that is missing: %v", err)
	}
}
