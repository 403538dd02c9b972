package webapi

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/skerry-edge/skerry/isolate/js"
)

// lateSource stands for the readable side of an identityStream as long as nobody knows what
// will be written to it. It is never read: who wants to read it lets the stream begin.
type lateSource struct {
	of     *identityStream
	stream *stream // that has it
}

func (l *lateSource) Next(context.Context) ([]byte, error) { return nil, errCanceled }
func (l *lateSource) Cancel(error)                         {}

// known makes s, if it is an identityStream's and nothing was piped into that, one that a
// script takes part in.
func (s *stream) known() {
	if late, ok := s.source.(*lateSource); ok {
		late.of.begin()
	}
}

// splice pipes a stream of the host into an identityStream that nobody has touched, by
// giving the one's bytes to the other. It returns nil if that can't be.
func splice(vm *js.VM, from *stream, to *writable, options pipeOptions) *eventual {
	t := to.late
	if t == nil || options != (pipeOptions{}) || !from.hosted() {
		return nil
	}
	if _, late := from.source.(*lateSource); late {
		return nil
	}
	s := t.late.stream
	if s.usable() != nil || from.source == nil && t.short(int64(len(from.data))) != nil {
		return nil
	}
	t.late, to.late = nil, nil
	p := &spliced{vm: vm, identity: t, from: from, to: to, port: vm.NewPort(), done: newEventual(vm)}
	(&writableController{mark: t.mark, started: true}).attach(to)
	to.writer = &writer{stream: to, closed: newEventual(vm), ready: newEventual(vm)} // locked
	s.data, s.shared, s.source = from.data, from.shared, nil
	if from.source != nil {
		p.source = from.source
		s.source = p
	} else {
		vm.Soon(func() { p.end(nil) })
	}
	from.data, from.source, from.disturbed, from.gone = nil, nil, true, true
	return p.done
}

// spliced is a source that goes through a pipe and an identityStream on the host's side.
type spliced struct {
	source   Source
	identity *identityStream // its length alone is read outside of turns
	passed   atomic.Int64
	ended    atomic.Bool
	port     *js.Port

	// What belongs to the VM's turns.
	vm   *js.VM
	from *stream
	to   *writable
	done *eventual
}

func (p *spliced) Next(ctx context.Context) ([]byte, error) {
	chunk, err := p.source.Next(ctx)
	passed := p.passed.Add(int64(len(chunk)))
	switch {
	case err == nil:
		if err = p.identity.long(passed); err != nil {
			chunk = nil
			p.source.Cancel(err)
		}
	case errors.Is(err, io.EOF):
		if short := p.identity.short(passed); short != nil {
			err = short
		}
	}
	if err != nil {
		p.over(err)
	}
	return chunk, err
}

func (p *spliced) Cancel(reason error) {
	p.source.Cancel(reason)
	if reason == nil {
		reason = errCanceled
	}
	p.over(&js.DOMError{Name: "AbortError", Message: reason.Error()})
}

// Length is how many bytes are still to come.
func (p *spliced) Length() int64 {
	if p.identity.length != anyLength {
		return p.identity.length - p.passed.Load()
	}
	return LengthOf(p.source)
}

// Reuse gives a chunk back.
func (p *spliced) Reuse(chunk []byte) { Reuse(p.source, chunk) }

// over tells the VM that the source has ended with err.
func (p *spliced) over(err error) {
	if p.ended.CompareAndSwap(false, true) {
		p.port.Post(func() {
			p.port.Await(false)
			if errors.Is(err, io.EOF) {
				p.end(nil)
				return
			}
			p.end(p.vm.ErrorValue(sourceError(p.vm.Context(), err)))
		})
	}
}

// await makes the VM's loop wait for the end: somebody reads.
func (p *spliced) await() {
	if !p.ended.Load() {
		p.port.Await(true)
	}
}

// end settles the pipe, in a turn. reason is nil if everything went through.
func (p *spliced) end(reason js.Value) {
	p.from.gone, p.to.writer = false, nil
	if reason == nil {
		p.to.state = writableClosed
		p.done.done()
		return
	}
	p.to.state, p.to.stored = writableErrored, reason
	p.done.reject(reason)
}
