package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReadableByteStreamController is what an underlying byte source puts bytes into.
//
// Spec: https://streams.spec.whatwg.org/#rbs-controller-class
var ReadableByteStreamController = js.Class[byteController]{
	Name: "ReadableByteStreamController",
	Members: []js.Member[byteController]{
		js.Getter("byobRequest", func(b *byteController, c *js.Call) (any, error) {
			if r := b.byobRequest(); r != nil {
				return r, nil
			}
			return nil, nil
		}),
		js.Getter("desiredSize", func(b *byteController, _ *js.Call) (any, error) { return b.desired(), nil }),
		js.Do("close", 0, func(b *byteController, _ *js.Call) error {
			if !b.open() {
				return js.TypeError("close: the stream is closed, or errored")
			}
			return b.close()
		}),
		js.Do("enqueue", 1, (*byteController).enqueueByScript),
		js.Do("error", 0, func(b *byteController, c *js.Call) error { b.fail(c.Arg(0)); return nil }),
	},
}

// byteController is a ReadableByteStreamController.
//
// Spec: https://streams.spec.whatwg.org/#rbs-controller-internal-slots
type byteController struct {
	js.Instance
	stream       *stream
	queue        fifo[byteChunk]
	total        int // bytes in queue
	mark         float64
	autoAllocate int              // 0: nothing is allocated for default readers
	pulls        fifo[*pullInto]  // buffers to be filled
	request      *byobRequest     // the first of pulls, as a script sees it; nil: it has not looked
	pull         func() *eventual // nil: does nothing
	cancel       func(js.Value) *eventual
	started      bool
	closing      bool
	pulling      bool
	again        bool
	length       int64 // how many bytes will come, and one; 0: nobody knows
}

// byteChunk is a part of a buffer that no script has.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-queue-entry
type byteChunk struct {
	memory       []byte // of the whole buffer
	offset, size int
}

// setUpByteController makes the controller of s, whose bytes a script's source gives.
//
// Spec: https://streams.spec.whatwg.org/#set-up-readable-byte-stream-controller-from-underlying-source
func setUpByteController(s *stream, source underlyingSource, mark float64) error {
	vm := s.full.vm
	b := &byteController{mark: mark, autoAllocate: source.autoAllocate}
	if f := source.pull; f != nil {
		b.pull = func() *eventual { return invoked(vm, f, source.object, b) }
	}
	if f := source.cancel; f != nil {
		b.cancel = func(reason js.Value) *eventual { return invoked(vm, f, source.object, reason) }
	}
	b.attach(s)
	return startWith(vm, source.start, source.object, b, b.begin, b.fail)
}

// attach makes b the controller of s.
func (b *byteController) attach(s *stream) { b.stream, s.full.controller = s, b }

func (b *byteController) vm() *js.VM { return b.stream.full.vm }

// begin is what happens when the source has started.
func (b *byteController) begin() {
	b.started = true
	b.pullIfNeeded()
}

// open says whether b may be closed or given bytes.
func (b *byteController) open() bool { return !b.closing && b.stream.full.state == readableOpen }

// desired is how much more the queue wants; nil if the stream is errored.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-get-desired-size
func (b *byteController) desired() any {
	switch b.stream.full.state {
	case readableErrored:
		return nil
	case readableClosed:
		return 0
	default:
		return b.mark - float64(b.total)
	}
}

// wanted says whether b should pull.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-should-call-pull
func (b *byteController) wanted() bool {
	full := b.stream.full
	return b.open() && b.started && (full.waits() > 0 || full.byobWaits() > 0 || b.mark-float64(b.total) > 0)
}

// pullIfNeeded asks the source for more.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-call-pull-if-needed
func (b *byteController) pullIfNeeded() {
	switch {
	case b.pull == nil || !b.wanted():
		return
	case b.pulling:
		b.again = true
		return
	}
	b.pulling = true
	b.pull().react(func(js.Value) {
		b.pulling = false
		if b.again {
			b.again = false
			b.pullIfNeeded()
		}
	}, b.fail)
}

// close ends the stream after what is in the queue. The error is that a view was begun
// whose elements are longer than the bytes that are left: the stream is errored.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-close
func (b *byteController) close() error {
	if !b.open() {
		return nil
	}
	if b.total > 0 { // step 3
		b.closing = true
		return nil
	}
	if !b.pulls.empty() { // step 4
		if first := *b.pulls.peek(); first.filled%first.elementBytes != 0 {
			reason := b.vm().ErrorValue(js.TypeError("close: the bytes given so far are no whole element of the view they are for"))
			b.fail(reason)
			return js.Throw(reason)
		}
	}
	b.forget()
	b.stream.full.close()
	return nil
}

// end is close for a source of the platform's: reads that wait for buffers end, too.
func (b *byteController) end() error {
	if err := b.close(); err != nil {
		return err
	}
	if b.stream.full.state == readableClosed && !b.pulls.empty() {
		b.respond(0)
	}
	return nil
}

func (b *byteController) enqueueByScript(c *js.Call) error {
	view, ok := c.VM.ViewOf(c.Arg(0))
	whole, _ := c.VM.BytesOf(view.Buffer)
	switch {
	case !ok:
		return js.TypeError("enqueue: the chunk is not a view of an ArrayBuffer, such as a Uint8Array")
	case view.Length == 0 || len(whole) == 0:
		return js.TypeError("enqueue: the chunk is empty")
	case !b.open():
		return js.TypeError("enqueue: the stream is closed, or errored")
	}
	memory, _ := c.VM.Detach(view.Buffer)
	return b.enqueue(byteChunk{memory, view.Offset, view.Length})
}

