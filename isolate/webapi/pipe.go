package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// pipeOptions is a StreamPipeOptions.
//
// Spec: https://streams.spec.whatwg.org/#dictdef-streampipeoptions
type pipeOptions struct {
	keepOpen    bool // the destination stays open when the source ends: preventClose
	keepGoing   bool // it is not aborted when the source fails: preventAbort
	keepReading bool // the source is not canceled when the destination ends: preventCancel
	signal      *abortSignal
}

func pipeOptionsOf(vm *js.VM, v js.Value) (o pipeOptions, err error) {
	if err := dictionary("the options of a pipe", v); err != nil {
		return o, err
	}
	o.keepGoing = vm.Get(v, "preventAbort").ToBoolean()
	o.keepReading = vm.Get(v, "preventCancel").ToBoolean()
	o.keepOpen = vm.Get(v, "preventClose").ToBoolean()
	if signal := vm.Get(v, "signal"); !js.IsUndefined(signal) {
		if o.signal = js.As[abortSignal](vm, signal); o.signal == nil {
			return o, js.TypeError("signal: not an AbortSignal")
		}
	}
	return o, nil
}

// pipeTo is pipeTo(destination, options).
//
// Spec: https://streams.spec.whatwg.org/#rs-pipe-to
func (s *stream) pipeTo(c *js.Call) (any, error) {
	to := js.As[writable](c.VM, c.Arg(0))
	if to == nil {
		return nil, js.TypeError("pipeTo: the destination is not a WritableStream")
	}
	options, err := pipeOptionsOf(c.VM, c.Arg(1))
	if err != nil {
		return nil, err
	}
	if err := mayPipe(s, to); err != nil {
		return nil, err
	}
	return pipe(c.VM, s, to, options).promise(), nil
}

// pipeThrough is pipeThrough({writable, readable}, options).
//
// Spec: https://streams.spec.whatwg.org/#rs-pipe-through
func (s *stream) pipeThrough(c *js.Call) (any, error) {
	if !js.IsObject(c.Arg(0)) {
		return nil, js.TypeError("pipeThrough: the argument is not a pair of streams, such as a TransformStream")
	}
	readable := c.VM.Get(c.Arg(0), "readable")
	if js.As[stream](c.VM, readable) == nil {
		return nil, js.TypeError("pipeThrough: readable is not a ReadableStream")
	}
	to := js.As[writable](c.VM, c.VM.Get(c.Arg(0), "writable"))
	if to == nil {
		return nil, js.TypeError("pipeThrough: writable is not a WritableStream")
	}
	options, err := pipeOptionsOf(c.VM, c.Arg(1))
	if err != nil {
		return nil, err
	}
	if err := mayPipe(s, to); err != nil {
		return nil, err
	}
	pipe(c.VM, s, to, options).handle()
	return readable, nil
}

func mayPipe(from *stream, to *writable) error {
	if err := from.unlocked(); err != nil {
		return err
	}
	return to.unlocked()
}

// piping is one pipe from its beginning to its end.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-pipe-to
type piping struct {
	vm      *js.VM
	options pipeOptions
	reader  *reader
	writer  *writer
	from    *stream
	to      *writable
	last    *eventual // the last write
	ending  bool
	forget  func() // the signal
	done    *eventual
}

// pipe reads from into to, neither of which is locked.
func pipe(vm *js.VM, from *stream, to *writable, options pipeOptions) *eventual {
	if done := splice(vm, from, to, options); done != nil {
		return done
	}
	p := &piping{vm: vm, options: options, from: from, to: to, last: fulfilled(vm, js.Undefined), forget: func() {}, done: newEventual(vm)}
	p.reader, _ = from.lock(vm)
	p.writer, _ = to.lock()
	from.disturbed = true
	if s := options.signal; s != nil { // step 14
		if s.aborted {
			p.abort()
			return p.done
		}
		p.forget = s.onAbort(p.abort)
	}
	p.watch()
	p.step()
	return p.done
}

// abort is what the signal leads to.
func (p *piping) abort() {
	reason := p.options.signal.reason
	p.end(func() *eventual {
		var actions []*eventual
		if !p.options.keepGoing && p.to.state == writableOpen {
			actions = append(actions, p.to.abort(reason))
		}
		if !p.options.keepReading && p.from.full.state == readableOpen {
			actions = append(actions, p.from.cancel(p.vm, reason))
		}
		return all(p.vm, actions)
	}, reason)
}

