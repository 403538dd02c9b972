package cache

import (
	"bytes"
	"container/heap"
	"container/list"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

const (
	// defaultBytes is what a Memory holds that isn't told.
	defaultBytes = 64 << 20
	// idleAfter is when an entry that nobody uses is nobody's share any more.
	idleAfter = 10 * time.Minute
	// entryBytes and spaceBytes are what an entry and a namespace take beside what is in them,
	// about.
	entryBytes = 384
	spaceBytes = 512
)

// MemoryConfig says how a Memory behaves. Its zero value is useful.
type MemoryConfig struct {
	Bytes int64            // what it holds at most, its own bookkeeping included; 0: 64 MiB
	Now   func() time.Time // decides what has expired; nil: time.Now
}

// Validate names the field that is out of range.
func (c MemoryConfig) Validate() error {
	if c.Bytes < 0 {
		return errors.New("cache: MemoryConfig.Bytes is negative")
	}
	return nil
}

// Memory is a kv.Store and kv.Swapper in this process' memory that forgets. When it is full,
// what nobody has used for ten minutes goes first; then the namespace that holds most gives up
// what was used longest ago in it. So one that floods the store evicts its own, and the others
// keep what they use, up to an even share. All methods are safe for concurrent use, and it
// needs no closing.
//
// Beside what other stores refuse, it returns kv.ErrFull for an entry of more than half of
// what it holds.
type Memory struct {
	now  func() time.Time
	most int64
	mu   struct {
		sync.Mutex
		spaces   map[string]*space
		order    bySize     // all spaces, the largest first
		recent   *list.List // of *item, in all spaces, the one used last in front
		held     int64
		sequence uint64 // the version given last
	}
}

var (
	_ kv.Store   = (*Memory)(nil)
	_ kv.Swapper = (*Memory)(nil)
)

// NewMemory returns an empty Memory.
func NewMemory(cfg MemoryConfig) (*Memory, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m := &Memory{now: cfg.Now, most: cfg.Bytes}
	if m.most == 0 {
		m.most = defaultBytes
	}
	if m.now == nil {
		m.now = time.Now
	}
	m.mu.spaces, m.mu.recent = make(map[string]*space), list.New()
	return m, nil
}

// Bytes is what the store holds, about.
func (m *Memory) Bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.held
}

// Get is kv.Store's.
func (m *Memory) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if err := errors.Join(kv.CheckKey(ns, key), ctx.Err()); err != nil {
		return kv.Entry{}, err
	}
	m.mu.Lock()
	i := m.getLocked(ns, key)
	m.mu.Unlock()
	if i == nil {
		return kv.Entry{}, kv.ErrNotFound
	}
	return kv.Entry{
		Value:     append([]byte{}, i.value...),
		Metadata:  bytes.Clone(i.metadata),
		ExpiresAt: kv.FromMillis(i.expiresAt),
		Version:   i.version,
	}, nil
}

// Put is kv.Store's.
func (m *Memory) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	i, err := m.item(ctx, ns, key, e)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.putLocked(i), nil
}

// Swap is kv.Swapper's.
func (m *Memory) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	i, err := m.item(ctx, ns, key, e)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var current kv.Version
	if found := m.getLocked(ns, key); found != nil {
		current = found.version
	}
	if current != old {
		return "", kv.ErrConflict
	}
	return m.putLocked(i), nil
}

