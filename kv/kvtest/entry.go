package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

func testRoundTrip(t *testing.T, s kv.Store) {
	at := in(time.Hour)
	for _, tc := range []struct {
		name string
		put  kv.Entry
		want kv.Entry
	}{
		{"nothing", kv.Entry{}, kv.Entry{Value: []byte{}}},
		{"an empty value", kv.Entry{Value: []byte{}}, kv.Entry{Value: []byte{}}},
		{"a value", kv.Entry{Value: []byte("v")}, kv.Entry{Value: []byte("v")}},
		{"empty metadata", kv.Entry{Metadata: []byte{}}, kv.Entry{Value: []byte{}}},
		{"metadata alone", kv.Entry{Metadata: []byte(`{"a": 1}`)}, kv.Entry{Value: []byte{}, Metadata: []byte(`{"a": 1}`)}},
		{"an expiry", kv.Entry{Value: []byte("v"), ExpiresAt: at}, kv.Entry{Value: []byte("v"), ExpiresAt: at}},
		{"an expiry elsewhere on earth, in nanoseconds", kv.Entry{ExpiresAt: at.Add(999_999).In(time.FixedZone("", 3600))}, kv.Entry{Value: []byte{}, ExpiresAt: at}},
		{"the last expiry", kv.Entry{ExpiresAt: time.UnixMilli(253402300799999)}, kv.Entry{Value: []byte{}, ExpiresAt: time.UnixMilli(253402300799999)}},
		{"a version, which is ignored", kv.Entry{Value: []byte("v"), Version: "mine"}, kv.Entry{Value: []byte("v")}},
		{"everything", kv.Entry{Value: []byte("v"), Metadata: []byte(`"\u0000"`), ExpiresAt: at}, kv.Entry{Value: []byte("v"), Metadata: []byte(`"\u0000"`), ExpiresAt: at}},
	} {
		tc.want.Version = put(t, s, ns, tc.name, tc.put)
		got := get(t, s, ns, tc.name)
		if got.Value == nil || !sameEntry(got, tc.want) {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, show(got), show(tc.want))
		}
		keys := list(t, s, ns, kv.Query{Prefix: tc.name})
		line := kv.Key{Name: tc.name, Metadata: got.Metadata, ExpiresAt: got.ExpiresAt, Version: got.Version}
		if !slices.ContainsFunc(keys, func(k kv.Key) bool { return sameKey(k, line) }) {
			t.Errorf("%s: the listing has %+v, want %+v", tc.name, keys, line)
		}
		if got.ExpiresAt.Location() != time.UTC {
			t.Errorf("%s: the expiry is in %v, want UTC", tc.name, got.ExpiresAt.Location())
		}
	}
	if _, err := s.Get(t.Context(), ns, "never put"); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get of a key never put: got %v, want ErrNotFound", err)
	}
}

// hostileNames are names that mean something to somebody: to Redis's protocol, to its
// patterns and hash tags, to C strings, to paths, to an encoding of ours.
var hostileNames = []string{
	".", "..", "/", "../../etc/passwd", " ", "\x00", "\x00\x00", "a\x00", "a\x00b", "\n", "\r\n", "\r\n*1\r\n", "$-1\r\n", "*1\r\n$4\r\nPING\r\n",
	"{", "}", "{}", "{}{", "{x}", "}{", "a}b{c", ":", "::", "a:b", "1:a", "3:", "k", ":k:", ":i",
	"*", "?", "[a]", "[^a]*", "\\*", "a*", "%", "%00", "%s", "+", "-", "(", "(a", "[", "[a",
	"\xff", "\xff\xff", "\xff\xfe\xfd", "\xc3", "\xed\xa0\x80", "é", "日本語", "\u202e", "\U0010ffff", "A", "a", "aa", "ab", "b", "-1", "0", "00",
}

func testHostileNames(t *testing.T, s kv.Store) {
	for _, space := range hostileNames {
		put(t, s, space, "k", kv.Entry{Value: []byte(space)})
	}
	for _, key := range hostileNames {
		put(t, s, ns, key, kv.Entry{Value: []byte(key)})
	}
	for _, name := range hostileNames {
		if got := get(t, s, name, "k"); string(got.Value) != name {
			t.Errorf("namespace %q holds %q", name, got.Value)
		}
		if got := get(t, s, ns, name); string(got.Value) != name {
			t.Errorf("key %q holds %q", name, got.Value)
		}
		wantNames(t, fmt.Sprintf("keys of namespace %q", name), list(t, s, name, kv.Query{}), []string{"k"})
	}
	want := slices.Clone(hostileNames)
	slices.Sort(want)
	wantNames(t, "all keys", list(t, s, ns, kv.Query{}), want)
	for i, key := range want {
		remove(t, s, ns, key)
		wantAbsent(t, s, ns, key)
		wantNames(t, fmt.Sprintf("keys without the first %d", i+1), list(t, s, ns, kv.Query{}), want[i+1:])
	}
}

