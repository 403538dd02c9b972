package jail

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/kvtest"
	"github.com/skerry-edge/skerry/kv/memory"
)

// eventStore is the store of one event in a jail.
type eventStore struct{ in *inbound }

func (s eventStore) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	return s.in.get(ctx, ns, key)
}

func (s eventStore) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	return s.in.put(ctx, ns, key, e)
}

func (s eventStore) Delete(ctx context.Context, ns, key string) error {
	return s.in.delete(ctx, ns, key)
}

func (s eventStore) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	return s.in.list(ctx, ns, q)
}

func (s eventStore) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	return s.in.swap(ctx, ns, key, old, e)
}

func (s eventStore) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	return s.in.add(ctx, ns, key, delta)
}

// newEventStore returns what an event in a jail has of store. There is no engine: the jail's
// end of the channel is all that is of the jail.
func newEventStore(t testing.TB, store kv.Store, bound func(*isolate.Target, string) bool) eventStore {
	t.Helper()
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := unixConn(ours)
	if err != nil {
		t.Fatal(err)
	}
	jailConn, err := unixConn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(conn, ClientConfig{
		Host: isolate.Host{KV: store},
		Load: func(context.Context, bundles.Digest) (*bundles.Bundle, error) { return nil, errors.New("none") },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.bound = bound
	c.start()
	ch := newChannel(context.Background(), nil, jailConn)
	served := make(chan struct{}, 2)
	go func() { ch.link.flush(); served <- struct{}{} }()
	go func() { ch.serve(); served <- struct{}{} }()
	t.Cleanup(func() {
		c.Close()
		<-served
		<-served
	})
	f := &flight{target: target(), event: &isolate.Event{}, started: time.Now(), answered: make(chan struct{})}
	c.slots <- struct{}{}
	if _, err := c.begin(f); err != nil {
		t.Fatal(err)
	}
	for !ch.knows(f.target.Digest) { // as before any event in a jail
		time.Sleep(100 * time.Microsecond)
	}
	return eventStore{&inbound{channel: ch, id: f.id}}
}

func TestStoreConformance(t *testing.T) {
	t.Parallel()
	kvtest.Run(t, func(t *testing.T) kv.Store {
		return newEventStore(t, memory.New(memory.Config{}), func(*isolate.Target, string) bool { return true })
	})
}

// brokenStore fails with what a jail must not hear.
type brokenStore struct {
	kv.Store
	err error
}

func (s brokenStore) Get(context.Context, string, string) (kv.Entry, error) {
	return kv.Entry{}, s.err
}

func TestWhatAStoreSaysOfItselfStaysOutside(t *testing.T) {
	t.Parallel()
	s := newEventStore(t, brokenStore{err: errors.New("dial tcp 10.0.0.5:6379: password hunter2 refused")}, nil)
	if _, err := s.Get(t.Context(), "ours", "k"); err == nil || err.Error() != errStore.Error() {
		t.Errorf("got %v", err)
	}
	s = newEventStore(t, brokenStore{err: errors.Join(kv.ErrUnavailable, errors.New("10.0.0.5"))}, nil)
	if _, err := s.Get(t.Context(), "ours", "k"); !errors.Is(err, kv.ErrUnavailable) || err.Error() != kv.ErrUnavailable.Error() {
		t.Errorf("got %v", err)
	}
}

func TestAStoreThatCanDoLess(t *testing.T) {
	t.Parallel()
	s := newEventStore(t, brokenStore{}, nil)
	if _, err := s.Add(t.Context(), "ours", "k", 1); err == nil || err.Error() != "TypeError: KV incr: this store can't count" {
		t.Errorf("got %v", err)
	}
	if _, err := s.Swap(t.Context(), "ours", "k", "", kv.Entry{}); err == nil || err.Error() != "TypeError: KV put: this store can't write conditionally" {
		t.Errorf("got %v", err)
	}
	s = newEventStore(t, nil, nil)
	if _, err := s.Get(t.Context(), "ours", "k"); err == nil || err.Error() != "TypeError: KV: this isolate has no store" {
		t.Errorf("got %v", err)
	}
}

func TestAStoreWhoseClientIsGone(t *testing.T) {
	t.Parallel()
	s := newEventStore(t, waitingStore{}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Get(ctx, "ours", "k"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call that was given up: %v", err)
	}
	go s.in.channel.link.fail(ErrClosed)
	if _, err := s.Get(t.Context(), "ours", "k"); !errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("a call over a broken channel: %v", err)
	}
}
