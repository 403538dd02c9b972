package webapi

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/skerry-edge/skerry/isolate/js"
)

// encoding is one of the Encoding Standard's.
//
// Spec: https://encoding.spec.whatwg.org/#names-and-labels
type encoding struct {
	name       string
	unicode    bool // a text may begin with a byte order mark
	newDecoder func() decoder
}

// decoder decodes one text that comes in pieces.
type decoder interface {
	// decode returns the text of the next piece. Bytes that are none become U+FFFD, or
	// errMalformed if fatal. What ends in the middle of a character waits for the next
	// piece, unless this one is final.
	decode(piece []byte, final, fatal bool) (string, error)
}

// labelBytesMax is more than the length of the longest label.
const labelBytesMax = 40

// decodeChunks is d.decode for a piece of any size.
func decodeChunks(vm *js.VM, d decoder, piece []byte, final, fatal bool) (string, error) {
	if len(piece) <= chunkBytes {
		return d.decode(piece, final, fatal)
	}
	out := newBuffer(vm, len(piece))
	for len(piece) > 0 {
		vm.Checkpoint()
		n := min(len(piece), chunkBytes)
		text, err := d.decode(piece[:n], final && n == len(piece), fatal)
		if err != nil {
			return "", err
		}
		out.write(text)
		piece = piece[n:]
	}
	return out.text(), nil
}

// encodingLabelled finds the encoding that a label stands for, without regard to case and
// white space around it.
//
// Spec: https://encoding.spec.whatwg.org/#concept-encoding-get
func encodingLabelled(vm *js.VM, label string) (encoding, bool) {
	label = trim(vm, label, "\t\n\f\r ")
	if len(label) > labelBytesMax {
		return encoding{}, false
	}
	for i := range len(label) {
		if label[i] >= utf8.RuneSelf || label[i] <= ' ' {
			return encoding{}, false // the index would fold and trim more than the Standard
		}
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return encoding{}, false
	}
	name, err := htmlindex.Name(e)
	if err != nil {
		return encoding{}, false
	}
	switch name {
	case "replacement":
		return encoding{}, false
	case "utf-8":
		return encoding{name, true, func() decoder { return new(utf8Decoder) }}, true
	case "utf-16le":
		return encoding{name, true, func() decoder { return new(utf16Decoder) }}, true
	case "utf-16be":
		return encoding{name, true, func() decoder { return &utf16Decoder{bigEndian: true} }}, true
	case "gbk", "gb18030":
		return encoding{name, false, newGB18030}, true
	case "big5":
		return encoding{name, false, newBig5}, true
	case "euc-kr":
		return encoding{name, false, newEUCKR}, true
	case "euc-jp":
		return encoding{name, false, newEUCJP}, true
	case "shift_jis":
		return encoding{name, false, newShiftJIS}, true
	case "iso-2022-jp":
		return encoding{name, false, newISO2022JP}, true
	case "iso-8859-8-i":
		e = charmap.ISO8859_8 // only the direction of its text differs
	}
	table, ok := e.(*charmap.Charmap)
	d := &byteDecoder{table: table, controls: strings.HasPrefix(name, "windows-") || strings.HasPrefix(name, "iso-8859-")}
	return encoding{name, false, func() decoder { return d }}, ok
}

// byteDecoder decodes an encoding in which each byte is a character.
//
// Spec: https://encoding.spec.whatwg.org/#single-byte-decoder
type byteDecoder struct {
	table    *charmap.Charmap
	controls bool // bytes from 80 to 9F that the table lacks are the control characters there
}

func (d *byteDecoder) decode(piece []byte, _, fatal bool) (string, error) {
	if isASCII(viewString(piece)) { // every such encoding has ASCII as it is
		return string(piece), nil
	}
	out := make([]byte, 0, len(piece))
	for _, b := range piece {
		r := d.table.DecodeByte(b)
		if r == utf8.RuneError && d.controls && b < 0xA0 {
			r = rune(b)
		}
		if r == utf8.RuneError && fatal {
			return "", errMalformed
		}
		out = utf8.AppendRune(out, r)
	}
	return viewString(out), nil
}

// utf16Decoder decodes UTF-16; its zero value the little-endian one.
//
// Spec: https://encoding.spec.whatwg.org/#shared-utf-16-decoder
type utf16Decoder struct {
	bigEndian bool
	half      []byte // the first byte of a code unit, if that is all there was
	lead      rune   // a leading surrogate whose other half has not come; 0: none
}

func (d *utf16Decoder) decode(piece []byte, final, fatal bool) (string, error) {
	if len(d.half) > 0 {
		piece = append(d.half, piece...)
		d.half = nil
	}
	out := make([]byte, 0, len(piece)+len(piece)/2)
	malformed := false
	for ; len(piece) >= 2; piece = piece[2:] {
		unit := rune(piece[0]) | rune(piece[1])<<8
		if d.bigEndian {
			unit = rune(piece[0])<<8 | rune(piece[1])
		}
		if d.lead != 0 {
			pair := utf16.DecodeRune(d.lead, unit)
			d.lead = 0
			out = utf8.AppendRune(out, pair)
			if pair != utf8.RuneError {
				continue
			}
			malformed = true
		}
		switch {
		case unit >= 0xD800 && unit < 0xDC00:
			d.lead = unit
		case unit >= 0xDC00 && unit < 0xE000:
			malformed = true
			out = utf8.AppendRune(out, utf8.RuneError)
		default:
			out = utf8.AppendRune(out, unit)
		}
	}
	if final && (d.lead != 0 || len(piece) > 0) {
		malformed = true
		out = utf8.AppendRune(out, utf8.RuneError)
	} else if len(piece) > 0 {
		d.half = []byte{piece[0]}
	}
	if malformed && fatal {
		return "", errMalformed
	}
	return viewString(out), nil
}
