package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// WritableStream is a stream that chunks are written to.
//
// Spec: https://streams.spec.whatwg.org/#ws-class
var WritableStream = js.Class[writable]{
	Name:        "WritableStream",
	Constructor: newWritableStream,
	As:          asWritable,
	Members: []js.Member[writable]{
		js.Getter("locked", func(w *writable, _ *js.Call) (any, error) { return w.writer != nil, nil }),
		js.PromiseMethod("abort", 0, func(w *writable, c *js.Call) (any, error) {
			if err := w.unlocked(); err != nil {
				return nil, err
			}
			w.begin()
			return w.abort(c.Arg(0)).promise(), nil
		}),
		js.PromiseMethod("close", 0, func(w *writable, _ *js.Call) (any, error) {
			if err := w.unlocked(); err != nil {
				return nil, err
			}
			if w.closing() {
				return nil, errClosing
			}
			w.begin()
			return w.close().promise(), nil
		}),
		js.Method("getWriter", 0, func(w *writable, _ *js.Call) (any, error) { return w.lock() }),
	},
}

// writable is a WritableStream.
//
// Spec: https://streams.spec.whatwg.org/#ws-internal-slots
type writable struct {
	js.Instance
	vm         *js.VM
	state      writableState
	stored     js.Value // why it is errored, or erroring
	writer     *writer  // has it locked; nil: none
	controller *writableController
	requests   fifo[*eventual] // writes that wait
	inFlight   *eventual       // the write that the sink is at
	closeAsked *eventual
	closeBegun *eventual // the close that the sink is at
	abortAsked *abortRequest
	pressed    bool            // the queue is full
	late       *identityStream // whose this is, as long as nobody has touched it; nil: nobody's
}

type writableState int

const (
	writableOpen writableState = iota
	writableErroring
	writableClosed
	writableErrored
)

// abortRequest is an abort that waits for what is under way.
type abortRequest struct {
	done     *eventual
	reason   js.Value
	erroring bool // the stream was on its way to be errored already
}

var errClosing = js.TypeError("the stream is closed, or closing")

// newWritableStream is `new WritableStream(underlyingSink, strategy)`.
//
// Spec: https://streams.spec.whatwg.org/#ws-constructor
func newWritableStream(c *js.Call) (*writable, error) {
	vm := c.VM
	if c.Given(0) && !js.IsObject(c.Arg(0)) {
		return nil, js.TypeError("new WritableStream: the underlying sink is not an object")
	}
	strategy, err := strategyOf(vm, c.Arg(1))
	if err != nil {
		return nil, err
	}
	sink, start, err := underlyingSinkOf(vm, c.Arg(0))
	if err != nil {
		return nil, err
	}
	mark, err := strategy.mark(1)
	if err != nil {
		return nil, err
	}
	sink.mark, sink.size = mark, strategy.size
	w := &writable{vm: vm}
	sink.attach(w)
	return w, startWith(vm, start, c.Arg(0), sink, sink.begin, sink.failStart)
}

// underlyingSinkOf makes a controller of an UnderlyingSink as a script gave it.
//
// Spec: https://streams.spec.whatwg.org/#dictdef-underlyingsink
func underlyingSinkOf(vm *js.VM, sink js.Value) (k *writableController, start js.Value, err error) {
	var abort, closing, write js.Value
	for _, m := range []struct {
		name string
		f    *js.Value
	}{{"abort", &abort}, {"close", &closing}, {"start", &start}} {
		if *m.f, err = callback(vm, sink, m.name); err != nil {
			return nil, nil, err
		}
	}
	typ := vm.Get(sink, "type")
	if write, err = callback(vm, sink, "write"); err != nil {
		return nil, nil, err
	}
	if !js.IsUndefined(typ) {
		return nil, nil, js.RangeError("new WritableStream: the underlying sink has a type; there are none")
	}
	k = new(writableController)
	if write != nil {
		k.write = func(chunk js.Value) *eventual { return invoked(vm, write, sink, chunk, k) }
	}
	if closing != nil {
		k.close = func() *eventual { return invoked(vm, closing, sink) }
	}
	if abort != nil {
		k.abort = func(reason js.Value) *eventual { return invoked(vm, abort, sink, reason) }
	}
	return k, start, nil
}

// begin lets the identityStream that w belongs to begin.
func (w *writable) begin() {
	if w.late != nil {
		w.late.begin()
	}
}

func (w *writable) unlocked() error {
	if w.writer != nil {
		return js.TypeError("the stream is locked to a writer")
	}
	return nil
}

