package kvtest

import (
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// testExpiry uses real time, and holds on a machine of any speed: what was read before
// the expiry must be there, what is asked for after it must not.
func testExpiry(t *testing.T, s kv.Store) {
	at := in(300 * time.Millisecond)
	for i, key := range []string{"dies 1", "dies 2", "dies 3", "dies 4"} {
		put(t, s, ns, key, kv.Entry{Value: []byte(strconv.Itoa(i)), ExpiresAt: at})
	}
	if c, ok := s.(kv.Counter); ok {
		put(t, s, ns, "dies 5", kv.Entry{Value: []byte("1"), ExpiresAt: at})
		if _, err := c.Add(t.Context(), ns, "dies 5", 1); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, ns, "lives 1", kv.Entry{ExpiresAt: in(time.Hour)})
	put(t, s, ns, "lives 2", kv.Entry{ExpiresAt: at})
	put(t, s, ns, "lives 2", kv.Entry{}) // no longer expires
	put(t, s, ns, "lives 3", kv.Entry{ExpiresAt: at})
	put(t, s, ns, "lives 3", kv.Entry{ExpiresAt: in(2 * time.Hour)}) // expires later

	for {
		_, err := s.Get(t.Context(), ns, "dies 1")
		if err == nil {
			time.Sleep(5 * time.Millisecond)
			if time.Now().After(at.Add(10 * time.Second)) {
				t.Fatal("the key is there 10 s after it expired")
			}
			continue
		}
		if !errors.Is(err, kv.ErrNotFound) {
			t.Fatal(err)
		}
		if time.Now().Before(at) {
			t.Fatal("the key was gone before it expired")
		}
		break
	}
	// A millisecond is the grain: some are gone at its start, some at its end.
	time.Sleep(time.Until(at.Add(2 * time.Millisecond)))
	wantNames(t, "the listing", list(t, s, ns, kv.Query{}), []string{"lives 1", "lives 2", "lives 3"})
	wantNames(t, "the listing of a prefix", list(t, s, ns, kv.Query{Prefix: "dies"}), nil)
	wantAbsent(t, s, ns, "dies 2")
	wantAbsent(t, s, ns, "dies 5")
	if sw, ok := s.(kv.Swapper); ok {
		if _, err := sw.Swap(t.Context(), ns, "dies 2", "", kv.Entry{}); err != nil {
			t.Errorf("Swap that wants an expired key absent: %v", err)
		}
	}
	if c, ok := s.(kv.Counter); ok {
		if sum, err := c.Add(t.Context(), ns, "dies 4", 5); err != nil || sum != 5 {
			t.Errorf("Add to an expired counter = %d, %v; want 5", sum, err)
		}
		if e := get(t, s, ns, "dies 4"); !e.ExpiresAt.IsZero() {
			t.Errorf("a counter begun anew kept the expiry %v", e.ExpiresAt)
		}
	}
	remove(t, s, ns, "dies 3")
}

func testPastExpiry(t *testing.T, s kv.Store) {
	for _, at := range []time.Time{in(-time.Hour), time.UnixMilli(0), time.UnixMilli(-1), time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)} {
		putText(t, s, "k", "v")
		if v := put(t, s, ns, "k", kv.Entry{ExpiresAt: at}); v != "" {
			t.Errorf("Put of an entry that expired at %v returned version %q, want none", at, v)
		}
		wantAbsent(t, s, ns, "k")
		wantNames(t, "the listing", list(t, s, ns, kv.Query{}), nil)
		put(t, s, ns, "never was", kv.Entry{ExpiresAt: at})
		wantAbsent(t, s, ns, "never was")
	}
	sw := swapper(t, s)
	old := putText(t, s, "k", "v")
	if v, err := sw.Swap(t.Context(), ns, "k", old, kv.Entry{ExpiresAt: in(-time.Hour)}); err != nil || v != "" {
		t.Errorf("Swap to an entry that has expired = %q, %v; want no version", v, err)
	}
	wantAbsent(t, s, ns, "k")
}

// RunWithClock runs the tests of expiry that need to set the time. The store that open
// returns must ask now what time it is.
func RunWithClock(t *testing.T, open func(t *testing.T, now func() time.Time) kv.Store) {
	t.Helper()
	t.Run("a key expires at its millisecond", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		s := open(t, clock.now)
		at := clock.now().Add(10 * time.Millisecond)
		put(t, s, ns, "k", kv.Entry{Value: []byte("1"), ExpiresAt: at})
		put(t, s, ns, "later", kv.Entry{ExpiresAt: at.Add(time.Millisecond)})

		clock.set(at.Add(-time.Nanosecond))
		wantText(t, s, "k", "1")
		wantNames(t, "the listing just before", list(t, s, ns, kv.Query{}), []string{"k", "later"})

		clock.set(at)
		wantAbsent(t, s, ns, "k")
		wantNames(t, "the listing at the time", list(t, s, ns, kv.Query{}), []string{"later"})
		if put(t, s, ns, "k", kv.Entry{ExpiresAt: at}) != "" {
			t.Error("an expiry that is now was not in the past")
		}
	})
	t.Run("a clock set back brings a key back, or not, but never a wrong one", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		s := open(t, clock.now)
		start := clock.now()
		put(t, s, ns, "k", kv.Entry{Value: []byte("old"), ExpiresAt: start.Add(time.Second)})
		clock.set(start.Add(2 * time.Second))
		wantAbsent(t, s, ns, "k")
		putText(t, s, "k", "new")
		clock.set(start)
		wantText(t, s, "k", "new")
	})
	t.Run("a counter keeps its expiry", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		s := open(t, clock.now)
		at := clock.now().Add(time.Second)
		put(t, s, ns, "k", kv.Entry{Value: []byte("41"), Metadata: []byte("1"), ExpiresAt: at})
		if sum, err := counter(t, s).Add(t.Context(), ns, "k", 1); err != nil || sum != 42 {
			t.Fatalf("Add = %d, %v; want 42", sum, err)
		}
		clock.set(at)
		if sum, err := counter(t, s).Add(t.Context(), ns, "k", 1); err != nil || sum != 1 {
			t.Fatalf("Add after the expiry = %d, %v; want 1", sum, err)
		}
		if e := get(t, s, ns, "k"); e.Metadata != nil || !e.ExpiresAt.IsZero() {
			t.Errorf("the counter begun anew kept %s", show(e))
		}
	})
	t.Run("thousands of keys expire at once", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		s := open(t, clock.now)
		at := clock.now().Add(time.Second)
		var keys []string
		for i := range 1500 {
			keys = append(keys, strconv.Itoa(i))
		}
		putAtOnce(t, s, keys, kv.Entry{ExpiresAt: at})
		putText(t, s, "z", "stays")
		clock.set(at)
		wantNames(t, "the listing", list(t, s, ns, kv.Query{Limit: 10}), []string{"z"})
	})
}

type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.set(time.UnixMilli(1_800_000_000_000))
	return c
}

func (c *clock) set(t time.Time) { c.ns.Store(t.UnixNano()) }
func (c *clock) now() time.Time  { return time.Unix(0, c.ns.Load()) }
