package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// WritableStreamDefaultWriter writes to a stream chunk by chunk.
//
// Spec: https://streams.spec.whatwg.org/#default-writer-class
var WritableStreamDefaultWriter = js.Class[writer]{
	Name:   "WritableStreamDefaultWriter",
	Length: 1,
	Constructor: func(c *js.Call) (*writer, error) {
		w := js.As[writable](c.VM, c.Arg(0))
		if w == nil {
			return nil, js.TypeError("WritableStreamDefaultWriter: the argument is not a WritableStream")
		}
		return w.lock()
	},
	Members: []js.Member[writer]{
		js.PromiseGetter("closed", func(r *writer, _ *js.Call) (any, error) { return r.closed.promise(), nil }),
		js.Getter("desiredSize", func(r *writer, _ *js.Call) (any, error) {
			if r.stream == nil {
				return nil, errWriterReleased
			}
			return r.desired(), nil
		}),
		js.PromiseGetter("ready", func(r *writer, _ *js.Call) (any, error) { return r.ready.promise(), nil }),
		js.PromiseMethod("abort", 0, func(r *writer, c *js.Call) (any, error) {
			if r.stream == nil {
				return nil, errWriterReleased
			}
			return r.stream.abort(c.Arg(0)).promise(), nil
		}),
		js.PromiseMethod("close", 0, func(r *writer, _ *js.Call) (any, error) {
			switch {
			case r.stream == nil:
				return nil, errWriterReleased
			case r.stream.closing():
				return nil, errClosing
			}
			return r.stream.close().promise(), nil
		}),
		js.Do("releaseLock", 0, func(r *writer, _ *js.Call) error { r.release(); return nil }),
		js.PromiseMethod("write", 0, func(r *writer, c *js.Call) (any, error) {
			if r.stream == nil {
				return nil, errWriterReleased
			}
			return r.write(c.Arg(0)).promise(), nil
		}),
	},
}

// writer is a WritableStreamDefaultWriter.
type writer struct {
	js.Instance
	stream        *writable // nil: released
	closed, ready *eventual
}

var errWriterReleased = js.TypeError("the writer was released: it has no stream")

// lock makes the writer that w is locked to.
//
// Spec: https://streams.spec.whatwg.org/#set-up-writable-stream-default-writer
func (w *writable) lock() (*writer, error) {
	if err := w.unlocked(); err != nil {
		return nil, err
	}
	w.begin()
	r := &writer{stream: w, closed: newEventual(w.vm), ready: fulfilled(w.vm, js.Undefined)}
	w.writer = r
	switch w.state {
	case writableOpen:
		if !w.closing() && w.pressed {
			r.ready = newEventual(w.vm)
		}
	case writableErroring:
		r.failReady(w.stored)
	case writableClosed:
		r.closed.done()
	case writableErrored:
		r.failReady(w.stored)
		r.failClosed(w.stored)
	}
	return r, nil
}

// write gives the stream a chunk.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-writer-write
func (r *writer) write(chunk js.Value) *eventual {
	w := r.stream
	size := w.controller.sizeOf(chunk)
	switch {
	case w != r.stream: // step 5: the size function has released r
		return failed(w.vm, errWriterReleased)
	case w.state == writableErrored:
		return rejected(w.vm, w.stored)
	case w.closing() || w.state == writableClosed:
		return failed(w.vm, errClosing)
	case w.state == writableErroring:
		return rejected(w.vm, w.stored)
	}
	done := newEventual(w.vm)
	w.requests.push(w.vm, done)
	w.controller.enqueue(chunk, size)
	return done
}

// closeUnlessOver closes the stream unless it is closed or closing; an error of the stream
// is passed on.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-writer-close-with-error-propagation
func (r *writer) closeUnlessOver() *eventual {
	switch w := r.stream; {
	case w.closing() || w.state == writableClosed:
		return fulfilled(w.vm, js.Undefined)
	case w.state == writableErrored:
		return rejected(w.vm, w.stored)
	default:
		return w.close()
	}
}

// desired is how much more the stream wants; nil if it is errored.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-writer-get-desired-size
func (r *writer) desired() any {
	switch w := r.stream; w.state {
	case writableErrored, writableErroring:
		return nil
	case writableClosed:
		return 0
	default:
		return w.controller.mark - w.controller.queue.total
	}
}

// release lets go of the stream.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-writablestreamdefaultwriterrelease
func (r *writer) release() {
	if r.stream == nil {
		return
	}
	reason := r.stream.vm.ErrorValue(errWriterReleased)
	r.failReady(reason)
	r.failClosed(reason)
	r.stream.writer, r.stream = nil, nil
}

// failReady makes ready a promise that is rejected.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-writer-ensure-ready-promise-rejected
func (r *writer) failReady(reason js.Value) {
	if !r.ready.pending() {
		r.ready = newEventual(r.stream.vm)
	}
	r.ready.handle()
	r.ready.reject(reason)
}

// failClosed makes closed a promise that is rejected.
func (r *writer) failClosed(reason js.Value) {
	if !r.closed.pending() {
		r.closed = newEventual(r.stream.vm)
	}
	r.closed.handle()
	r.closed.reject(reason)
}
