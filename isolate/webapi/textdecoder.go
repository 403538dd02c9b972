package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

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
	return d.piece(c.VM, data, c.VM.Get(c.Arg(1), "stream").ToBoolean())
}

// piece decodes a piece of a text; stream says that more will come. What it returns becomes a
// string.
func (d *textDecoder) piece(vm *js.VM, data []byte, stream bool) (any, error) {
	if d.decoder == nil {
		d.decoder, d.begun = d.encoding.newDecoder(), false
	}
	if !stream {
		defer func() { d.decoder = nil }()
	}
	if u, ok := d.decoder.(*utf8Decoder); ok && len(data) <= unitsBytesMax {
		return d.decodeUTF8(vm, u, data, stream)
	}
	text, err := decodeChunks(vm, d.decoder, data, !stream, d.fatal)
	if err != nil {
		return nil, d.malformed()
	}
	if !d.begun && text != "" {
		d.begun = true
		if d.encoding.unicode && !d.ignoreBOM {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
	}
	return text, nil
}

// decodeUTF8 is decode for UTF-8: the string is made in the form that the engine has it in.
func (d *textDecoder) decodeUTF8(vm *js.VM, decoder *utf8Decoder, data []byte, stream bool) (any, error) {
	if decoder.n == 0 && asciiPrefix(data) == len(data) {
		d.begun = d.begun || len(data) > 0
		return js.Latin1(cloneBytes(vm, data)), nil
	}
	size := len(data) + decoder.n
	vm.Allocate(2*int64(size), "the text")
	units := js.NewUnits(size)
	for {
		vm.Checkpoint()
		n := min(len(data), chunkBytes)
		var err error
		if units, err = decoder.units(units, data[:n], !stream && n == len(data), d.fatal); err != nil {
			return nil, d.malformed()
		}
		if data = data[n:]; len(data) == 0 {
			break
		}
	}
	if !d.begun && units.Len() > 0 {
		d.begun = true
		if !d.ignoreBOM {
			units = units.WithoutMark()
		}
	}
	return vm.TextOfUnits(units), nil
}

// malformed ends the stream.
func (d *textDecoder) malformed() error {
	d.decoder = nil
	return js.TypeError("decode: the bytes are not valid %s", d.encoding.name)
}
