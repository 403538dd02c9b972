package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// CustomEvent is an event that carries a value.
//
// Spec: https://dom.spec.whatwg.org/#interface-customevent
var CustomEvent = js.Class[customEvent]{
	Name:    "CustomEvent",
	Length:  1,
	Extends: Event,
	Constructor: func(c *js.Call) (*customEvent, error) {
		e, err := newEvent(c)
		if err != nil {
			return nil, err
		}
		custom := &customEvent{event: *e, detail: js.Null}
		if detail := c.VM.Get(c.Arg(1), "detail"); !js.IsUndefined(detail) {
			custom.detail = detail
		}
		return custom, nil
	},
	Members: []js.Member[customEvent]{
		js.Getter("detail", func(e *customEvent, _ *js.Call) (any, error) { return e.detail, nil }),
		js.Do("initCustomEvent", 1, func(e *customEvent, c *js.Call) error {
			if e.currentTarget != nil {
				return nil
			}
			e.detail = js.Null
			if c.Given(3) {
				e.detail = c.Arg(3)
			}
			return e.init(c)
		}),
	},
}

type customEvent struct {
	event
	detail js.Value
}
