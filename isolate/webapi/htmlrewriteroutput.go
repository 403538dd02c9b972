package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// begin has w rewrite from, with core, into the body of to: a byte stream that goes on with
// the document when somebody reads it.
func (w *htmlRewriting) begin(core *rewrite.Rewriter, from *stream, to *message) {
	w.core, w.input = core, newHTMLInput(w.vm, from)
	s := openedStream(w.vm)
	b := &byteController{started: true}
	b.pull = func() *eventual {
		over := newEventual(w.vm)
		w.read(func(chunk []byte, end error) {
			if err := b.finish(chunk, end); err != nil {
				over.reject(w.vm.ErrorValue(err))
				return
			}
			over.done()
		})
		return over
	}
	b.cancel = func(reason js.Value) *eventual {
		w.end(js.Throw(reason))
		return fulfilled(w.vm, js.Undefined)
	}
	b.attach(s)
	to.body = s
}
