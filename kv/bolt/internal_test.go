package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/skerry-edge/skerry/kv"
)

func TestNameOfIsInjective(t *testing.T) {
	t.Parallel()
	names := make(map[string][2]string)
	parts := []string{"a", "b", "ab", "ba", "a\x00", "\x00a", "\x00\x01", "\x01", "\x00\x01a", strings.Repeat("a", 256), strings.Repeat("a", 512)}
	for _, ns := range parts {
		for _, key := range parts {
			name := string(nameOf(ns, key))
			if other, ok := names[name]; ok {
				t.Errorf("%q and %q are both %q", other, [2]string{ns, key}, name)
			}
			names[name] = [2]string{ns, key}
		}
	}
}

func TestRecordNoticesEveryFlippedBit(t *testing.T) {
	t.Parallel()
	name := nameOf("ns", "key")
	r := newRecord([]byte("value"), []byte(`{"m":1}`), 123456789)
	r.seal(name, 42)
	whole := func(r record) bool { return r.checkHead(name) == nil && r.checkValue(name) == nil }
	if !whole(r) {
		t.Fatal("a fresh record is not whole")
	}
	for i := range r {
		for bit := range 8 {
			flipped := slices.Clone(r)
			flipped[i] ^= 1 << bit
			if whole(flipped) {
				t.Errorf("bit %d of byte %d was flipped, and nobody noticed", bit, i)
			}
		}
	}
	for n := range r {
		if whole(r[:n]) {
			t.Errorf("the record was cut to %d bytes, and nobody noticed", n)
		}
	}
	if whole(append(slices.Clone(r), 0)) {
		t.Error("a byte was added, and nobody noticed")
	}
	other := nameOf("ns", "kez")
	if r.checkHead(other) == nil {
		t.Error("the record was moved to another key, and nobody noticed")
	}
}

func FuzzRecord(f *testing.F) {
	name := nameOf("ns", "key")
	r := newRecord([]byte("value"), []byte("{}"), 1)
	r.seal(name, 1)
	f.Add([]byte(r))
	f.Add([]byte(r[:metaAt]))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, metaAt+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := record(b)
		if err := r.checkHead(name); err != nil {
			if !errors.Is(err, kv.ErrCorrupt) {
				t.Errorf("checkHead: %v, want ErrCorrupt", err)
			}
			return
		}
		_, _, _, _, _ = r.value(), r.metadata(), r.version(), r.expiresAt(), r.checkValue(name)
	})
}

