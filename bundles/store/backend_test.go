package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

func TestSharedOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	storetest.Run(t, func(t *testing.T) store.Store {
		// Each test has a part of the one server to itself.
		name := bundles.DigestOf([]byte(t.Name())).Short()
		// A machine that is busy with other tests is not a Redis that is away.
		s, err := redis.Open(redis.Config{URL: server.URL, Prefix: name, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return newShared(t, s)
	})
}

func TestSharedOnBolt(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "kv.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return newShared(t, s)
	})
}
