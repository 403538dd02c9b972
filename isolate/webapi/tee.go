package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// This file is ReadableStreamTee for streams in which scripts take part. Bodies of the host
// are teed without a VM: see teesource.go.

// teeDepthMax is how often branches of branches can be made: what is asked of a branch is
// asked of the stream that it comes from, on the same stack.
const teeDepthMax = 100

// teeOpened makes two streams of s, which is locked from now on.
func (s *stream) teeOpened(clone bool) (a, b *stream, err error) {
	depth := s.full.depth + 1
	if depth > teeDepthMax {
		return nil, nil, js.RangeError("tee: the stream is a branch of a branch, and so on, more than %d deep", teeDepthMax)
	}
	defer func() { a.full.depth, b.full.depth = depth, depth }()
	t := streamTee{vm: s.full.vm, from: s, clone: clone, cancelled: newEventual(s.full.vm)}
	if _, ok := s.full.controller.(*byteController); ok {
		a, b = (&byteTee{streamTee: t}).begin()
	} else {
		a, b = (&defaultTee{streamTee: t}).begin()
	}
	return a, b, nil
}

// streamTee is what both kinds of tee keep.
type streamTee struct {
	vm        *js.VM
	from      *stream
	clone     bool // the second branch gets copies of chunks
	reading   bool
	canceled  [2]bool
	reasons   [2]js.Value
	cancelled *eventual // what canceling both came to
}

// cancel is the cancel algorithm of one branch.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee, steps 14 and 15
func (t *streamTee) cancel(branch int) func(js.Value) *eventual {
	return func(reason js.Value) *eventual {
		t.canceled[branch], t.reasons[branch] = true, reason
		if t.canceled[1-branch] {
			result := t.from.cancel(t.vm, t.vm.NewArray(t.reasons[0], t.reasons[1]))
			t.cancelled.follow(result)
		}
		return t.cancelled
	}
}

// copied is what the second branch gets of a chunk, if that is a copy.
func (t *streamTee) copied(chunk js.Value) (js.Value, error) {
	if !t.clone || t.canceled[1] {
		return chunk, nil
	}
	var out js.Value
	var err error
	if thrown := t.vm.Try(func() { out, err = cloneValue(t.vm, chunk) }); thrown != nil {
		err = thrown
	}
	return out, err
}

// defaultTee is ReadableStreamDefaultTee.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee
type defaultTee struct {
	streamTee
	reader   *reader
	again    bool
	branches [2]*defaultController
}

func (t *defaultTee) begin() (a, b *stream) {
	t.reader, _ = t.from.lock(t.vm)
	var streams [2]*stream
	for i := range t.branches {
		s := openedStream(t.vm)
		d := &defaultController{mark: 1, pull: t.pull, cancel: t.cancel(i)}
		d.attach(s)
		streams[i], t.branches[i] = s, d
		t.vm.Soon(d.begin)
	}
	t.reader.closed.react(nil, func(reason js.Value) { // step 19
		t.branches[0].fail(reason)
		t.branches[1].fail(reason)
		if !t.canceled[0] || !t.canceled[1] {
			t.cancelled.done()
		}
	})
	return streams[0], streams[1]
}

// pull is step 13.
func (t *defaultTee) pull() *eventual {
	if t.reading {
		t.again = true
	} else {
		t.reading = true
		t.reader.read(t)
	}
	return fulfilled(t.vm, js.Undefined)
}

func (t *defaultTee) chunk(v js.Value) {
	t.vm.Soon(func() {
		t.again = false
		second, err := t.copied(v)
		if err != nil {
			reason := t.vm.ErrorValue(err)
			t.branches[0].fail(reason)
			t.branches[1].fail(reason)
			t.cancelled.follow(t.from.cancel(t.vm, reason))
			return
		}
		for i, chunk := range []js.Value{v, second} {
			if !t.canceled[i] {
				_ = t.branches[i].enqueue(chunk) // a branch has no size that could throw
			}
		}
		t.reading = false
		if t.again {
			t.pull()
		}
	})
}

func (t *defaultTee) close() {
	t.reading = false
	for i, d := range t.branches {
		if !t.canceled[i] {
			_ = d.close()
		}
	}
	if !t.canceled[0] || !t.canceled[1] {
		t.cancelled.done()
	}
}

func (t *defaultTee) fail(js.Value) { t.reading = false }
