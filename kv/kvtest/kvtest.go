// Package kvtest proves that a kv.Store keeps what the interface promises. Every backend
// runs the same suite, so that a function can't tell which one it has:
//
//	func TestConformance(t *testing.T) {
//		kvtest.Run(t, func(t *testing.T) kv.Store { return memory.New(memory.Config{}) })
//	}
//
// Abilities that a store may lack (kv.Swapper, kv.Counter, kv.Asker) are tested if it has them, and
// are skipped loudly if not.
package kvtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// Run runs the suite. It calls open for each test, for a store that is empty and that
// nobody else writes to; what must be closed, open closes with t.Cleanup. Several stores
// are in use at once.
//
// Tests of expiry use real time, as the store does. Where its clock can be injected,
// RunWithClock is a sharper test.
func Run(t *testing.T, open func(t *testing.T) kv.Store) {
	t.Helper()
	for _, tc := range []struct {
		name string
		test func(*testing.T, kv.Store)
	}{
		{"what was put is got", testRoundTrip},
		{"every byte is allowed in names and values", testHostileNames},
		{"limits are exact", testLimits},
		{"a put replaces everything", testReplace},
		{"a deleted key is absent", testDelete},
		{"every write has a version of its own", testVersions},
		{"values belong to who has them", testOwnership},
		{"asking is getting", testAsk},
		{"a context that has ended changes nothing", testContext},
		{"an expired key is absent everywhere", testExpiry},
		{"an expiry in the past makes a key absent", testPastExpiry},
		{"a listing is in order of bytes", testListOrder},
		{"a listing has the keys of its prefix", testListPrefix},
		{"a listing comes in pages", testListPages},
		{"a cursor from elsewhere is refused", testListCursors},
		{"a listing among writers has stable keys once", testListAmongWriters},
		{"a swap needs the current version", testSwap},
		{"of many swaps one wins", testSwapRace},
		{"a counter counts", testCounter},
		{"a counter loses no update", testCounterRace},
		{"namespaces are apart", testNamespaces},
		{"any sequence of calls does what a map would do", testModel},
		{"histories are linearizable", testLinearizable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.test(t, open(t))
		})
	}
}

// ns is the namespace of tests that need only one.
const ns = "shop"

func swapper(t *testing.T, s kv.Store) kv.Swapper {
	t.Helper()
	sw, ok := s.(kv.Swapper)
	if !ok {
		t.Skipf("SKIPPED: %T is no kv.Swapper", s)
	}
	return sw
}

func counter(t *testing.T, s kv.Store) kv.Counter {
	t.Helper()
	c, ok := s.(kv.Counter)
	if !ok {
		t.Skipf("SKIPPED: %T is no kv.Counter", s)
	}
	return c
}

func put(t *testing.T, s kv.Store, ns, key string, e kv.Entry) kv.Version {
	t.Helper()
	v, err := s.Put(t.Context(), ns, key, e)
	if err != nil {
		t.Fatalf("Put(%.40q, %.40q): %v", ns, key, err)
	}
	return v
}

func putText(t *testing.T, s kv.Store, key, value string) kv.Version {
	t.Helper()
	return put(t, s, ns, key, kv.Entry{Value: []byte(value)})
}

// putAtOnce puts e under many keys, as so many writers: a store on disk then syncs a few
// times for all.
func putAtOnce(t *testing.T, s kv.Store, keys []string, e kv.Entry) {
	t.Helper()
	var wg sync.WaitGroup
	for part := range slices.Chunk(keys, 1+len(keys)/50) {
		wg.Go(func() {
			for _, key := range part {
				if _, err := s.Put(t.Context(), ns, key, e); err != nil {
					t.Errorf("Put(%q): %v", key, err)
				}
			}
		})
	}
	wg.Wait()
}

func get(t *testing.T, s kv.Store, ns, key string) kv.Entry {
	t.Helper()
	e, err := s.Get(t.Context(), ns, key)
	if err != nil {
		t.Fatalf("Get(%.40q, %.40q): %v", ns, key, err)
	}
	return e
}

func wantText(t *testing.T, s kv.Store, key, want string) {
	t.Helper()
	if e := get(t, s, ns, key); string(e.Value) != want {
		t.Errorf("Get(%q) = %q, want %q", key, e.Value, want)
	}
}

func wantAbsent(t *testing.T, s kv.Store, ns, key string) {
	t.Helper()
	if e, err := s.Get(t.Context(), ns, key); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get(%.40q, %.40q) = %.40q, %v; want ErrNotFound", ns, key, e.Value, err)
	}
}

func remove(t *testing.T, s kv.Store, ns, key string) {
	t.Helper()
	if err := s.Delete(t.Context(), ns, key); err != nil {
		t.Fatalf("Delete(%.40q, %.40q): %v", ns, key, err)
	}
}

// list returns all keys of a listing, page by page.
func list(t *testing.T, s kv.Store, ns string, q kv.Query) []kv.Key {
	t.Helper()
	keys, err := listAll(t.Context(), s, ns, q)
	if err != nil {
		t.Fatalf("List(%.40q, %+v): %v", ns, q, err)
	}
	return keys
}

func listAll(ctx context.Context, s kv.Store, ns string, q kv.Query) ([]kv.Key, error) {
	var keys []kv.Key
	for {
		page, err := s.List(ctx, ns, q)
		if err != nil {
			return nil, err
		}
		keys = append(keys, page.Keys...)
		if page.Cursor == "" {
			return keys, nil
		}
		q.Cursor = page.Cursor
	}
}

func names(keys []kv.Key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	return names
}

func wantNames(t *testing.T, what string, got []kv.Key, want []string) {
	t.Helper()
	if !slices.Equal(names(got), want) {
		t.Errorf("%s\n got %.400q\nwant %.400q", what, names(got), want)
	}
}

// wantInvalid fails unless err is an *InvalidError about field.
func wantInvalid(t *testing.T, what string, err error, field string) {
	t.Helper()
	var invalid *kv.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != field {
		t.Errorf("%s: got %v, want an InvalidError about the %s", what, err, field)
	}
}

// in returns the instant d from now, as a store keeps it.
func in(d time.Duration) time.Time {
	return kv.FromMillis(kv.Millis(time.Now().Add(d)))
}
