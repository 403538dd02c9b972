package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// QueueMicrotask calls a function when the running script is done, before anything else.
//
// Spec: https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#microtask-queuing
var QueueMicrotask = js.Function{Name: "queueMicrotask", Length: 1, Call: func(c *js.Call) (any, error) {
	vm, callback := c.VM, c.Arg(0)
	if !js.IsFunction(callback) {
		return nil, js.TypeError("queueMicrotask: the argument is not a function")
	}
	vm.Then(js.Undefined, func(js.Value, error) {
		if err := vm.Try(func() { vm.Invoke(callback, js.Undefined) }); err != nil {
			ReportException(vm, err)
		}
	})
	return js.Undefined, nil
}}
