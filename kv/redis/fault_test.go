package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// everyCall makes each call that a store has, and expects want of it.
func everyCall(ctx context.Context, t *testing.T, s *redis.Store, want error) {
	t.Helper()
	for name, call := range map[string]func() error{
		"Ping":   func() error { return s.Ping(ctx) },
		"Get":    func() error { _, err := s.Get(ctx, "ns", "n"); return err },
		"Put":    func() error { _, err := s.Put(ctx, "ns", "n", kv.Entry{Value: []byte("1")}); return err },
		"Swap":   func() error { _, err := s.Swap(ctx, "ns", "other", "", kv.Entry{}); return err },
		"Add":    func() error { _, err := s.Add(ctx, "ns", "n", 1); return err },
		"List":   func() error { _, err := s.List(ctx, "ns", kv.Query{}); return err },
		"Delete": func() error { return s.Delete(ctx, "ns", "other") },
	} {
		if err := call(); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
}

// put is for entries that must be there.
func put(t *testing.T, s *redis.Store, key, value string) kv.Version {
	t.Helper()
	v, err := s.Put(t.Context(), "ns", key, kv.Entry{Value: []byte(value)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := open(t, redis.Config{URL: server.URL})
	put(t, s, "n", "1")

	// The bounds are generous for a machine that is busy, and far below the client's
	// own five seconds.
	within := func(what string, test func()) {
		t.Helper()
		start := time.Now()
		test()
		if took := time.Since(start); took > 7*time.Second {
			t.Errorf("%s: seven calls took %v", what, took)
		}
	}
	server.Freeze()
	within("frozen", func() { everyCall(t.Context(), t, s, kv.ErrUnavailable) })
	server.Thaw()
	waitFor(t, s)

	server.Kill()
	within("down", func() { everyCall(t.Context(), t, s, kv.ErrUnavailable) })
	server.Restart(t)
	waitFor(t, s)
	if e, err := s.Get(t.Context(), "ns", "n"); err != nil || len(e.Value) == 0 {
		t.Errorf("after a restart, Get = %q, %v", e.Value, err)
	}
	put(t, s, "n", "1") // the scripts are unknown to the new process
	// A call that failed while Redis was frozen may have been carried out since.
	if err := s.Delete(t.Context(), "ns", "other"); err != nil {
		t.Error(err)
	}
	everyCall(t.Context(), t, s, nil)
}

func TestClusterAway(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t, 2)
	s := open(t, redis.Config{URL: nodes[0].URL + "?cluster=true"})
	put(t, s, "n", "1")
	for _, node := range nodes {
		node.Freeze()
	}
	everyCall(t.Context(), t, s, kv.ErrUnavailable)
	for _, node := range nodes {
		node.Kill()
	}
	everyCall(t.Context(), t, s, kv.ErrUnavailable)
}

// A client of a Cluster likes to send a command again when a connection breaks. A write
// whose reply was lost on the way must not be done twice.
func TestWriteIsSentOnce(t *testing.T) {
	t.Parallel()
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(proxy.Addr().String())
	_, bus, _ := net.SplitHostPort(redistest.FreeAddr(t))
	server := redistest.Start(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", port)
	server.MustDo(t, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	await(t, "the cluster is up", func() bool {
		return strings.Contains(server.MustDo(t, "CLUSTER", "INFO"), "cluster_state:ok")
	})
	var lossy atomic.Bool
	var proxying sync.WaitGroup
	proxying.Go(func() { forward(proxy, server.Addr, &lossy) })
	t.Cleanup(func() {
		proxy.Close()
		proxying.Wait()
	})

	s := open(t, redis.Config{URL: "redis://" + proxy.Addr().String() + "?cluster=true", Timeout: time.Minute})
	if _, err := s.Add(t.Context(), "ns", "n", 1); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		lossy.Store(true)
		_, err := s.Add(t.Context(), "ns", "n", 1)
		if !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Add whose reply is lost: %v, want ErrUnavailable", err)
		}
		e, err := s.Get(t.Context(), "ns", "n")
		if want := fmt.Sprint(i + 2); err != nil || string(e.Value) != want {
			t.Fatalf("the counter is at %q, %v; want %s", e.Value, err, want)
		}
	}
}

// forward passes connections on to addr, until l is closed and they have ended. When it
// is made lossy, it passes one script on, and closes the connection instead of passing
// the reply back.
func forward(l net.Listener, addr string, lossy *atomic.Bool) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", addr)
		if err != nil {
			client.Close()
			continue
		}
		var lost atomic.Bool
		wg.Go(func() {
			defer server.Close()
			for buf := make([]byte, 1<<16); ; {
				n, err := client.Read(buf)
				if err != nil {
					return
				}
				if bytes.Contains(buf[:n], []byte("evalsha")) && lossy.CompareAndSwap(true, false) {
					lost.Store(true)
				}
				server.Write(buf[:n])
			}
		})
		wg.Go(func() {
			defer client.Close()
			for buf := make([]byte, 1<<16); ; {
				n, err := server.Read(buf)
				if err != nil || lost.Load() {
					return
				}
				client.Write(buf[:n])
			}
		})
	}
}

