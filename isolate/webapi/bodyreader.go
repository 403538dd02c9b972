package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
)

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
		return s.lock()
	},
	Members: []js.Member[reader]{
		js.Getter("closed", (*reader).closed),
		js.PromiseMethod("read", 0, func(r *reader, c *js.Call) (any, error) { return r.read(c.VM) }),
		js.PromiseMethod("cancel", 0, (*reader).cancel),
		js.Do("releaseLock", 0, func(r *reader, _ *js.Call) error { r.release(); return nil }),
	},
}

// reader has a stream locked until it is released.
type reader struct {
	js.Instance
	stream *stream      // nil: released
	over   *js.Deferred // what closed returns, made when a script asks for it
}

var errReleased = js.TypeError("the reader was released: it has no stream")

func (r *reader) read(vm *js.VM) (any, error) {
	if r.stream == nil {
		return nil, errReleased
	}
	chunk := r.stream.next(vm)
	if len(r.stream.data) == 0 {
		r.streamClosed()
	}
	return iteration(js.Bytes(chunk), chunk == nil), nil
}

// iteration is a result as iterators and readers give it; value is undefined at the end.
func iteration(value any, done bool) js.Record {
	if done {
		value = js.Undefined
	}
	return js.Record{{Name: "value", Value: value}, {Name: "done", Value: done}}
}

func (r *reader) cancel(*js.Call) (any, error) {
	if r.stream == nil {
		return nil, errReleased
	}
	r.stream.cancel()
	return js.Undefined, nil
}

func (r *reader) release() {
	if r.stream == nil {
		return
	}
	r.stream.reader, r.stream = nil, nil
	if r.over != nil {
		r.over.Reject(errReleased)
		r.over = nil
	}
}

func (r *reader) streamClosed() {
	if r.over != nil {
		r.over.Resolve(js.Undefined)
	}
}

// closed returns a promise that settles when the stream ends or the reader is released.
func (r *reader) closed(c *js.Call) (any, error) {
	if r.over == nil {
		r.over = c.VM.NewDeferred()
		c.VM.Then(r.over.Promise(), func(js.Value, error) {}) // a rejection that nobody asked about is no fault
		switch {
		case r.stream == nil:
			r.over.Reject(errReleased)
		case len(r.stream.data) == 0:
			r.over.Resolve(js.Undefined)
		}
	}
	return r.over.Promise(), nil
}

// streamIteratorClass is what `for await` walks a stream with.
//
// Spec: https://streams.spec.whatwg.org/#rs-asynciterator
var streamIteratorClass = js.Class[streamIterator]{
	Name:   "ReadableStreamAsyncIterator",
	Hidden: true,
	Members: []js.Member[streamIterator]{
		js.PromiseMethod("next", 0, (*streamIterator).next),
		js.PromiseMethod("return", 0, (*streamIterator).end),
		js.SymbolMethod(js.SymbolAsyncIterator, 0, func(i *streamIterator, _ *js.Call) (any, error) { return i, nil }),
	},
}

type streamIterator struct {
	js.Instance
	reader        *reader
	preventCancel bool
}

func (i *streamIterator) next(c *js.Call) (any, error) {
	if i.reader.stream == nil {
		return iteration(nil, true), nil
	}
	if len(i.reader.stream.data) == 0 {
		i.reader.release()
		return iteration(nil, true), nil
	}
	return i.reader.read(c.VM)
}

func (i *streamIterator) end(c *js.Call) (any, error) {
	if s := i.reader.stream; s != nil {
		if !i.preventCancel {
			s.cancel()
		}
		i.reader.release()
	}
	return js.Record{{Name: "value", Value: c.Arg(0)}, {Name: "done", Value: true}}, nil
}
