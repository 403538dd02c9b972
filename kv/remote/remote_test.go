package remote_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/kvtest"
	"github.com/skerry-edge/skerry/kv/memory"
	"github.com/skerry-edge/skerry/kv/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, backend := range []struct {
		name string
		open func(t *testing.T, now func() time.Time) kv.Store
	}{
		{"memory", func(_ *testing.T, now func() time.Time) kv.Store { return memory.New(memory.Config{Now: now}) }},
		{"bolt", func(t *testing.T, now func() time.Time) kv.Store { return openBolt(t, now) }},
	} {
		t.Run(backend.name, func(t *testing.T) {
			t.Parallel()
			kvtest.Run(t, func(t *testing.T) kv.Store { return through(t, backend.open(t, nil)) })
			kvtest.RunWithClock(t, func(t *testing.T, now func() time.Time) kv.Store {
				return through(t, backend.open(t, now))
			})
		})
	}
}

func openBolt(t testing.TB, now func() time.Time) kv.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "kv.db"), Now: now})
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

// through returns a store that reaches s over a socket.
func through(t testing.TB, s kv.Store) kv.Store {
	t.Helper()
	near, far := socketPair(t)
	serve(t, far, s, remote.ServerConfig{})
	return open(t, near).Store()
}

// serve serves until the test ends, and fails it if that ends otherwise than by a client
// that leaves.
func serve(t testing.TB, conn net.Conn, s kv.Store, cfg remote.ServerConfig) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- remote.Serve(context.Background(), conn, s, cfg) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func open(t testing.TB, conn net.Conn) *remote.Client {
	t.Helper()
	c, err := remote.Open(t.Context(), conn, remote.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