func TestContextEndsDuringCall(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, redis.Config{URL: server.URL, Timeout: time.Second})
	put(t, s, "n", "1")
	server.Freeze()
	defer server.Thaw()

	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	everyCall(late, t, s, context.DeadlineExceeded)

	canceled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := s.Get(canceled, "ns", "n"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get with a context canceled meanwhile: %v", err)
	}
}

func TestClosedStore(t *testing.T) {
	t.Parallel()
	s := open(t, redis.Config{URL: redistest.Start(t).URL})
	put(t, s, "n", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	everyCall(t.Context(), t, s, kv.ErrUnavailable)
}

func TestRedisRefuses(t *testing.T) {
	t.Parallel()
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--maxmemory-policy", "noeviction")
		s := open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
		v := put(t, s, "n", "1")
		server.MustDo(t, "CONFIG", "SET", "maxmemory", "1")
		ctx := t.Context()
		for name, call := range map[string]func() error{
			"Put":        func() error { _, err := s.Put(ctx, "ns", "new", kv.Entry{}); return err },
			"Swap":       func() error { _, err := s.Swap(ctx, "ns", "n", v, kv.Entry{}); return err },
			"Add":        func() error { _, err := s.Add(ctx, "ns", "n", 1); return err },
			"Add to new": func() error { _, err := s.Add(ctx, "ns", "new", 1); return err },
		} {
			if err := call(); !errors.Is(err, kv.ErrFull) {
				t.Errorf("%s: got %v, want ErrFull", name, err)
			}
		}
		if e, err := s.Get(ctx, "ns", "n"); err != nil || string(e.Value) != "1" || e.Version != v {
			t.Errorf("Get = %q, version %q, %v; want what was there", e.Value, e.Version, err)
		}
		if page, err := s.List(ctx, "ns", kv.Query{}); err != nil || len(page.Keys) != 1 {
			t.Errorf("List = %+v, %v; want the one key", page, err)
		}
		if err := s.Delete(ctx, "ns", "n"); err != nil {
			t.Errorf("Delete: %v", err)
		}
		server.MustDo(t, "CONFIG", "SET", "maxmemory", "0")
		put(t, s, "new", "1")
	})
	t.Run("a wrong password", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--requirepass", "right")
		addr := strings.TrimPrefix(server.URL, "redis://")
		for _, user := range []string{"", ":wrong@", "nobody:right@"} {
			err := open(t, redis.Config{URL: "redis://" + user + addr}).Ping(t.Context())
			if !errors.Is(err, kv.ErrUnavailable) || strings.Contains(err.Error(), "right") {
				t.Errorf("with %q: %v", user, err)
			}
		}
		s := open(t, redis.Config{URL: "redis://:right@" + addr, Timeout: time.Minute})
		put(t, s, "n", "1")
		everyCall(t.Context(), t, s, nil)
	})
	t.Run("a replica", func(t *testing.T) {
		t.Parallel()
		primary := redistest.Start(t)
		replica := redistest.Start(t, "--replicaof", strings.ReplaceAll(primary.Addr, ":", " "))
		s := open(t, redis.Config{URL: replica.URL, Timeout: time.Minute})
		if _, err := s.Put(t.Context(), "ns", "k", kv.Entry{}); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Put to a replica: %v, want ErrUnavailable", err)
		}
	})
	t.Run("a Cluster that has lost a part of its slots", func(t *testing.T) {
		t.Parallel()
		node := redistest.StartCluster(t, 1)[0]
		s := open(t, redis.Config{URL: node.URL + "?cluster=true", Timeout: time.Minute})
		put(t, s, "n", "1")
		node.MustDo(t, "CLUSTER", "DELSLOTS", "0")
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(node.MustDo(t, "CLUSTER", "INFO"), "cluster_state:fail"); {
			if time.Now().After(deadline) {
				t.Fatal("the cluster still works")
			}
			time.Sleep(10 * time.Millisecond)
		}
		everyCall(t.Context(), t, s, kv.ErrUnavailable)
	})
	t.Run("more clients than it takes", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		server.MustDo(t, "CONFIG", "SET", "maxclients", "1")
		first := open(t, redis.Config{URL: server.URL, Timeout: time.Minute, Connections: 1})
		put(t, first, "k", "v")
		second := open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
		if err := second.Ping(t.Context()); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Ping: %v, want ErrUnavailable", err)
		}
	})
}

// waitFor waits until s answers.
func waitFor(t *testing.T, s *redis.Store) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := s.Ping(t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Redis does not come back: %v", err)
		}
	}
}
