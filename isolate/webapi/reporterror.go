package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReportError treats a value as an exception that nobody caught.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-reporterror
var ReportError = js.Function{Name: "reportError", Length: 1, Call: func(c *js.Call) (any, error) {
	ReportException(c.VM, js.Throw(c.Arg(0)))
	return js.Undefined, nil
}}

// reporting is what one VM is at: what a listener for errors throws is not told to
// listeners again.
type reporting struct{ active bool }

// ReportException tells the listeners at globalThis of an exception that has nobody to
// catch it, and the console unless one of them prevents that. It runs scripts, and must be
// called in a turn.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception
func ReportException(vm *js.VM, err error) {
	r, scope := vm.Report(err), js.ScopeOf[eventTarget](vm)
	state := js.Local[reporting](vm)
	if scope != nil && scope.listens("error") && !state.active {
		value, ok := js.Thrown(err)
		if !ok {
			value = vm.ErrorValue(err)
		}
		e := &errorEvent{event: trustedEvent(vm, "error"), message: "Uncaught " + r.Message, err: value}
		if len(r.Frames) > 0 {
			at := r.Frames[0]
			e.filename, e.line, e.column = at.File, uint32(at.Line), uint32(at.Column)
		}
		vm.ToValue(e)
		state.active = true
		scope.dispatch(vm, &e.event)
		state.active = false
		if e.canceled {
			return
		}
	}
	writeReport(vm, "Uncaught ", r)
}

// trustedEvent is an event of the platform's own, which listeners may cancel.
func trustedEvent(vm *js.VM, kind string) event {
	return event{kind: kind, cancelable: true, trusted: true, timeStamp: now(vm)}
}

// writeReport writes an error to the console, its stack below it.
func writeReport(vm *js.VM, prefix string, r js.Report) {
	message := prefix + r.Message
	if stack := r.Stack(); stack != "" {
		message += "\n" + stack
	}
	writeConsole(vm, "error", message)
}

// ReportRejections tells the listeners at globalThis of promises that were rejected with
// nobody listening, and the console unless one of them prevents that. It tells them, too,
// which of the promises that it told of before have got somebody. It runs scripts, and must
// be called in a turn.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#notify-about-rejected-promises
func ReportRejections(vm *js.VM) {
	rejected, handled := vm.Rejections(), vm.HandledLate()
	if rejected == nil && handled == nil {
		return
	}
	scope := js.ScopeOf[eventTarget](vm)
	for _, r := range rejected {
		if !tellRejection(vm, scope, "unhandledrejection", true, r) {
			writeReport(vm, "Uncaught (in promise) ", vm.ReportValue(r.Reason))
		}
	}
	for _, r := range handled {
		tellRejection(vm, scope, "rejectionhandled", false, r)
	}
}

// TellRejections is ReportRejections while promises may still get somebody to listen: it
// does nothing if nobody at globalThis waits to be told at once.
func TellRejections(vm *js.VM) {
	if !vm.HasRejections() {
		return
	}
	scope := js.ScopeOf[eventTarget](vm)
	if scope != nil && (scope.listens("unhandledrejection") || scope.listens("rejectionhandled")) {
		ReportRejections(vm)
	}
}

// tellRejection dispatches an event about r and says whether a listener canceled it.
func tellRejection(vm *js.VM, scope *eventTarget, kind string, cancelable bool, r js.Rejection) bool {
	if scope == nil || !scope.listens(kind) {
		return false
	}
	e := &promiseRejectionEvent{event: trustedEvent(vm, kind), promise: r.Promise, reason: r.Reason}
	e.cancelable = cancelable
	vm.ToValue(e)
	scope.dispatch(vm, &e.event)
	return e.canceled
}
