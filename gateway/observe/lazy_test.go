package observe_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// Functions that no event has asked for have no series, and next to no memory.
func TestFunctionsWithoutEventsCostNothing(t *testing.T) {
	const functions, bytesMax = 2000, 512
	o := observe.New(observe.Config{})
	names := make([]string, functions)
	for i := range names {
		names[i] = "f" + strconv.Itoa(i)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, name := range names {
		o.Function(name)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / functions; got > bytesMax {
		t.Errorf("%d bytes for each function, want at most %d", got, bytesMax)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEventThatComesInWhileItsFunctionGoes(t *testing.T) {
	t.Parallel()
	o := observe.New(observe.Config{})
	old := o.Function("shop")
	o.Remove("shop")
	now := o.Function("shop")
	now.Begin()
	old.Begin()
	old.End(&observe.Record{Function: "shop", Outcome: isolate.OutcomeOK, Status: 200})
	now.End(&observe.Record{Function: "shop", Outcome: isolate.OutcomeOK, Status: 200})
	// One is counted: that of the function that is there.
	wantMetrics(t, o, `skerry_requests_total{function="shop",outcome="ok",status="2xx"} 1`)
}
