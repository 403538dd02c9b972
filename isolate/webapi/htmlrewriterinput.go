package webapi

import (
	"context"
	"errors"
	"io"

	"github.com/skerry-edge/skerry/isolate/js"
)

// htmlInput is a body that is read for a document: bytes that are here, or that come from a
// source of the host's, or from a stream that a script takes part in.
type htmlInput struct {
	vm     *js.VM
	data   []byte // nobody writes to it
	source Source
	reader *reader
	end    error // what comes after data; nil: more
}

// newHTMLInput takes what s has left: s counts as used, and stays locked.
func newHTMLInput(vm *js.VM, s *stream) *htmlInput {
	in := &htmlInput{vm: vm}
	switch {
	case s.buffered():
		in.data, _ = s.take()
		in.end, s.gone = io.EOF, true
	case s.hosted():
		in.source = s.handOver(vm)
	default:
		in.reader, _ = s.lock(vm) // it is usable, so that nobody has it locked
		s.disturbed = true
	}
	return in
}

// ready says whether next has something at once.
func (in *htmlInput) ready() bool { return len(in.data) > 0 || in.end != nil }

// next gives take the next bytes, or the error that ends them, io.EOF being the end. If it
// must wait, it returns true and calls later after that.
func (in *htmlInput) next(take func(chunk []byte, err error), later func()) (wait bool) {
	if !in.ready() {
		called, inside := false, true
		in.more(func() {
			called = true
			if !inside {
				in.give(take)
				later()
			}
		})
		if inside = false; !called {
			return true
		}
	}
	in.give(take)
	return false
}

// give gives take what is here.
func (in *htmlInput) give(take func(chunk []byte, err error)) {
	if len(in.data) == 0 && in.end != nil {
		take(nil, in.end)
		return
	}
	n := min(len(in.data), chunkBytes)
	chunk := in.data[:n:n]
	in.data = in.data[n:]
	take(chunk, nil)
}

// more gets more bytes, or the end, and then calls done, in a turn.
func (in *htmlInput) more(done func()) {
	if in.reader != nil {
		in.reader.read(&htmlRead{in, done})
		return
	}
	var chunk []byte
	in.vm.Background(func(ctx context.Context) (_ any, err error) {
		chunk, err = in.source.Next(ctx)
		return nil, err
	}, func(_ any, err error) {
		if in.data = chunk; err != nil {
			in.fail(err)
		}
		done()
	})
}

func (in *htmlInput) fail(err error) {
	if in.end = err; !errors.Is(err, io.EOF) {
		in.end = sourceError(in.vm.Context(), err)
	}
}

// htmlRead is a read of a script's stream.
type htmlRead struct {
	*htmlInput
	done func()
}

func (r *htmlRead) chunk(v js.Value) {
	data, err := bodyBytes(r.vm, v)
	if err == nil { // the memory is the script's, who may write to it
		err = r.vm.Try(func() { r.data = cloneBytes(r.vm, data) })
	}
	if err != nil {
		r.end = err
	}
	r.done()
}

func (r *htmlRead) close() {
	r.end = io.EOF
	r.done()
}

func (r *htmlRead) fail(reason js.Value) {
	r.end = js.Throw(reason)
	r.done()
}

// cancel says that nobody reads on, because of err. It is called in a turn.
func (in *htmlInput) cancel(err error) {
	if in.end != nil && len(in.data) == 0 {
		return
	}
	switch in.data = nil; {
	case in.source != nil:
		if reason, thrown := js.Thrown(err); thrown { // no JavaScript value leaves the VM
			err = cancelReason(in.vm, reason)
		}
		in.source.Cancel(err)
	case in.reader != nil && in.reader.stream != nil:
		in.reader.stream.cancel(in.vm, in.vm.ErrorValue(err)).handle()
	}
}
