package isolate_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/isolate"
)

func newCache(t *testing.T) *cache.Cache {
	t.Helper()
	store, err := cache.NewMemory(cache.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cache.New(cache.Config{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCacheIsTheFunctionsOwn(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	ours := &isolate.Request{Method: "GET", URL: "http://f/a"}
	for _, tc := range []struct{ src, want string }{
		{`return new Response(String(await caches.default.match("http://f/a")))`, "undefined"},
		{`ctx.waitUntil(caches.default.put("http://f/a", new Response("kept"))); return new Response("put")`, "put"},
		{`return caches.default.match("http://f/a")`, "kept"},
		{`return (await caches.open("x")).match("http://f/a").then(r => new Response(String(r)))`, "undefined"},
	} {
		if got, _ := runOne(t, isolate.Host{Cache: c}, handler(tc.src), nil); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.src, got, tc.want)
		}
	}
	if h, err := c.Match(t.Context(), "g", "", ours); h != nil || err != nil {
		t.Errorf("another function has it: %+v, %v", h, err)
	}
	if h, err := c.Match(t.Context(), "f", "", ours); h == nil || err != nil {
		t.Errorf("it is not under the function's name: %v", err)
	}
}

func TestTheTopLevelHasNoCache(t *testing.T) {
	t.Parallel()
	got, _ := runOne(t, isolate.Host{Cache: newCache(t)}, `let early; try { await caches.default.match("http://a.example/") } catch (e) { early = e.message } `+handler(`return new Response(early)`), nil)
	if want := "caches: there is no cache at the top level of a module; use it in a handler"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// slowCache counts the calls that are under way at once.
type slowCache struct {
	isolate.Cache
	now, most atomic.Int64
}

func (c *slowCache) Match(ctx context.Context, _, _ string, _ *isolate.Request) (*isolate.Response, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	time.Sleep(time.Millisecond)
	return nil, ctx.Err()
}

func TestAnEventCallsTheCacheAFewTimesAtOnce(t *testing.T) {
	t.Parallel()
	c := new(slowCache)
	got, _ := runOne(t, isolate.Host{Cache: c}, handler(`const all = await Promise.all(Array.from({length: 100}, (_, i) => caches.default.match("http://f/" + i)));
		return new Response(all.length)`), func(m *bundles.Manifest) { m.Limits.CPUMillis = 5000 })
	if most := c.most.Load(); got != "100" || most < 2 || most > 8 {
		t.Errorf("got %q, with %d calls at once", got, most)
	}
}

// TestCachedResponsesCountAgainstMemory matches more than the event may hold.
func TestCachedResponsesCountAgainstMemory(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	r := &isolate.Request{Method: "GET", URL: "http://f/a"}
	if skipped, err := c.Put(t.Context(), "f", "", r, &isolate.Response{Status: 200, Body: make([]byte, 5<<20)}); skipped != "" || err != nil {
		t.Fatal(skipped, err)
	}
	got, _ := runOne(t, isolate.Host{Cache: c}, handler(`try { await caches.default.match("http://f/a") } catch (e) { return new Response(e.name + ": " + e.message) }`),
		func(m *bundles.Manifest) { m.Limits.MemoryMB = 4; m.Limits.CPUMillis = 5000 })
	if want := "RangeError: the response in the cache is too large"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
