package main

import (
	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
)

// newCacheStore makes what a node keeps responses in; nil: it has no memory for any.
func newCacheStore(megabytes int) (kv.Store, error) {
	if megabytes == 0 {
		return nil, nil
	}
	return cache.NewMemory(cache.MemoryConfig{Bytes: int64(megabytes) << 20})
}

// withCache gives functions a cache over store, which holds so many megabytes; a nil store
// keeps nothing.
func withCache(cfg *isolate.Config, store kv.Store, megabytes int) error {
	c := cache.Config{Store: store}
	if store != nil {
		c.EntryBytesMax = cache.EntryBytesMax(int64(megabytes) << 20)
	}
	kept, err := cache.New(c)
	if err != nil {
		return err
	}
	cfg.Host.Cache = kept
	if m, ok := store.(*cache.Memory); ok { // it is in this process
		cfg.Beside = m.Bytes
	}
	return nil
}