func testLimits(t *testing.T, s kv.Store) {
	name := strings.Repeat("é", 256) // 512 bytes of UTF-8
	tooLong := strings.Repeat("é", 256) + "x"
	metadata := []byte(`"` + strings.Repeat("m", kv.MetadataBytesMax-2) + `"`)
	value := make([]byte, kv.ValueBytesMax+1)
	rand.NewChaCha8([32]byte{}).Read(value)

	largest := kv.Entry{Value: value[:kv.ValueBytesMax], Metadata: metadata, ExpiresAt: in(time.Hour)}
	largest.Version = put(t, s, name, name, largest)
	if got := get(t, s, name, name); !sameEntry(got, largest) {
		t.Errorf("the largest entry came back as %s", show(got))
	}
	wantNames(t, "the longest names", list(t, s, name, kv.Query{Prefix: name}), []string{name})

	ctx := t.Context()
	calls := map[string]func(ns, key string) error{
		"Get":    func(ns, key string) error { _, err := s.Get(ctx, ns, key); return err },
		"Put":    func(ns, key string) error { _, err := s.Put(ctx, ns, key, kv.Entry{}); return err },
		"Delete": func(ns, key string) error { return s.Delete(ctx, ns, key) },
	}
	if sw, ok := s.(kv.Swapper); ok {
		calls["Swap"] = func(ns, key string) error { _, err := sw.Swap(ctx, ns, key, "", kv.Entry{}); return err }
	}
	if c, ok := s.(kv.Counter); ok {
		calls["Add"] = func(ns, key string) error { _, err := c.Add(ctx, ns, key, 1); return err }
	}
	for call, do := range calls {
		wantInvalid(t, call+" of an empty key", do(ns, ""), "key")
		wantInvalid(t, call+" of a key of 513 bytes", do(ns, tooLong), "key")
		wantInvalid(t, call+" in an empty namespace", do("", "k"), "namespace")
		wantInvalid(t, call+" in a namespace of 513 bytes", do(tooLong, "k"), "namespace")
	}
	_, err := s.List(ctx, "", kv.Query{})
	wantInvalid(t, "List of an empty namespace", err, "namespace")
	_, err = s.List(ctx, tooLong, kv.Query{})
	wantInvalid(t, "List of a namespace of 513 bytes", err, "namespace")
	_, err = s.List(ctx, ns, kv.Query{Prefix: tooLong})
	wantInvalid(t, "List with a prefix of 513 bytes", err, "prefix")
	for _, limit := range []int{-1, kv.ListLimitMax + 1} {
		_, err = s.List(ctx, ns, kv.Query{Limit: limit})
		wantInvalid(t, fmt.Sprintf("List with limit %d", limit), err, "limit")
	}

	for _, tc := range []struct {
		field string
		entry kv.Entry
	}{
		{"value", kv.Entry{Value: value}},
		{"metadata", kv.Entry{Metadata: []byte(`"` + strings.Repeat("m", kv.MetadataBytesMax-1) + `"`)}},
		{"metadata", kv.Entry{Metadata: []byte("{not JSON")}},
		{"expiry", kv.Entry{ExpiresAt: time.UnixMilli(253402300799999 + 1)}},
		{"expiry", kv.Entry{ExpiresAt: time.Unix(1<<62, 0)}},
	} {
		_, err := s.Put(ctx, ns, "k", tc.entry)
		wantInvalid(t, "Put past a limit", err, tc.field)
		if sw, ok := s.(kv.Swapper); ok {
			_, err := sw.Swap(ctx, ns, "k", "", tc.entry)
			wantInvalid(t, "Swap past a limit", err, tc.field)
		}
	}
	wantAbsent(t, s, ns, "k")
}

func testReplace(t *testing.T, s kv.Store) {
	put(t, s, ns, "k", kv.Entry{Value: []byte("first"), Metadata: []byte("1"), ExpiresAt: in(time.Hour)})
	second := kv.Entry{Value: []byte("2")}
	second.Version = put(t, s, ns, "k", second)
	if got := get(t, s, ns, "k"); !sameEntry(got, second) {
		t.Errorf("the second put left %s", show(got))
	}
	if keys := list(t, s, ns, kv.Query{}); len(keys) != 1 || !sameKey(keys[0], kv.Key{Name: "k", Version: second.Version}) {
		t.Errorf("the second put left %+v in the listing", keys)
	}
}

func testDelete(t *testing.T, s kv.Store) {
	remove(t, s, ns, "k")
	putText(t, s, "k", "v")
	putText(t, s, "other", "v")
	remove(t, s, ns, "k")
	wantAbsent(t, s, ns, "k")
	remove(t, s, ns, "k")
	wantNames(t, "what is left", list(t, s, ns, kv.Query{}), []string{"other"})
	putText(t, s, "k", "again")
	wantText(t, s, "k", "again")
}

