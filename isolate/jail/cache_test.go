package jail_test

import (
	"testing"

	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/isolate"
)

func newCache(t testing.TB) *cache.Cache {
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

// TestJailsShareTheCacheOfTheirFunction has one function's responses in two jails, and none of
// them in another function's.
func TestJailsShareTheCacheOfTheirFunction(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	const script = `
		const k = caches.default, hit = await k.match("http://a.example/");
		if (hit) return hit;
		await k.put("http://a.example/", new Response("kept"));
		return new Response("put")`
	first, second, other := n.function("f", handler(script)), n.function("f", handler(script+";")), n.function("g", handler(script))
	second.Number = 2
	for i, tc := range []struct {
		target *isolate.Target
		want   string
	}{{first, "put"}, {first, "kept"}, {second, "kept"}, {other, "put"}} {
		r, _, err := n.get(t, tc.target)
		if err != nil || r != tc.want {
			t.Errorf("%d: got %q, %v; want %s", i, r, err, tc.want)
		}
	}
}
