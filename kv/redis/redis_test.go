package redis_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/kvtest"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	kvtest.Run(t, opener(server.URL))
}

func TestConformanceOfCluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t, 3)
	kvtest.Run(t, opener(nodes[1].URL+"?cluster=true"))
}

// opener returns a function that opens an empty store on the Redis at url.
func opener(url string) func(*testing.T) kv.Store {
	var stores atomic.Int32
	return func(t *testing.T) kv.Store {
		return open(t, redis.Config{URL: url, Prefix: fmt.Sprint("test-", stores.Add(1)), Timeout: time.Minute})
	}
}

func open(t testing.TB, cfg redis.Config) *redis.Store {
	t.Helper()
	s, err := redis.Open(cfg)
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
