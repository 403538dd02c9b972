package cache

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// FuzzCacheControl reads any text. Whatever stands around it, a directive that a cache must
// heed is found.
func FuzzCacheControl(f *testing.F) {
	for _, s := range []string{"", "max-age=60", `private="a, b", no-cache`, `x="\"", s-maxage=1`, "=,=,", "no-store=", `"`, `a="b`, "max-age=99999999999999999999", "\x00\xff", "Max-Age = 5 , PUBLIC"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := parseControl(slices.Values([]string{text}))
		for _, l := range []lifetime{c.maxAge, c.sMaxAge} {
			if l.Duration < 0 || l.Duration > secondsMax*time.Second || !l.given && l.Duration != 0 {
				t.Errorf("%q: a lifetime of %v", text, l.Duration)
			}
		}
		for _, name := range c.fields {
			if name == "" || strings.Contains(name, ",") {
				t.Errorf("%q: the field %q", text, name)
			}
		}
		if c = parseControl(slices.Values([]string{"no-store, " + text})); !c.noStore {
			t.Errorf("no-store before %q is not heard", text)
		}
		if strings.Count(text, `"`) == 0 { // a quote that doesn't end hides what follows
			if c = parseControl(slices.Values([]string{text + ",private"})); !c.private {
				t.Errorf("private after %q is not heard", text)
			}
		}
	})
}

// FuzzRange compares a range with what it is of.
func FuzzRange(f *testing.F) {
	for _, s := range []string{"bytes=0-", "bytes=-1", "bytes=1-2", "bytes=9999999999999999999-", "x", "bytes==--"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		size &= 1<<40 - 1
		first, last, ok := parseRange(text, size)
		if ok && first <= last && (first < 0 || last >= size) {
			t.Errorf("%q of %d bytes: %d to %d", text, size, first, last)
		}
	})
}

// FuzzTags looks for a tag in a list, and must come to an end.
func FuzzTags(f *testing.F) {
	for _, s := range []string{`"a"`, `W/"a", "b"`, "*", `"`, `W/`, `,,"a`, "a,b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		hasTag(list, `"no such tag"`)
		if !strings.Contains(list, `"`) && !hasTag(list+`,"a"`, `"a"`) {
			t.Errorf("%q and a tag: it is not found", list)
		}
	})
}

// FuzzEntry decodes anything, and what it can decode it encodes to the same again.
func FuzzEntry(f *testing.F) {
	whole, _ := encodeEntry(&webapi.HTTPResponse{Status: 200, StatusText: "Fine", URL: "http://a/", Redirected: true, Header: []webapi.Field{{Name: "date", Value: "b"}}, Body: []byte("c")},
		keeping{at: time.UnixMilli(1e12), age: time.Second}, 1<<20)
	f.Add(whole)
	f.Add(encodeIndex([]string{"a", "b"}, "generation"))
	f.Add([]byte{entryKind})
	f.Add([]byte{indexKind, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, value []byte) {
		if names, generation, ok := decodeIndex(value); ok {
			again, same, ok := decodeIndex(encodeIndex(names, generation))
			if !ok || same != generation || !slices.Equal(again, names) {
				t.Errorf("the index %q %q came back as %q %q", names, generation, again, same)
			}
		}
		e := decodeEntry(bytes.Clone(value))
		if e == nil {
			return
		}
		if len(e.response.Body) > len(value) || len(e.response.Header) > len(value) {
			t.Error("there is more in it than it is long")
		}
		value, skipped := encodeEntry(&e.response, keeping{at: e.at, age: e.age}, 1<<30)
		if skipped != "" {
			return
		}
		again := decodeEntry(value)
		if again == nil || again.age != e.age || !again.at.Equal(e.at) || !bytes.Equal(again.response.Body, e.response.Body) || again.response.Status != e.response.Status {
			t.Errorf("got %+v, want %+v", again, e)
		}
	})
}
