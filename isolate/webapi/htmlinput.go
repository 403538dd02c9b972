package webapi

import (
	"context"
	"errors"
	"io"

	"github.com/skerry-edge/skerry/isolate/js"
)

// htmlInput is a body that is read for a document: all of it is here, or comes from a source.
type htmlInput struct {
	data   []byte
	source Source
}

// newHTMLInput takes what s has left: s counts as used.
func newHTMLInput(vm *js.VM, s *stream) *htmlInput {
	in := new(htmlInput)
	if s.buffered() {
		in.data, _ = s.take()
	} else {
		in.source = s.handOver(vm)
	}
	return in
}

// ready says whether next has something at once.
func (in *htmlInput) ready() bool { return in.source == nil }

// next gives take the next bytes, or the error that ends them, io.EOF being the end. If it
// must wait, it returns true and has w advance after that.
func (in *htmlInput) next(w *htmlRewriting, take func(chunk []byte, err error)) (wait bool) {
	if in.source != nil {
		w.vm.Background(func(ctx context.Context) (any, error) {
			chunk, err := in.source.Next(ctx)
			return chunk, err
		}, func(chunk any, err error) {
			if err != nil && !errors.Is(err, io.EOF) {
				err = sourceError(w.vm.Context(), err)
			}
			b, _ := chunk.([]byte)
			if thrown := w.vm.Try(func() { take(b, err) }); thrown != nil {
				w.end(thrown)
			}
			w.advance()
		})
		return true
	}
	n := min(len(in.data), chunkBytes)
	if n == 0 {
		take(nil, io.EOF)
		return false
	}
	chunk := in.data[:n]
	in.data = in.data[n:]
	take(chunk, nil)
	return false
}

// cancel says that nobody reads on.
func (in *htmlInput) cancel(reason error) {
	in.data = nil
	if in.source != nil {
		in.source.Cancel(reason)
	}
}
