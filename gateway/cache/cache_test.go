package cache_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/isolate/webapi"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func newCache(t testing.TB, store kv.Store) *cache.Cache {
	t.Helper()
	c, err := cache.New(cache.Config{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fields reads header lines: "a: b\nc: d".
func fields(lines string) (list []webapi.Field) {
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			list = append(list, webapi.Field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		}
	}
	return list
}

const page = "https://example.com/a?b"

func get(header string) *webapi.HTTPRequest {
	return &webapi.HTTPRequest{Method: "GET", URL: page, Header: fields(header)}
}

func answer(status int, header, body string) *webapi.HTTPResponse {
	return &webapi.HTTPResponse{Status: status, Header: fields(header), Body: []byte(body)}
}

// field returns the values of a name, and whether there are any.
func field(h *webapi.HTTPResponse, name string) string {
	var values []string
	for _, f := range h.Header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, "|")
}

func match(t testing.TB, c *cache.Cache, r *webapi.HTTPRequest) *webapi.HTTPResponse {
	t.Helper()
	h, err := c.Match(t.Context(), "f", "", r)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// keep puts a response that must be kept.
func keep(t testing.TB, c *cache.Cache, r *webapi.HTTPRequest, h *webapi.HTTPResponse) {
	t.Helper()
	if skipped, err := c.Put(t.Context(), "f", "", r, h); err != nil || skipped != "" {
		t.Fatalf("put: %q, %v", skipped, err)
	}
}

// ago is an HTTP date in the past. In a synctest bubble it is exact.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(http.TimeFormat) }

// TestLifetimes holds what is kept, and for how long.
func TestLifetimes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		request string
		status  int
		header  func() string
		want    time.Duration // 0: not kept
		skipped string        // in the reason
	}{
		{"max-age", "", 200, lines("Cache-Control: max-age=60"), time.Minute, ""},
		{"max-age in quotes", "", 200, lines(`Cache-Control: max-age="60"`), time.Minute, ""},
		{"names ignore case", "", 200, lines("cache-control: MAX-AGE=60"), time.Minute, ""},
		{"s-maxage before max-age", "", 200, lines("Cache-Control: max-age=5, s-maxage=60"), time.Minute, ""},
		{"s-maxage of 0 before max-age", "", 200, lines("Cache-Control: s-maxage=0, max-age=60"), 0, "stale"},
		{"max-age before Expires", "", 200, func() string { return "Cache-Control: max-age=60\nExpires: " + ago(time.Hour) }, time.Minute, ""},
		{"several fields are one list", "", 200, lines("Cache-Control: public\nCache-Control: max-age=60"), time.Minute, ""},
		{"the first of two counts", "", 200, lines("Cache-Control: max-age=60, max-age=600"), time.Minute, ""},
		{"a broken max-age is stale", "", 200, lines("Cache-Control: max-age=1m"), 0, "stale"},
		{"a negative max-age is stale", "", 200, lines("Cache-Control: max-age=-1"), 0, "stale"},
		{"max-age without a number is stale", "", 200, lines("Cache-Control: max-age"), 0, "stale"},
		{"a max-age without end ends", "", 200, lines("Cache-Control: max-age=99999999999999999999999"), 365 * 24 * time.Hour, ""},
		{"Expires", "", 200, func() string { return "Expires: " + ago(-time.Minute) }, time.Minute, ""},
		{"Expires from Date on", "", 200, func() string { return "Date: " + ago(10*time.Second) + "\nExpires: " + ago(-50*time.Second) }, 50 * time.Second, ""},
		{"Expires in the past", "", 200, func() string { return "Expires: " + ago(time.Minute) }, 0, "stale"},
		{"Expires: 0", "", 200, lines("Expires: 0"), 0, "stale"},
		{"Age is taken off", "", 200, lines("Cache-Control: max-age=60\nAge: 40"), 20 * time.Second, ""},
		{"an Age past the lifetime", "", 200, lines("Cache-Control: max-age=60\nAge: 60"), 0, "stale"},
		{"an old Date is an age", "", 200, func() string { return "Cache-Control: max-age=60\nDate: " + ago(40*time.Second) }, 20 * time.Second, ""},
		{"a Date in the future is none", "", 200, func() string { return "Cache-Control: max-age=60\nDate: " + ago(-time.Hour) }, time.Minute, ""},
		{"200 that says nothing", "", 200, lines(""), 2 * time.Hour, ""},
		{"301 that says nothing", "", 301, lines("Location: /b"), 2 * time.Hour, ""},
		{"302 that says nothing", "", 302, lines("Location: /b"), 20 * time.Minute, ""},
		{"404 that says nothing", "", 404, lines(""), 3 * time.Minute, ""},
		{"500 that says nothing", "", 500, lines(""), 0, "max-age"},
		{"500 that says how long", "", 500, lines("Cache-Control: max-age=60"), time.Minute, ""},
		{"public alone says nothing of how long", "", 500, lines("Cache-Control: public"), 0, "max-age"},
		{"no-store", "", 200, lines("Cache-Control: max-age=60, no-store"), 0, "no-store"},
		{"no-store with an argument", "", 200, lines("Cache-Control: max-age=60, no-store=x"), 0, "no-store"},
		{"private", "", 200, lines("Cache-Control: private, max-age=60"), 0, "private"},
		{"no-cache", "", 200, lines("Cache-Control: no-cache, max-age=60"), 0, "no-cache"},
		{"must-understand before no-store", "", 200, lines("Cache-Control: max-age=60, must-understand, no-store"), time.Minute, ""},
		{"must-understand of a strange status", "", 299, lines("Cache-Control: max-age=60, must-understand"), 0, "299"},
		{"stale-while-revalidate keeps nothing longer", "", 200, lines("Cache-Control: max-age=60, stale-while-revalidate=600, stale-if-error=600"), time.Minute, ""},
		{"a directive inside of quotes is none", "", 200, lines(`Cache-Control: max-age=60, x="a, no-store, b\", private"`), time.Minute, ""},
		{"a request can't forbid it", "Cache-Control: no-store", 200, lines("Cache-Control: max-age=60"), time.Minute, ""},
		{"part of a response", "", 206, lines("Cache-Control: max-age=60"), 0, "206"},
		{"an answer to a condition", "", 304, lines("Cache-Control: max-age=60"), 0, "304"},
		{"a cookie", "", 200, lines("Cache-Control: max-age=60\nSet-Cookie: a=b"), 0, "private=Set-Cookie"},
		{"a cookie that is not kept", "", 200, lines("Cache-Control: max-age=60, private=Set-Cookie\nSet-Cookie: a=b"), time.Minute, ""},
		{"a cookie that no-cache names", "", 200, lines("Cache-Control: max-age=60, no-cache=\"x, set-cookie\"\nSet-Cookie: a=b"), time.Minute, ""},
		{"another field that private names", "", 200, lines("Cache-Control: max-age=60, private=X-User\nSet-Cookie: a=b"), 0, "cookie"},
		{"Authorization", "Authorization: Bearer x", 200, lines("Cache-Control: max-age=60"), 0, "Authorization"},
		{"Authorization and public", "Authorization: Bearer x", 200, lines("Cache-Control: max-age=60, public"), time.Minute, ""},
		{"Authorization and s-maxage", "Authorization: Bearer x", 200, lines("Cache-Control: s-maxage=60"), time.Minute, ""},
		{"Authorization and must-revalidate", "Authorization: Bearer x", 200, lines("Cache-Control: max-age=60, must-revalidate"), time.Minute, ""},
		{"Vary: *", "", 200, lines("Cache-Control: max-age=60\nVary: a, *"), 0, "Vary"},
		{"a Vary without end", "", 200, func() string {
			text := "Cache-Control: max-age=60\nVary: x"
			for i := range 64 {
				text += fmt.Sprint(", x", i)
			}
			return text
		}, 0, "64"},
		{"a header without end", "", 200, lines("Cache-Control: max-age=60\nX: " + strings.Repeat("x", 128<<10)), 0, "128 KiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCache(t, newMemory(t, cache.MemoryConfig{}))
				r := get(tc.request)
				skipped, err := c.Put(t.Context(), "f", "", r, answer(tc.status, tc.header(), "body"))
				if err != nil || (skipped != "") != (tc.want == 0) || !strings.Contains(skipped, tc.skipped) {
					t.Fatalf("put: skipped because %q, %v; want %q", skipped, err, tc.skipped)
				}
				if tc.want == 0 {
					if match(t, c, r) != nil {
						t.Error("it is there all the same")
					}
					return
				}
				time.Sleep(tc.want - time.Second)
				if h := match(t, c, r); h == nil || h.Status != tc.status || string(h.Body) != "body" {
					t.Errorf("a second before the end: got %+v", h)
				}
				time.Sleep(time.Second)
				if h := match(t, c, r); h != nil {
					t.Errorf("at the end: got %+v", h)
				}
			})
		})
	}
}

