package observe

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/skerry-edge/skerry/isolate"
)

// Item is what a tail shows: a record or a console line. Both are shared with other
// subscribers and must not be changed.
type Item struct {
	Record *Record          // nil: Line is set
	Line   *isolate.LogLine // nil: Record is set
}

// AppendJSON appends the item as one JSON document, without a line feed, as the log has it.
func (i Item) AppendJSON(dst []byte) []byte {
	if i.Record != nil {
		return i.Record.AppendJSON(dst)
	}
	return appendLine(dst, i.Line)
}

// MarshalJSON is AppendJSON for encoding/json.
func (i Item) MarshalJSON() ([]byte, error) { return i.AppendJSON(nil), nil }

// Subscription receives items from the moment it was made until Close.
type Subscription struct {
	C <-chan Item // never closed: stop reading after Close

	function string // empty: all
	items    chan Item
	dropped  atomic.Uint64
	hub      *hub
}

// Dropped returns how many items were lost because C was full.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() { s.hub.remove(s) }

// hub hands items to subscribers. Publishing reads the list of them without a lock.
type hub struct {
	mu       sync.Mutex // held while subs is replaced
	subs     atomic.Pointer[[]*Subscription]
	followed func(functions []string) // Config.Followed; nil: nobody is told
	told     []string                 // what it was told last; guarded by mu
}

func (h *hub) subscribe(function string, buffer int) *Subscription {
	s := &Subscription{function: function, items: make(chan Item, buffer), hub: h}
	s.C = s.items
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replaceLocked(append(slices.Clone(h.list()), s))
	return s
}

func (h *hub) remove(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replaceLocked(slices.DeleteFunc(slices.Clone(h.list()), func(o *Subscription) bool { return o == s }))
}

func (h *hub) replaceLocked(subs []*Subscription) {
	h.subs.Store(&subs)
	if h.followed == nil {
		return
	}
	var functions []string
	for _, s := range subs {
		functions = append(functions, s.function)
	}
	slices.Sort(functions)
	functions = slices.Compact(functions)
	if slices.Equal(functions, h.told) {
		return
	}
	h.told = slices.Clone(functions)
	h.followed(functions)
}

func (h *hub) list() []*Subscription {
	if subs := h.subs.Load(); subs != nil {
		return *subs
	}
	return nil
}

// wants reports whether anyone is there to see items of function. It spares the copy.
func (h *hub) wants(function string) bool {
	return slices.ContainsFunc(h.list(), func(s *Subscription) bool { return s.takes(function) })
}

func (h *hub) publish(function string, item Item) {
	for _, s := range h.list() {
		if !s.takes(function) {
			continue
		}
		select {
		case s.items <- item:
		default:
			s.dropped.Add(1)
		}
	}
}

func (s *Subscription) takes(function string) bool { return s.function == "" || s.function == function }
