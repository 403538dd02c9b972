package webapi_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// cacheHost is a Host with the caches of one function, and a console that is kept.
type cacheHost struct {
	lines
	cache *cache.Cache
	fails error // what every method of the cache returns; nil: what the cache does
}

func newCacheHost(t testing.TB) *cacheHost {
	t.Helper()
	store, err := cache.NewMemory(cache.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cache.New(cache.Config{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return &cacheHost{cache: c}
}

// Fetch answers with a body that comes little by little, and breaks off at a path of /broken.
func (h *cacheHost) Fetch(_ context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	s := &words{rest: []string{"little ", "by ", "little"}}
	if strings.HasSuffix(r.URL, "/broken") {
		s.end = errors.New("torn")
	}
	return &webapi.HTTPResponse{URL: r.URL, Status: 200, Stream: s}, nil
}

// words is a source of words.
type words struct {
	rest []string
	end  error // after the last; nil: io.EOF
}

// Next is webapi.Source's.
func (w *words) Next(context.Context) ([]byte, error) {
	if len(w.rest) == 0 {
		return nil, cmp.Or(w.end, io.EOF)
	}
	first := w.rest[0]
	w.rest = w.rest[1:]
	return []byte(first), nil
}

// Cancel is webapi.Source's.
func (*words) Cancel(error) {}

func (h *cacheHost) CacheMatch(ctx context.Context, name string, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	if h.fails != nil {
		return nil, h.fails
	}
	return h.cache.Match(ctx, "f", name, r)
}

func (h *cacheHost) CachePut(ctx context.Context, name string, r *webapi.HTTPRequest, response *webapi.HTTPResponse) (string, error) {
	if h.fails != nil {
		return "", h.fails
	}
	return h.cache.Put(ctx, "f", name, r, response)
}

func (h *cacheHost) CacheDelete(ctx context.Context, name string, r *webapi.HTTPRequest) (bool, error) {
	if h.fails != nil {
		return false, h.fails
	}
	return h.cache.Delete(ctx, "f", name, r)
}

// before every row: k is the default cache, url a key, ok makes a response that is kept.
const cachePrelude = `const k = caches.default, url = "https://example.com/a";
	const ok = (body = "body", headers = {}) => new Response(body, {headers: {"cache-control": "max-age=60", ...headers}});
	const thrown = async f => { try { return await f() } catch (e) { return e instanceof TypeError ? "TypeError: " + e.message : String(e) } };
	`

func TestCaches(t *testing.T) {
	t.Parallel()
	for _, tc := range []row{
		{"the default cache is one object", `return caches.default === caches.default && caches.default instanceof Cache && caches instanceof CacheStorage`, "true"},
		{"nothing is there", `return await k.match(url)`, "undefined"},
		{"a hit", `await k.put(url, ok()); const r = await k.match(url); return [r instanceof Response, r.status, await r.text(), r.headers.get("cf-cache-status"), r.headers.get("age"), r.bodyUsed].join()`, "true,200,body,HIT,0,true"},
		{"put resolves to undefined", `return await k.put(url, ok())`, "undefined"},
		{"a hit again and again", `await k.put(url, ok()); let s = ""; for (let i = 0; i < 3; i++) s += await (await k.match(url)).text(); return s`, "bodybodybody"},
		{"headers of a hit are immutable", `await k.put(url, ok()); const r = await k.match(url); return await thrown(() => r.headers.set("a", "b")) + new Response(r.body, r).headers.get("age")`, "TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)0"},
		{"what a hit gives is the script's own", `await k.put(url, ok()); new Uint8Array(await (await k.match(url)).arrayBuffer()).fill(0); return await (await k.match(url)).text()`, "body"},
		{"bytes", `await k.put(url, ok(new Uint8Array([0, 255]))); return new Uint8Array(await (await k.match(url)).arrayBuffer())`, "0,255"},
		{"bytes that change after put", `const b = new Uint8Array([1]); const p = k.put(url, ok(b)); b[0] = 2; await p; return new Uint8Array(await (await k.match(url)).arrayBuffer())`, "1"},
		{"a response without a body", `await k.put(url, new Response(null, {status: 204, headers: {"cache-control": "max-age=9"}})); const r = await k.match(url); return r.status + " " + r.body`, "204 null"},
		{"a request as the key", `await k.put(new Request(url), ok()); return (await k.match(new URL(url))).status`, "200"},
		{"a fragment is no part of the key", `await k.put(url + "#a", ok()); return (await k.match(url + "#b")).status`, "200"},
		{"a query is", `await k.put(url, ok()); return await k.match(url + "?b")`, "undefined"},
		{"put replaces", `await k.put(url, ok("a")); await k.put(url, ok("b")); return await (await k.match(url)).text()`, "b"},
		{"delete", `await k.put(url, ok()); return [await k.delete(url), await k.match(url), await k.delete(url)].join()`, "true,,false"},
		{"named caches are apart", `const a = await caches.open("a"), none = await caches.open(""); await a.put(url, ok("in a")); await k.put(url, ok("in default"));
			return [await (await (await caches.open("a")).match(url)).text(), await none.match(url), await (await k.match(url)).text()].join()`, "in a,,in default"},
		{"Vary", `const get = l => new Request(url, {headers: {"accept-language": l}}); await k.put(get("de"), ok("hallo", {vary: "Accept-Language"})); await k.put(get("en"), ok("hello", {vary: "Accept-Language"}));
			return [await (await k.match(get("de"))).text(), await (await k.match(get("en"))).text(), await k.match(get("fr")), await k.match(url)].join()`, "hallo,hello,,"},
		{"a tag that the client has", `await k.put(url, ok("body", {etag: '"1"'})); const r = await k.match(new Request(url, {headers: {"if-none-match": '"1"'}})); return r.status + " " + r.body + " " + r.headers.get("etag")`, `304 null "1"`},
		{"a part", `await k.put(url, ok("0123456789")); const r = await k.match(new Request(url, {headers: {range: "bytes=2-4"}})); return [r.status, await r.text(), r.headers.get("content-range")].join()`, "206,234,bytes 2-4/10"},
		{"HEAD", `await k.put(url, ok()); const r = await k.match(new Request(url, {method: "HEAD"})); return [r.status, r.body, r.headers.get("content-length")].join()`, "200,,4"},
		{"POST finds nothing", `await k.put(url, ok()); const r = new Request(url, {method: "POST", body: "x"}); return [await k.match(r), await k.delete(r)].join()`, ",false"},
		{"POST, its method ignored", `await k.put(url, ok()); const r = new Request(url, {method: "POST", body: "x"}); return [(await k.match(r, {ignoreMethod: true})).status, await k.delete(r, {ignoreMethod: true}), r.bodyUsed].join()`, "200,true,false"},
		{"HEAD, its method ignored", `await k.put(url, ok()); return await (await k.match(new Request(url, {method: "HEAD"}), {ignoreMethod: true})).text()`, "body"},
		{"a URL that is not HTTP", `return [await k.match("data:,x"), await k.delete("data:,x")].join()`, ",false"},
		{"the body is read at once", `const r = ok(); const p = k.put(url, r); const used = r.bodyUsed; await p; return used`, "true"},
		{"a body that comes little by little", `const r = await fetch("http://example.com/"); await k.put(url, r); return await (await k.match(url)).text() + r.bodyUsed`, "little by littletrue"},
		{"a body that breaks off", `return await thrown(async () => k.put(url, await fetch("http://example.com/broken")))`, "TypeError: fetch failed: torn"},
		{"a clone can be sent", `const r = ok(); await k.put(url, r.clone()); return await r.text()`, "body"},
		{"of what is stale nothing is kept", `await k.put(url, new Response("x", {headers: {"cache-control": "max-age=0"}})); return await k.match(url)`, "undefined"},

		{"put of POST", `return await thrown(() => k.put(new Request(url, {method: "POST"}), ok()))`, "TypeError: cache.put: the request is a POST of https://example.com/a, and only a GET of an http: or https: URL can be kept"},
		{"put of HEAD", `return (await thrown(() => k.put(new Request(url, {method: "HEAD"}), ok()))).slice(0, 9)`, "TypeError"},
		{"put of data:", `return (await thrown(() => k.put("data:,x", ok()))).slice(0, 9)`, "TypeError"},
		{"put of a part", `return await thrown(() => k.put(url, new Response("x", {status: 206})))`, "TypeError: cache.put: a response with status 206 is a part, which can't be kept; fetch without Range"},
		{"put of Vary: *", `const r = ok("x", {vary: "a, *"}); return (await thrown(() => k.put(url, r))).slice(0, 9) + r.bodyUsed`, "TypeErrorfalse"},
		{"put of an error", `return await thrown(() => k.put(url, Response.error()))`, "TypeError: cache.put: Response.error() can't be kept"},
		{"put of a used body", `const r = ok(); await r.text(); return await thrown(() => k.put(url, r))`, "TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"put of no response", `return await thrown(() => k.put(url, {}))`, "TypeError: cache.put: the second argument is an object instead of a Response"},
		{"put of nothing", `return await thrown(() => k.put(url))`, "TypeError: put: 2 argument(s) required, but only 1 present"},
		{"a key that is no URL", `return [await thrown(() => k.match("/a")), await thrown(() => k.put("/a", ok())), await thrown(() => k.delete(""))].map(s => s.slice(0, 9)).join()`, "TypeError,TypeError,TypeError"},
		{"ignoreSearch", `return await thrown(() => k.match(url, {ignoreSearch: true}))`, "TypeError: ignoreSearch is not supported: put and match with a URL whose search is empty instead"},
		{"ignoreVary", `return (await thrown(() => k.delete(url, {ignoreVary: 1}))).slice(0, 32)`, "TypeError: ignoreVary is not supp"[:32]},
		{"options that ask for nothing", `await k.put(url, ok()); return (await k.match(url, {ignoreSearch: false, ignoreVary: undefined, ignoreMethod: null})).status + " " + await k.delete(url, null)`, "200 true"},
		{"options that are none", `return await thrown(() => k.match(url, 1))`, "TypeError: the options must be an object"},
		{"a name without end", `return await thrown(() => caches.open("x".repeat(1025)))`, "TypeError: caches.open: the name has 1025 bytes, more than the 1024 allowed"},
		{"no name", `return await thrown(() => caches.open())`, "TypeError: open: 1 argument(s) required, but only 0 present"},
		{"there is no new Cache", `return await thrown(() => new Cache()) + await thrown(() => new CacheStorage())`, "TypeError: Illegal constructor: CacheTypeError: Illegal constructor: CacheStorage"},
		{"what Workers don't have", `return ["add", "addAll", "matchAll", "keys"].some(n => n in k) || ["match", "has", "delete", "keys"].some(n => n in caches)`, "false"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, newPlatform(t), newCacheHost(t), cachePrelude+tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestCacheSaysWhyItKeepsNothing(t *testing.T) {
	t.Parallel()
	h := newCacheHost(t)
	jstest.Eval(t, newPlatform(t), h, cachePrelude+`await k.put(url, ok()); await k.put(url, ok("x", {"set-cookie": "a=b"}))`)
	if len(h.lines) != 1 || !strings.HasPrefix(h.lines[0], "debug cache.put keeps nothing of https://example.com/a: it sets a cookie") {
		t.Errorf("got %q", h.lines)
	}
}

func TestCacheErrors(t *testing.T) {
	t.Parallel()
	const src = `return await thrown(() => k.match(url)) + "; " + await thrown(() => k.put(url, ok())) + "; " + await thrown(() => k.delete(url))`
	for _, tc := range []struct {
		fails error
		want  string
	}{
		{errors.New("broken"), "TypeError: the cache failed: broken"},
		{js.TypeError("own"), "TypeError: own"},
		{&js.CodedError{Code: "c", Message: "coded"}, "Error: coded"},
	} {
		want := strings.Join([]string{tc.want, tc.want, tc.want}, "; ")
		if got := jstest.Eval(t, newPlatform(t), &cacheHost{fails: tc.fails}, cachePrelude+src); got != want {
			t.Errorf("%v:\n got %q\nwant %q", tc.fails, got, want)
		}
	}
	want := strings.Repeat("TypeError: caches: this code runs without a cache; ", 3)
	if got := jstest.Eval(t, newPlatform(t), new(lines), cachePrelude+src); got+"; " != want {
		t.Errorf("without caches:\n got %q\nwant %q", got, want)
	}
}
