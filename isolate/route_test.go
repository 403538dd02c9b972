package isolate_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/isolate"
)

// workload builds a workload of bench, and skips if its packages are not installed.
func workload(b testing.TB, name string) *bundles.Bundle {
	b.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "bench", "workloads", name))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "hono")); err != nil {
		b.Skipf("SKIPPED: %s has no node_modules; run make deps (it needs npm)", dir)
	}
	project, err := build.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	result, err := build.Build(context.Background(), project, build.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return result.Bundle
}

// BenchmarkRoute is one event of a Hono app with ten routes and a middleware.
func BenchmarkRoute(b *testing.B) {
	for _, isolation := range []bundles.Isolation{bundles.IsolationEvent, bundles.IsolationReuse} {
		b.Run(string(isolation), func(b *testing.B) {
			n := newNode(b, isolate.Config{})
			bundle := workload(b, "route")
			bundle.Manifest.Isolation = isolation
			digest := bundle.Digest()
			n.bundles[digest] = bundle
			target := &isolate.Target{Function: "route", Number: 1, Digest: digest, Manifest: bundle.Manifest.WithDefaults()}
			ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://route.localhost/users/ada/posts/7"}}
			b.ReportAllocs()
			for b.Loop() {
				r, err := n.Dispatch(context.Background(), target, ev)
				if err != nil || r.Status != 200 {
					b.Fatal(r, err)
				}
			}
		})
	}
}
