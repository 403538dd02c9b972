package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReadableStreamBYOBReader reads a byte stream into buffers that a script brings.
//
// Spec: https://streams.spec.whatwg.org/#byob-reader-class
var ReadableStreamBYOBReader = js.Class[byobReader]{
	Name:   "ReadableStreamBYOBReader",
	Length: 1,
	Constructor: func(c *js.Call) (*byobReader, error) {
		s := js.As[stream](c.VM, c.Arg(0))
		if s == nil {
			return nil, js.TypeError("ReadableStreamBYOBReader: the argument is not a ReadableStream")
		}
		return s.lockBYOB(c.VM)
	},
	Members: []js.Member[byobReader]{
		js.PromiseGetter("closed", func(r *byobReader, _ *js.Call) (any, error) { return r.closed.promise(), nil }),
		js.PromiseMethod("cancel", 0, func(r *byobReader, c *js.Call) (any, error) { return r.cancel(c.VM, c.Arg(0)) }),
		js.PromiseMethod("read", 1, (*byobReader).readByScript),
		js.Do("releaseLock", 0, func(r *byobReader, _ *js.Call) error { r.release(); return nil }),
	},
}

// readIntoRequest is a read that waits for a view.
//
// Spec: https://streams.spec.whatwg.org/#read-into-request
type readIntoRequest interface {
	chunk(view js.Value)
	close(view js.Value) // undefined: the stream was canceled
	fail(reason js.Value)
}

// byobReader is a ReadableStreamBYOBReader.
type byobReader struct {
	js.Instance
	readerBase
	waits fifo[readIntoRequest]
}

// lockBYOB makes the BYOB reader that s is locked to.
//
// Spec: https://streams.spec.whatwg.org/#set-up-readable-stream-byob-reader
func (s *stream) lockBYOB(vm *js.VM) (*byobReader, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	if _, ok := s.open(vm).controller.(*byteController); !ok {
		return nil, js.TypeError("a BYOB reader reads byte streams alone: those made with the type \"bytes\", and bodies")
	}
	r := new(byobReader)
	r.attach(s, r)
	return r, nil
}

// readByScript is read(view, {min}).
//
// Spec: https://streams.spec.whatwg.org/#byob-reader-read
func (r *byobReader) readByScript(c *js.Call) (any, error) {
	view, ok := c.VM.ViewOf(c.Arg(0))
	if !ok {
		return nil, js.TypeError("read: the argument is not a view of an ArrayBuffer, such as a Uint8Array")
	}
	if err := dictionary("the options of read", c.Arg(1)); err != nil {
		return nil, err
	}
	least := 1
	if v := c.VM.Get(c.Arg(1), "min"); !js.IsUndefined(v) {
		var err error
		if least, err = enforceRange(c.VM, "min", v); err != nil {
			return nil, err
		}
		view, _ = c.VM.ViewOf(c.Arg(0)) // a getter may have taken its buffer
	}
	whole, _ := c.VM.BytesOf(view.Buffer)
	switch {
	case c.VM.Detached(view.Buffer):
		return nil, js.TypeError("read: the buffer of the view was taken from it")
	case view.Length == 0 || len(whole) == 0:
		return nil, js.TypeError("read: the view is empty")
	case least == 0:
		return nil, js.TypeError("read: min must not be 0")
	case least > view.Length/view.ElementBytes:
		return nil, js.RangeError("read: min is more than the view has room for")
	case r.stream == nil:
		return nil, errReleased
	}
	result := &readIntoResult{c.VM.NewDeferred()}
	r.read(view, least, result)
	return result.promise.Promise(), nil
}

// read fills view, now or later.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-byob-reader-read
func (r *byobReader) read(view js.View, least int, request readIntoRequest) {
	r.stream.disturbed = true
	full := r.stream.full
	if full.state == readableErrored {
		request.fail(full.stored)
		return
	}
	full.controller.(*byteController).pullInto(view, least, request)
}

// release lets go of the stream; reads that wait are rejected.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablestreambyobreaderrelease
func (r *byobReader) release() {
	if r.stream != nil {
		r.failWaits(r.detach())
	}
}

func (r *byobReader) failWaits(reason js.Value) {
	for _, w := range r.waits.takeAll() {
		r.closed.vm.Checkpoint()
		w.fail(reason)
	}
}

// readIntoResult is a read whose result a script waits for.
type readIntoResult struct{ promise *js.Deferred }

func (r *readIntoResult) chunk(view js.Value)  { r.promise.Resolve(iteration(view, false)) }
func (r *readIntoResult) close(view js.Value)  { r.promise.Resolve(iteration(view, true)) }
func (r *readIntoResult) fail(reason js.Value) { r.promise.Reject(js.Throw(reason)) }
