package webapi

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/skerry-edge/skerry/isolate/js"
)

// This file is streams as bodies: what a message does with one, and what a host owns of one.

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

// hosted says whether s is the host's, as it was: no script takes part in it.
func (s *stream) hosted() bool { return s.full == nil }

// buffered says whether all of s is here, and the host's.
func (s *stream) buffered() bool { return s.full == nil && s.source == nil }

// take reads all that is left of a buffered stream. If shared is false, the bytes are the
// caller's alone.
func (s *stream) take() (data []byte, shared bool) {
	data, shared = s.data, s.shared
	s.data, s.disturbed = nil, true
	return data, shared
}

// owned returns bytes that are the caller's alone.
func owned(vm *js.VM, data []byte, shared bool) []byte {
	if shared {
		return cloneBytes(vm, data)
	}
	return data
}

// open makes s one that scripts can take part in. A stream of the host becomes a byte
// stream, which gives what the host has when it is asked.
func (s *stream) open(vm *js.VM) *readable {
	s.known()
	if s.full != nil {
		return s.full
	}
	s.full = &readable{vm: vm}
	b := &byteController{started: true}
	b.attach(s)
	switch source := s.source; {
	case source != nil:
		b.pull = func() *eventual { return b.pullSource(source) }
		b.cancel = func(reason js.Value) *eventual {
			source.Cancel(cancelReason(vm, reason))
			return fulfilled(vm, js.Undefined)
		}
	case len(s.data) == 0:
		s.full.state = readableClosed
	default:
		data, shared := s.data, s.shared
		b.pull = func() *eventual {
			data := owned(vm, data, shared)
			if err := b.finish(data, io.EOF); err != nil {
				return failed(vm, err)
			}
			return fulfilled(vm, js.Undefined)
		}
	}
	s.data, s.source = nil, nil
	return s.full
}

// pullSource reads a chunk of the host's.
func (b *byteController) pullSource(source Source) *eventual {
	vm := b.vm()
	over := newEventual(vm)
	var chunk []byte
	vm.Background(func(ctx context.Context) (_ any, err error) {
		chunk, err = source.Next(ctx)
		return nil, err
	}, func(_ any, err error) {
		if thrown := vm.Try(func() {
			vm.Adopt(int64(cap(chunk)), "the chunk")
			err = b.finish(chunk, err)
		}); thrown != nil {
			source.Cancel(errCanceled)
			err = thrown
		}
		if err != nil {
			over.reject(vm.ErrorValue(err))
			return
		}
		over.done()
	})
	return over
}

// finish takes in what the host gave: bytes, the end, or an error, which it returns.
func (b *byteController) finish(chunk []byte, end error) error {
	if len(chunk) > 0 {
		if err := b.enqueue(byteChunk{memory: chunk, size: len(chunk)}); err != nil {
			return err
		}
	}
	switch {
	case end == nil:
		return nil
	case !errors.Is(end, io.EOF):
		return sourceError(b.vm().Context(), end)
	}
	return b.end()
}

// cancelReason is what a source is told of why a script canceled it: no JavaScript value
// leaves the VM.
func cancelReason(vm *js.VM, reason js.Value) error {
	if js.IsString(reason) {
		return fmt.Errorf("%w: %s", errCanceled, clip(vm.String(reason), 200))
	}
	return errCanceled
}

// tee makes two streams of s, which is locked from now on. If clone is true, the second
// gets copies of the chunks.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-tee
func (s *stream) tee(vm *js.VM, clone bool) (a, b *stream, err error) {
	s.known()
	if !s.hosted() {
		return s.teeOpened(clone)
	}
	a, b = &stream{data: s.data, shared: true}, &stream{data: s.data, shared: true}
	if s.source != nil {
		if a.source, b.source, err = teesOf(vm).tee(s.source); err != nil {
			return nil, nil, err
		}
	}
	s.data, s.source, s.gone = nil, nil, true
	return a, b, nil
}

