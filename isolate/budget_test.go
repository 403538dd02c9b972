package isolate_test

import (
	"context"
	goruntime "runtime"
	"strconv"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

const hello = `__register({default: {fetch(request) { return new Response("Hello") }}})`

// TestHelloAllocations holds what the smallest event may allocate, the making of its
// isolate included.
func TestHelloAllocations(t *testing.T) {
	for _, tc := range []struct {
		isolation bundles.Isolation
		budget    float64
	}{
		{bundles.IsolationEvent, 130},
		{bundles.IsolationReuse, 30},
	} {
		n := newNode(t, isolate.Config{})
		f := n.function("hello", hello, func(m *bundles.Manifest) { m.Isolation = tc.isolation })
		ev := &isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}}
		got := testing.AllocsPerRun(2000, func() {
			if _, err := n.Dispatch(context.Background(), f, ev); err != nil {
				t.Fatal(err)
			}
		})
		if got > tc.budget {
			t.Errorf("isolation %s: %.0f allocations an event, the budget is %.0f", tc.isolation, got, tc.budget)
		}
	}
}

// TestWarmIsolateIsSmall holds what an isolate that waits for its event may keep: 24 KB.
func TestWarmIsolateIsSmall(t *testing.T) {
	const isolates, budget = 200, 24 << 10
	n := newNode(t, isolate.Config{})
	f := n.function("hello", hello, func(m *bundles.Manifest) { m.Prewarm = isolates })
	before := heap()
	if err := n.Warm(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); n.Idle() < isolates; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d isolates are warm after 10 s, want %d", n.Idle(), isolates)
		}
	}
	each := (heap() - before) / isolates
	t.Logf("a warm isolate of hello holds %d bytes", each)
	if each > budget {
		t.Errorf("a warm isolate of hello holds %d bytes, the budget is %d", each, budget)
	}
}

// heap is what is alive after a collection.
func heap() int64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestLoadedFunctionsAreSmall holds what a function keeps that is loaded and has a warm
// isolate: its script's program, its pool, and the isolate.
func TestLoadedFunctionsAreSmall(t *testing.T) {
	const functions, budget = 300, 32 << 10
	n := newNode(t, isolate.Config{})
	targets := make([]*isolate.Target, functions)
	for i := range targets {
		name := "hello" + strconv.Itoa(i)
		targets[i] = n.function(name, hello+"\n// "+name, func(*bundles.Manifest) {})
	}
	before := heap()
	for _, target := range targets {
		if err := n.Warm(t.Context(), target); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / functions
	t.Logf("a loaded function holds %d bytes, with %d warm isolates for %d", each, n.Idle(), functions)
	if n.Pools() != functions || n.Idle() < functions {
		t.Errorf("%d of %d functions are loaded, with %d warm isolates", n.Pools(), functions, n.Idle())
	}
	if each > budget {
		t.Errorf("a loaded function holds %d bytes, the budget is %d", each, budget)
	}
}
