package redis_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

func TestCorruptEntry(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	const key, other = "{skerry:2:ns}:k:n", "{skerry:2:ns}:k:other"
	for _, tc := range []struct {
		name    string
		corrupt func(t *testing.T)
		listed  bool // what a listing reads is whole
		swapped bool // what a swap reads is whole
	}{
		{"the record of another key", func(t *testing.T) { server.MustDo(t, "COPY", other, key, "REPLACE") }, false, false},
		{"text of another program", func(t *testing.T) { server.MustDo(t, "SET", key, "hello") }, false, false},
		{"much text of another program", func(t *testing.T) { server.MustDo(t, "SET", key, strings.Repeat("hello", 1<<18)) }, false, false},
		{"a list", func(t *testing.T) { server.MustDo(t, "DEL", key); server.MustDo(t, "RPUSH", key, "hello") }, false, false},
		{"a newer format", func(t *testing.T) { server.MustDo(t, "SETRANGE", key, "0", "\x02") }, false, false},
		{"a tag with a bit flipped", func(t *testing.T) { server.MustDo(t, "SETBIT", key, "20", flip(server.MustDo(t, "GETBIT", key, "20"))) }, false, false},
		{"a record that was cut", func(t *testing.T) { server.MustDo(t, "SET", key, server.MustDo(t, "GETRANGE", key, "0", "-2")) }, true, true},
		{"a record that was added to", func(t *testing.T) { server.MustDo(t, "APPEND", key, "0") }, true, true},
		{"a header alone", func(t *testing.T) { server.MustDo(t, "SET", key, server.MustDo(t, "GETRANGE", key, "0", "48")) }, false, true},
		{"half a header", func(t *testing.T) { server.MustDo(t, "SET", key, server.MustDo(t, "GETRANGE", key, "0", "20")) }, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
			server.MustDo(t, "FLUSHALL")
			put(t, s, "other", "1")
			v, err := s.Put(t.Context(), "ns", "n", kv.Entry{Value: []byte("41"), Metadata: []byte(`"m"`)})
			if err != nil {
				t.Fatal(err)
			}
			tc.corrupt(t)

			if e, err := s.Get(t.Context(), "ns", "n"); !errors.Is(err, kv.ErrCorrupt) || !strings.Contains(err.Error(), key) {
				t.Errorf("Get = %q, %v; want ErrCorrupt with the key", e.Value, err)
			}
			if sum, err := s.Add(t.Context(), "ns", "n", 1); !errors.Is(err, kv.ErrCorrupt) {
				t.Errorf("Add = %d, %v; want ErrCorrupt", sum, err)
			}
			if page, err := s.List(t.Context(), "ns", kv.Query{}); tc.listed != (err == nil) || err != nil && !errors.Is(err, kv.ErrCorrupt) {
				t.Errorf("List = %+v, %v", page, err)
			}
			if _, err := s.Swap(t.Context(), "ns", "n", v, kv.Entry{}); tc.swapped != (err == nil) {
				t.Errorf("Swap: %v", err)
			}
			if err := s.Delete(t.Context(), "ns", "n"); err != nil {
				t.Errorf("Delete: %v", err)
			}
			put(t, s, "n", "mended")
			if e, err := s.Get(t.Context(), "ns", "n"); err != nil || string(e.Value) != "mended" {
				t.Errorf("after a Put, Get = %q, %v", e.Value, err)
			}
		})
	}
}

func flip(bit string) string {
	if bit == "0" {
		return "1"
	}
	return "0"
}

func TestIndexFollowsRecords(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
	sizes := func() string {
		return server.MustDo(t, "ZCARD", "{skerry:2:ns}:i") + " " + server.MustDo(t, "ZCARD", "{skerry:2:ns}:x")
	}

	const n = 300
	var last time.Time
	for i := range n {
		last = time.Now().Add(50 * time.Millisecond)
		if _, err := s.Put(t.Context(), "ns", "dies"+strings.Repeat("x", i), kv.Entry{ExpiresAt: last}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Until(last.Add(5 * time.Millisecond)))
	for range n / 10 { // each write forgets ten
		put(t, s, "lives", "v")
	}
	if got := sizes(); got != "1 0" {
		t.Errorf("after writes, the index and the expiring keys have sizes %s, want 1 0", got)
	}

	if _, err := s.Put(t.Context(), "ns", "dies", kv.Entry{ExpiresAt: time.Now().Add(time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if _, err := s.List(t.Context(), "ns", kv.Query{}); err != nil {
		t.Fatal(err)
	}
	if got := sizes(); got != "1 0" {
		t.Errorf("after a listing, the sizes are %s, want 1 0", got)
	}

	server.MustDo(t, "DEL", "{skerry:2:ns}:k:lives") // as an eviction would
	if page, err := s.List(t.Context(), "ns", kv.Query{}); err != nil || len(page.Keys) != 0 {
		t.Errorf("List with a record gone = %+v, %v; want nothing", page, err)
	}
	if err := s.Delete(t.Context(), "ns", "lives"); err != nil {
		t.Fatal(err)
	}
	if keys := server.MustDo(t, "KEYS", "*"); keys != "" {
		t.Errorf("the empty namespace still has %q", keys)
	}
}

// A name of a key that expired is not forgotten at once where many have. When the key is
// there again by then, its name must stay.
func TestIndexKeepsWhatIsBack(t *testing.T) {
	t.Parallel()
	s := open(t, redis.Config{URL: redistest.Start(t).URL, Timeout: time.Minute})
	at := time.Now().Add(200 * time.Millisecond)
	back := []string{"put", "swapped", "added"}
	for i, key := range append([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"}, back...) {
		e := kv.Entry{ExpiresAt: at.Add(-time.Millisecond)}
		if i >= 20 {
			e.ExpiresAt = at // is forgotten last
		}
		if _, err := s.Put(t.Context(), "ns", key, e); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Until(at.Add(5 * time.Millisecond)))
	if _, err := s.Add(t.Context(), "ns", "added", 1); err != nil { // forgets ten others
		t.Fatal(err)
	}
	put(t, s, "put", "v")
	if _, err := s.Swap(t.Context(), "ns", "swapped", "", kv.Entry{}); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		page, err := s.List(t.Context(), "ns", kv.Query{}) // forgets the rest
		if err != nil || len(page.Keys) != 3 {
			t.Fatalf("List = %+v, %v; want the three keys that are back", page.Keys, err)
		}
	}
}
