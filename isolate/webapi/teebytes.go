package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// byteTee is ReadableByteStreamTee: it reads with the kind of reader that the branch that
// asks has.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamtee
type byteTee struct {
	streamTee
	reader   streamReader
	again    [2]bool
	branches [2]*byteController
}

func (t *byteTee) begin() (a, b *stream) {
	r, _ := t.from.lock(t.vm)
	t.reader = r
	var streams [2]*stream
	for i := range t.branches {
		s := openedStream(t.vm)
		c := &byteController{pull: func() *eventual { return t.pull(i) }, cancel: t.cancel(i)}
		c.attach(s)
		streams[i], t.branches[i] = s, c
		t.vm.Soon(c.begin)
	}
	t.watch()
	return streams[0], streams[1]
}

// watch makes both branches errored when the stream is, as long as its reader is this one.
//
// Spec: step 14, forwardReaderError
func (t *byteTee) watch() {
	this := t.reader
	this.base().closed.react(nil, func(reason js.Value) {
		if t.reader != this {
			return
		}
		t.branches[0].fail(reason)
		t.branches[1].fail(reason)
		if !t.canceled[0] || !t.canceled[1] {
			t.cancelled.done()
		}
	})
}

// pull is steps 17 and 18.
func (t *byteTee) pull(branch int) *eventual {
	if t.reading {
		t.again[branch] = true
		return fulfilled(t.vm, js.Undefined)
	}
	t.reading = true
	if request := t.branches[branch].byobRequest(); request == nil {
		t.pullDefault()
	} else {
		t.pullBYOB(request.view, branch)
	}
	return fulfilled(t.vm, js.Undefined)
}

// pullAgain serves a branch that has asked meanwhile.
func (t *byteTee) pullAgain() {
	switch {
	case t.again[0]:
		t.pull(0)
	case t.again[1]:
		t.pull(1)
	}
}

// pullDefault is step 15.
func (t *byteTee) pullDefault() {
	r, ok := t.reader.(*reader)
	if !ok {
		t.reader.(*byobReader).release()
		r, _ = t.from.lock(t.vm)
		t.reader = r
		t.watch()
	}
	r.read(&byteTeeRead{t})
}

// byteTeeRead is a read of a chunk for both branches.
type byteTeeRead struct{ *byteTee }

func (t *byteTeeRead) chunk(v js.Value) {
	t.vm.Soon(func() {
		t.again = [2]bool{}
		view, _ := t.vm.ViewOf(v)
		chunks := [2][]byte{view.Memory, view.Memory}
		if !t.canceled[0] && !t.canceled[1] {
			if chunks[1] = t.copyOf(view.Memory); chunks[1] == nil {
				return
			}
		}
		for i, c := range t.branches {
			if !t.canceled[i] {
				_ = c.enqueue(byteChunk{memory: chunks[i], size: len(chunks[i])}) // a buffer that a script took fails its read
			}
		}
		t.reading = false
		t.pullAgain()
	})
}

// copyOf copies a chunk. If that fails, it ends both branches and returns nil.
//
// Spec: https://streams.spec.whatwg.org/#abstract-opdef-cloneasuint8array
func (t *byteTee) copyOf(chunk []byte) (copied []byte) {
	if thrown := t.vm.Try(func() { copied = cloneBytes(t.vm, chunk) }); thrown != nil {
		reason := t.vm.ErrorValue(thrown)
		t.branches[0].fail(reason)
		t.branches[1].fail(reason)
		t.cancelled.follow(t.from.cancel(t.vm, reason))
	}
	return copied
}

func (t *byteTeeRead) close() {
	t.reading = false
	for i, c := range t.branches {
		if !t.canceled[i] {
			_ = c.close()
		}
	}
	for _, c := range t.branches {
		if !c.pulls.empty() {
			c.respond(0)
		}
	}
	if !t.canceled[0] || !t.canceled[1] {
		t.cancelled.done()
	}
}

func (t *byteTeeRead) fail(js.Value) { t.reading = false }

// pullBYOB is step 16: it reads into the view that one branch was asked to fill.
func (t *byteTee) pullBYOB(view js.Value, branch int) {
	r, ok := t.reader.(*byobReader)
	if !ok {
		t.reader.(*reader).release()
		r, _ = t.from.lockBYOB(t.vm)
		t.reader = r
		t.watch()
	}
	v, _ := t.vm.ViewOf(view)
	r.read(v, 1, &byteTeeReadInto{t, branch})
}

// byteTeeReadInto is a read into the view of one branch, of which the other gets a copy.
type byteTeeReadInto struct {
	*byteTee
	branch int
}

func (t *byteTeeReadInto) chunk(view js.Value) {
	t.vm.Soon(func() {
		t.again = [2]bool{}
		byob, other := t.branches[t.branch], t.branches[1-t.branch]
		byobCanceled, otherCanceled := t.canceled[t.branch], t.canceled[1-t.branch]
		v, _ := t.vm.ViewOf(view)
		if !otherCanceled {
			copied := t.copyOf(v.Memory)
			if copied == nil {
				return
			}
			if !byobCanceled {
				_ = byob.respondWith(v)
			}
			_ = other.enqueue(byteChunk{memory: copied, size: len(copied)})
		} else if !byobCanceled {
			_ = byob.respondWith(v)
		}
		t.reading = false
		t.pullAgain()
	})
}

func (t *byteTeeReadInto) close(view js.Value) {
	t.reading = false
	byob, other := t.branches[t.branch], t.branches[1-t.branch]
	byobCanceled, otherCanceled := t.canceled[t.branch], t.canceled[1-t.branch]
	if !byobCanceled {
		_ = byob.close()
	}
	if !otherCanceled {
		_ = other.close()
	}
	if v, ok := t.vm.ViewOf(view); ok {
		if !byobCanceled {
			_ = byob.respondWith(v)
		}
		if !otherCanceled && !other.pulls.empty() {
			other.respond(0)
		}
	}
	if !byobCanceled || !otherCanceled {
		t.cancelled.done()
	}
}

func (t *byteTeeReadInto) fail(js.Value) { t.reading = false }
