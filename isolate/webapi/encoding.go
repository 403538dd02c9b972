package webapi

import (
	"strings"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

// TextEncoder makes UTF-8 of strings.
//
// Spec: https://encoding.spec.whatwg.org/#interface-textencoder
var TextEncoder = js.Class[textEncoder]{
	Name:        "TextEncoder",
	Constructor: func(*js.Call) (*textEncoder, error) { return new(textEncoder), nil },
	Members: []js.Member[textEncoder]{
		js.Getter("encoding", func(*textEncoder, *js.Call) (any, error) { return "utf-8", nil }),
		js.Method("encode", 0, func(_ *textEncoder, c *js.Call) (any, error) {
			if !c.Given(0) {
				return js.Bytes{}, nil
			}
			return js.Bytes(cloneBytes(c.VM, viewBytes(c.String(0)))), nil
		}),
		js.Method("encodeInto", 2, (*textEncoder).encodeInto),
	},
}

type textEncoder struct{ js.Instance }

// encodeInto writes as many whole characters as fit, and says how many code units of the
// string that took and how many bytes it made.
//
// Spec: https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto
func (*textEncoder) encodeInto(c *js.Call) (any, error) {
	source := c.String(0)
	if c.VM.Kind(c.Arg(1)) != "Uint8Array" {
		return nil, js.TypeError("encodeInto: the destination is not a Uint8Array")
	}
	destination, _ := c.VM.BytesOf(c.Arg(1))
	fits := len(source)
	if fits > len(destination) {
		fits = len(destination)
		for fits > 0 && !utf8.RuneStart(source[fits]) {
			fits--
		}
	}
	read, written := 0, 0
	for piece := range chunks(c.VM, source[:fits]) {
		read += lengthUTF16(piece)
		written += copy(destination[written:], piece)
	}
	return js.Record{{Name: "read", Value: read}, {Name: "written", Value: written}}, nil
}

// lengthUTF16 is the length of s in UTF-16 code units.
func lengthUTF16(s string) int {
	n := 0
	for i := range len(s) {
		switch {
		case s[i] >= 0xF0: // the first of four bytes: two surrogates
			n += 2
		case utf8.RuneStart(s[i]):
			n++
		}
	}
	return n
}

// TextDecoder makes strings of bytes, in any encoding of the Encoding Standard.
//
// Spec: https://encoding.spec.whatwg.org/#interface-textdecoder
var TextDecoder = js.Class[textDecoder]{
	Name:        "TextDecoder",
	Constructor: newTextDecoder,
	Members: []js.Member[textDecoder]{
		js.Getter("encoding", func(d *textDecoder, _ *js.Call) (any, error) { return d.encoding.name, nil }),
		js.Getter("fatal", func(d *textDecoder, _ *js.Call) (any, error) { return d.fatal, nil }),
		js.Getter("ignoreBOM", func(d *textDecoder, _ *js.Call) (any, error) { return d.ignoreBOM, nil }),
		js.Method("decode", 0, (*textDecoder).decode),
	},
}

type textDecoder struct {
	js.Instance
	encoding  encoding
	fatal     bool
	ignoreBOM bool // a byte order mark is a character like others

	decoder decoder // of the stream under way; nil: none is
	begun   bool    // the stream has given a character, so that no mark can follow
}

func newTextDecoder(c *js.Call) (*textDecoder, error) {
	label := "utf-8"
	if c.Given(0) {
		label = c.String(0)
	}
	encoding, ok := encodingLabelled(c.VM, label)
	if !ok {
		return nil, js.RangeError("TextDecoder: %q is not the label of an encoding", clip(label, 40))
	}
	options := c.Arg(1)
	if err := dictionary("the options of a TextDecoder", options); err != nil {
		return nil, err
	}
	return &textDecoder{
		encoding:  encoding,
		fatal:     c.VM.Get(options, "fatal").ToBoolean(),
		ignoreBOM: c.VM.Get(options, "ignoreBOM").ToBoolean(),
	}, nil
}

// decode decodes a whole text, or a piece of one with the option stream.
//
// Spec: https://encoding.spec.whatwg.org/#dom-textdecoder-decode
func (d *textDecoder) decode(c *js.Call) (any, error) {
	data, ok := c.VM.BytesOf(c.Arg(0))
	if c.Given(0) && !ok {
		return nil, js.TypeError("decode: the argument is neither an ArrayBuffer nor a view of one")
	}
	if err := dictionary("the options of decode", c.Arg(1)); err != nil {
		return nil, err
	}
	stream := c.VM.Get(c.Arg(1), "stream").ToBoolean()
	if d.decoder == nil {
		d.decoder, d.begun = d.encoding.newDecoder(), false
	}
	text, err := decodeChunks(c.VM, d.decoder, data, !stream, d.fatal)
	if !stream || err != nil {
		defer func() { d.decoder = nil }()
	}
	if err != nil {
		return nil, js.TypeError("decode: the bytes are not valid %s", d.encoding.name)
	}
	if !d.begun && text != "" {
		d.begun = true
		if d.encoding.unicode && !d.ignoreBOM {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
	}
	return text, nil
}
