package webapi

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

// TextEncoderStream makes UTF-8 of chunks of text.
//
// Spec: https://encoding.spec.whatwg.org/#interface-textencoderstream
var TextEncoderStream = js.Class[textEncoderStream]{
	Name: "TextEncoderStream",
	Constructor: func(c *js.Call) (*textEncoderStream, error) {
		s := new(textEncoderStream)
		s.init(c.VM, &transformController{transform: s.encode, flush: s.finish})
		return s, nil
	},
	Members: append(sideMembers[textEncoderStream](),
		js.Getter("encoding", func(*textEncoderStream, *js.Call) (any, error) { return "utf-8", nil })),
}

type textEncoderStream struct {
	transformStream
	lead uint16 // the first half of a character that the next chunk may end; 0: none
}

const replacement = "\uFFFD" // what a lone surrogate is encoded as

// encode encodes a chunk.
//
// Spec: https://encoding.spec.whatwg.org/#encode-and-enqueue-a-chunk
func (s *textEncoderStream) encode(chunk js.Value) *eventual {
	var err error
	if thrown := s.vm.Try(func() { err = s.give(s.encoded(chunk)) }); thrown != nil {
		err = thrown
	}
	if err != nil {
		return failed(s.vm, err)
	}
	return fulfilled(s.vm, js.Undefined)
}

// encoded returns the UTF-8 of chunk and of what was left of the one before, less what must
// wait for the next.
func (s *textEncoderStream) encoded(chunk js.Value) []byte {
	if o, ok := chunk.(*js.Object); ok {
		chunk = o.ToString()
	}
	text := s.vm.String(chunk)
	if text == "" {
		return nil
	}
	first, last, _ := s.vm.CodeUnits(chunk) // of what is no string, there are no surrogates
	out := newBuffer(s.vm, len(text)+utf8.UTFMax)
	if s.lead != 0 {
		if isTrail(first) {
			out.data = utf8.AppendRune(out.data, utf16.DecodeRune(rune(s.lead), rune(first)))
			text = strings.TrimPrefix(text, replacement)
		} else {
			out.data = append(out.data, replacement...)
		}
		s.lead = 0
	}
	if isLead(last) {
		s.lead = last
		text = strings.TrimSuffix(text, replacement)
	}
	out.write(text)
	return out.data
}

func isLead(unit uint16) bool  { return unit >= 0xD800 && unit < 0xDC00 }
func isTrail(unit uint16) bool { return unit >= 0xDC00 && unit < 0xE000 }

// finish encodes half a character that is left.
//
// Spec: https://encoding.spec.whatwg.org/#encode-and-flush
func (s *textEncoderStream) finish() *eventual {
	if s.lead != 0 {
		if err := s.give([]byte(replacement)); err != nil {
			return failed(s.vm, err)
		}
	}
	return fulfilled(s.vm, js.Undefined)
}
