package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// PromiseRejectionEvent tells of a promise that was rejected with nobody listening, or that
// somebody listens to after all.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#promiserejectionevent
var PromiseRejectionEvent = js.Class[promiseRejectionEvent]{
	Name:    "PromiseRejectionEvent",
	Length:  2,
	Extends: Event,
	Constructor: func(c *js.Call) (*promiseRejectionEvent, error) {
		base, err := newEvent(c)
		if err != nil {
			return nil, err
		}
		e := &promiseRejectionEvent{event: *base, promise: c.VM.Get(c.Arg(1), "promise")}
		if !js.IsObject(e.promise) {
			return nil, js.TypeError("PromiseRejectionEvent: init.promise is not a promise")
		}
		e.reason = c.VM.Get(c.Arg(1), "reason")
		return e, nil
	},
	Members: []js.Member[promiseRejectionEvent]{
		js.Getter("promise", func(e *promiseRejectionEvent, _ *js.Call) (any, error) { return e.promise, nil }),
		js.Getter("reason", func(e *promiseRejectionEvent, _ *js.Call) (any, error) { return e.reason, nil }),
	},
}

type promiseRejectionEvent struct {
	event
	promise js.Value
	reason  js.Value
}
