package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// pullInto is a buffer that bytes are to be put into.
//
// Spec: https://streams.spec.whatwg.org/#pull-into-descriptor
type pullInto struct {
	buffer       js.Value // an ArrayBuffer; a script has it if it looked at the byobRequest
	bufferBytes  int
	offset, size int // of the view in the buffer
	filled       int
	least        int // how much must be filled
	elementBytes int
	kind         string // of the view
	reader       pullReader
}

// pullReader is who waits for a buffer.
type pullReader int

const (
	readerDefault pullReader = iota
	readerBYOB
	readerGone // it was released
)

// renew gives the memory to a new buffer that no script has.
//
// Spec: https://streams.spec.whatwg.org/#transfer-array-buffer
func (p *pullInto) renew(vm *js.VM) { p.buffer = renewed(vm, p.buffer) }

func renewed(vm *js.VM, buffer js.Value) js.Value {
	memory, _ := vm.Detach(buffer)
	return vm.ToValue(js.Buffer(memory))
}

// room is the memory that is to be filled.
func (p *pullInto) room(vm *js.VM) []byte {
	memory, _ := vm.BytesOf(p.buffer)
	return memory[p.offset+p.filled : p.offset+p.size]
}

// view makes the view of what was filled, over a new buffer.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-convert-pull-into-descriptor
func (p *pullInto) view(vm *js.VM) js.Value {
	return vm.NewView(p.kind, renewed(vm, p.buffer), p.offset, p.filled/p.elementBytes)
}

// fill moves bytes from the queue to p, and says whether p is full enough.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-fill-pull-into-descriptor-from-queue
func (b *byteController) fill(p *pullInto) (ready bool) {
	left := min(b.total, p.size-p.filled) // step 1
	if aligned := (p.filled + left) / p.elementBytes * p.elementBytes; aligned >= p.least {
		left, ready = aligned-p.filled, true // step 8
	}
	for left > 0 {
		head := b.queue.peek()
		n := min(left, head.size)
		copyBytes(b.vm(), p.room(b.vm()), head.memory[head.offset:head.offset+n])
		if n == head.size {
			b.queue.pop()
		} else {
			head.offset += n
			head.size -= n
		}
		b.total -= n
		p.filled += n
		left -= n
	}
	return ready
}

// copyBytes copies from to to, which is long enough.
func copyBytes(vm *js.VM, to, from []byte) {
	for piece := range chunks(vm, viewString(from)) {
		to = to[copy(to, piece):]
	}
}

// fillPulls fills buffers from the queue and takes out those that are full enough.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-process-pull-into-descriptors-using-queue
func (b *byteController) fillPulls() (ready []*pullInto) {
	for !b.pulls.empty() && b.total > 0 {
		b.vm().Checkpoint()
		if b.fill(*b.pulls.peek()) {
			ready = append(ready, b.pulls.pop())
		}
	}
	return ready
}

// commit gives a buffer to the read that waits for it.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-commit-pull-into-descriptor
func (b *byteController) commit(p *pullInto) {
	full := b.stream.full
	closed := full.state == readableClosed
	view := p.view(full.vm)
	switch r := full.reader.(type) {
	case *reader:
		if w := r.waits.pop(); closed {
			w.close()
		} else {
			w.chunk(view)
		}
	case *byobReader:
		if w := r.waits.pop(); closed {
			w.close(view)
		} else {
			w.chunk(view)
		}
	}
}

func (b *byteController) commitAll(ready []*pullInto) {
	for _, p := range ready {
		b.vm().Checkpoint()
		b.commit(p)
	}
}

// keepFilled puts what was filled of the first buffer into the queue, and forgets the buffer.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueuedetachedpullintotoqueue
func (b *byteController) keepFilled(p *pullInto) {
	if p.filled > 0 {
		memory, _ := b.vm().BytesOf(p.buffer)
		b.keepCopy(memory[p.offset : p.offset+p.filled])
	}
	b.pulls.pop()
}

// pullInto reads into a view.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-pull-into
func (b *byteController) pullInto(view js.View, least int, request readIntoRequest) {
	vm, full := b.vm(), b.stream.full
	whole, _ := vm.BytesOf(view.Buffer)
	p := &pullInto{
		buffer: renewed(vm, view.Buffer), bufferBytes: len(whole), offset: view.Offset, size: view.Length,
		least: least * view.ElementBytes, elementBytes: view.ElementBytes, kind: view.Kind, reader: readerBYOB,
	}
	if !b.pulls.empty() { // step 14
		b.pulls.push(vm, p)
		full.reader.(*byobReader).waits.push(vm, request)
		return
	}
	if full.state == readableClosed { // step 15
		request.close(vm.NewView(p.kind, p.buffer, p.offset, 0))
		return
	}
	if b.total > 0 { // step 16
		if b.fill(p) {
			filled := p.view(vm)
			b.drained()
			request.chunk(filled)
			return
		}
		if b.closing {
			reason := vm.ErrorValue(js.TypeError("read: the bytes that are left are no whole element of the view"))
			b.fail(reason)
			request.fail(reason)
			return
		}
	}
	b.pulls.push(vm, p)
	full.reader.(*byobReader).waits.push(vm, request)
	b.pullIfNeeded()
}

// respond says that n bytes of the first buffer were filled.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-internal
func (b *byteController) respond(n int) {
	first := *b.pulls.peek()
	b.invalidate()
	if b.stream.full.state == readableClosed {
		b.respondClosed(first)
	} else {
		b.respondOpen(n, first)
	}
	b.pullIfNeeded()
}

// respondClosed ends the reads that wait.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-closed-state
func (b *byteController) respondClosed(first *pullInto) {
	if first.reader == readerGone {
		b.pulls.pop()
	}
	var ready []*pullInto
	for n := b.stream.full.byobWaits(); len(ready) < n; {
		ready = append(ready, b.pulls.pop())
	}
	b.commitAll(ready)
}

// respondOpen takes in n bytes that were filled.
//
// Spec: https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-readable-state
func (b *byteController) respondOpen(n int, p *pullInto) {
	p.filled += n
	if p.reader == readerGone { // step 3
		b.keepFilled(p)
		b.commitAll(b.fillPulls())
		return
	}
	if p.filled < p.least { // step 4
		return
	}
	b.pulls.pop()
	if rest := p.filled % p.elementBytes; rest > 0 { // step 7
		memory, _ := b.vm().BytesOf(p.buffer)
		end := p.offset + p.filled
		b.keepCopy(memory[end-rest : end])
		p.filled -= rest
	}
	ready := b.fillPulls()
	b.commit(p)
	b.commitAll(ready)
}
