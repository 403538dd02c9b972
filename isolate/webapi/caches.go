package webapi

import (
	"context"

	"github.com/skerry-edge/skerry/isolate/js"
)

// CacheHost is a [Host] that keeps responses: the Cache API goes through it. Its methods run
// on goroutines of their own. They write to nothing that they are given, and what they return
// is the caller's. cache says which of the caches of the script is meant; it is opaque, and
// empty for the default one. Their errors become rejections: a TypeError, unless they are an
// error type of package js. The bodies of the responses are all here: there is no Stream.
type CacheHost interface {
	Host

	// CacheMatch returns what there is for r, whose method is GET or HEAD; nil: nothing.
	CacheMatch(ctx context.Context, cache string, r *HTTPRequest) (*HTTPResponse, error)

	// CachePut keeps h as the answer to r, a GET. If it doesn't, skipped says why, in words for
	// the script's author.
	CachePut(ctx context.Context, cache string, r *HTTPRequest, h *HTTPResponse) (skipped string, err error)

	// CacheDelete forgets what there is for r, and says whether there was anything.
	CacheDelete(ctx context.Context, cache string, r *HTTPRequest) (bool, error)
}

// CacheStorage has the caches of a script. Its only instance is the global caches. As in
// Workers there is a default cache, any name can be opened, and nothing tells which names have
// been: has, delete and keys, and match over all caches, do not exist.
//
// Spec: https://w3c.github.io/ServiceWorker/#cachestorage-interface
var CacheStorage = js.Class[cacheStorage]{
	Name: "CacheStorage",
	Members: []js.Member[cacheStorage]{
		js.Getter("default", func(s *cacheStorage, _ *js.Call) (any, error) { return &s.standard, nil }),
		js.PromiseMethod("open", 1, openCache),
	},
}

// cachesGlobal is the global caches.
var cachesGlobal = js.Lazy{Name: "caches", Make: func(*js.VM) any { return new(cacheStorage) }}

type cacheStorage struct {
	js.Instance
	standard cache
}

// cacheNameMax bounds the name of a cache.
const cacheNameMax = 1024

// openCache is CacheStorage.open. The cache is there already: a name costs nothing.
//
// Spec: https://w3c.github.io/ServiceWorker/#cache-storage-open
func openCache(_ *cacheStorage, c *js.Call) (any, error) {
	name := c.String(0)
	if len(name) > cacheNameMax {
		return nil, js.TypeError("caches.open: the name has %d bytes, more than the %d allowed", len(name), cacheNameMax)
	}
	return &cache{name: "=" + name}, nil // the default one has no name, not even an empty one
}
