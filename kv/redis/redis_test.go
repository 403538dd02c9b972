package redis_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

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

// TestMain looks for goroutines of clients that were closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRecordsAroundTheWindow(t *testing.T) {
	t.Parallel()
	s := open(t, redis.Config{URL: redistest.Start(t).URL, Timeout: time.Minute})
	const window, header = 256 << 10, 49
	for size := window - header - 2; size <= window-header+2; size++ {
		want := bytes.Repeat([]byte{byte(size)}, size)
		if _, err := s.Put(t.Context(), "ns", "k", kv.Entry{Value: want}); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Get(t.Context(), "ns", "k"); err != nil || !bytes.Equal(e.Value, want) {
			t.Errorf("a value of %d bytes came back with %d, %v", size, len(e.Value), err)
		}
	}
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
