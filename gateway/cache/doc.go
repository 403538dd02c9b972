// Package cache is the HTTP cache behind the Cache API of functions: it decides what may be
// kept and for how long, finds it again, and answers conditions and ranges.
//
// A [Cache] has the rules and no memory of its own: what it keeps is in a kv.Store that may
// forget at any time. [Memory] is that store, bounded in bytes; the supervisor of a node has
// one, and its workers reach it over kv/remote:
//
//	worker                                          supervisor
//	caches.default ─▶ Cache.Match ─▶ kv/remote ───▶ Memory
//	                  rules           socket         one for all workers, evicts
//
// # Rules
//
// They are those of a shared cache in RFC 9111, as Cloudflare documents them for its Cache
// API: docs/cache.md is the page for users. What a response says of itself decides alone. The
// cache never has an origin to ask, so that nothing stale is served and what must be validated
// before each use is not kept. Directives of a request don't count: a client can't get past
// the cache of a function, as with other CDNs.
//
// # Keys
//
// Functions are apart: a function is a namespace of the store, whatever version of it runs. In
// it a key is a digest of the cache's name and the URL without its fragment. Where the response
// has Vary, what stands there is an index, the names of the fields that select a variant and a
// number that every deletion makes anew; the response stands under a digest of these and the
// values of the request. So deleting the index deletes all variants.
//
// # Loss
//
// A store that is out of reach is an empty cache: Match finds nothing and Put keeps nothing.
// The errors of this package are those of contexts alone.
//
// # Limits
//
// A response is kept if its body and its header fit in [EntryBytesMax], the header in 128 KiB.
// A URL and the name of a cache have 32 KiB together at most, and Vary 64 names.
package cache
