package webapi

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/skerry-edge/skerry/isolate/js"
)

// ErrAbandoned says that the event of a stream ended before the stream did.
var ErrAbandoned = errors.New("the event ended before its stream did")

// StreamError is why a script's stream failed. In a turn of the VM, [js.VM.Report] says more.
type StreamError struct {
	Message string
	thrown  error
}

func (e *StreamError) Error() string { return e.Message }
func (e *StreamError) Unwrap() error { return e.thrown }

func newStreamError(vm *js.VM, thrown error) *StreamError {
	return &StreamError{vm.Report(thrown).Message, thrown}
}

const (
	pulledBytes = 64 << 10  // of chunks that are there already are put together
	pulledSpare = 256 << 10 // are kept at most to be filled again
)

// pulled is the source that a stream, in which a script takes part, is for those outside of
// its VM. Each Next is a turn of the VM, which its owner must give it by running the loop;
// while nobody is in Next, the loop waits for somebody.
type pulled struct {
	vm     *js.VM // touched in turns alone, as are reader and chunks
	reader *reader
	chunks buffer
	port   *js.Port
	over   <-chan struct{} // closed when the event's work is abandoned
	told   chan struct{}   // holds a token when there is an answer
	mu     struct {
		sync.Mutex
		asked bool   // a turn was asked for, and has not answered
		ready []byte // the answer
		end   error  // what comes after ready; nil: more
		left  int64  // how many bytes are still to come; -1: nobody knows
		spare []byte // a chunk that came back
	}
}

// Awaited says, in a turn, whether the loop of a VM waits for the end of s of its own accord: a
// script takes part in it, or waits for it, and the end has not come. The loop must not be kept
// waiting for it by others, or it is not noticed that nothing can come any more.
func Awaited(s Source) bool {
	switch s := s.(type) {
	case *pulled:
		return !s.ended()
	case *spliced:
		return !s.ended.Load()
	default:
		return false
	}
}

// newPulled locks s, which is open and not locked.
func newPulled(vm *js.VM, s *stream) *pulled {
	r, _ := s.lock(vm)
	p := &pulled{vm: vm, reader: r, port: vm.NewPort(), over: vm.Context().Done(), told: make(chan struct{}, 1)}
	p.chunks.vm = vm
	p.mu.left = -1
	if b, ok := s.full.controller.(*byteController); ok {
		p.mu.left = b.length - 1
	}
	p.port.Await(true)
	return p
}

// Length is how many bytes are still to come.
func (p *pulled) Length() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.left
}

// Next asks for the next chunk. Its errors are io.EOF, a *[StreamError], ErrAbandoned, and
// ctx's.
func (p *pulled) Next(ctx context.Context) ([]byte, error) {
	for {
		if chunk, err := p.answer(); chunk != nil || err != nil {
			return chunk, err
		}
		select {
		case <-p.told:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.over:
			return nil, ErrAbandoned
		}
	}
}

// answer returns what is there. If that is nothing, it asks.
func (p *pulled) answer() (chunk []byte, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.mu.ready != nil:
		chunk, p.mu.ready = p.mu.ready, nil
		if p.mu.left >= 0 {
			p.mu.left = max(0, p.mu.left-int64(len(chunk)))
		}
		return chunk, nil
	case p.mu.end == nil && !p.mu.asked:
		p.mu.asked = true
		p.port.Post(p.pull)
	}
	return nil, p.mu.end
}

// pull begins to read, in a turn.
func (p *pulled) pull() {
	p.port.Await(false)
	p.read()
}

func (p *pulled) read() {
	if p.reader.stream != nil {
		p.reader.read(p)
	}
}

// chunk is given in a turn. Chunks that are there already go along with it.
func (p *pulled) chunk(v js.Value) {
	data, err := bodyBytes(p.vm, v)
	if err == nil {
		if p.chunks.data == nil {
			p.chunks.data = p.takeSpare()
		}
		err = p.vm.Try(func() { p.chunks.write(viewString(data)) })
	}
	if err != nil {
		thrown := js.Throw(p.vm.ErrorValue(err))
		p.tell(newStreamError(p.vm, thrown))
		p.cancel(p.vm.ErrorValue(thrown))
		return
	}
	if n := len(p.chunks.data); n == 0 || n < pulledBytes && p.queued() {
		p.vm.Soon(p.read)
		return
	}
	p.port.Await(true)
	p.tell(nil)
}

// Reuse takes a chunk back that was read.
func (p *pulled) Reuse(chunk []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(chunk) <= pulledSpare {
		p.mu.spare = chunk[:0]
	}
}

func (p *pulled) takeSpare() (spare []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	spare, p.mu.spare = p.mu.spare, nil
	return spare
}

// queued says whether a chunk is there.
func (p *pulled) queued() bool {
	switch c := p.reader.stream.full.controller.(type) {
	case *defaultController:
		return !c.queue.chunks.empty()
	case *byteController:
		return !c.queue.empty()
	default:
		return false
	}
}

func (p *pulled) close() { p.tell(io.EOF) }

func (p *pulled) fail(reason js.Value) { p.tell(newStreamError(p.vm, js.Throw(reason))) }

// tell answers, in a turn.
func (p *pulled) tell(end error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.end != nil { // it was canceled
		return
	}
	if len(p.chunks.data) > 0 {
		p.mu.ready = slices.Clip(p.chunks.data)
		p.chunks.data = nil
	}
	p.mu.asked, p.mu.end = false, end
	p.wake()
}

// ended says whether the end is known, though what comes before it may not have been read.
func (p *pulled) ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.end != nil
}

func (p *pulled) wake() {
	select {
	case p.told <- struct{}{}:
	default:
	}
}

// Cancel cancels the stream in a turn of its own.
func (p *pulled) Cancel(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.end != nil {
		return
	}
	p.mu.ready, p.mu.end = nil, errCanceled
	p.wake()
	if reason == nil {
		reason = errCanceled
	}
	p.port.Post(func() {
		p.port.Await(false)
		p.cancel(p.vm.ErrorValue(&js.DOMError{Name: "AbortError", Message: reason.Error()}))
	})
}

// cancel cancels the stream, in a turn.
func (p *pulled) cancel(reason js.Value) {
	if s := p.reader.stream; s != nil {
		s.cancel(p.vm, reason).handle()
	}
}