func lines(text string) func() string { return func() string { return text } }

// TestWhatIsKept holds what of a response is kept, and what a hit adds.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMemory(t, cache.MemoryConfig{}))
		h := answer(203, `Cache-Control: max-age=100, private="Set-Cookie, X-User", no-cache=X-Once
Set-Cookie: a=b
x-user: me
X-Once: 1
Connection: close, X-Hop
X-Hop: 1
Transfer-Encoding: chunked
Keep-Alive: 5
X-Kept: 1
X-Kept: 2
CF-Cache-Status: MISS
Age: 3`, "\x00\xff")
		h.StatusText, h.URL, h.Redirected = "Fine", "https://example.com/b", true
		keep(t, c, get(""), h)
		if len(h.Header) != 12 {
			t.Error("the response that was put has changed")
		}
		stored := time.Now()
		time.Sleep(1500 * time.Millisecond)
		got := match(t, c, get(""))
		if got == nil || got.Status != 203 || got.StatusText != "Fine" || got.URL != "https://example.com/b" || !got.Redirected || got.Null || string(got.Body) != "\x00\xff" {
			t.Fatalf("got %+v", got)
		}
		for name, want := range map[string]string{
			"Set-Cookie": "", "X-User": "", "X-Once": "", "Connection": "", "X-Hop": "", "Transfer-Encoding": "", "Keep-Alive": "",
			"X-Kept": "1|2", "CF-Cache-Status": "HIT", "Age": "4", "Date": stored.UTC().Format(http.TimeFormat),
		} {
			if v := field(got, name); v != want {
				t.Errorf("%s: got %q, want %q", name, v, want)
			}
		}
		got.Header[0].Value, got.Body[0] = "changed", 'x'
		if again := match(t, c, get("")); again.Body[0] != 0 || again.Header[0].Value == "changed" {
			t.Error("what a caller got is what the cache has")
		}
		null := answer(204, "Cache-Control: max-age=1\nDate: "+ago(0), "")
		null.Null = true
		keep(t, c, get(""), null)
		if got := match(t, c, get("")); got == nil || !got.Null || got.Status != 204 || field(got, "date") != ago(0) {
			t.Errorf("without a body: got %+v", got)
		}
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	c := newCache(t, newMemory(t, cache.MemoryConfig{}))
	for _, k := range []struct{ function, name, url string }{
		{"f", "", page}, {"g", "", page}, {"f", "n", page}, {"f", "n1", page}, {"f", "", page + "c"}, {"f", "", "http://example.com/a?b"}, {"f", "", "https://example.com/a"},
	} {
		r := &webapi.HTTPRequest{Method: "GET", URL: k.url}
		body := fmt.Sprint(k)
		if h, err := c.Match(t.Context(), k.function, k.name, r); h != nil || err != nil {
			t.Fatalf("%v is another's: %+v, %v", k, h, err)
		}
		if skipped, err := c.Put(t.Context(), k.function, k.name, r, answer(200, "", body)); skipped != "" || err != nil {
			t.Fatal(skipped, err)
		}
		r.URL += "#fragment"
		if h, err := c.Match(t.Context(), k.function, k.name, r); h == nil || err != nil || string(h.Body) != body {
			t.Errorf("%v with a fragment: %+v, %v", k, h, err)
		}
	}
	long := &webapi.HTTPRequest{Method: "GET", URL: "http://example.com/" + strings.Repeat("a", 32<<10)}
	if skipped, err := c.Put(t.Context(), "f", "", long, answer(200, "", "")); err != nil || !strings.Contains(skipped, "URL") {
		t.Errorf("a long URL: %q, %v", skipped, err)
	}
	if h, err := c.Match(t.Context(), "f", "", long); h != nil || err != nil {
		t.Errorf("a long URL: %+v, %v", h, err)
	}
	if found, err := c.Delete(t.Context(), "f", "", long); found || err != nil {
		t.Errorf("a long URL: %v, %v", found, err)
	}
}

