package kvtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/kv"
)

func testListOrder(t *testing.T, s kv.Store) {
	sorted := []string{"\x00", "\x00\x00", "\x01", "A", "Z", "_", "a", "a\x00", "aa", "b", "é", "ﬀ", "\U0001f600", "\xfe", "\xff", "\xff\x00", "\xff\xff"}
	for _, i := range []int{3, 1, 16, 0, 9, 12, 4, 7, 2, 8, 15, 5, 11, 6, 10, 14, 13} {
		put(t, s, ns, sorted[i], kv.Entry{})
	}
	for _, limit := range []int{0, 1, 2, 3, 16, 17, 18} {
		wantNames(t, fmt.Sprintf("limit %d", limit), list(t, s, ns, kv.Query{Limit: limit}), sorted)
	}
	wantNames(t, "a namespace with nothing in it", list(t, s, "empty", kv.Query{}), nil)
}

func testListPrefix(t *testing.T, s kv.Store) {
	all := []string{"a", "a*", "a*b", "ab", "ab1", "ab2", "ac", "b", "\xfe", "\xff", "\xff\xff", "\xff\xffx"}
	slices.Sort(all)
	for _, key := range all {
		put(t, s, ns, key, kv.Entry{})
	}
	for _, prefix := range []string{"", "a", "a*", "ab", "ab1", "ab1x", "b", "c", "\x00", "\xfe", "\xff", "\xff\xff", "\xff\xff\xff", "[ab]", "?", "-", "+"} {
		var want []string
		for _, key := range all {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		for _, limit := range []int{0, 1, 2} {
			wantNames(t, fmt.Sprintf("prefix %q, limit %d", prefix, limit), list(t, s, ns, kv.Query{Prefix: prefix, Limit: limit}), want)
		}
	}
}

func testListPages(t *testing.T, s kv.Store) {
	var all []string
	for i := range 2*kv.ListLimitMax + 1 {
		all = append(all, fmt.Sprintf("%05d", i))
	}
	putAtOnce(t, s, all, kv.Entry{})
	var sizes []int
	q := kv.Query{}
	for {
		page, err := s.List(t.Context(), ns, q)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Keys))
		if page.Cursor == "" {
			break
		}
		again, err := s.List(t.Context(), ns, q)
		if err != nil || again.Cursor != page.Cursor || !slices.Equal(names(again.Keys), names(page.Keys)) {
			t.Errorf("the same query gave another page (error %v)", err)
		}
		q.Cursor = page.Cursor
	}
	if !slices.Equal(sizes, []int{kv.ListLimitMax, kv.ListLimitMax, 1}) {
		t.Errorf("pages have %v keys", sizes)
	}
	wantNames(t, "all pages", list(t, s, ns, kv.Query{Limit: 999}), all)

	// The key that a cursor points at may be gone when it is used.
	page, err := s.List(t.Context(), ns, kv.Query{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	remove(t, s, ns, "00009")
	page, err = s.List(t.Context(), ns, kv.Query{Limit: 1, Cursor: page.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "the page after a key that was deleted", page.Keys, []string{"00010"})
}

func testListCursors(t *testing.T, s kv.Store) {
	for _, space := range []string{ns, "other"} {
		for _, key := range []string{"a1", "a2", "a3", "b1"} {
			put(t, s, space, key, kv.Entry{})
		}
	}
	cursor := func(space, prefix string) string {
		page, err := s.List(t.Context(), space, kv.Query{Prefix: prefix, Limit: 1})
		if err != nil || page.Cursor == "" {
			t.Fatalf("List(%q, %q) = %+v, %v; want a cursor", space, prefix, page, err)
		}
		return page.Cursor
	}
	good := cursor(ns, "a")
	for name, bad := range map[string]string{
		"of another prefix":    cursor(ns, ""),
		"of another namespace": cursor("other", "a"),
		"not an encoding":      "!",
		"spaces":               "  ",
		"too short":            "AAAA",
		"a key name":           "a1",
		"random":               base64.RawURLEncoding.EncodeToString([]byte("0123456789")),
		"cut":                  good[:len(good)-2],
		"longer":               good + "AA",
		"padded":               good + "=",
		"changed":              strings.Map(func(r rune) rune { return r ^ 1 }, good),
		"huge":                 strings.Repeat("A", 1<<20),
		"NUL":                  "\x00",
	} {
		_, err := s.List(t.Context(), ns, kv.Query{Prefix: "a", Cursor: bad})
		wantInvalid(t, "a cursor "+name, err, "cursor")
	}
	page, err := s.List(t.Context(), ns, kv.Query{Prefix: "a", Cursor: good})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "the page after the first", page.Keys, []string{"a2", "a3"})
}

func testListAmongWriters(t *testing.T, s kv.Store) {
	var stable []string
	for i := range 200 {
		stable = append(stable, fmt.Sprintf("%03d", i))
		put(t, s, ns, stable[i], kv.Entry{})
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%03d.%d", i*37%200, w) // between stable keys
				s.Put(ctx, ns, key, kv.Entry{})
				s.Put(ctx, ns, stable[i%200], kv.Entry{Value: []byte(key)})
				s.Delete(ctx, ns, fmt.Sprintf("%03d.%d", i*61%200, w))
			}
		})
	}
	for _, limit := range []int{1, 7, 64, 0} {
		got := names(list(t, s, ns, kv.Query{Limit: limit}))
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("limit %d: a key came twice or out of order: %q", limit, got)
		}
		got = slices.DeleteFunc(got, func(key string) bool { return strings.Contains(key, ".") })
		if !slices.Equal(got, stable) {
			t.Errorf("limit %d: got %d keys that were there all the time, want %d", limit, len(got), len(stable))
		}
	}
	stop()
	wg.Wait()
}
