package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
	"github.com/skerry-edge/skerry/kv"
)

// Config says where a Cache keeps what.
type Config struct {
	// Store is what the cache keeps responses in. It should be a kv.Swapper: without that ability
	// responses with Vary are not kept. nil: nothing is kept.
	Store kv.Store

	// EntryBytesMax bounds a response that is kept, header and body; larger ones are not sent to
	// the store. 0: EntryBytesMax(64 MiB), which is 8 MiB.
	EntryBytesMax int
}

func (c Config) withDefaults() Config {
	if c.EntryBytesMax == 0 {
		c.EntryBytesMax = EntryBytesMax(defaultBytes)
	}
	return c
}

// Validate names the field that is out of range.
func (c Config) Validate() error {
	if c.EntryBytesMax < 0 || c.EntryBytesMax > kv.ValueBytesMax {
		return fmt.Errorf("cache: Config.EntryBytesMax is %d; use 0 for the default, or 1 to %d", c.EntryBytesMax, kv.ValueBytesMax)
	}
	return nil
}

// Cache keeps responses for functions. All methods are safe for concurrent use. They write to
// nothing that they are given, and what they return is the caller's.
type Cache struct {
	cfg     Config
	swapper kv.Swapper // nil: the store can't swap
}

// New returns a Cache over cfg.Store, which the caller closes.
func New(cfg Config) (*Cache, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Cache{cfg: cfg.withDefaults()}
	c.swapper, _ = cfg.Store.(kv.Swapper)
	return c, nil
}

// Match returns what the function's cache of that name has for r: a response with Age and
// CF-Cache-Status, or what r's conditions and ranges make of it (304, 206, 416). To a HEAD the
// answer has no body. It returns nil if there is nothing fresh, and ctx's error if ctx ends
// first.
func (c *Cache) Match(ctx context.Context, function, name string, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	found, err := c.find(ctx, function, name, r)
	if err != nil || found == nil {
		return nil, err
	}
	return found.answer(r, time.Now()), nil
}

// find returns what is stored for r; nil: nothing.
func (c *Cache) find(ctx context.Context, function, name string, r *webapi.HTTPRequest) (*entry, error) {
	key, ok := keyOf(name, r.URL)
	if !ok {
		return nil, nil
	}
	e, err := c.get(ctx, function, key)
	if err != nil || e.Version == "" {
		return nil, err
	}
	if names, generation, ok := decodeIndex(e.Value); ok {
		if e, err = c.get(ctx, function, variantKey(key, generation, names, r.Header)); err != nil || e.Version == "" {
			return nil, err
		}
	}
	return decodeEntry(e.Value), nil
}

// Put keeps h as the answer to r, a GET, unless a rule or a limit is against it: then skipped
// says why, in words for the author of the function. What is kept replaces what r would have
// found. It returns ctx's error if ctx ends first.
func (c *Cache) Put(ctx context.Context, function, name string, r *webapi.HTTPRequest, h *webapi.HTTPResponse) (skipped string, err error) {
	now := time.Now()
	kept, skipped := judge(r, h, now)
	if skipped != "" {
		return skipped, nil
	}
	names, skipped := varyNames(h.Header)
	if skipped != "" {
		return skipped, nil
	}
	key, ok := keyOf(name, r.URL)
	if !ok {
		return fmt.Sprintf("the URL has more than %d bytes", urlBytesMax), nil
	}
	value, skipped := encodeEntry(h, kept, c.cfg.EntryBytesMax)
	switch {
	case skipped != "":
		return skipped, nil
	case c.cfg.Store == nil:
		return "this node keeps no cache", nil
	case names != nil && c.swapper == nil:
		return "this node keeps no responses with Vary", nil
	}
	e := kv.Entry{Value: value, ExpiresAt: now.Add(kept.fresh)}
	if names != nil {
		generation, err := c.putIndex(ctx, function, key, names, e.ExpiresAt)
		if err != nil {
			return c.lost(ctx, err)
		}
		key = variantKey(key, generation, names, r.Header)
	}
	if _, err = c.cfg.Store.Put(ctx, function, key, e); err != nil {
		return c.lost(ctx, err)
	}
	return "", nil
}

// swapsMax is how often a put tries to write an index that others write too.
const swapsMax = 16

// putIndex makes sure that key has an index of names that lives until expires, and returns its
// generation. Whoever puts another variant meanwhile gets the same one.
func (c *Cache) putIndex(ctx context.Context, function, key string, names []string, expires time.Time) (string, error) {
	for range swapsMax {
		old, err := c.cfg.Store.Get(ctx, function, key)
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			return "", err
		}
		known, generation, ok := decodeIndex(old.Value)
		switch {
		case !ok || !slices.Equal(known, names):
			generation = rand.Text()
		case !old.ExpiresAt.Before(expires.Truncate(time.Millisecond)):
			return generation, nil
		}
		_, err = c.swapper.Swap(ctx, function, key, old.Version, kv.Entry{Value: encodeIndex(names, generation), ExpiresAt: expires})
		if !errors.Is(err, kv.ErrConflict) {
			return generation, err
		}
	}
	return "", kv.ErrConflict
}

// lost says what becomes of a put that the store didn't take.
func (c *Cache) lost(ctx context.Context, err error) (skipped string, _ error) {
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, kv.ErrFull):
		return "it is larger than the cache takes", nil
	case errors.Is(err, kv.ErrConflict):
		return "others write the same key all the time", nil
	}
	return "the cache of this node is out of reach", nil
}

// Delete forgets what the function's cache of that name has for r's URL, all variants of it,
// and says whether there was anything. It returns ctx's error if ctx ends first.
func (c *Cache) Delete(ctx context.Context, function, name string, r *webapi.HTTPRequest) (bool, error) {
	key, ok := keyOf(name, r.URL)
	if !ok {
		return false, nil
	}
	e, err := c.get(ctx, function, key)
	if err != nil || e.Version == "" {
		return false, err
	}
	if err := c.cfg.Store.Delete(ctx, function, key); err != nil {
		return false, ctx.Err()
	}
	return true, nil
}

// get reads a key. The entry has no version if there is none, or the store is out of reach.
func (c *Cache) get(ctx context.Context, function, key string) (kv.Entry, error) {
	if c.cfg.Store == nil {
		return kv.Entry{}, ctx.Err()
	}
	e, err := c.cfg.Store.Get(ctx, function, key)
	if err != nil {
		return kv.Entry{}, ctx.Err()
	}
	return e, nil
}
