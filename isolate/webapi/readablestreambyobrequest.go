package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReadableStreamBYOBRequest is a view that an underlying byte source may fill.
//
// Spec: https://streams.spec.whatwg.org/#rs-byob-request-class
var ReadableStreamBYOBRequest = js.Class[byobRequest]{
	Name: "ReadableStreamBYOBRequest",
	Members: []js.Member[byobRequest]{
		js.Getter("view", func(r *byobRequest, _ *js.Call) (any, error) {
			if r.view == nil {
				return nil, nil
			}
			return r.view, nil
		}),
		js.Do("respond", 1, (*byobRequest).respond),
		js.Do("respondWithNewView", 1, (*byobRequest).respondWithNewView),
	},
}

type byobRequest struct {
	js.Instance
	controller *byteController // nil: it was answered, or is out of date
	view       js.Value
}

var errAnswered = js.TypeError("the request was answered, or its reader has gone")

// byobRequest returns the request for the first buffer to be filled, nil if there is none.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollergetbyobrequest
func (b *byteController) byobRequest() *byobRequest {
	if b.request == nil && !b.pulls.empty() {
		first := *b.pulls.peek()
		view := b.vm().NewView("Uint8Array", first.buffer, first.offset+first.filled, first.size-first.filled)
		b.request = &byobRequest{controller: b, view: view}
	}
	return b.request
}

// invalidate takes the request away from scripts.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-invalidate-byob-request
func (b *byteController) invalidate() {
	if b.request != nil {
		b.request.controller, b.request.view = nil, nil
		b.request = nil
	}
}

// respond says how many bytes of the view were filled.
//
// Spec: https://streams.spec.whatwg.org/#rs-byob-request-respond
func (r *byobRequest) respond(c *js.Call) error {
	n, err := enforceRange(c.VM, "respond", c.Arg(0))
	if err != nil {
		return err
	}
	b := r.controller
	if b == nil {
		return errAnswered
	}
	if view, _ := c.VM.ViewOf(r.view); c.VM.Detached(view.Buffer) {
		return js.TypeError("respond: the buffer of the view was taken from it")
	}
	first := *b.pulls.peek()
	if err := b.mayRespond(n); err != nil {
		return err
	}
	if first.filled+n > first.size {
		return js.RangeError("respond: %d bytes are more than the view has room for", n)
	}
	first.renew(c.VM)
	b.respond(n)
	return nil
}

// mayRespond checks how many bytes were filled.
func (b *byteController) mayRespond(n int) error {
	closed := b.stream.full.state == readableClosed
	switch {
	case closed && n > 0:
		return js.TypeError("respond: the stream is closed; only 0 bytes can be given")
	case !closed && n == 0:
		return js.TypeError("respond: 0 bytes are no answer before the stream is closed")
	}
	return nil
}

// respondWithNewView gives a view in the place of the one that was to be filled.
//
// Spec: https://streams.spec.whatwg.org/#rs-byob-request-respond-with-new-view
func (r *byobRequest) respondWithNewView(c *js.Call) error {
	view, ok := c.VM.ViewOf(c.Arg(0))
	if !ok {
		return js.TypeError("respondWithNewView: the argument is not a view of an ArrayBuffer")
	}
	b := r.controller
	if b == nil {
		return errAnswered
	}
	if c.VM.Detached(view.Buffer) {
		return js.TypeError("respondWithNewView: the buffer of the view was taken from it")
	}
	return b.respondWith(view)
}

// respondWith takes a view in the place of the first buffer to be filled.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-with-new-view
func (b *byteController) respondWith(view js.View) error {
	if err := b.mayRespond(view.Length); err != nil {
		return err
	}
	first := *b.pulls.peek()
	whole, _ := b.vm().BytesOf(view.Buffer)
	switch {
	case first.offset+first.filled != view.Offset:
		return js.RangeError("respondWithNewView: the view begins elsewhere in its buffer than the one that was to be filled")
	case first.bufferBytes != len(whole):
		return js.RangeError("respondWithNewView: the buffer is not as long as the one that was to be filled")
	case first.filled+view.Length > first.size:
		return js.RangeError("respondWithNewView: the view is longer than the one that was to be filled")
	}
	first.buffer = renewed(b.vm(), view.Buffer)
	b.respond(view.Length)
	return nil
}