func TestVary(t *testing.T) {
	t.Parallel()
	c := newCache(t, newMemory(t, cache.MemoryConfig{}))
	const varied = "Vary: Accept-Language, x-b\nVary: X-B"
	for _, request := range []string{"", "Accept-Language:", "Accept-Language: de", "accept-language: de\nx-b: 1", "Accept-Language: d\nx-b: e1", "Accept-Language: de, en"} {
		keep(t, c, get(request), answer(200, varied, "for "+request))
	}
	for _, tc := range []struct{ name, request, want string }{
		{"absent", "X-Other: 1", ""},
		{"empty", "Accept-Language:", "Accept-Language:"},
		{"one", "Accept-Language: de", "Accept-Language: de"},
		{"both, in another order", "X-B: 1\nAccept-Language:  de ", "accept-language: de\nx-b: 1"},
		{"values don't run together", "Accept-Language: d\nx-b: e1", "Accept-Language: d\nx-b: e1"},
		{"two fields are a list", "Accept-Language: de\nAccept-Language: en", "Accept-Language: de, en"},
		{"a value nobody had", "Accept-Language: fr", "nothing"},
	} {
		got := "nothing"
		if h := match(t, c, get(tc.request)); h != nil {
			got = strings.TrimPrefix(string(h.Body), "for ")
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
	if found, err := c.Delete(t.Context(), "f", "", get("")); !found || err != nil {
		t.Errorf("delete: %v, %v", found, err)
	}
	if found, err := c.Delete(t.Context(), "f", "", get("")); found || err != nil {
		t.Errorf("delete again: %v, %v", found, err)
	}
	keep(t, c, get(""), answer(200, varied, "again"))
	if match(t, c, get("Accept-Language: de")) != nil {
		t.Error("a variant has come back with another")
	}
	keep(t, c, get("Cookie: a"), answer(200, "Vary: Cookie", "by cookie"))
	if match(t, c, get("")) != nil || string(match(t, c, get("Cookie: a")).Body) != "by cookie" {
		t.Error("what the last response varies by is what counts")
	}
	keep(t, c, get(""), answer(200, "", "one for all"))
	if h := match(t, c, get("Cookie: a")); string(h.Body) != "one for all" {
		t.Errorf("a response without Vary: got %q", h.Body)
	}
}

// TestVariantsOutliveTheFirst puts a variant that lives longer than the index was made for.
func TestVariantsOutliveTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, newMemory(t, cache.MemoryConfig{}))
		for _, seconds := range []int{10, 30, 20} {
			keep(t, c, get(fmt.Sprint("a: ", seconds)), answer(200, fmt.Sprintf("Vary: A\nCache-Control: max-age=%d", seconds), ""))
		}
		time.Sleep(10 * time.Second)
		for request, want := range map[string]bool{"a: 10": false, "a: 20": true, "a: 30": true} {
			if got := match(t, c, get(request)); (got != nil) != want {
				t.Errorf("%s: got %+v", request, got)
			}
		}
		time.Sleep(20 * time.Second)
		if match(t, c, get("a: 30")) != nil {
			t.Error("a variant is there after its end")
		}
	})
}

