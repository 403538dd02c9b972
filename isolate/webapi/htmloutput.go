package webapi

import (
	"context"
	"sync"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// htmlOutput is what comes out of a rewriter, as a source: who reads it has the VM's loop go on
// with the document, in turns.
type htmlOutput struct {
	rewriting *htmlRewriting // used in turns
	mu        sync.Mutex
	turn      *js.Expected // what brings Next into a turn; guarded by mu
}

// begin has w rewrite from, with core, into the body of to.
func (w *htmlRewriting) begin(core *rewrite.Rewriter, from *stream, to *message) {
	w.core, w.input = core, newHTMLInput(w.vm, from)
	to.holdSource(&htmlOutput{rewriting: w, turn: w.vm.Expect()})
}

// next returns what brings a goroutine into the next turn.
func (o *htmlOutput) next() *js.Expected {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.turn
}

// Next waits for the next piece of the document.
func (o *htmlOutput) Next(ctx context.Context) ([]byte, error) {
	type piece struct {
		chunk []byte
		err   error
	}
	pieces := make(chan piece, 1)
	o.next().Done(func() {
		w := o.rewriting
		w.read(func(chunk []byte, err error) {
			if err == nil {
				o.mu.Lock()
				o.turn = w.vm.Expect()
				o.mu.Unlock()
			}
			pieces <- piece{chunk, err}
		})
	})
	select {
	case p := <-pieces:
		return p.chunk, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Cancel ends the document.
func (o *htmlOutput) Cancel(reason error) {
	o.next().Done(func() { o.rewriting.end(reason) })
}
