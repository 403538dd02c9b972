package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct {
		name string
		cfg  bolt.Config
		is   error  // nil: any
		want string // a part of the message
	}{
		{"no path", bolt.Config{}, nil, "Path"},
		{"a negative size", bolt.Config{Path: "x", SizeBytesMax: -1}, nil, "SizeBytesMax"},
		{"a negative interval", bolt.Config{Path: "x", SweepInterval: -1}, nil, "SweepInterval"},
		{"a missing directory", bolt.Config{Path: filepath.Join(dir, "missing", "kv.db")}, fs.ErrNotExist, "missing"},
		{"a directory", bolt.Config{Path: dir}, nil, dir},
		{"an empty file", bolt.Config{Path: file("empty", "")}, kv.ErrCorrupt, "move the file away"},
		{"a short file", bolt.Config{Path: file("short", "hello")}, kv.ErrCorrupt, "move the file away"},
		{"a long file of something else", bolt.Config{Path: file("long", strings.Repeat("hello", 1<<16))}, kv.ErrCorrupt, "move the file away"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := bolt.Open(tc.cfg)
			if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want one about %q", err, tc.want)
			}
		})
	}
}

func TestOpenLocks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kv.db")
	first, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(bolt.Config{Path: path}); !errors.Is(err, bolt.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("the second Open: %v, want ErrLocked with the path", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, bolt.Config{Path: path})
}

func TestOpenCreatesOnce(t *testing.T) {
	t.Parallel()
	for range 10 {
		path := filepath.Join(t.TempDir(), "kv.db")
		var stores []*bolt.Store
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				s, err := bolt.Open(bolt.Config{Path: path})
				if err != nil {
					if !errors.Is(err, bolt.ErrLocked) {
						t.Errorf("Open among others: %v, want ErrLocked", err)
					}
					return
				}
				mu.Lock()
				defer mu.Unlock()
				stores = append(stores, s)
			})
		}
		wg.Wait()
		if len(stores) != 1 {
			t.Errorf("%d of 8 got the file, want 1", len(stores))
		}
		for _, s := range stores {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		// Those that lost may have tidied up after the winner had; the next one does.
		s := open(t, bolt.Config{Path: path})
		_ = s
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 1 {
			t.Errorf("beside the file there are %v, %v", entries, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v, %v; want 0600", info.Mode(), err)
		}
	}
}

func TestOpenTidiesUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"kv.db.new-123", "other.db.new-123", "kv.db.backup"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, bolt.Config{Path: filepath.Join(dir, "kv.db")})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"kv.db", "kv.db.backup", "other.db.new-123"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kv.db")
	versions := make(map[kv.Version]bool)
	for i := range 5 {
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if e, err := s.Get(t.Context(), "ns", "k"); err != nil || string(e.Value) != fmt.Sprint(i-1) || !versions[e.Version] {
				t.Errorf("Get = %q, version %q, %v; want what was put before", e.Value, e.Version, err)
			}
			if err := s.Delete(t.Context(), "ns", "k"); err != nil {
				t.Error(err)
			}
		}
		v, err := s.Put(t.Context(), "ns", "k", kv.Entry{Value: []byte(fmt.Sprint(i))})
		if err != nil || versions[v] {
			t.Errorf("Put = %q, %v; want a version that was never given", v, err)
		}
		versions[v] = true
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosedStore(t *testing.T) {
	t.Parallel()
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "kv.db")})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 { // closing among calls
		wg.Go(func() {
			for {
				_, err1 := s.Put(context.Background(), "ns", fmt.Sprint(i), kv.Entry{})
				_, err2 := s.Get(context.Background(), "ns", fmt.Sprint(i))
				for _, err := range []error{err1, err2} {
					if err != nil && !errors.Is(err, kv.ErrUnavailable) && !errors.Is(err, kv.ErrNotFound) {
						t.Errorf("a call while the store closes: %v", err)
					}
				}
				if err1 != nil && err2 != nil {
					return
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Get":    func() error { _, err := s.Get(ctx, "ns", "k"); return err },
		"Put":    func() error { _, err := s.Put(ctx, "ns", "k", kv.Entry{}); return err },
		"Swap":   func() error { _, err := s.Swap(ctx, "ns", "k", "", kv.Entry{}); return err },
		"Add":    func() error { _, err := s.Add(ctx, "ns", "k", 1); return err },
		"List":   func() error { _, err := s.List(ctx, "ns", kv.Query{}); return err },
		"Delete": func() error { return s.Delete(ctx, "ns", "k") },
	} {
		if err := call(); !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("%s of a closed store: %v, want ErrUnavailable", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}

// TestDamagedFile flips bits anywhere in a file. What comes of it may be an error or, as
// bbolt's pages have no checksums, an absent key: but never a crash, nor a wrong value.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "kv.db")
	s, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	const keys = 300
	value := func(i int) string { return strings.Repeat(fmt.Sprint(i), 1+i%50) }
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), "ns", fmt.Sprint(i), kv.Entry{Value: []byte(value(i))}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	const rounds = 60
	refused, corrupt, absent := 0, 0, 0
	for round := range rounds {
		damaged := slices.Clone(whole)
		for range 1 + random.IntN(20) {
			damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
		}
		if round%10 == 0 {
			damaged = damaged[:random.IntN(len(damaged))]
		}
		path := filepath.Join(dir, fmt.Sprint("damaged-", round))
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			if !errors.Is(err, kv.ErrCorrupt) && !strings.Contains(err.Error(), "not a store") && !strings.Contains(err.Error(), "its format") {
				t.Errorf("round %d: Open: %v, want ErrCorrupt", round, err)
			}
			refused++
			continue
		}
		for i := range keys {
			e, err := s.Get(t.Context(), "ns", fmt.Sprint(i))
			switch {
			case errors.Is(err, kv.ErrCorrupt):
				corrupt++
			case errors.Is(err, kv.ErrNotFound):
				absent++
			case err != nil || string(e.Value) != value(i):
				t.Errorf("round %d: Get(%d) = %q, %v", round, i, e.Value, err)
			}
		}
		if _, err := s.List(t.Context(), "ns", kv.Query{}); err != nil && !errors.Is(err, kv.ErrCorrupt) {
			t.Errorf("round %d: List: %v", round, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("round %d: Close: %v", round, err)
		}
	}
	if refused == 0 || corrupt == 0 {
		t.Errorf("%d files were refused and %d entries were found corrupt; the test does nothing", refused, corrupt)
	}
	t.Logf("%d of %d files refused; in the others %d entries corrupt, %d absent", refused, rounds, corrupt, absent)
}
