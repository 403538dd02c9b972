package isolate_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/memory"
)

// BenchmarkKVGet is an event that reads one key through env, from stores of either kind.
// What it takes beyond BenchmarkHello is the read's.
func BenchmarkKVGet(b *testing.B) {
	for _, backend := range []struct {
		name string
		open func(*testing.B) kv.Store
	}{
		{"memory", func(*testing.B) kv.Store { return memory.New(memory.Config{}) }},
		{"bolt", func(b *testing.B) kv.Store {
			s, err := bolt.Open(bolt.Config{Path: filepath.Join(b.TempDir(), "kv.db")})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := s.Close(); err != nil {
					b.Error(err)
				}
			})
			return s
		}},
	} {
		for _, isolation := range []bundles.Isolation{bundles.IsolationEvent, bundles.IsolationReuse} {
			b.Run(backend.name+"/"+string(isolation), func(b *testing.B) {
				store := backend.open(b)
				if _, err := store.Put(b.Context(), "n", "k", kv.Entry{Value: []byte("value")}); err != nil {
					b.Fatal(err)
				}
				n := newNode(b, isolate.Config{Host: isolate.Host{KV: store}})
				f := n.function("f", handler(`return new Response(await env.KV.get("k"))`), func(m *bundles.Manifest) {
					m.Isolation, m.KV = isolation, []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
				})
				ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}}
				b.ReportAllocs()
				for b.Loop() {
					r, err := n.Dispatch(context.Background(), f, ev)
					if err != nil || string(r.Body) != "value" {
						b.Fatal(r, err)
					}
				}
			})
		}
	}
}
