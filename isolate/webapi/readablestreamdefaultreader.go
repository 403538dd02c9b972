package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReadableStreamDefaultReader reads a stream chunk by chunk.
//
// Spec: https://streams.spec.whatwg.org/#default-reader-class
var ReadableStreamDefaultReader = js.Class[reader]{
	Name:   "ReadableStreamDefaultReader",
	Length: 1,
	Constructor: func(c *js.Call) (*reader, error) {
		s := js.As[stream](c.VM, c.Arg(0))
		if s == nil {
			return nil, js.TypeError("ReadableStreamDefaultReader: the argument is not a ReadableStream")
		}
		return s.lock(c.VM)
	},
	Members: []js.Member[reader]{
		js.PromiseGetter("closed", func(r *reader, _ *js.Call) (any, error) { return r.closed.promise(), nil }),
		js.PromiseMethod("cancel", 0, func(r *reader, c *js.Call) (any, error) { return r.cancel(c.VM, c.Arg(0)) }),
		js.PromiseMethod("read", 0, func(r *reader, c *js.Call) (any, error) {
			if r.stream == nil {
				return nil, errReleased
			}
			result := &readResult{c.VM.NewDeferred()}
			r.read(result)
			return result.promise.Promise(), nil
		}),
		js.Do("releaseLock", 0, func(r *reader, _ *js.Call) error { r.release(); return nil }),
	},
}

// streamReader is a reader of either kind.
type streamReader interface {
	base() *readerBase
	failWaits(reason js.Value)
}

// readerBase is what both kinds of reader have.
//
// Spec: https://streams.spec.whatwg.org/#readablestreamgenericreader
type readerBase struct {
	stream *stream // nil: released
	closed *eventual
}

var errReleased = js.TypeError("the reader was released: it has no stream")

func (b *readerBase) base() *readerBase { return b }

// attach locks s to r.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-reader-generic-initialize
func (b *readerBase) attach(s *stream, r streamReader) {
	full := s.full
	b.stream, full.reader = s, r
	switch full.state {
	case readableOpen:
		b.closed = newEventual(full.vm)
	case readableClosed:
		b.closed = fulfilled(full.vm, js.Undefined)
	default:
		b.closed = rejected(full.vm, full.stored)
		b.closed.handle()
	}
}

// detach unlocks the stream.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-reader-generic-release
func (b *readerBase) detach() (reason js.Value) {
	full := b.stream.full
	reason = full.vm.ErrorValue(errReleased)
	if full.state != readableOpen {
		b.closed = newEventual(full.vm)
	}
	b.closed.handle()
	b.closed.reject(reason)
	full.controller.releaseSteps()
	full.reader, b.stream = nil, nil
	return reason
}

func (b *readerBase) cancel(vm *js.VM, reason js.Value) (any, error) {
	if b.stream == nil {
		return nil, errReleased
	}
	return b.stream.cancel(vm, reason).promise(), nil
}

// reader is a ReadableStreamDefaultReader.
type reader struct {
	js.Instance
	readerBase
	waits fifo[readRequest]
}

// lock makes the reader that s is locked to.
//
// Spec: https://streams.spec.whatwg.org/#set-up-readable-stream-default-reader
func (s *stream) lock(vm *js.VM) (*reader, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	s.open(vm)
	r := new(reader)
	r.attach(s, r)
	return r, nil
}

// read gives the next chunk to request, now or later.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-default-reader-read
func (r *reader) read(request readRequest) {
	r.stream.disturbed = true
	switch full := r.stream.full; full.state {
	case readableClosed:
		request.close()
	case readableErrored:
		request.fail(full.stored)
	default:
		full.controller.pullSteps(request)
	}
}

// release lets go of the stream; reads that wait are rejected.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease
func (r *reader) release() {
	if r.stream != nil {
		r.failWaits(r.detach())
	}
}

func (r *reader) failWaits(reason js.Value) {
	for _, w := range r.waits.takeAll() {
		r.closed.vm.Checkpoint()
		w.fail(reason)
	}
}

// readResult is a read whose result a script waits for.
type readResult struct{ promise *js.Deferred }

func (r *readResult) chunk(v js.Value)     { r.promise.Resolve(iteration(v, false)) }
func (r *readResult) close()               { r.promise.Resolve(iteration(js.Undefined, true)) }
func (r *readResult) fail(reason js.Value) { r.promise.Reject(js.Throw(reason)) }

// iteration is a result as iterators and readers give it.
func iteration(value js.Value, done bool) js.IteratorResult {
	return js.IteratorResult{Value: value, Done: done}
}
