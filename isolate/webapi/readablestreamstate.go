package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// This file is what readers, controllers, pipes and tees do with a stream that is open.

// readRequest is a read that waits for a chunk of any kind.
//
// Spec: https://streams.spec.whatwg.org/#read-request
type readRequest interface {
	chunk(v js.Value)
	close()
	fail(reason js.Value)
}

// cancel is what a stream's reader does when it wants no more.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-cancel
func (s *stream) cancel(vm *js.VM, reason js.Value) *eventual {
	full := s.open(vm)
	s.disturbed = true // step 1
	switch full.state {
	case readableClosed:
		return fulfilled(vm, js.Undefined)
	case readableErrored:
		return rejected(vm, full.stored)
	}
	full.close()                                                    // step 4
	if r, ok := full.reader.(*byobReader); ok && !r.waits.empty() { // steps 5 and 6
		for _, w := range r.waits.takeAll() {
			vm.Checkpoint()
			w.close(js.Undefined)
		}
	}
	return full.controller.cancelSteps(reason).thenUndefined() // steps 7 and 8
}

// close is ReadableStreamClose.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-close
func (r *readable) close() {
	r.state = readableClosed
	if r.reader == nil {
		return
	}
	r.reader.base().closed.done()
	if d, ok := r.reader.(*reader); ok {
		for _, w := range d.waits.takeAll() {
			r.vm.Checkpoint()
			w.close()
		}
	}
}

// fail is ReadableStreamError.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-error
func (r *readable) fail(reason js.Value) {
	r.state, r.stored = readableErrored, reason
	if r.reader == nil {
		return
	}
	closed := r.reader.base().closed
	closed.handle()
	closed.reject(reason)
	r.reader.failWaits(reason)
}

// waits is how many reads of a default reader wait.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-get-num-read-requests
func (r *readable) waits() int {
	if d, ok := r.reader.(*reader); ok {
		return d.waits.len()
	}
	return 0
}

// byobWaits is how many reads of a BYOB reader wait.
func (r *readable) byobWaits() int {
	if b, ok := r.reader.(*byobReader); ok {
		return b.waits.len()
	}
	return 0
}

// give gives a chunk to the first read that waits.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-fulfill-read-request
func (r *readable) give(chunk js.Value) { r.reader.(*reader).waits.pop().chunk(chunk) }

// wait adds a read that waits.
func (r *readable) wait(request readRequest) { r.reader.(*reader).waits.push(r.vm, request) }
