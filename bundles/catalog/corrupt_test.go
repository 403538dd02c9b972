package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// tamper replaces the values of the keys with the given prefix; nil removes them.
func tamper(t testing.TB, s kv.Store, prefix string, change func(value []byte) []byte) {
	t.Helper()
	tampered := false
	for _, key := range keys(t, s, prefix) {
		e, err := s.Get(t.Context(), catalog.Namespace, key)
		if err != nil {
			t.Fatal(err)
		}
		value := change(e.Value)
		if value == nil {
			err = s.Delete(t.Context(), catalog.Namespace, key)
		} else {
			_, err = s.Put(t.Context(), catalog.Namespace, key, kv.Entry{Value: value})
		}
		if err != nil {
			t.Fatal(err)
		}
		tampered = true
	}
	if !tampered {
		t.Fatalf("there is no key %s…", prefix)
	}
}

func replace(old, new string) func([]byte) []byte {
	return func(value []byte) []byte {
		if !strings.Contains(string(value), old) {
			panic("the document has no " + old + ": " + string(value))
		}
		return []byte(strings.ReplaceAll(string(value), old, new))
	}
}

func TestDamagedDocumentsAreNamedErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		prefix string
		change func([]byte) []byte
		want   error
	}{
		{"a head that is not JSON", "head", func(v []byte) []byte { return v[:len(v)/2] }, catalog.ErrCorrupt},
		{"an empty head", "head", func([]byte) []byte { return []byte{} }, catalog.ErrCorrupt},
		{"a head with more behind it", "head", func(v []byte) []byte { return append(v, "{}"...) }, catalog.ErrCorrupt},
		{"a head of another kind", "head", replace(`"kind":"head"`, `"kind":"history"`), catalog.ErrCorrupt},
		{"a head with a field unknown", "head", replace(`"revision":`, `"x":1,"revision":`), catalog.ErrCorrupt},
		{"a head of a newer format", "head", replace(`"format":1`, `"format":2`), catalog.ErrNewer},
		{"a head without revision", "head", replace(`"revision":2`, `"revision":0`), catalog.ErrCorrupt},
		{"a head with a share of nothing", "head", replace(`"percent":100`, `"percent":0`), catalog.ErrCorrupt},
		{"a head with too small shares", "head", replace(`"percent":100`, `"percent":99`), catalog.ErrCorrupt},
		{"a head with version 0", "head", replace(`"version":2`, `"version":0`), catalog.ErrCorrupt},
		{"a head with a bad digest", "head", replace(string(digest("b")), "abc"), catalog.ErrCorrupt},
		{"a head whose record is elsewhere", "head", replace(`"record":"`, `"record":"../`), catalog.ErrCorrupt},
		{"a history that is lost", "history/", func([]byte) []byte { return nil }, catalog.ErrCorrupt},
		{"a history that is not JSON", "history/", func(v []byte) []byte { return v[1:] }, catalog.ErrCorrupt},
		{"a history of a newer format", "history/", replace(`"format":1`, `"format":2`), catalog.ErrNewer},
		{"a history of another function", "history/", replace(`"function":"shop"`, `"function":"blog"`), catalog.ErrCorrupt},
		{"a history out of order", "history/", replace(`"version":1`, `"version":3`), catalog.ErrCorrupt},
		{"a history with a trail to nowhere", "history/", replace(`"trail":[1,2]`, `"trail":[9,2]`), catalog.ErrCorrupt},
		{"versions that are lost", "version/", func([]byte) []byte { return nil }, catalog.ErrCorrupt},
		{"versions that are not JSON", "version/", func(v []byte) []byte { return v[1:] }, catalog.ErrCorrupt},
		{"versions with a field unknown", "version/", replace(`"created":`, `"x":1,"created":`), catalog.ErrCorrupt},
		{"versions of another function", "version/", replace(`"function":"shop"`, `"function":"blog"`), catalog.ErrCorrupt},
		{"versions of another bundle", "version/", func(v []byte) []byte {
			return []byte(strings.NewReplacer(string(digest("a")), string(digest("b")), string(digest("b")), string(digest("a"))).Replace(string(v)))
		}, catalog.ErrCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := memory.New(memory.Config{})
			c := open(t, s)
			push(t, c, manifest("shop"), "a")
			push(t, c, manifest("shop"), "b")
			tamper(t, s, tc.prefix, tc.change)
			before := keys(t, s, "")
			// Each of these must read what is damaged.
			_, err := c.Rollback(t.Context(), "shop", 1)
			if !errors.Is(err, tc.want) {
				t.Errorf("rollback: %v, want %v", err, tc.want)
			}
			if tc.prefix == "head" {
				_, snapshotErr := c.Snapshot(t.Context())
				_, pushErr := c.Push(t.Context(), manifest("new"), digest("c"), "")
				_, sweepErr := c.Sweep(t.Context(), -1)
				for name, err := range map[string]error{"snapshot": snapshotErr, "push": pushErr, "sweep": sweepErr} {
					if !errors.Is(err, tc.want) {
						t.Errorf("%s: %v, want %v", name, err, tc.want)
					}
				}
			}
			if got := keys(t, s, ""); len(got) != len(before) {
				t.Errorf("keys %q, before %q: a change was made to a damaged catalog", got, before)
			}
		})
	}
}

// FuzzDocuments puts bytes in the place of each document: nothing panics, and what is then
// read is either refused or makes sense.
func FuzzDocuments(f *testing.F) {
	s := memory.New(memory.Config{})
	c := open(f, s)
	push(f, c, manifest("shop"), "a")
	push(f, c, manifest("shop"), "b")
	for _, kind := range []string{"head", "history/", "version/"} {
		e, err := s.Get(f.Context(), catalog.Namespace, keys(f, s, kind)[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, e.Value)
	}
	f.Add("removed/shop", []byte(`{"format":1,"kind":"removed","body":{"last":-5}}`))
	f.Add("head", []byte(`{"format":1,"kind":"head","body":null}`))
	f.Add("history/", []byte(`{"format":1,"kind":"history","body":{"function":"shop","last":2,"versions":[],"trail":[]}}`))
	f.Fuzz(func(t *testing.T, prefix string, value []byte) {
		s := memory.New(memory.Config{})
		c := open(t, s)
		push(t, c, manifest("shop"), "a")
		push(t, c, manifest("shop"), "b")
		if len(keys(t, s, prefix)) == 0 || value == nil {
			t.Skip("no such document")
		}
		tamper(t, s, prefix, func([]byte) []byte { return value })
		if snapshot, err := c.Snapshot(t.Context()); err == nil {
			for _, f := range snapshot.Functions {
				if len(f.Live) == 0 {
					t.Errorf("function %q has no live version", f.Name)
				}
			}
		}
		_, _ = c.Versions(t.Context(), "shop")
		_, _ = c.Version(t.Context(), "shop", 1)
		_, _ = c.Bundles(t.Context())
		_, _ = c.Rollback(t.Context(), "shop", 0)
		_, _ = c.Sweep(t.Context(), -1)
		if change, err := c.Push(t.Context(), manifest("shop"), digest("c"), ""); err == nil && change.Version.Number < 1 {
			t.Errorf("push made version %d", change.Version.Number)
		}
		_, _ = c.Remove(t.Context(), "shop")
	})
}
