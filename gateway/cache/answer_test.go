package cache_test

import (
	"testing"

	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

const (
	jan1 = "Thu, 01 Jan 2026 00:00:00 GMT"
	jan2 = "Fri, 02 Jan 2026 00:00:00 GMT"
)

// TestConditions holds which requests get a 304 of a response with a tag and a date.
func TestConditions(t *testing.T) {
	t.Parallel()
	c := newCache(t, newMemory(t, cache.MemoryConfig{}))
	keep(t, c, get(""), answer(200, "ETag: \"a,b\"\nLast-Modified: "+jan1+"\nContent-Type: text/plain\nContent-Length: 4\nX: 1", "body"))
	for _, tc := range []struct {
		name, request string
		want          int
	}{
		{"no condition", "", 200},
		{"the tag", `If-None-Match: "a,b"`, 304},
		{"the tag, weak", `If-None-Match: W/"a,b"`, 304},
		{"the tag in a list", `If-None-Match: "x" ,, W/"y","a,b"`, 304},
		{"the tag in a second field", "If-None-Match: \"x\"\nIf-None-Match: \"a,b\"", 304},
		{"any tag", "If-None-Match: *", 304},
		{"another tag", `If-None-Match: "a"`, 200},
		{"parts of the tag", `If-None-Match: a,b`, 200},
		{"a tag that doesn't end", `If-None-Match: "a,b`, 200},
		{"an empty list", "If-None-Match: ,", 200},
		{"the date", "If-Modified-Since: " + jan1, 304},
		{"a later date", "If-Modified-Since: " + jan2, 304},
		{"an earlier date", "If-Modified-Since: Wed, 31 Dec 2025 23:59:59 GMT", 200},
		{"no date at all", "If-Modified-Since: yesterday", 200},
		{"the tag decides", "If-None-Match: \"x\"\nIf-Modified-Since: " + jan2, 200},
		{"a condition and a range", "If-None-Match: \"a,b\"\nRange: bytes=0-1", 304},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := get(tc.request)
			r.Method = method
			h := match(t, c, r)
			if h.Status != tc.want {
				t.Errorf("%s, %s: status %d, want %d", tc.name, method, h.Status, tc.want)
			}
			if h.Status == 304 && (!h.Null || h.Body != nil || field(h, "content-type")+field(h, "content-length") != "" ||
				field(h, "etag") != `"a,b"` || field(h, "x") != "1" || field(h, "age") != "0" || field(h, "cf-cache-status") != "HIT") {
				t.Errorf("%s, %s: got %+v", tc.name, method, h)
			}
		}
	}
	keep(t, c, get(""), answer(404, "ETag: \"a\"", "gone"))
	if h := match(t, c, get(`If-None-Match: "a"`)); h.Status != 404 || string(h.Body) != "gone" {
		t.Errorf("a condition on a failure: %+v", h)
	}
	keep(t, c, get(""), answer(200, "", "body"))
	if h := match(t, c, get("If-None-Match: \"\"\nIf-Modified-Since: "+jan2)); h.Status != 200 {
		t.Errorf("a condition on a response without tag and date: %+v", h)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	c := newCache(t, newMemory(t, cache.MemoryConfig{}))
	keep(t, c, get(""), answer(200, "ETag: \"a\"\nLast-Modified: "+jan1+"\nContent-Length: 99", "0123456789"))
	for _, tc := range []struct {
		name, request string
		status        int
		body, content string
	}{
		{"the first bytes", "Range: bytes=0-3", 206, "0123", "bytes 0-3/10"},
		{"one byte", "Range: bytes=9-9", 206, "9", "bytes 9-9/10"},
		{"from there on", "Range: BYTES = 4-", 206, "456789", "bytes 4-9/10"},
		{"the last bytes", "Range: bytes=-3", 206, "789", "bytes 7-9/10"},
		{"more last bytes than there are", "Range: bytes=-99", 206, "0123456789", "bytes 0-9/10"},
		{"past the end", "Range: bytes=5-999999999999999999999", 206, "56789", "bytes 5-9/10"},
		{"behind the end", "Range: bytes=10-", 416, "", "bytes */10"},
		{"far behind the end", "Range: bytes=99999999999999999999-", 416, "", "bytes */10"},
		{"no last bytes", "Range: bytes=-0", 416, "", "bytes */10"},
		{"back to front", "Range: bytes=3-2", 200, "0123456789", ""},
		{"two parts", "Range: bytes=0-1,3-4", 200, "0123456789", ""},
		{"another unit", "Range: lines=0-1", 200, "0123456789", ""},
		{"no numbers", "Range: bytes=a-b", 200, "0123456789", ""},
		{"a sign", "Range: bytes=+1-2", 200, "0123456789", ""},
		{"a dash alone", "Range: bytes=-", 200, "0123456789", ""},
		{"nothing", "Range: bytes=", 200, "0123456789", ""},
		{"if it is this one", "Range: bytes=0-1\nIf-Range: \"a\"", 206, "01", "bytes 0-1/10"},
		{"if it is another", "Range: bytes=0-1\nIf-Range: \"b\"", 200, "0123456789", ""},
		{"if it is about this one", "Range: bytes=0-1\nIf-Range: W/\"a\"", 200, "0123456789", ""},
		{"if it is of that date", "Range: bytes=0-1\nIf-Range: " + jan1, 206, "01", "bytes 0-1/10"},
		{"if it is of another date", "Range: bytes=0-1\nIf-Range: " + jan2, 200, "0123456789", ""},
	} {
		h := match(t, c, get(tc.request))
		if h.Status != tc.status || string(h.Body) != tc.body || h.Null || field(h, "content-range") != tc.content {
			t.Errorf("%s: got %d %q %+v", tc.name, h.Status, h.Body, h.Header)
		}
		if length := field(h, "content-length"); tc.status == 206 && length == "99" {
			t.Errorf("%s: Content-Length is %s", tc.name, length)
		}
	}
	keep(t, c, get(""), answer(404, "", "0123"))
	if h := match(t, c, get("Range: bytes=0-1")); h.Status != 404 || string(h.Body) != "0123" {
		t.Errorf("a part of a failure: %+v", h)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	c := newCache(t, newMemory(t, cache.MemoryConfig{}))
	keep(t, c, get(""), answer(200, "X: 1", "0123456789"))
	head := func() *webapi.HTTPRequest { r := get("Range: bytes=0-1"); r.Method = "HEAD"; return r }
	if h := match(t, c, head()); h.Status != 200 || !h.Null || h.Body != nil || field(h, "content-length") != "10" || field(h, "x") != "1" {
		t.Errorf("got %+v", h)
	}
	if skipped, err := c.Put(t.Context(), "f", "", head(), answer(200, "", "")); skipped == "" || err != nil {
		t.Errorf("put of an answer to HEAD: %q, %v", skipped, err)
	}
}
