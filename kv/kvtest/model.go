package kvtest

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/skerry-edge/skerry/kv"
)

// testNamespaces puts the same keys in namespaces whose names could run into them.
func testNamespaces(t *testing.T, s kv.Store) {
	pairs := [][2]string{{"a", "b:c"}, {"a:b", "c"}, {"a:b:c", "d"}, {"a", "b"}, {"ab", "c"}, {"a", "bc"}, {"abc", "d"}, {"a\x00", "b"}, {"a", "\x00b"}, {"1:a", "b"}, {"a}", "b"}, {"a", "}b"}}
	for _, p := range pairs {
		put(t, s, p[0], p[1], kv.Entry{Value: []byte(p[0] + "|" + p[1])})
	}
	for _, p := range pairs {
		if got := get(t, s, p[0], p[1]); string(got.Value) != p[0]+"|"+p[1] {
			t.Errorf("%q holds what was put under %q", p, got.Value)
		}
	}
	for i, p := range pairs {
		remove(t, s, p[0], p[1])
		for j, other := range pairs {
			if _, err := s.Get(t.Context(), other[0], other[1]); (err == nil) != (j > i) {
				t.Errorf("after %q was deleted, Get of %q: %v", p, other, err)
			}
		}
	}
}

// testModel makes random calls with names that are easily mistaken for one another, and
// expects of the store what a map does.
func testModel(t *testing.T, s kv.Store) {
	name := rapid.Custom(func(t *rapid.T) string {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "1", "2", ":", "{", "}", "*", "\x00", "\xff", "\r\n", "k", "i"}), 1, 3).Draw(t, "pieces")
		return strings.Join(pieces, "")
	})
	type place struct{ ns, key string }
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		must := func(err error) {
			rt.Helper()
			if err != nil {
				rt.Fatal(err)
			}
		}
		model := make(map[place]kv.Entry)
		places := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) place { return place{name.Draw(t, "ns"), name.Draw(t, "key")} }), 1, 6).Draw(rt, "places")
		for range rapid.IntRange(1, 20).Draw(rt, "calls") {
			p := rapid.SampledFrom(places).Draw(rt, "place")
			was, present := model[p]
			e := kv.Entry{Value: rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(rt, "value")}
			if rapid.Bool().Draw(rt, "with metadata") {
				e.Metadata = []byte(`"m"`)
			}
			switch rapid.SampledFrom([]string{"put", "delete", "get", "swap", "stale swap", "list"}).Draw(rt, "call") {
			case "put":
				v, err := s.Put(ctx, p.ns, p.key, e)
				must(err)
				e.Version = v
				model[p] = e
			case "delete":
				must(s.Delete(ctx, p.ns, p.key))
				delete(model, p)
			case "get":
				got, err := s.Get(ctx, p.ns, p.key)
				if present {
					must(err)
					if !sameEntry(got, was) {
						rt.Fatalf("%q holds %s, want %s", p, show(got), show(was))
					}
				} else if !errors.Is(err, kv.ErrNotFound) {
					rt.Fatalf("Get(%q) = %s, %v; want ErrNotFound", p, show(got), err)
				}
			case "swap":
				if sw, ok := s.(kv.Swapper); ok {
					v, err := sw.Swap(ctx, p.ns, p.key, was.Version, e)
					must(err)
					e.Version = v
					model[p] = e
				}
			case "stale swap":
				if sw, ok := s.(kv.Swapper); ok {
					if _, err := sw.Swap(ctx, p.ns, p.key, was.Version+"x", e); !errors.Is(err, kv.ErrConflict) {
						rt.Fatalf("Swap(%q) from a wrong version: %v, want ErrConflict", p, err)
					}
				}
			case "list":
				prefix := p.key[:rapid.IntRange(0, len(p.key)).Draw(rt, "prefix length")]
				limit := rapid.IntRange(1, 3).Draw(rt, "limit")
				got, err := listAll(ctx, s, p.ns, kv.Query{Prefix: prefix, Limit: limit})
				must(err)
				var want []string
				for q := range model {
					if q.ns == p.ns && strings.HasPrefix(q.key, prefix) {
						want = append(want, q.key)
					}
				}
				slices.Sort(want)
				if !slices.Equal(names(got), want) {
					rt.Fatalf("List(%q, %q) = %q, want %q", p.ns, prefix, names(got), want)
				}
				for _, k := range got {
					if e := model[place{p.ns, k.Name}]; e.Version != k.Version || !bytes.Equal(e.Metadata, k.Metadata) {
						rt.Fatalf("List(%q) has %+v, want %s", p.ns, k, show(e))
					}
				}
			}
		}
		for p := range maps.Keys(model) { // leave the store empty for the next round
			must(s.Delete(ctx, p.ns, p.key))
		}
		for _, p := range places {
			got, err := listAll(ctx, s, p.ns, kv.Query{})
			must(err)
			if len(got) != 0 {
				rt.Fatalf("namespace %q still has %q", p.ns, names(got))
			}
		}
	})
}