// abort ends w at once.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-abort
func (w *writable) abort(reason js.Value) *eventual {
	if w.state == writableClosed || w.state == writableErrored { // step 1
		return fulfilled(w.vm, js.Undefined)
	}
	w.controller.signal.abort(w.vm, reason)
	if w.state == writableClosed || w.state == writableErrored { // step 4: a listener may have
		return fulfilled(w.vm, js.Undefined)
	}
	if w.abortAsked != nil {
		return w.abortAsked.done
	}
	a := &abortRequest{done: newEventual(w.vm), reason: reason, erroring: w.state == writableErroring}
	if a.erroring {
		a.reason = js.Undefined
	}
	w.abortAsked = a
	if !a.erroring {
		w.startErroring(reason)
	}
	return a.done
}

// close ends w after what was written.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-close
func (w *writable) close() *eventual {
	if w.state == writableClosed || w.state == writableErrored {
		return failed(w.vm, js.TypeError("close: the stream is closed, or errored"))
	}
	done := newEventual(w.vm)
	w.closeAsked = done
	if w.writer != nil && w.pressed && w.state == writableOpen {
		w.writer.ready.done()
	}
	w.controller.enqueueClose()
	return done
}

// closing says whether a close was asked for and is not over.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-close-queued-or-in-flight
func (w *writable) closing() bool { return w.closeAsked != nil || w.closeBegun != nil }

// busy says whether the sink is at something.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-has-operation-marked-in-flight
func (w *writable) busy() bool { return w.inFlight != nil || w.closeBegun != nil }

// reject takes in that the sink has failed.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-deal-with-rejection
func (w *writable) reject(reason js.Value) {
	if w.state == writableOpen {
		w.startErroring(reason)
		return
	}
	w.finishErroring()
}

// startErroring makes w errored when the sink is not at anything.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-start-erroring
func (w *writable) startErroring(reason js.Value) {
	w.state, w.stored = writableErroring, reason
	if w.writer != nil {
		w.writer.failReady(reason)
	}
	if !w.busy() && w.controller.started {
		w.finishErroring()
	}
}

// finishErroring makes w errored.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-finish-erroring
func (w *writable) finishErroring() {
	w.state = writableErrored
	w.controller.queue.reset()
	for _, r := range w.requests.takeAll() {
		w.vm.Checkpoint()
		r.reject(w.stored)
	}
	a := w.abortAsked
	if a == nil {
		w.rejectClose()
		return
	}
	w.abortAsked = nil
	if a.erroring {
		a.done.reject(w.stored)
		w.rejectClose()
		return
	}
	w.controller.abortSteps(a.reason).react(func(js.Value) {
		a.done.done()
		w.rejectClose()
	}, func(reason js.Value) {
		a.done.reject(reason)
		w.rejectClose()
	})
}

// finishWrite takes in that the sink has written.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write
func (w *writable) finishWrite() {
	w.inFlight.done()
	w.inFlight = nil
}

// failWrite takes in that the sink could not write.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write-with-error
func (w *writable) failWrite(reason js.Value) {
	w.inFlight.reject(reason)
	w.inFlight = nil
	w.reject(reason)
}

// finishClose takes in that the sink has closed.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close
func (w *writable) finishClose() {
	w.closeBegun.done()
	w.closeBegun = nil
	if w.state == writableErroring { // step 5: it is too late to fail
		w.stored = nil
		if w.abortAsked != nil {
			w.abortAsked.done.done()
			w.abortAsked = nil
		}
	}
	w.state = writableClosed
	if w.writer != nil {
		w.writer.closed.done()
	}
}

// failClose takes in that the sink could not close.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close-with-error
func (w *writable) failClose(reason js.Value) {
	w.closeBegun.reject(reason)
	w.closeBegun = nil
	if w.abortAsked != nil {
		w.abortAsked.done.reject(reason)
		w.abortAsked = nil
	}
	w.reject(reason)
}

// rejectClose tells who waits for the end that there was an error.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-reject-close-and-closed-promise-if-needed
func (w *writable) rejectClose() {
	if w.closeAsked != nil {
		w.closeAsked.reject(w.stored)
		w.closeAsked = nil
	}
	if w.writer != nil {
		w.writer.closed.handle()
		w.writer.closed.reject(w.stored)
	}
}

// press says whether the queue is full.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-update-backpressure
func (w *writable) press(pressed bool) {
	if w.writer != nil && pressed != w.pressed {
		if pressed {
			w.writer.ready = newEventual(w.vm)
		} else {
			w.writer.ready.done()
		}
	}
	w.pressed = pressed
}