// transfer makes the stream that goes on where s ends: s counts as used.
//
// Spec: https://fetch.spec.whatwg.org/#concept-body-clone, "create a proxy"
func (s *stream) transfer() *stream {
	next := &stream{data: s.data, source: s.source, shared: s.shared, full: s.full}
	if late, ok := s.source.(*lateSource); ok {
		late.stream = next
	}
	if s.full != nil {
		switch c := s.full.controller.(type) {
		case *defaultController:
			c.stream = next
		case *byteController:
			c.stream = next
		}
		s.full = &readable{vm: s.full.vm}
	}
	s.data, s.source, s.disturbed, s.gone = nil, nil, true, true
	return next
}

// collect reads all that is left and returns a promise of what convert makes of it.
//
// Spec: https://fetch.spec.whatwg.org/#body-fully-read
func (s *stream) collect(vm *js.VM, convert func(data []byte) (any, error)) js.Value {
	result := vm.NewDeferred()
	done := func(data []byte, err error) {
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
	}
	if s.known(); s.hosted() {
		readAll(vm, s.handOver(vm), done)
	} else {
		s.readAll(vm, done)
	}
	return result.Promise()
}

// readAll reads an opened stream to its end, and calls done in a promise job at the
// earliest.
//
// Spec: https://streams.spec.whatwg.org/#readablestreamdefaultreader-read-all-bytes
func (s *stream) readAll(vm *js.VM, done func(data []byte, err error)) {
	r, err := s.lock(vm)
	if err != nil {
		vm.Soon(func() { done(nil, err) })
		return
	}
	c := &collector{vm: vm, reader: r, all: buffer{vm: vm, body: true}, done: done}
	c.next()
}

// collector is a read of all bytes of a stream that a script takes part in.
type collector struct {
	vm     *js.VM
	reader *reader
	all    buffer
	busy   bool // next is under way
	more   bool // a chunk came while it was
	done   func(data []byte, err error)
}

// next reads on. Chunks that are there are read in a loop, however many there are.
func (c *collector) next() {
	if c.more = true; c.busy {
		return
	}
	c.busy = true
	for c.more {
		c.more = false
		c.vm.Checkpoint()
		c.reader.read(c)
	}
	c.busy = false
}

func (c *collector) chunk(v js.Value) {
	data, err := bodyBytes(c.vm, v)
	if err == nil {
		err = c.vm.Try(func() { c.all.write(viewString(data)) })
	}
	if err != nil {
		c.reader.stream.cancel(c.vm, c.vm.ErrorValue(err)).handle()
		c.end(nil, err)
		return
	}
	c.next()
}

func (c *collector) close()               { c.end(c.all.data, nil) }
func (c *collector) fail(reason js.Value) { c.end(nil, js.Throw(reason)) }

func (c *collector) end(data []byte, err error) {
	c.vm.Soon(func() { c.done(data, err) })
}

// bodyBytes returns the bytes of a chunk of a body: the script's memory.
//
// Spec: https://fetch.spec.whatwg.org/#incrementally-read-loop
func bodyBytes(vm *js.VM, chunk js.Value) ([]byte, error) {
	view, ok := vm.ViewOf(chunk)
	if !ok || view.Kind != "Uint8Array" {
		return nil, js.TypeError("a chunk of the body is %s; the chunks of a body must be Uint8Arrays", describeKind(vm, chunk))
	}
	return view.Memory, nil
}

// handOver gives what is left of s away, to be read outside of the VM: s counts as used.
func (s *stream) handOver(vm *js.VM) Source {
	if s.known(); s.hosted() {
		source := s.source
		if p, ok := source.(*spliced); ok {
			p.await()
		}
		s.source, s.disturbed, s.gone = nil, true, true
		return source
	}
	s.disturbed = true
	return newPulled(vm, s)
}
