package webapi

import (
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Scheduler waits. Its only instance is the global scheduler.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/scheduler/
var Scheduler = js.Class[scheduler]{
	Name: "Scheduler",
	Members: []js.Member[scheduler]{
		js.PromiseMethod("wait", 1, (*scheduler).wait),
	},
}

// schedulerGlobal is the global scheduler.
var schedulerGlobal = js.Lazy{Name: "scheduler", Make: func(*js.VM) any { return new(scheduler) }}

type scheduler struct{ js.Instance }

// wait resolves after a number of milliseconds, or rejects when the option signal is
// aborted, with its reason.
func (*scheduler) wait(c *js.Call) (any, error) {
	vm, delay := c.VM, time.Duration(max(int32Of(c.Float(0)), 0))*time.Millisecond
	if err := dictionary("the options of wait", c.Arg(1)); err != nil {
		return nil, err
	}
	var signal *abortSignal
	if v := vm.Get(c.Arg(1), "signal"); !js.IsUndefined(v) {
		if signal = js.As[abortSignal](vm, v); signal == nil {
			return nil, js.TypeError("wait: the option signal is not an AbortSignal")
		}
		if signal.aborted {
			return nil, signal.err()
		}
	}
	if err := mayStartTimer(vm); err != nil {
		return nil, err
	}
	over, forget := vm.NewDeferred(), func() {}
	timer := vm.SetTimer(delay, false, func() {
		forget()
		over.Resolve(js.Undefined)
	})
	if signal != nil {
		forget = signal.onAbort(func() {
			vm.ClearTimer(timer)
			over.Reject(signal.err())
		})
	}
	return over.Promise(), nil
}
