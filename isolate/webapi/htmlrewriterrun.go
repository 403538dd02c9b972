package webapi

import (
	"errors"
	"io"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// htmlRewriting is one document on its way through an HTMLRewriter. It goes on while somebody
// waits for what comes out of it, and runs handlers one after the other, each to its end.
type htmlRewriting struct {
	vm        *js.VM
	steps     js.Steps
	core      *rewrite.Rewriter
	input     *htmlInput
	inserting *htmlInput // content that is at its place; nil: none
	closed    bool       // all of input was read
	err       error      // why it is over: io.EOF, or a fault

	reader  func(chunk []byte, err error) // waits for output; nil: nobody does
	running bool                          // advance is under way
}

func newHTMLRewriting(vm *js.VM) *htmlRewriting { return &htmlRewriting{vm: vm, steps: vm.Steps()} }

// Done and Allocate make w the meter of its rewriter.
func (w *htmlRewriting) Done(steps int) { w.steps.Done(steps) }

// Allocate announces memory.
func (w *htmlRewriting) Allocate(n int64) { w.vm.Allocate(n, "the document that is rewritten") }

// read calls reader later with the next piece of the document, or with the error that ends it.
// One reader waits at a time. It is called in a turn; handlers run in promise jobs, so that none
// runs within another.
func (w *htmlRewriting) read(reader func(chunk []byte, err error)) {
	w.reader = reader
	w.vm.Soon(w.advance)
}

// advance goes on until nobody waits for output or something else must happen first.
func (w *htmlRewriting) advance() {
	if w.running {
		return
	}
	w.running = true
	defer func() { w.running = false }()
	for wait := false; w.reader != nil && !wait; {
		if w.err != nil {
			w.deliver(nil)
			return
		}
		var err error
		if thrown := w.vm.Try(func() { wait, err = w.step() }); thrown != nil {
			err = thrown
		}
		if err != nil {
			w.end(err)
		}
	}
}

// deliver gives the reader a piece of the document, or the error that ends it.
func (w *htmlRewriting) deliver(chunk []byte) {
	reader := w.reader
	w.reader = nil
	if chunk != nil {
		reader(chunk, nil)
		return
	}
	reader(nil, w.err)
}

// end ends the document with err.
func (w *htmlRewriting) end(err error) {
	if w.err != nil {
		return
	}
	w.err = err
	w.input.cancel(err)
	if w.inserting != nil {
		w.inserting.cancel(err)
	}
}

// step does the next thing that there is to do; wait says that it is under way and that
// advance will be called again.
func (w *htmlRewriting) step() (wait bool, err error) {
	if w.core.Buffered() >= chunkBytes {
		w.deliver(w.core.Output())
		return false, nil
	}
	if w.inserting != nil {
		return w.inserting.next(w.insert, w.advance), nil
	}
	call, err := w.core.Next()
	switch {
	case err != nil:
		return false, htmlError(err)
	case call != nil && call.Stream != nil:
		w.inserting = call.Stream.(*htmlInput)
		return false, nil
	case call != nil:
		return w.call(call.Handler.(*htmlHandler), call.Token)
	case w.core.Buffered() > 0 && (w.closed || !w.input.ready()):
		w.deliver(w.core.Output())
		return false, nil
	case w.closed:
		return false, io.EOF
	}
	return w.input.next(w.write, w.advance), nil
}

// write takes the next piece of the document in.
func (w *htmlRewriting) write(chunk []byte, err error) {
	switch {
	case errors.Is(err, io.EOF):
		w.closed = true
		w.core.Close()
	case err != nil:
		w.end(err)
	default:
		w.guarded(func() { w.core.Write(chunk) })
	}
}

// guarded runs f, which may throw, outside of step.
func (w *htmlRewriting) guarded(f func()) {
	if thrown := w.vm.Try(f); thrown != nil {
		w.end(thrown)
	}
}

// insert puts the next piece of a stream into the document.
func (w *htmlRewriting) insert(chunk []byte, err error) {
	switch {
	case errors.Is(err, io.EOF):
		w.inserting = nil
		w.guarded(w.core.InsertEnd)
	case err != nil:
		w.end(err)
	default:
		w.guarded(func() { w.core.Insert(chunk) })
	}
}

// call runs a handler with its token, which is good until the handler is through.
func (w *htmlRewriting) call(h *htmlHandler, token any) (wait bool, err error) {
	object, lifetime := wrapToken(token)
	result, err := w.vm.Call(h.function, h.this, object)
	if err != nil || !w.waits(result) {
		lifetime.expire()
		return false, err
	}
	w.vm.Then(result, func(_ js.Value, err error) {
		lifetime.expire()
		if err != nil {
			w.end(err)
		}
		w.advance()
	})
	return true, nil
}

// waits says whether a handler that returned v is not through yet.
func (w *htmlRewriting) waits(v js.Value) bool {
	if js.IsPromise(v) {
		state, _ := js.Peek(v)
		return state != js.Fulfilled
	}
	return js.IsObject(v) && js.IsFunction(w.vm.Get(v, "then"))
}
