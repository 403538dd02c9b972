package kv_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/kvtest"
	"github.com/skerry-edge/skerry/kv/memory"
)

func newSwitch(t *testing.T, s kv.Store) *kv.Switch {
	t.Helper()
	w, err := kv.NewSwitch(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSwitchIsAStore(t *testing.T) {
	t.Parallel()
	kvtest.Run(t, func(t *testing.T) kv.Store { return newSwitch(t, memory.New(memory.Config{})) })
}

// TestExchangeLosesNothing: while a file is closed and opened again and again, every addition
// is in it in the end, and none fails.
func TestExchangeLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kv.db")
	open := func() *bolt.Store {
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	current := open()
	w := newSwitch(t, current)
	stop := make(chan struct{})
	var adders sync.WaitGroup
	var added [4]int64
	for i := range added {
		adders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := w.Add(t.Context(), "n", "sum", 1); err != nil {
					t.Error(err)
					return
				}
				added[i]++
			}
		})
	}
	for range 10 {
		err := w.Exchange(t.Context(), func() (kv.Store, error) {
			if err := current.Close(); err != nil {
				return nil, err
			}
			current = open()
			return current, nil
		})
		if err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	close(stop)
	adders.Wait()
	sum, err := w.Add(t.Context(), "n", "sum", 0)
	if want := added[0] + added[1] + added[2] + added[3]; err != nil || sum != want || sum == 0 {
		t.Errorf("the sum is %d, %v; want %d", sum, err, want)
	}
	if err := current.Close(); err != nil {
		t.Error(err)
	}
}

func TestExchangeThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newSwitch(t, memory.New(memory.Config{}))
		broken := errors.New("broken")
		release := make(chan struct{})
		done := make(chan error)
		go func() {
			done <- w.Exchange(t.Context(), func() (kv.Store, error) { <-release; return nil, broken })
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Get(ctx, "n", "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that has no time to wait: %v", err)
		}
		if err := w.Exchange(t.Context(), nil); err == nil {
			t.Error("two exchanges at once")
		}
		put := make(chan error)
		go func() {
			_, err := w.Put(t.Context(), "n", "k", kv.Entry{Value: []byte("v")})
			put <- err
		}()
		synctest.Wait()
		close(release)
		if err := <-done; !errors.Is(err, broken) {
			t.Errorf("the exchange: %v", err)
		}
		if err := <-put; err != nil {
			t.Errorf("the call that waited: %v", err)
		}
		if e, err := w.Get(t.Context(), "n", "k"); err != nil || string(e.Value) != "v" {
			t.Errorf("afterwards: %q, %v", e.Value, err)
		}
	})
}

func TestExchangeWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowStore{Store: memory.New(memory.Config{}), takes: 2 * time.Second}
		w := newSwitch(t, slow)
		go w.Get(t.Context(), "n", "k")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Exchange(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an exchange with no time to wait: %v", err)
		}
		start := time.Now()
		err := w.Exchange(t.Context(), func() (kv.Store, error) { return memory.New(memory.Config{}), nil })
		if took := time.Since(start); err != nil || took != time.Second {
			t.Errorf("the exchange took %v, %v", took, err)
		}
	})
}

// slowStore takes its time to Get.
type slowStore struct {
	*memory.Store
	takes time.Duration
}

func (s *slowStore) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	time.Sleep(s.takes)
	return s.Store.Get(ctx, ns, key)
}

func TestSwitchWantsAllAbilities(t *testing.T) {
	t.Parallel()
	if _, err := kv.NewSwitch(struct{ kv.Store }{memory.New(memory.Config{})}); err == nil {
		t.Error("a store without Swap was taken")
	}
}