// all is fulfilled when all of es are, and rejected with the first that is.
//
// Spec: https://webidl.spec.whatwg.org/#wait-for-all
func all(vm *js.VM, es []*eventual) *eventual {
	result, left := newEventual(vm), len(es)
	if left == 0 {
		vm.Soon(result.done)
	}
	for _, e := range es {
		e.react(func(js.Value) {
			if left--; left == 0 {
				result.done()
			}
		}, result.reject)
	}
	return result
}

// watch ends p when either side does.
//
// Spec: "errors must be propagated forward" and what follows it
func (p *piping) watch() {
	whenFailed := func(already bool, stored js.Value, closed *eventual, f func(js.Value)) {
		if already {
			f(stored)
			return
		}
		closed.react(nil, f)
	}
	whenFailed(p.from.full.state == readableErrored, p.from.full.stored, p.reader.closed, func(reason js.Value) {
		if p.options.keepGoing {
			p.end(nil, reason)
			return
		}
		p.end(func() *eventual { return p.to.abort(reason) }, reason)
	})
	whenFailed(p.to.state == writableErrored, p.to.stored, p.writer.closed, func(reason js.Value) {
		if p.options.keepReading {
			p.end(nil, reason)
			return
		}
		p.end(func() *eventual { return p.from.cancel(p.vm, reason) }, reason)
	})
	finish := func(js.Value) {
		if p.options.keepOpen {
			p.end(nil, nil)
			return
		}
		p.end(p.writer.closeUnlessOver, nil)
	}
	if p.from.full.state == readableClosed {
		finish(nil)
	} else {
		p.reader.closed.react(finish, nil)
	}
	if p.to.closing() || p.to.state == writableClosed {
		reason := p.vm.ErrorValue(js.TypeError("the destination was closed before everything was piped to it"))
		if p.options.keepReading {
			p.end(nil, reason)
			return
		}
		p.end(func() *eventual { return p.from.cancel(p.vm, reason) }, reason)
	}
}

// step reads a chunk when the destination wants one.
func (p *piping) step() {
	if p.ending {
		return
	}
	p.writer.ready.react(func(js.Value) {
		if !p.ending {
			p.reader.read(p)
		}
	}, nil)
}

// chunk writes what was read. That may give a chunk to the next pipe: of a long chain of
// them, not all of it is on one stack.
func (p *piping) chunk(v js.Value) {
	depth := &js.Local[pipes](p.vm).depth
	if *depth >= pipeDepthMax {
		p.vm.Soon(func() { p.write(v) })
		return
	}
	*depth++
	defer func() { *depth-- }()
	p.write(v)
}

func (p *piping) write(v js.Value) {
	p.last = p.writer.write(v)
	p.last.handle()
	p.step()
}

// pipes is how many pipes of a VM are in the middle of writing.
type pipes struct{ depth int }

const pipeDepthMax = 50

func (p *piping) close()        {}
func (p *piping) fail(js.Value) {}

// end ends p when what was read is written: first with an action, which may be nil. reason
// is nil if there was no error.
//
// Spec: "shutdown with an action" and "shutdown"
func (p *piping) end(action func() *eventual, reason js.Value) {
	if p.ending {
		return
	}
	p.ending = true
	rest := func() {
		if action == nil {
			p.finalize(reason)
			return
		}
		action().react(func(js.Value) { p.finalize(reason) }, p.finalize)
	}
	if p.to.state == writableOpen && !p.to.closing() {
		p.afterWrites(rest)
		return
	}
	rest()
}

// afterWrites calls f when everything that was read is written.
func (p *piping) afterWrites(f func()) {
	last := p.last
	again := func(js.Value) {
		if p.last != last {
			p.afterWrites(f)
			return
		}
		f()
	}
	last.react(again, again)
}

// finalize lets go of both sides.
//
// Spec: "finalize"
func (p *piping) finalize(reason js.Value) {
	p.writer.release()
	p.reader.release()
	p.forget()
	if reason != nil {
		p.done.reject(reason)
		return
	}
	p.done.done()
}
