package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func newShared(t *testing.T, s kv.Store) *store.Shared {
	t.Helper()
	shared, err := store.NewShared(s)
	if err != nil {
		t.Fatal(err)
	}
	return shared
}

func TestShared(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return newShared(t, memory.New(memory.Config{})) })
}

// keys lists all keys of the bundles' namespace.
func keys(t *testing.T, s kv.Store) []string {
	t.Helper()
	page, err := s.List(t.Context(), store.Namespace, kv.Query{})
	if err != nil || page.Cursor != "" {
		t.Fatalf("list: %v, or too many", err)
	}
	var names []string
	for _, key := range page.Keys {
		names = append(names, key.Name)
	}
	return names
}

func TestSharedNeedsSwap(t *testing.T) {
	t.Parallel()
	if _, err := store.NewShared(struct{ kv.Store }{memory.New(memory.Config{})}); err == nil {
		t.Error("a store that cannot swap was accepted")
	}
}

func TestSharedPutAgainLeavesNoChunkBehind(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	shared := newShared(t, s)
	d, data := storetest.Data(1, 3<<20)
	for range 3 {
		if err := shared.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, s); len(got) != 3+1 {
		t.Errorf("keys after three puts of one bundle: %q", got)
	}
	if _, err := shared.Sweep(t.Context(), func(bundles.Digest) bool { return false }, -time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("keys after the sweep: %q", got)
	}
}

func TestSharedDamage(t *testing.T) {
	t.Parallel()
	d, data := storetest.Data(1, 2<<20)
	index, chunk := "index/"+string(d), "chunk/"+string(d)
	for _, tc := range []struct {
		name   string
		prefix string // of the key that is damaged
		entry  *kv.Entry
	}{
		{"a chunk that is lost", chunk, nil},
		{"a chunk with other bytes", chunk, &kv.Entry{Value: make([]byte, 1<<20)}},
		{"a chunk that is too short", chunk, &kv.Entry{Value: []byte("x")}},
		{"a chunk that is too long", chunk, &kv.Entry{Value: make([]byte, 5<<20)}},
		{"an index without metadata", index, &kv.Entry{}},
		{"an index that is something else", index, &kv.Entry{Metadata: []byte(`"x"`)}},
		{"an index with a field unknown", index, &kv.Entry{Metadata: []byte(`{"format":1,"upload":"000000000000-A","chunks":0,"bytes":0,"x":1}`)}},
		{"an index with a count that does not fit", index, &kv.Entry{Metadata: []byte(`{"format":1,"upload":"000000000000-A","chunks":9,"bytes":10}`)}},
		{"an index with a size no bundle has", index, &kv.Entry{Metadata: []byte(`{"format":1,"upload":"000000000000-A","chunks":1048576,"bytes":1099511627776}`)}},
		{"an index that names another upload", index, &kv.Entry{Metadata: []byte(`{"format":1,"upload":"000000000000-A","chunks":2,"bytes":2097152}`)}},
	} {
		t.Run(tc.name+" is found out and mended", func(t *testing.T) {
			t.Parallel()
			s := memory.New(memory.Config{})
			shared := newShared(t, s)
			if err := shared.Put(t.Context(), d, data); err != nil {
				t.Fatal(err)
			}
			for _, key := range keys(t, s) {
				if !strings.HasPrefix(key, tc.prefix) {
					continue
				}
				if tc.entry == nil {
					if err := s.Delete(t.Context(), store.Namespace, key); err != nil {
						t.Fatal(err)
					}
				} else if _, err := s.Put(t.Context(), store.Namespace, key, *tc.entry); err != nil {
					t.Fatal(err)
				}
				break
			}
			if _, err := shared.Get(t.Context(), d); !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("get: %v, want ErrCorrupt", err)
			}
			if err := shared.Put(t.Context(), d, data); err != nil {
				t.Fatal(err)
			}
			if got, err := shared.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("get after put: %v", err)
			}
			if _, err := shared.Sweep(t.Context(), func(bundles.Digest) bool { return false }, -time.Hour); err != nil {
				t.Fatal(err)
			}
			if got := keys(t, s); len(got) != 0 {
				t.Errorf("keys after a sweep: %q", got)
			}
		})
	}
}

func TestSharedOfANewerSkerryIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	shared := newShared(t, s)
	d, data := storetest.Data(1, 10)
	newer := kv.Entry{Metadata: []byte(`{"format":2,"parts":["a"]}`)}
	if _, err := s.Put(t.Context(), store.Namespace, "index/"+string(d), newer); err != nil {
		t.Fatal(err)
	}
	_, getErr := shared.Get(t.Context(), d)
	_, sweepErr := shared.Sweep(t.Context(), func(bundles.Digest) bool { return false }, -time.Hour)
	for name, err := range map[string]error{"get": getErr, "put": shared.Put(t.Context(), d, data), "sweep": sweepErr} {
		if err == nil || !strings.Contains(err.Error(), "upgrade this node") {
			t.Errorf("%s: %v, want an error that says to upgrade", name, err)
		}
	}
	e, err := s.Get(t.Context(), store.Namespace, "index/"+string(d))
	if err != nil || !bytes.Equal(e.Metadata, newer.Metadata) {
		t.Errorf("the newer entry is now %s, %v", e.Metadata, err)
	}
}

// TestSharedPutIsAllOrNothing lets each call that Put makes fail in turn, with and without
// having taken effect: the bundle is then there as a whole or not at all, putting it again
// works, and the clean-up or the next sweep removes what is left.
func TestSharedPutIsAllOrNothing(t *testing.T) {
	t.Parallel()
	d, data := storetest.Data(1, 2<<20+1)
	for _, before := range []string{"absent", "present"} {
		for _, fault := range storetest.Faults {
			t.Run(fmt.Sprintf("%s, %s", before, fault.Name), func(t *testing.T) {
				t.Parallel()
				failed := 0
				for n := 1; ; n++ {
					s := storetest.NewFaulty(memory.New(memory.Config{}))
					shared := newShared(t, s)
					if before == "present" {
						if err := shared.Put(t.Context(), d, data); err != nil {
							t.Fatal(err)
						}
					}
					s.FailAt(n, fault)
					putErr := shared.Put(t.Context(), d, data)
					if !s.Failed() {
						break // n is past the calls that Put makes
					}
					failed++
					got, err := shared.Get(t.Context(), d)
					switch {
					case err == nil && bytes.Equal(got, data):
					case errors.Is(err, store.ErrNotFound) && putErr != nil && before == "absent":
					default:
						t.Fatalf("call %d failed, put says %v: get: %v", n, putErr, err)
					}
					if err := shared.Put(t.Context(), d, data); err != nil {
						t.Fatalf("call %d failed: put again: %v", n, err)
					}
					if got, err := shared.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
						t.Fatalf("call %d failed: get after putting again: %v", n, err)
					}
					if _, err := shared.Sweep(t.Context(), func(got bundles.Digest) bool { return got == d }, -time.Hour); err != nil {
						t.Fatal(err)
					}
					if got := keys(t, s); len(got) != 3+1 {
						t.Fatalf("call %d failed: keys after a sweep: %q", n, got)
					}
				}
				if failed < 5 {
					t.Errorf("only %d calls could fail", failed)
				}
			})
		}
	}
}

func TestSharedFull(t *testing.T) {
	t.Parallel()
	s := storetest.NewFaulty(memory.New(memory.Config{}))
	shared := newShared(t, s)
	d, data := storetest.Data(1, 3<<20)
	s.FailAt(3, storetest.Fault{Err: kv.ErrFull})
	if err := shared.Put(t.Context(), d, data); !errors.Is(err, store.ErrFull) {
		t.Fatalf("put without room: %v, want ErrFull", err)
	}
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("a put that found no room left %q", got)
	}
}

