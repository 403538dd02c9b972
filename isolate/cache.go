package isolate

import (
	"context"
	"sync"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Cache keeps responses for functions: what is behind the Cache API. A function's caches are
// its own, whatever version of it runs; name says which of them is meant, and is opaque.
// Responses have no Stream. What the methods are given is not written to, and what they
// return is the caller's. Errors are for the function's author to read.
type Cache interface {
	// Match returns what there is for r, a GET or a HEAD; nil: nothing.
	Match(ctx context.Context, function, name string, r *Request) (*Response, error)

	// Put keeps h as the answer to r, a GET. If it doesn't, skipped says why.
	Put(ctx context.Context, function, name string, r *Request, h *Response) (skipped string, err error)

	// Delete forgets what there is for r, and says whether there was anything.
	Delete(ctx context.Context, function, name string, r *Request) (bool, error)
}

// cacheCallsMax is how many calls of the cache an event has under way; others wait. Each may
// hold a response in memory that the event can't see yet.
const cacheCallsMax = 8

// cacheSlots counts the calls of the cache that an event has under way.
type cacheSlots struct {
	once  sync.Once
	slots chan struct{}
}

// enter waits until the event may make a call, and returns how to end it.
func (s *cacheSlots) enter(ctx context.Context) (leave func(), err error) {
	s.once.Do(func() { s.slots = make(chan struct{}, cacheCallsMax) })
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// CacheMatch is webapi.CacheHost's.
func (h hostOf) CacheMatch(ctx context.Context, name string, r *Request) (found *Response, err error) {
	err = h.withCache(ctx, func(c Cache, function string) (err error) {
		found, err = c.Match(ctx, function, name, r)
		return err
	})
	return found, err
}

// CachePut is webapi.CacheHost's.
func (h hostOf) CachePut(ctx context.Context, name string, r *Request, response *Response) (skipped string, err error) {
	err = h.withCache(ctx, func(c Cache, function string) (err error) {
		skipped, err = c.Put(ctx, function, name, r, response)
		return err
	})
	return skipped, err
}

// CacheDelete is webapi.CacheHost's.
func (h hostOf) CacheDelete(ctx context.Context, name string, r *Request) (found bool, err error) {
	err = h.withCache(ctx, func(c Cache, function string) (err error) {
		found, err = c.Delete(ctx, function, name, r)
		return err
	})
	return found, err
}

// withCache makes one call of the event's function's cache.
func (h hostOf) withCache(ctx context.Context, call func(c Cache, function string) error) error {
	cache := h.isolate.pool.engine.cfg.Host.Cache
	if cache == nil {
		return js.TypeError("caches: this isolate has no cache")
	}
	run, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return js.TypeError("caches: there is no cache at the top level of a module; use it in a handler")
	}
	leave, err := run.caching.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return call(cache, run.target.Function)
}