// TestVariantsAtOnce puts variants of one URL at the same time: none is lost.
func TestVariantsAtOnce(t *testing.T) {
	t.Parallel()
	c := newCache(t, newMemory(t, cache.MemoryConfig{}))
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			r := get(fmt.Sprint("a: ", i))
			if skipped, err := c.Put(context.Background(), "f", "", r, answer(200, "Vary: a", fmt.Sprint(i))); skipped != "" || err != nil {
				t.Error(skipped, err)
			}
		})
	}
	work.Wait()
	for i := range 8 {
		if h := match(t, c, get(fmt.Sprint("a: ", i))); h == nil || string(h.Body) != fmt.Sprint(i) {
			t.Errorf("variant %d: got %+v", i, h)
		}
	}
}

// broken is a store that fails.
type broken struct{ kv.Store }

func (broken) Get(context.Context, string, string) (kv.Entry, error) {
	return kv.Entry{}, kv.ErrUnavailable
}
func (broken) Put(context.Context, string, string, kv.Entry) (kv.Version, error) {
	return "", kv.ErrUnavailable
}

// plain is a store that can't swap.
type plain struct{ kv.Store }

func TestStoresThatCantKeep(t *testing.T) {
	t.Parallel()
	garbage := memory.New(memory.Config{})
	for _, tc := range []struct {
		name   string
		store  kv.Store
		header string
		want   string // in the reason
	}{
		{"none", nil, "", "no cache"},
		{"out of reach", broken{}, "", "out of reach"},
		{"without swaps", plain{garbage}, "Vary: a", "Vary"},
		{"too small", newMemory(t, cache.MemoryConfig{Bytes: 100}), "", "larger"},
	} {
		c := newCache(t, tc.store)
		skipped, err := c.Put(t.Context(), "f", "", get(""), answer(200, tc.header, ""))
		if err != nil || !strings.Contains(skipped, tc.want) {
			t.Errorf("%s: put: %q, %v", tc.name, skipped, err)
		}
		if h := match(t, c, get("")); h != nil {
			t.Errorf("%s: match: %+v", tc.name, h)
		}
		if found, err := c.Delete(t.Context(), "f", "", get("")); found || err != nil {
			t.Errorf("%s: delete: %v, %v", tc.name, found, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Match(ended, "f", "", get("")); err == nil {
			t.Errorf("%s: a match whose context has ended has no error", tc.name)
		}
	}
	c, err := cache.New(cache.Config{Store: garbage, EntryBytesMax: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if skipped, _ := c.Put(t.Context(), "f", "", get(""), answer(200, "", strings.Repeat("x", 1000))); !strings.Contains(skipped, "1000") {
		t.Errorf("a large response: %q", skipped)
	}
	for _, c := range []cache.Config{{EntryBytesMax: -1}, {EntryBytesMax: kv.ValueBytesMax + 1}} {
		if _, err := cache.New(c); err == nil || !strings.Contains(err.Error(), "EntryBytesMax") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestEntryBytesMax(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]int{64 << 20: 8 << 20, 200 << 20: 20 << 20, 1 << 40: kv.ValueBytesMax, 10 << 20: 5 << 20} {
		if got := cache.EntryBytesMax(bytes); got != want {
			t.Errorf("EntryBytesMax(%d) = %d, want %d", bytes, got, want)
		}
	}
}