func TestCorruptEntry(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		corrupt func(record) record
		inValue bool // a listing and a swap don't look there
	}{
		{"a flipped bit in the value", func(r record) record { r[len(r)-1] ^= 1; return r }, true},
		{"a flipped bit in the header", func(r record) record { r[versionAt] ^= 1; return r }, false},
		{"nothing", func(record) record { return record{} }, false},
		{"a newer format", func(r record) record { r[0] = 2; return r }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := openTemporary(t, Config{})
			ctx := t.Context()
			v, err := s.Put(ctx, "ns", "n", kv.Entry{Value: []byte("41"), ExpiresAt: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			name := nameOf("ns", "n")
			if err := s.db.Update(func(tx *bbolt.Tx) error {
				b := tx.Bucket(dataBucket)
				return b.Put(name, tc.corrupt(bytes.Clone(b.Get(name))))
			}); err != nil {
				t.Fatal(err)
			}
			if e, err := s.Get(ctx, "ns", "n"); !errors.Is(err, kv.ErrCorrupt) || !strings.Contains(err.Error(), `"n"`) {
				t.Errorf("Get = %q, %v; want ErrCorrupt with the key", e.Value, err)
			}
			if sum, err := s.Add(ctx, "ns", "n", 1); !errors.Is(err, kv.ErrCorrupt) {
				t.Errorf("Add = %d, %v; want ErrCorrupt", sum, err)
			}
			if !tc.inValue {
				if page, err := s.List(ctx, "ns", kv.Query{}); !errors.Is(err, kv.ErrCorrupt) {
					t.Errorf("List = %+v, %v; want ErrCorrupt", page, err)
				}
				if _, err := s.Swap(ctx, "ns", "n", v, kv.Entry{}); !errors.Is(err, kv.ErrCorrupt) {
					t.Errorf("Swap: %v, want ErrCorrupt", err)
				}
			}
			if err := s.Delete(ctx, "ns", "n"); err != nil {
				t.Errorf("Delete: %v", err)
			}
			if _, err := s.Get(ctx, "ns", "n"); !errors.Is(err, kv.ErrNotFound) {
				t.Errorf("after Delete, Get: %v, want ErrNotFound", err)
			}
		})
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // outside of the bubble, whose clock is not the file system's
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(Config{Path: filepath.Join(dir, "kv.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		const n = 2*sweepMax + 10
		soon, later := time.Now().Add(time.Second), time.Now().Add(time.Hour)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				for _, at := range []time.Time{later, soon} { // the first is overwritten
					if _, err := s.Put(t.Context(), "ns", fmt.Sprint(i), kv.Entry{ExpiresAt: at}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for key, at := range map[string]time.Time{"later": later, "never": {}, "deleted": soon} {
			if _, err := s.Put(t.Context(), "ns", key, kv.Entry{ExpiresAt: at}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Delete(t.Context(), "ns", "deleted"); err != nil {
			t.Fatal(err)
		}
		wantSizes := func(when string, data, expiring int) {
			t.Helper()
			if gotData, gotExpiring := sizes(t, s.db); gotData != data || gotExpiring != expiring {
				t.Errorf("%s there are %d records and %d lines of expiry, want %d and %d", when, gotData, gotExpiring, data, expiring)
			}
		}
		wantSizes("before the sweep", n+2, n+1)
		before := transactions(t, s.db)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		wantSizes("after the sweep", 2, 1)
		if got := transactions(t, s.db) - before; got != 3 {
			t.Errorf("the sweep took %d transactions, want 3: two full ones, and the rest", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := transactions(t, s.db) - before; got != 3 {
			t.Errorf("with nothing to sweep, there were %d more transactions", got-3)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		wantSizes("after an hour", 1, 0)
	})
}

func TestSweepSparesWhatWasWrittenAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(Config{Path: filepath.Join(dir, "kv.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Put(t.Context(), "ns", "k", kv.Entry{ExpiresAt: time.Now().Add(time.Second)}); err != nil {
			t.Fatal(err)
		}
		// The expiry of a record that can't be read can't be forgotten with it.
		if err := s.db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(dataBucket).Put(nameOf("ns", "k"), []byte("corrupt"))
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Put(t.Context(), "ns", "k", kv.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if data, expiring := sizes(t, s.db); data != 1 || expiring != 0 {
			t.Errorf("after the sweep there are %d records and %d lines of expiry, want 1 and 0", data, expiring)
		}
	})
}

func TestWritersShareTransactions(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, Config{})
	release := make(chan struct{})
	holding := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.writer.do(t.Context(), 0, func(*transaction) error {
			close(holding)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-holding
	before := transactions(t, s.db)
	const writers = 50
	for i := range writers {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), "ns", fmt.Sprint(i), kv.Entry{}); err != nil {
				t.Error(err)
			}
		})
	}
	// A write that is given up while it waits may still happen, and holds nobody up.
	ctx, cancel := context.WithCancel(t.Context())
	for waiting := 0; waiting < writers; {
		s.writer.mu.Lock()
		waiting = len(s.writer.mu.queue)
		s.writer.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := s.Put(ctx, "ns", "given up", kv.Entry{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Put with a context that ends: %v", err)
	}
	close(release)
	wg.Wait()
	if got := transactions(t, s.db) - before; got != 1 {
		t.Errorf("%d writers took %d transactions, want 1", writers, got)
	}
	if _, err := s.Swap(t.Context(), "ns", "0", "", kv.Entry{}); !errors.Is(err, kv.ErrConflict) {
		t.Errorf("Swap: %v", err)
	}
	if err := s.Delete(t.Context(), "ns", "absent"); err != nil {
		t.Error(err)
	}
	if got := transactions(t, s.db) - before; got != 1 {
		t.Error("writes that change nothing were committed")
	}
}

func TestFullFile(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, Config{SizeBytesMax: 4 << 20})
	ctx := t.Context()
	large := kv.Entry{Value: make([]byte, 5<<20)}
	if _, err := s.Put(ctx, "ns", "kept", kv.Entry{Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	// In one transaction with a value that doesn't fit, others go through.
	errs := make([]error, 3)
	batch := make([]*write, 3)
	for i := range batch {
		name, r := nameOf("ns", fmt.Sprint(i)), newRecord([]byte("small"), nil, 0)
		if i == 1 {
			r = newRecord(large.Value, nil, 0)
		}
		batch[i] = &write{apply: func(tx *transaction) error { tx.put(name, r); return nil }}
	}
	s.writer.close()
	s.writer.commit(batch) // on this goroutine, now that the writer's has ended
	for i := range batch {
		errs[i] = batch[i].err
	}
	if errs[0] != nil || !errors.Is(errs[1], kv.ErrFull) || errs[2] != nil {
		t.Errorf("errors are %v; want ErrFull for the second alone", errs)
	}
	for key, want := range map[string]string{"kept": "v", "0": "small", "2": "small"} {
		if e, err := s.Get(ctx, "ns", key); err != nil || string(e.Value) != want {
			t.Errorf("Get(%q) = %q, %v; want %q", key, e.Value, err, want)
		}
	}
	if _, err := s.Get(ctx, "ns", "1"); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("the value that did not fit: %v, want ErrNotFound", err)
	}
}

func TestFailedWriteStopsWriting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kv.db")
	s, err := Open(Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "ns", "k", kv.Entry{Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A file that can't be written to stands for a disk that can't.
	db, err := bbolt.Open(path, 0, &bbolt.Options{OpenFile: func(name string, _ int, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(name, os.O_RDONLY, mode)
	}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Path: path}.withDefaults()
	s = &Store{db: db, path: path, now: cfg.Now, writer: startWriter(db, cfg)}
	defer s.Close()
	for range 2 {
		if _, err := s.Put(t.Context(), "ns", "k", kv.Entry{}); !errors.Is(err, kv.ErrUnavailable) || !strings.Contains(err.Error(), "opened anew") {
			t.Errorf("Put: %v, want ErrUnavailable", err)
		}
	}
	if e, err := s.Get(t.Context(), "ns", "k"); err != nil || string(e.Value) != "v" {
		t.Errorf("Get = %q, %v; want what was there", e.Value, err)
	}
}

func TestDamagedFormat(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*bbolt.Tx) error
		want   string
	}{
		{"a file of another program", func(tx *bbolt.Tx) error { return tx.DeleteBucket(metaBucket) }, "not a store"},
		{"a newer format", func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, []byte("skerry kv 2")) }, "skerry kv 2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "kv.db")
			s, err := Open(Config{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.db.Update(tc.change); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the first has let go of the file
				if _, err := Open(Config{Path: path}); err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, ErrLocked) {
					t.Errorf("Open: %v, want an error about %q", err, tc.want)
				}
			}
		})
	}
}

func openTemporary(t *testing.T, cfg Config) *Store {
	t.Helper()
	cfg.Path = filepath.Join(t.TempDir(), "kv.db")
	s, err := Open(cfg)
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

// sizes returns how many records and lines of expiry are in the file.
func sizes(t *testing.T, db *bbolt.DB) (data, expiring int) {
	t.Helper()
	count := func(b *bbolt.Bucket) (n int) {
		c := b.Cursor()
		for name, _ := c.First(); name != nil; name, _ = c.Next() {
			n++
		}
		return n
	}
	if err := db.View(func(tx *bbolt.Tx) error {
		data, expiring = count(tx.Bucket(dataBucket)), count(tx.Bucket(expiringBucket))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return data, expiring
}

// transactions returns how many transactions have been committed to the file.
func transactions(t *testing.T, db *bbolt.DB) (n int) {
	t.Helper()
	if err := db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}