func TestSharedUnavailable(t *testing.T) {
	t.Parallel()
	s := storetest.NewFaulty(memory.New(memory.Config{}))
	shared := newShared(t, s)
	d, data := storetest.Data(1, 10)
	s.FailFrom(1, storetest.Fault{Err: kv.ErrUnavailable})
	_, getErr := shared.Get(t.Context(), d)
	_, sweepErr := shared.Sweep(t.Context(), func(bundles.Digest) bool { return false }, time.Hour)
	for name, err := range map[string]error{"get": getErr, "put": shared.Put(t.Context(), d, data), "sweep": sweepErr} {
		if !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
}

// between is a kv.Store that does something in the middle of somebody's work.
type between struct {
	*memory.Store
	beforeSwap func()
	beforeGet  func(key string)
}

func (b *between) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	if do := b.beforeSwap; do != nil {
		b.beforeSwap = nil
		do()
	}
	return b.Store.Swap(ctx, ns, key, old, e)
}

func (b *between) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if do := b.beforeGet; do != nil {
		do(key)
	}
	return b.Store.Get(ctx, ns, key)
}

func TestSharedSweepSparesABundleThatIsPutMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &between{Store: memory.New(memory.Config{})}
		shared, other := newShared(t, s), newShared(t, s.Store)
		d, data := storetest.Data(1, 2<<20)
		if err := shared.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		// The sweep has seen an old bundle that nobody keeps, and is about to remove it.
		s.beforeSwap = func() {
			if err := other.Put(t.Context(), d, data); err != nil {
				t.Error(err)
			}
		}
		swept, err := shared.Sweep(t.Context(), func(bundles.Digest) bool { return false }, time.Hour)
		if err != nil || swept.Bundles != 0 {
			t.Errorf("swept %+v, %v", swept, err)
		}
		if got, err := shared.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
			t.Errorf("get: %v", err)
		}
	})
}

func TestSharedGetOfABundleThatIsPutAnewMeanwhile(t *testing.T) {
	t.Parallel()
	s := &between{Store: memory.New(memory.Config{})}
	shared, other := newShared(t, s), newShared(t, s.Store)
	d, data := storetest.Data(1, 3<<20)
	if err := shared.Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
	replaced := 0
	s.beforeGet = func(key string) {
		if strings.HasSuffix(key, "/0001") && replaced < 3 {
			replaced++
			if err := other.Put(t.Context(), d, data); err != nil {
				t.Error(err)
			}
		}
	}
	if got, err := shared.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
		t.Errorf("get: %v", err)
	}
	if replaced != 3 {
		t.Errorf("the bundle was put anew %d times, want 3", replaced)
	}
}

func FuzzSharedIndex(f *testing.F) {
	d, data := storetest.Data(1, 100)
	for _, seed := range []string{
		`{"format":1,"upload":"000000000000-A","chunks":1,"bytes":100}`,
		`{"format":1,"upload":"","chunks":-1,"bytes":-1}`,
		`{"format":1}{}`, `{"format":99}`, `[]`, `null`, `1`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, metadata string) {
		s := memory.New(memory.Config{})
		shared := newShared(t, s)
		e := kv.Entry{Metadata: []byte(metadata)}
		if _, err := s.Put(t.Context(), store.Namespace, "index/"+string(d), e); err != nil {
			t.Skip("SKIPPED: no kv.Store takes this")
		}
		if got, err := shared.Get(t.Context(), d); err == nil {
			t.Errorf("get found %d bytes where nothing was put", len(got))
		}
		err := shared.Put(t.Context(), d, data)
		got, getErr := shared.Get(t.Context(), d)
		if err == nil && !bytes.Equal(got, data) {
			t.Errorf("get after put: %v", getErr)
		}
	})
}
