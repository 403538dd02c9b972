package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReportError treats a value as an exception that nobody caught.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-reporterror
var ReportError = js.Function{Name: "reportError", Length: 1, Call: func(c *js.Call) (any, error) {
	report(c.VM, js.Throw(c.Arg(0)))
	return js.Undefined, nil
}}

// report tells the console of an exception that has nobody to catch it: one that a
// listener or a microtask threw.
func report(vm *js.VM, err error) {
	r := vm.Report(err)
	message := "Uncaught " + r.Message
	if stack := r.Stack(); stack != "" {
		message += "\n" + stack
	}
	writeConsole(vm, "error", message)
}
