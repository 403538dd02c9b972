package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// TextDecoderStream makes text of chunks of bytes, in any encoding of the Encoding Standard.
//
// Spec: https://encoding.spec.whatwg.org/#interface-textdecoderstream
var TextDecoderStream = js.Class[textDecoderStream]{
	Name: "TextDecoderStream",
	Constructor: func(c *js.Call) (*textDecoderStream, error) {
		d, err := newTextDecoder(c)
		if err != nil {
			return nil, err
		}
		s := &textDecoderStream{decoder: d}
		s.init(c.VM, &transformController{
			transform: s.decode,
			flush:     func() *eventual { return s.pass(nil, false) },
		})
		return s, nil
	},
	Members: append(sideMembers[textDecoderStream](),
		js.Getter("encoding", func(s *textDecoderStream, _ *js.Call) (any, error) { return s.decoder.encoding.name, nil }),
		js.Getter("fatal", func(s *textDecoderStream, _ *js.Call) (any, error) { return s.decoder.fatal, nil }),
		js.Getter("ignoreBOM", func(s *textDecoderStream, _ *js.Call) (any, error) { return s.decoder.ignoreBOM, nil })),
}

type textDecoderStream struct {
	transformStream
	decoder *textDecoder
}

// decode decodes a chunk.
//
// Spec: https://encoding.spec.whatwg.org/#decode-and-enqueue-a-chunk
func (s *textDecoderStream) decode(chunk js.Value) *eventual {
	data, ok := s.vm.BytesOf(chunk)
	if !ok {
		return failed(s.vm, js.TypeError("a chunk is %s; a TextDecoderStream takes bytes: an ArrayBuffer or a view of one", describeKind(s.vm, chunk)))
	}
	return s.pass(data, true)
}

// pass passes on the text that bytes are; more says that more will come.
func (s *textDecoderStream) pass(data []byte, more bool) *eventual {
	var err error
	if thrown := s.vm.Try(func() {
		var text any
		if text, err = s.decoder.piece(s.vm, data, more); err != nil {
			return
		}
		v := s.vm.ToValue(text)
		if _, _, ok := s.vm.CodeUnits(v); ok {
			err = s.controller.enqueue(v)
		}
	}); thrown != nil {
		err = thrown
	}
	if err != nil {
		return failed(s.vm, err)
	}
	return fulfilled(s.vm, js.Undefined)
}