// Delete is kv.Store's.
func (m *Memory) Delete(ctx context.Context, ns, key string) error {
	if err := errors.Join(kv.CheckKey(ns, key), ctx.Err()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.mu.spaces[ns].entry(key); i != nil {
		m.removeLocked(i)
	}
	return nil
}

// List is kv.Store's. It looks at all keys of the namespace for each page: no cache lists.
func (m *Memory) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	scan, err := kv.NewScan(ns, q)
	if err != nil {
		return kv.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return kv.Page{}, err
	}
	var found []*item
	m.mu.Lock()
	if s := m.mu.spaces[ns]; s != nil {
		now := m.now().UnixMilli()
		for key, i := range s.entries {
			if key >= scan.From && strings.HasPrefix(key, scan.Prefix) && !i.expired(now) {
				found = append(found, i)
			}
		}
	}
	m.mu.Unlock()
	slices.SortFunc(found, func(a, b *item) int { return strings.Compare(a.key, b.key) })
	var page kv.Page
	if len(found) > scan.Limit {
		found = found[:scan.Limit]
		page.Cursor = scan.Cursor(found[scan.Limit-1].key)
	}
	for _, i := range found {
		page.Keys = append(page.Keys, kv.Key{Name: i.key, Metadata: bytes.Clone(i.metadata), ExpiresAt: kv.FromMillis(i.expiresAt), Version: i.version})
	}
	return page, nil
}

// item makes what is stored of e, without the lock.
func (m *Memory) item(ctx context.Context, ns, key string, e kv.Entry) (*item, error) {
	if err := errors.Join(kv.CheckEntry(ns, key, e), ctx.Err()); err != nil {
		return nil, err
	}
	i := &item{space: strings.Clone(ns), key: strings.Clone(key), expiresAt: kv.Millis(e.ExpiresAt), value: e.Value, metadata: e.Metadata}
	if i.bytes() > m.most/2 {
		return nil, kv.ErrFull
	}
	i.value, i.metadata = bytes.Clone(e.Value), nil
	if len(e.Metadata) > 0 {
		i.metadata = bytes.Clone(e.Metadata)
	}
	return i, nil
}

// getLocked returns an entry, which counts as used; nil: there is none.
func (m *Memory) getLocked(ns, key string) *item {
	s := m.mu.spaces[ns]
	i, now := s.entry(key), m.now().UnixMilli()
	if i == nil {
		return nil
	}
	if i.expired(now) {
		m.removeLocked(i)
		return nil
	}
	i.used = now
	s.recent.MoveToFront(i.near)
	m.mu.recent.MoveToFront(i.global)
	return i
}

// putLocked stores i under a new version, and makes room.
func (m *Memory) putLocked(i *item) kv.Version {
	if old := m.mu.spaces[i.space].entry(i.key); old != nil {
		m.removeLocked(old)
	}
	now := m.now().UnixMilli()
	if i.expired(now) {
		return ""
	}
	m.mu.sequence++
	i.version, i.used = kv.Version(strconv.FormatUint(m.mu.sequence, 36)), now
	s := m.mu.spaces[i.space]
	if s == nil {
		s = &space{entries: make(map[string]*item), recent: list.New()}
		m.mu.spaces[i.space] = s
		heap.Push(&m.mu.order, s)
		m.growLocked(s, int64(spaceBytes+len(i.space)))
	}
	s.entries[i.key] = i
	i.near, i.global = s.recent.PushFront(i), m.mu.recent.PushFront(i)
	m.growLocked(s, i.bytes())
	for m.mu.held > m.most {
		victim := m.mu.recent.Back().Value.(*item)
		if now-victim.used < idleAfter.Milliseconds() {
			victim = m.mu.order[0].recent.Back().Value.(*item)
		}
		m.removeLocked(victim)
	}
	return i.version
}

// removeLocked makes i absent, which is there.
func (m *Memory) removeLocked(i *item) {
	s := m.mu.spaces[i.space]
	s.recent.Remove(i.near)
	m.mu.recent.Remove(i.global)
	delete(s.entries, i.key)
	m.growLocked(s, -i.bytes())
	if len(s.entries) > 0 {
		return
	}
	m.growLocked(s, -s.bytes)
	heap.Remove(&m.mu.order, s.at)
	delete(m.mu.spaces, i.space)
}

func (m *Memory) growLocked(s *space, bytes int64) {
	s.bytes += bytes
	m.mu.held += bytes
	heap.Fix(&m.mu.order, s.at)
}
