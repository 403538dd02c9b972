package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ErrorEvent tells of an exception that nobody caught.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#the-errorevent-interface
var ErrorEvent = js.Class[errorEvent]{
	Name:        "ErrorEvent",
	Length:      1,
	Extends:     Event,
	Constructor: newErrorEvent,
	Members: []js.Member[errorEvent]{
		js.Getter("message", func(e *errorEvent, _ *js.Call) (any, error) { return e.message, nil }),
		js.Getter("filename", func(e *errorEvent, _ *js.Call) (any, error) { return e.filename, nil }),
		js.Getter("lineno", func(e *errorEvent, _ *js.Call) (any, error) { return e.line, nil }),
		js.Getter("colno", func(e *errorEvent, _ *js.Call) (any, error) { return e.column, nil }),
		js.Getter("error", func(e *errorEvent, _ *js.Call) (any, error) { return e.err, nil }),
	},
}

type errorEvent struct {
	event
	message  string
	filename string
	line     uint32 // from 1; 0: unknown
	column   uint32 // from 1; 0: unknown
	err      js.Value
}

func newErrorEvent(c *js.Call) (*errorEvent, error) {
	base, err := newEvent(c)
	if err != nil {
		return nil, err
	}
	e, init := &errorEvent{event: *base, err: js.Undefined}, c.Arg(1)
	if v := c.VM.Get(init, "colno"); !js.IsUndefined(v) {
		e.column = uint32(int32Of(c.VM.Float(v)))
	}
	e.err = c.VM.Get(init, "error")
	if v := c.VM.Get(init, "filename"); !js.IsUndefined(v) {
		e.filename = c.VM.String(v)
	}
	if v := c.VM.Get(init, "lineno"); !js.IsUndefined(v) {
		e.line = uint32(int32Of(c.VM.Float(v)))
	}
	if v := c.VM.Get(init, "message"); !js.IsUndefined(v) {
		e.message = c.VM.String(v)
	}
	return e, nil
}
