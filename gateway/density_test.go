package gateway_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/observe"
)

// TestFunctionsWithoutEventsAreSmall holds what a function costs the gateway that nobody has
// asked for anything: its route, its manifest, its door. Thousands of them wait in each worker.
func TestFunctionsWithoutEventsAreSmall(t *testing.T) {
	const functions, budget = 500, 2560
	versions := make([]bundles.Version, functions)
	for i := range versions {
		versions[i] = version(fmt.Sprintf("function-%04d", i))
	}
	s, err := gateway.New(gateway.Config{Dispatcher: panics{}, Observer: observe.New(observe.Config{}), Domain: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	before := liveHeap()
	if err := s.SetRoutes(versions); err != nil {
		t.Fatal(err)
	}
	each := (liveHeap() - before) / functions
	t.Logf("a function without events holds %d bytes", each)
	if each > budget {
		t.Errorf("a function without events holds %d bytes, the budget is %d", each, budget)
	}
	runtime.KeepAlive(s)
	runtime.KeepAlive(versions)
}

// liveHeap is what is alive after a collection.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