func testVersions(t *testing.T, s kv.Store) {
	seen := make(map[kv.Version]int)
	for i := range 200 {
		key := fmt.Sprint("k", i%3)
		if i%5 == 0 {
			remove(t, s, ns, key)
		}
		v := putText(t, s, key, "the same value")
		if before, ok := seen[v]; ok || v == "" {
			t.Fatalf("write %d has version %q, and write %d had it before", i, v, before)
		}
		seen[v] = i
		if got := get(t, s, ns, key).Version; got != v {
			t.Fatalf("write %d returned version %q, and Get %q", i, v, got)
		}
	}
}

func testOwnership(t *testing.T, s kv.Store) {
	value, metadata := []byte("value"), []byte(`"meta"`)
	put(t, s, ns, "k", kv.Entry{Value: value, Metadata: metadata})
	clear(value)
	clear(metadata)
	want := kv.Entry{Value: []byte("value"), Metadata: []byte(`"meta"`)}
	for range 2 {
		got := get(t, s, ns, "k")
		want.Version = got.Version
		if !sameEntry(got, want) {
			t.Fatalf("Get returned %s, want %s", show(got), show(want))
		}
		_ = append(got.Metadata, "scribble"...)
		if string(got.Value) != "value" {
			t.Fatalf("appending to the metadata changed the value to %q", got.Value)
		}
		clear(got.Value[:cap(got.Value)])
		clear(got.Metadata[:cap(got.Metadata)])
		keys := list(t, s, ns, kv.Query{})
		if string(keys[0].Metadata) != `"meta"` {
			t.Fatalf("the listing has metadata %q", keys[0].Metadata)
		}
		clear(keys[0].Metadata[:cap(keys[0].Metadata)])
	}
}

// testAsk asks for more keys at once than any store takes at a time, small and large, there
// and not there.
func testAsk(t *testing.T, s kv.Store) {
	asker, ok := s.(kv.Asker)
	if !ok {
		t.Skipf("SKIPPED: %T is no kv.Asker", s)
	}
	sizes := []int{0, 1, 300, 20 << 10, 300 << 10}
	for _, size := range sizes {
		put(t, s, ns, strconv.Itoa(size), kv.Entry{Value: bytes.Repeat([]byte("v"), size), Metadata: []byte(`"meta"`)})
	}
	type answer struct {
		key   string
		entry kv.Entry
		err   error
	}
	const rounds = 20
	answers := make(chan answer, rounds*(len(sizes)+1))
	ask := func(key string) {
		asker.Ask(ns, key, func(e kv.Entry, err error) { answers <- answer{key, e, err} })
	}
	for range rounds {
		for _, size := range sizes {
			ask(strconv.Itoa(size))
		}
		ask("missing")
	}
	for range cap(answers) {
		a := <-answers
		want, err := s.Get(t.Context(), ns, a.key)
		if !sameEntry(a.entry, want) || !errors.Is(a.err, err) {
			t.Errorf("Ask for %s: %s, %v; want %s, %v", a.key, show(a.entry), a.err, show(want), err)
		}
	}
	ask("")
	wantInvalid(t, "Ask for no key", (<-answers).err, "key")
}

func testContext(t *testing.T, s kv.Store) {
	v := putText(t, s, "k", "1")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for _, tc := range []struct {
		ctx  context.Context
		want error
	}{{canceled, context.Canceled}, {late, context.DeadlineExceeded}} {
		calls := map[string]func() error{
			"Get":    func() error { _, err := s.Get(tc.ctx, ns, "k"); return err },
			"Put":    func() error { _, err := s.Put(tc.ctx, ns, "k", kv.Entry{}); return err },
			"Delete": func() error { return s.Delete(tc.ctx, ns, "k") },
			"List":   func() error { _, err := s.List(tc.ctx, ns, kv.Query{}); return err },
		}
		if sw, ok := s.(kv.Swapper); ok {
			calls["Swap"] = func() error { _, err := sw.Swap(tc.ctx, ns, "k", v, kv.Entry{}); return err }
		}
		if c, ok := s.(kv.Counter); ok {
			calls["Add"] = func() error { _, err := c.Add(tc.ctx, ns, "k", 1); return err }
		}
		for name, call := range calls {
			if err := call(); !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", name, err, tc.want)
			}
		}
	}
	wantText(t, s, "k", "1")
}

func sameEntry(a, b kv.Entry) bool {
	return bytes.Equal(a.Value, b.Value) && bytes.Equal(a.Metadata, b.Metadata) && (a.Metadata == nil) == (b.Metadata == nil) &&
		a.ExpiresAt.Equal(b.ExpiresAt) && a.Version == b.Version
}

func sameKey(a, b kv.Key) bool {
	return a.Name == b.Name && bytes.Equal(a.Metadata, b.Metadata) && (a.Metadata == nil) == (b.Metadata == nil) &&
		a.ExpiresAt.Equal(b.ExpiresAt) && a.Version == b.Version
}

func show(e kv.Entry) string {
	return fmt.Sprintf("value %.40q (%d bytes, nil %t), metadata %.40q (nil %t), expires %v, version %q",
		e.Value, len(e.Value), e.Value == nil, e.Metadata, e.Metadata == nil, e.ExpiresAt, e.Version)
}
