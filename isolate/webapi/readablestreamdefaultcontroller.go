package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReadableStreamDefaultController is what an underlying source puts chunks into.
//
// Spec: https://streams.spec.whatwg.org/#rs-default-controller-class
var ReadableStreamDefaultController = js.Class[defaultController]{
	Name: "ReadableStreamDefaultController",
	Members: []js.Member[defaultController]{
		js.Getter("desiredSize", func(d *defaultController, _ *js.Call) (any, error) { return d.desired(), nil }),
		js.Do("close", 0, func(d *defaultController, _ *js.Call) error {
			if !d.open() {
				return js.TypeError("close: the stream is closed, or errored")
			}
			return d.close()
		}),
		js.Do("enqueue", 0, func(d *defaultController, c *js.Call) error {
			if !d.open() {
				return js.TypeError("enqueue: the stream is closed, or errored")
			}
			return d.enqueue(c.Arg(0))
		}),
		js.Do("error", 0, func(d *defaultController, c *js.Call) error { d.fail(c.Arg(0)); return nil }),
	},
}

// defaultController is a ReadableStreamDefaultController.
//
// Spec: https://streams.spec.whatwg.org/#rs-default-controller-internal-slots
type defaultController struct {
	js.Instance
	stream  *stream
	queue   sizedQueue
	mark    float64
	size    js.Value                 // the strategy's; nil: each chunk counts one
	pull    func() *eventual         // nil: does nothing
	cancel  func(js.Value) *eventual // nil: does nothing
	started bool
	closing bool // no chunk comes after those in the queue
	pulling bool
	again   bool // to pull when the pull that is under way is over
}

// setUpDefaultController makes the controller of s, whose chunks a script's source gives.
//
// Spec: https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller-from-underlying-source
func setUpDefaultController(s *stream, source underlyingSource, mark float64, size js.Value) error {
	vm := s.full.vm
	d := &defaultController{mark: mark, size: size}
	if f := source.pull; f != nil {
		d.pull = func() *eventual { return invoked(vm, f, source.object, d) }
	}
	if f := source.cancel; f != nil {
		d.cancel = func(reason js.Value) *eventual { return invoked(vm, f, source.object, reason) }
	}
	d.attach(s)
	return startWith(vm, source.start, source.object, d, d.begin, d.fail)
}

// startWith calls a script's start, and one of two functions when what it returns has
// settled. The error is what start threw.
func startWith(vm *js.VM, start, this js.Value, controller any, begin func(), fail func(js.Value)) error {
	var result js.Value = js.Undefined
	if start != nil {
		if thrown := vm.Try(func() { result = vm.Invoke(start, this, controller) }); thrown != nil {
			return thrown
		}
	}
	resolvedWith(vm, result).react(func(js.Value) { begin() }, fail)
	return nil
}

// attach makes d the controller of s.
func (d *defaultController) attach(s *stream) { d.stream, s.full.controller = s, d }

// begin is what happens when the source has started.
//
// Spec: https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller, step 11
func (d *defaultController) begin() {
	d.started = true
	d.pullIfNeeded()
}

// open says whether d may be closed or given a chunk.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-can-close-or-enqueue
func (d *defaultController) open() bool { return !d.closing && d.stream.full.state == readableOpen }

// desired is how much more the queue wants; nil if the stream is errored.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size
func (d *defaultController) desired() any {
	switch d.stream.full.state {
	case readableErrored:
		return nil
	case readableClosed:
		return 0
	default:
		return d.mark - d.queue.total
	}
}

// wanted says whether d should pull.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull
func (d *defaultController) wanted() bool {
	return d.open() && d.started && (d.stream.full.waits() > 0 || d.mark-d.queue.total > 0)
}

// pullIfNeeded asks the source for more.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed
func (d *defaultController) pullIfNeeded() {
	switch {
	case d.pull == nil || !d.wanted():
		return
	case d.pulling:
		d.again = true
		return
	}
	d.pulling = true
	d.pull().react(func(js.Value) {
		d.pulling = false
		if d.again {
			d.again = false
			d.pullIfNeeded()
		}
	}, d.fail)
}

// close ends the stream after what is in the queue. There is no error.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-close
func (d *defaultController) close() error {
	if !d.open() {
		return nil
	}
	d.closing = true
	if d.queue.chunks.empty() {
		d.forget()
		d.stream.full.close()
	}
	return nil
}

// end is close.
func (d *defaultController) end() error { return d.close() }

// put is enqueue.
func (d *defaultController) put(chunk js.Value) error { return d.enqueue(chunk) }

func (d *defaultController) of() *readable { return d.stream.full }

// enqueue adds a chunk. The error is what the strategy's size threw: the stream is errored.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue
func (d *defaultController) enqueue(chunk js.Value) error {
	if !d.open() {
		return nil
	}
	full := d.stream.full
	if full.waits() > 0 { // step 3
		full.give(chunk)
		d.pullIfNeeded()
		return nil
	}
	size, err := sizeOf(full.vm, d.size, chunk)
	if err == nil {
		err = d.queue.push(full.vm, chunk, size)
	}
	if err != nil {
		reason := full.vm.ErrorValue(err)
		d.fail(reason)
		return js.Throw(reason)
	}
	d.pullIfNeeded()
	return nil
}

// fail makes the stream errored.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-error
func (d *defaultController) fail(reason js.Value) {
	if d.stream.full.state != readableOpen {
		return
	}
	d.queue.reset()
	d.forget()
	d.stream.full.fail(reason)
}

// forget lets go of what will not be called any more.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-controller-clear-algorithms
func (d *defaultController) forget() { d.pull, d.cancel, d.size = nil, nil, nil }

// cancelSteps is [[CancelSteps]].
//
// Spec: https://streams.spec.whatwg.org/#rs-default-controller-private-cancel
func (d *defaultController) cancelSteps(reason js.Value) *eventual {
	d.queue.reset()
	cancel := d.cancel
	if cancel == nil {
		d.forget()
		return fulfilled(d.stream.full.vm, js.Undefined)
	}
	result := cancel(reason)
	d.forget()
	return result
}

// pullSteps is [[PullSteps]].
//
// Spec: https://streams.spec.whatwg.org/#rs-default-controller-private-pull
func (d *defaultController) pullSteps(request readRequest) {
	if d.queue.chunks.empty() {
		d.stream.full.wait(request)
		d.pullIfNeeded()
		return
	}
	chunk := d.queue.pop()
	if d.closing && d.queue.chunks.empty() {
		d.forget()
		d.stream.full.close()
	} else {
		d.pullIfNeeded()
	}
	request.chunk(chunk)
}

// releaseSteps is [[ReleaseSteps]]: there is nothing to do.
func (d *defaultController) releaseSteps() {}
