package cache

import (
	"container/list"

	"github.com/skerry-edge/skerry/kv"
)

// space is one namespace.
type space struct {
	entries map[string]*item
	recent  *list.List // of *item, the one used last in front
	bytes   int64
	at      int // in the order
}

// entry returns what stands under key; nil: nothing, as in a space that isn't there.
func (s *space) entry(key string) *item {
	if s == nil {
		return nil
	}
	return s.entries[key]
}

// item is an entry. What was put of it is never written to.
type item struct {
	space     string
	key       string
	value     []byte
	metadata  []byte
	expiresAt int64 // as kv.Millis
	version   kv.Version

	// Guarded by the store.
	used   int64         // when, in milliseconds
	near   *list.Element // in its space's list
	global *list.Element // in the store's
}

func (i *item) bytes() int64 {
	return int64(entryBytes + len(i.key) + len(i.value) + len(i.metadata))
}

func (i *item) expired(now int64) bool { return i.expiresAt != 0 && i.expiresAt <= now }

// bySize is a heap of spaces.
type bySize []*space

func (b bySize) Len() int           { return len(b) }
func (b bySize) Less(i, j int) bool { return b[i].bytes > b[j].bytes }
func (b bySize) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].at, b[j].at = i, j
}

// Push is heap.Interface's.
func (b *bySize) Push(s any) {
	s.(*space).at = len(*b)
	*b = append(*b, s.(*space))
}

// Pop is heap.Interface's.
func (b *bySize) Pop() any {
	last := len(*b) - 1
	s := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return s
}
