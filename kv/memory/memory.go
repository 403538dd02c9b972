// Package memory is a kv.Store in this process's memory: for tests, and for nodes that
// are thrown away. Nothing it holds survives the process.
package memory

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// Config says how a Store behaves. Its zero value is useful.
type Config struct {
	Now func() time.Time // decides what has expired; nil: time.Now
}

// Store is a kv.Store, kv.Swapper and kv.Counter. It has no bound on its size, and
// needs no closing.
type Store struct {
	now func() time.Time

	mu struct {
		sync.RWMutex
		spaces   map[string]*space
		size     int    // entries in all spaces
		unswept  int    // writes since what has expired was last dropped
		sequence uint64 // the version given last
	}
}

// space is one namespace. Its keys are kept sorted beside the map for List: a listing
// then costs what it returns, and a write of a new key a move of pointers.
type space struct {
	entries map[string]entry
	keys    []string
}

type entry struct {
	value     []byte
	metadata  []byte
	expiresAt int64 // as kv.Millis
	version   kv.Version
}

// expired says whether e is gone at the instant now, in milliseconds.
func (e entry) expired(now int64) bool { return e.expiresAt != 0 && e.expiresAt <= now }

var (
	_ kv.Store   = (*Store)(nil)
	_ kv.Swapper = (*Store)(nil)
	_ kv.Counter = (*Store)(nil)
	_ kv.Asker   = (*Store)(nil)
)

// New returns an empty Store.
func New(cfg Config) *Store {
	s := &Store{now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.mu.spaces = make(map[string]*space)
	return s
}

// Get is kv.Store's.
func (s *Store) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return kv.Entry{}, err
	}
	if err := ctx.Err(); err != nil {
		return kv.Entry{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.getLocked(ns, key)
	if !ok {
		return kv.Entry{}, kv.ErrNotFound
	}
	return kv.Entry{
		Value:     append([]byte{}, e.value...),
		Metadata:  bytes.Clone(e.metadata),
		ExpiresAt: kv.FromMillis(e.expiresAt),
		Version:   e.version,
	}, nil
}

// Ask is kv.Asker's: the answer is there at once.
func (s *Store) Ask(ns, key string, done func(kv.Entry, error)) {
	done(s.Get(context.Background(), ns, key))
}

// Put is kv.Store's.
func (s *Store) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putLocked(ns, key, e), nil
}

// Swap is kv.Swapper's.
func (s *Store) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if current, _ := s.getLocked(ns, key); current.version != old {
		return "", kv.ErrConflict
	}
	return s.putLocked(ns, key, e), nil
}

// Add is kv.Counter's.
func (s *Store) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.getLocked(ns, key)
	if !ok {
		e = entry{value: []byte("0")}
	}
	sum, err := kv.Sum(e.value, delta)
	if err != nil {
		return 0, err
	}
	e.value = strconv.AppendInt(nil, sum, 10)
	s.setLocked(ns, key, e)
	return sum, nil
}

// Delete is kv.Store's.
func (s *Store) Delete(ctx context.Context, ns, key string) error {
	if err := kv.CheckKey(ns, key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteLocked(ns, key)
	return nil
}

// List is kv.Store's.
func (s *Store) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	scan, err := kv.NewScan(ns, q)
	if err != nil {
		return kv.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return kv.Page{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	sp := s.mu.spaces[ns]
	if sp == nil {
		return kv.Page{}, nil
	}
	var page kv.Page
	first, _ := slices.BinarySearch(sp.keys, scan.From)
	for _, key := range sp.keys[first:] {
		if !strings.HasPrefix(key, scan.Prefix) {
			break
		}
		e, ok := s.getLocked(ns, key)
		if !ok {
			continue
		}
		if len(page.Keys) == scan.Limit {
			page.Cursor = scan.Cursor(page.Keys[scan.Limit-1].Name)
			break
		}
		page.Keys = append(page.Keys, kv.Key{
			Name:      key,
			Metadata:  bytes.Clone(e.metadata),
			ExpiresAt: kv.FromMillis(e.expiresAt),
			Version:   e.version,
		})
	}
	return page, nil
}

func (s *Store) getLocked(ns, key string) (entry, bool) {
	sp := s.mu.spaces[ns]
	if sp == nil {
		return entry{}, false
	}
	e, ok := sp.entries[key]
	if !ok || e.expired(s.now().UnixMilli()) {
		return entry{}, false
	}
	return e, true
}

func (s *Store) putLocked(ns, key string, e kv.Entry) kv.Version {
	stored := entry{value: bytes.Clone(e.Value), expiresAt: kv.Millis(e.ExpiresAt)}
	if stored.expired(s.now().UnixMilli()) {
		s.deleteLocked(ns, key)
		return ""
	}
	if len(e.Metadata) > 0 {
		stored.metadata = bytes.Clone(e.Metadata)
	}
	return s.setLocked(ns, key, stored)
}

// setLocked stores e, of which it takes possession, under a new version.
func (s *Store) setLocked(ns, key string, e entry) kv.Version {
	s.sweepLocked()
	s.mu.sequence++
	e.version = kv.Version(strconv.FormatUint(s.mu.sequence, 36))
	sp := s.mu.spaces[ns]
	if sp == nil {
		sp = &space{entries: make(map[string]entry)}
		s.mu.spaces[ns] = sp
	}
	if _, ok := sp.entries[key]; !ok {
		at, _ := slices.BinarySearch(sp.keys, key)
		sp.keys = slices.Insert(sp.keys, at, key)
		s.mu.size++
	}
	sp.entries[key] = e
	return e.version
}

func (s *Store) deleteLocked(ns, key string) {
	sp := s.mu.spaces[ns]
	if sp == nil {
		return
	}
	if _, ok := sp.entries[key]; !ok {
		return
	}
	delete(sp.entries, key)
	at, _ := slices.BinarySearch(sp.keys, key)
	sp.keys = slices.Delete(sp.keys, at, at+1)
	s.mu.size--
	if len(sp.keys) == 0 {
		delete(s.mu.spaces, ns)
	}
}

// sweepLocked drops what has expired once there have been as many writes as there are
// entries. So each write pays for one entry's look, and a store that is only written to
// is at most twice as large as what is alive in it.
func (s *Store) sweepLocked() {
	s.mu.unswept++
	if s.mu.unswept < s.mu.size {
		return
	}
	s.mu.unswept = 0
	now := s.now().UnixMilli()
	for ns, sp := range s.mu.spaces {
		sp.keys = slices.DeleteFunc(sp.keys, func(key string) bool {
			if !sp.entries[key].expired(now) {
				return false
			}
			delete(sp.entries, key)
			s.mu.size--
			return true
		})
		if len(sp.keys) == 0 {
			delete(s.mu.spaces, ns)
		}
	}
}
