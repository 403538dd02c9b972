package webapi

import (
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
		if isASCII(piece) {
			read += len(piece)
		} else {
			read += lengthUTF16(piece)
		}
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
