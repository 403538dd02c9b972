package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// WritableStreamDefaultController is what an underlying sink tells of itself with.
//
// Spec: https://streams.spec.whatwg.org/#ws-default-controller-class
var WritableStreamDefaultController = js.Class[writableController]{
	Name: "WritableStreamDefaultController",
	Members: []js.Member[writableController]{
		js.Getter("signal", func(k *writableController, _ *js.Call) (any, error) { return &k.signal, nil }),
		js.Do("error", 0, func(k *writableController, c *js.Call) error {
			if k.stream.state == writableOpen {
				k.fail(c.Arg(0))
			}
			return nil
		}),
	},
}

// writableController is a WritableStreamDefaultController.
//
// Spec: https://streams.spec.whatwg.org/#ws-default-controller-internal-slots
type writableController struct {
	js.Instance
	stream  *writable
	queue   sizedQueue
	mark    float64
	size    js.Value                 // the strategy's; nil: each chunk counts one
	write   func(js.Value) *eventual // nil: does nothing
	close   func() *eventual         // nil: does nothing
	abort   func(js.Value) *eventual // nil: does nothing
	signal  abortSignal
	started bool
}

// attach makes k the controller of w.
//
// Spec: https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller
func (k *writableController) attach(w *writable) {
	k.stream, w.controller = w, k
	w.press(k.full())
}

// begin is what happens when the sink has started.
func (k *writableController) begin() {
	k.started = true
	k.advance()
}

// failStart is what happens when it could not.
func (k *writableController) failStart(reason js.Value) {
	k.started = true
	k.stream.reject(reason)
}

// full says whether the queue wants no more.
func (k *writableController) full() bool { return k.mark-k.queue.total <= 0 }

// enqueueClose closes the sink after what is in the queue.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-close
func (k *writableController) enqueueClose() {
	_ = k.queue.push(k.stream.vm, nil, 0)
	k.advance()
}

// sizeOf is the strategy's size of a chunk; one that throws makes the stream errored.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-get-chunk-size
func (k *writableController) sizeOf(chunk js.Value) float64 {
	size, err := sizeOf(k.stream.vm, k.size, chunk)
	if err != nil {
		k.failIfOpen(k.stream.vm.ErrorValue(err))
		return 1
	}
	return size
}

// enqueue adds a chunk.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-write
func (k *writableController) enqueue(chunk js.Value, size float64) {
	w := k.stream
	if err := k.queue.push(w.vm, chunk, size); err != nil {
		k.failIfOpen(w.vm.ErrorValue(err))
		return
	}
	if !w.closing() && w.state == writableOpen {
		w.press(k.full())
	}
	k.advance()
}

// advance gives the sink what is next.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-advance-queue-if-needed
func (k *writableController) advance() {
	w := k.stream
	switch {
	case !k.started || w.inFlight != nil:
	case w.state == writableErroring:
		w.finishErroring()
	case k.queue.chunks.empty():
	case k.queue.chunks.peek().value == nil:
		k.processClose()
	default:
		k.processWrite(k.queue.chunks.peek().value)
	}
}

// processClose closes the sink.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-process-close
func (k *writableController) processClose() {
	w := k.stream
	w.closeBegun, w.closeAsked = w.closeAsked, nil
	k.queue.pop()
	result := fulfilled(w.vm, js.Undefined)
	if k.close != nil {
		result = k.close()
	}
	k.forget()
	result.react(func(js.Value) { w.finishClose() }, w.failClose)
}

// processWrite gives the sink a chunk.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-process-write
func (k *writableController) processWrite(chunk js.Value) {
	w := k.stream
	w.inFlight = w.requests.pop()
	result := fulfilled(w.vm, js.Undefined)
	if k.write != nil {
		result = k.write(chunk)
	}
	result.react(func(js.Value) {
		w.finishWrite()
		k.queue.pop()
		if !w.closing() && w.state == writableOpen {
			w.press(k.full())
		}
		k.advance()
	}, func(reason js.Value) {
		if w.state == writableOpen {
			k.forget()
		}
		w.failWrite(reason)
	})
}

// fail makes the stream errored.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-error
func (k *writableController) fail(reason js.Value) {
	k.forget()
	k.stream.startErroring(reason)
}

// failIfOpen is fail for a stream that may be errored or closed already.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-error-if-needed
func (k *writableController) failIfOpen(reason js.Value) {
	if k.stream.state == writableOpen {
		k.fail(reason)
	}
}

// abortSteps is [[AbortSteps]].
//
// Spec: https://streams.spec.whatwg.org/#ws-default-controller-private-abort
func (k *writableController) abortSteps(reason js.Value) *eventual {
	result := fulfilled(k.stream.vm, js.Undefined)
	if k.abort != nil {
		result = k.abort(reason)
	}
	k.forget()
	return result
}

// forget lets go of what will not be called any more.
//
// Spec: https://streams.spec.whatwg.org/#writable-stream-default-controller-clear-algorithms
func (k *writableController) forget() { k.write, k.close, k.abort, k.size = nil, nil, nil, nil }
