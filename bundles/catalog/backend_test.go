package catalog_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// backends open the stores that nodes use; memory's is used by all other tests.
var backends = []struct {
	name string
	open func(t testing.TB) kv.Store
}{
	{"bolt", openBolt},
	{"redis", openRedis},
}

func openBolt(t testing.TB) kv.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "meta.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openRedis(t testing.TB) kv.Store {
	t.Helper()
	// A machine that is busy with other tests is not a Redis that is away.
	s, err := redis.Open(redis.Config{URL: redistest.Start(t).URL, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestBackends(t *testing.T) {
	t.Parallel()
	for _, backend := range backends {
		t.Run(backend.name, func(t *testing.T) {
			t.Parallel()
			s := backend.open(t)
			testParallelPushes(t, s, 64, 64, func(int) string { return "shop" })

			c, other := open(t, s), open(t, s)
			before := snapshot(t, c)
			rollback(t, other, "shop", 0)
			if mark, err := c.Mark(t.Context()); err != nil || mark == before.Mark {
				t.Errorf("mark %q, %v after a rollback elsewhere, want a new one", mark, err)
			}
			if got, want := live(t, c), "shop 63 [shop.localhost/*]"; got != want {
				t.Errorf("live: %s, want %s", got, want)
			}
			if _, err := c.Remove(t.Context(), "shop"); err != nil {
				t.Fatal(err)
			}
			if got := push(t, other, manifest("shop"), "again").Version.Number; got != 65 {
				t.Errorf("push after removal made version %d, want 65", got)
			}
			if _, err := c.Sweep(t.Context(), -1); err != nil {
				t.Error(err)
			}
			if got := keys(t, s, ""); len(got) != 4 {
				t.Errorf("keys at the end: %q, want a head, a history, a version and what remains of the removal", got)
			}
		})
	}
}
