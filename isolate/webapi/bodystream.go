package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// ReadableStream stands for a body that the host owns. A script can read it, or hand it on
// as the body of another message, which never enters JavaScript. Scripts can't make
// streams of their own in this version.
//
// Spec: https://streams.spec.whatwg.org/#rs-class
var ReadableStream = js.Class[stream]{
	Name: "ReadableStream",
	Constructor: func(*js.Call) (*stream, error) {
		return nil, js.TypeError("new ReadableStream is not supported in this version: streams come from the bodies of requests, responses and blobs; give a body as a string or as bytes instead")
	},
	Members: []js.Member[stream]{
		js.Getter("locked", func(s *stream, _ *js.Call) (any, error) { return s.locked(), nil }),
		js.PromiseMethod("cancel", 0, (*stream).cancelByScript),
		js.Method("getReader", 0, (*stream).getReader),
		js.Method("tee", 0, (*stream).teeByScript),
		js.Method("values", 0, (*stream).values),
		js.SymbolMethod(js.SymbolAsyncIterator, 0, (*stream).values),
	},
}

// stream is a body on its way to its one reader.
//
// Bodies are buffered in this version: data is what has not been read. All reading goes
// through next, take, tee and transfer, so that a stream over something that arrives
// little by little needs other versions of these and nothing else.
type stream struct {
	js.Instance
	data      []byte  // never written to; empty, without a source: the stream is closed
	source    Source  // where the rest comes from; nil: data is all
	shared    bool    // somebody else has the memory of data too: scripts get a copy
	disturbed bool    // something was read, or it was cancelled
	gone      bool    // tee or transfer took it: it stays locked
	reader    *reader // has it locked; nil: none
}

func (s *stream) locked() bool { return s.reader != nil || s.gone }

// usable returns an error if s can't become a body, or be read as one, any more.
//
// Spec: https://fetch.spec.whatwg.org/#body-unusable
func (s *stream) usable() error {
	switch {
	case s.disturbed:
		return js.TypeError("the body has already been used; clone() the request or response before it is read to read it twice")
	case s.locked():
		return js.TypeError("the body is locked to a reader; releaseLock() it first")
	}
	return nil
}

// take reads all that is left. If shared is false, the bytes are the caller's alone.
func (s *stream) take() (data []byte, shared bool) {
	data, shared = s.data, s.shared
	s.data, s.disturbed = nil, true
	return data, shared
}

// buffered says whether all that is left of s is here.
func (s *stream) buffered() bool { return s.source == nil }

// collect reads all that is left and returns a promise of what convert makes of it.
func (s *stream) collect(vm *js.VM, convert func(data []byte) (any, error)) js.Value {
	result := vm.NewDeferred()
	readAll(vm, s.handOver(vm), func(data []byte, err error) {
		var v any
		if err == nil {
			if thrown := vm.Try(func() { v, err = convert(data) }); thrown != nil {
				err = thrown
			}
		}
		if err != nil {
			result.Reject(err)
			return
		}
		result.Resolve(v)
	})
	return result.Promise()
}

// handOver gives the source of s away: s counts as used.
func (s *stream) handOver(*js.VM) Source {
	source := s.source
	s.source, s.disturbed, s.gone = nil, true, true
	return source
}

// next reads the next chunk, which is the caller's; nil: there is none.
func (s *stream) next(vm *js.VM) []byte {
	if len(s.data) == 0 {
		s.disturbed = true
		return nil
	}
	data, shared := s.take()
	return owned(vm, data, shared)
}

// owned returns bytes that are the caller's alone.
func owned(vm *js.VM, data []byte, shared bool) []byte {
	if shared {
		return cloneBytes(vm, data)
	}
	return data
}

// cancel drops what has not been read.
func (s *stream) cancel() {
	s.data, s.disturbed = nil, true
	if s.reader != nil {
		s.reader.streamClosed()
	}
}

// tee makes two streams of s, which is locked from now on.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-tee
func (s *stream) tee() (a, b *stream) {
	a, b = &stream{data: s.data, shared: true}, &stream{data: s.data, shared: true}
	if s.source != nil {
		a.source, b.source = teeSource(s.source)
	}
	s.data, s.source, s.gone = nil, nil, true
	return a, b
}

// transfer makes the stream that goes on where s ends: s counts as used.
//
// Spec: https://fetch.spec.whatwg.org/#concept-body-clone, "create a proxy"
func (s *stream) transfer() *stream {
	next := new(stream)
	next.source, s.source = s.source, nil
	next.data, next.shared = s.take()
	s.gone = true
	return next
}

func (s *stream) unlocked() error {
	if s.locked() {
		return js.TypeError("the stream is locked to a reader")
	}
	return nil
}

func (s *stream) cancelByScript(*js.Call) (any, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	s.cancel()
	return js.Undefined, nil
}

func (s *stream) getReader(c *js.Call) (any, error) {
	if mode := c.VM.Get(c.Arg(0), "mode"); !js.IsUndefined(mode) {
		if m := c.VM.String(mode); m != "byob" {
			return nil, js.TypeError("getReader: %q is not a mode", clip(m, 40))
		}
		return nil, js.TypeError("getReader: readers with the mode byob are not supported in this version; use getReader()")
	}
	return s.lock()
}

// lock makes the reader that s is locked to.
func (s *stream) lock() (*reader, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	s.reader = &reader{stream: s}
	return s.reader, nil
}

func (s *stream) teeByScript(*js.Call) (any, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	a, b := s.tee()
	s.disturbed = true // the branches begin to read at once
	return []any{a, b}, nil
}

func (s *stream) values(c *js.Call) (any, error) {
	preventCancel := c.VM.Get(c.Arg(0), "preventCancel").ToBoolean()
	r, err := s.lock()
	return &streamIterator{reader: r, preventCancel: preventCancel}, err
}