// put adds a copy of a chunk of bytes.
func (b *byteController) put(chunk js.Value) error {
	data, _ := b.vm().BytesOf(chunk)
	if len(data) == 0 {
		return nil
	}
	return b.enqueue(byteChunk{memory: cloneBytes(b.vm(), data), size: len(data)})
}

func (b *byteController) of() *readable { return b.stream.full }

// enqueue adds bytes, which are b's from now on.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue
func (b *byteController) enqueue(chunk byteChunk) error {
	if !b.open() {
		return nil
	}
	if !b.pulls.empty() { // step 8
		first := *b.pulls.peek()
		if b.vm().Detached(first.buffer) {
			return js.TypeError("enqueue: the buffer that the reader gave was taken from it")
		}
		b.invalidate()
		first.renew(b.vm())
		if first.reader == readerGone {
			b.keepFilled(first)
		}
	}
	full := b.stream.full
	switch full.reader.(type) {
	case *reader: // step 9
		b.serveReads()
		if full.waits() == 0 {
			b.keep(chunk)
			break
		}
		if !b.pulls.empty() {
			b.pulls.pop()
		}
		full.give(b.view(chunk))
	case *byobReader: // step 10
		b.keep(chunk)
		b.commitAll(b.fillPulls())
	default:
		b.keep(chunk)
	}
	b.pullIfNeeded()
	return nil
}

// keep puts bytes into the queue.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue-chunk-to-queue
func (b *byteController) keep(chunk byteChunk) {
	b.queue.push(b.vm(), chunk)
	b.total += chunk.size
}

// keepCopy puts a copy of bytes into the queue.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue-cloned-chunk-to-queue
func (b *byteController) keepCopy(bytes []byte) {
	b.keep(byteChunk{memory: cloneBytes(b.vm(), bytes), size: len(bytes)})
}

// view makes a Uint8Array of bytes that leave b.
func (b *byteController) view(c byteChunk) js.Value {
	vm := b.vm()
	return vm.NewView("Uint8Array", vm.ToValue(js.Buffer(c.memory)), c.offset, c.size)
}

// takeFirst takes the first bytes out of the queue for a read.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerfillreadrequestfromqueue
func (b *byteController) takeFirst(request readRequest) {
	chunk := b.queue.pop()
	b.total -= chunk.size
	b.drained()
	request.chunk(b.view(chunk))
}

// drained is what happens when bytes have left the queue.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-handle-queue-drain
func (b *byteController) drained() {
	if b.total == 0 && b.closing {
		b.forget()
		b.stream.full.close()
		return
	}
	b.pullIfNeeded()
}

// serveReads gives what is in the queue to reads that wait.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerprocessreadrequestsusingqueue
func (b *byteController) serveReads() {
	r := b.stream.full.reader.(*reader)
	for !r.waits.empty() && b.total > 0 {
		b.vm().Checkpoint()
		b.takeFirst(r.waits.pop())
	}
}

// fail makes the stream errored.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-error
func (b *byteController) fail(reason js.Value) {
	if b.stream.full.state != readableOpen {
		return
	}
	b.reset()
	b.forget()
	b.stream.full.fail(reason)
}

// reset drops the queue and the buffers to be filled.
func (b *byteController) reset() {
	b.invalidate()
	b.pulls.clear()
	b.queue.clear()
	b.total = 0
}

// forget lets go of what will not be called any more.
func (b *byteController) forget() { b.pull, b.cancel = nil, nil }

// cancelSteps is [[CancelSteps]].
//
// Spec: https://streams.spec.whatwg.org/#rbs-controller-private-cancel
func (b *byteController) cancelSteps(reason js.Value) *eventual {
	b.reset()
	cancel := b.cancel
	if cancel == nil {
		b.forget()
		return fulfilled(b.vm(), js.Undefined)
	}
	result := cancel(reason)
	b.forget()
	return result
}

// pullSteps is [[PullSteps]].
//
// Spec: https://streams.spec.whatwg.org/#rbs-controller-private-pull
func (b *byteController) pullSteps(request readRequest) {
	if b.total > 0 { // step 3
		b.takeFirst(request)
		return
	}
	if b.autoAllocate > 0 { // step 5
		var buffer js.Value
		vm := b.vm()
		if thrown := vm.Try(func() { buffer = vm.Construct(vm.Intrinsic("ArrayBuffer"), b.autoAllocate) }); thrown != nil {
			request.fail(vm.ErrorValue(thrown))
			return
		}
		b.pulls.push(vm, &pullInto{
			buffer: buffer, bufferBytes: b.autoAllocate, size: b.autoAllocate, least: 1, elementBytes: 1, kind: "Uint8Array", reader: readerDefault,
		})
	}
	b.stream.full.wait(request)
	b.pullIfNeeded()
}

// releaseSteps is [[ReleaseSteps]]: the buffer that a source may be filling is kept, and what
// comes into it goes into the queue.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontroller-releasesteps
func (b *byteController) releaseSteps() {
	if b.pulls.empty() {
		return
	}
	first := *b.pulls.peek()
	first.reader = readerGone
	b.pulls.clear()
	b.pulls.push(b.vm(), first)
}
