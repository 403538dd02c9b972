package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
)

// IdentityTransformStream passes bytes on as they are. A body of the host that is piped into
// it comes out without entering JavaScript.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/
var IdentityTransformStream = js.Class[identityStream]{
	Name:    "IdentityTransformStream",
	Extends: TransformStream,
	As: func(v any) (*identityStream, bool) {
		f, ok := v.(*fixedLengthStream)
		if !ok {
			return nil, false
		}
		return &f.identityStream, true
	},
	Constructor: func(c *js.Call) (*identityStream, error) {
		t := new(identityStream)
		return t, t.init(c.VM, c.Arg(0), anyLength)
	},
}

// FixedLengthStream is an IdentityTransformStream that so many bytes must go through. As a
// body, it has a Content-Length.
var FixedLengthStream = js.Class[fixedLengthStream]{
	Name:    "FixedLengthStream",
	Extends: IdentityTransformStream,
	Length:  1,
	Constructor: func(c *js.Call) (*fixedLengthStream, error) {
		length, err := enforceRange(c.VM, "FixedLengthStream", c.Arg(0))
		if err != nil {
			return nil, err
		}
		t := new(fixedLengthStream)
		return t, t.init(c.VM, c.Arg(1), int64(length))
	},
}

// anyLength is the length of an identityStream that any number of bytes may go through.
const anyLength = -1

type fixedLengthStream struct{ identityStream }

// identityStream is a transform of bytes that costs nothing before a script takes part in it.
type identityStream struct {
	transformStream
	length int64       // of what is to go through, or anyLength
	passed int64       // what has
	mark   float64     // of the writable side
	late   *lateSource // the readable side as it is at first; nil: something writes
}

func asTransform(v any) (*transformStream, bool) {
	switch t := v.(type) {
	case *identityStream:
		return &t.transformStream, true
	case *fixedLengthStream:
		return &t.transformStream, true
	case *compressionStream:
		return &t.transformStream, true
	case *decompressionStream:
		return &t.transformStream, true
	default:
		return nil, false
	}
}

func (t *identityStream) init(vm *js.VM, strategy js.Value, length int64) error {
	s, err := strategyOf(vm, strategy)
	if err != nil {
		return err
	}
	if t.mark, err = s.mark(1); err != nil {
		return err
	}
	t.vm, t.length = vm, length
	t.readable, t.writable = new(stream), &writable{vm: vm, late: t}
	t.late = &lateSource{of: t, stream: t.readable}
	t.readable.source = t.late
	return nil
}

// begin makes t what a script can write to.
func (t *identityStream) begin() {
	if t.late == nil {
		return
	}
	s := t.late.stream
	t.late, t.writable.late, s.source = nil, nil, nil
	s.full = &readable{vm: t.vm}
	out := &byteController{pull: t.pull, cancel: t.cancel, length: t.length + 1}
	out.attach(s)
	k := &transformController{transform: t.pass}
	if t.length != anyLength {
		k.flush = func() *eventual {
			if err := t.short(t.passed); err != nil {
				return failed(t.vm, err)
			}
			return fulfilled(t.vm, js.Undefined)
		}
	}
	t.connect(k, out, fulfilled(t.vm, js.Undefined), strategyMarks{in: t.mark})
}

// pass lets a chunk through.
func (t *identityStream) pass(chunk js.Value) *eventual {
	data, ok := t.vm.BytesOf(chunk)
	if !ok {
		return failed(t.vm, js.TypeError("a chunk is %s; this stream takes bytes: an ArrayBuffer or a view of one", describeKind(t.vm, chunk)))
	}
	t.passed += int64(len(data))
	err := t.long(t.passed)
	if err == nil {
		err = t.vm.Try(func() { err = t.controller.enqueue(chunk) })
	}
	if err != nil {
		return failed(t.vm, err)
	}
	return fulfilled(t.vm, js.Undefined)
}

// long is an error if more bytes have come than may.
func (t *identityStream) long(passed int64) error {
	if t.length == anyLength || passed <= t.length {
		return nil
	}
	return js.TypeError("more than the %d bytes of this FixedLengthStream were written to it", t.length)
}

// short is an error if fewer bytes have come than must.
func (t *identityStream) short(passed int64) error {
	if t.length == anyLength || passed == t.length {
		return nil
	}
	return js.TypeError("only %d of the %d bytes of this FixedLengthStream were written to it", passed, t.length)
}
