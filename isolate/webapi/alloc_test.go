package webapi_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// TestAllocationBudgets bounds what an event in a new VM allocates, the VM and the
// handler's call included: those alone are about 35. It is not parallel: it counts what
// the whole process allocates.
func TestAllocationBudgets(t *testing.T) {
	p := newPlatform(t)
	budgets := map[string]float64{"hello": 65, "url": 80, "header": 105, "json": 150, "init": 92, "copy": 170, "headers": 140}
	for _, h := range handlers {
		t.Run(h.name, func(t *testing.T) {
			program, r := handler(t, h.src), incoming()
			got := testing.AllocsPerRun(100, func() { serve(t, p.NewVM(js.Config{}), program, r) })
			if budget := budgets[h.name]; got > budget {
				t.Errorf("an event allocates %v times, its budget is %v", got, budget)
			}
		})
	}
}

// TestMessagesAllocateOnce holds that a Request and its answer cost one piece of memory
// each beside their JavaScript objects, two pieces each, and the one header.
func TestMessagesAllocateOnce(t *testing.T) {
	vm, r := newPlatform(t).NewVM(js.Config{}), incoming()
	var response js.Value
	constructor := vm.Global("Response")
	if err := vm.Enter(t.Context(), func() {
		request := testing.AllocsPerRun(100, func() { webapi.NewRequest(vm, r) })
		if request > 4 {
			t.Errorf("NewRequest allocates %v times, its budget is 4", request)
		}
		made := testing.AllocsPerRun(100, func() { response = vm.Construct(constructor, "hi") })
		if made > 8 {
			t.Errorf("new Response allocates %v times, its budget is 8", made)
		}
		read := testing.AllocsPerRun(100, func() {
			response = vm.Construct(constructor, "hi")
			if _, err := webapi.ResponseOf(vm, response); err != nil {
				t.Fatal(err)
			}
		})
		if read > made+1 {
			t.Errorf("ResponseOf allocates %v times, its budget is 1", read-made)
		}
	}); err != nil {
		t.Fatal(err)
	}
}
