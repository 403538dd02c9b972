package webapi

import (
	"encoding/binary"
	"errors"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

// errMalformed says that bytes are not text in the encoding that they are taken for.
var errMalformed = errors.New("the bytes are not valid in this encoding")

// utf8Decoder decodes UTF-8 that comes in pieces. Its zero value is ready.
//
// Spec: https://encoding.spec.whatwg.org/#utf-8-decoder
type utf8Decoder struct {
	pending [utf8.UTFMax - 1]byte // the beginning of a character that the next piece ends
	n       int                   // bytes in pending
}

// decode returns the text of src, and of what is pending. Bytes that belong to no
// character become U+FFFD, one for each maximal part of a character, or errMalformed if
// fatal. Unless final, a character cut off at the end waits for the next piece.
func (d *utf8Decoder) decode(src []byte, final, fatal bool) (string, error) {
	if d.n > 0 {
		src = append(d.pending[:d.n:d.n], src...)
		d.n = 0
	}
	if utf8.Valid(src) {
		return string(src), nil
	}
	var out []byte
	valid := 0 // bytes of characters that have not been appended yet
	for valid < len(src) {
		rest := src[valid:]
		if r, size := utf8.DecodeRune(rest); r != utf8.RuneError || size > 1 {
			valid += size
			continue
		}
		out = append(out, src[:valid]...)
		src, valid = rest, 0
		switch {
		case !final && !utf8.FullRune(src):
			d.n = copy(d.pending[:], src)
			return string(out), nil
		case fatal:
			return "", errMalformed
		}
		out = utf8.AppendRune(out, utf8.RuneError)
		src = src[partOfRune(src):]
	}
	return string(append(out, src...)), nil
}

// unitsBytesMax is the most that is made code units of at once: what is longer may be passed
// on without a look at its characters.
const unitsBytesMax = 1 << 20

// units is decode for who needs UTF-16: it appends to units, which has room for as many as src
// and what is pending have bytes.
func (d *utf8Decoder) units(units js.Units, src []byte, final, fatal bool) (js.Units, error) {
	if d.n > 0 {
		src = append(d.pending[:d.n:d.n], src...)
		d.n = 0
	}
	for {
		var n int
		units, n = appendUnits(units, src)
		src = src[n:]
		switch {
		case len(src) == 0:
			return units, nil
		case !final && !utf8.FullRune(src):
			d.n = copy(d.pending[:], src)
			return units, nil
		case fatal:
			return nil, errMalformed
		}
		units = append(units, utf8.RuneError)
		src = src[partOfRune(src):]
	}
}

// appendUnits appends the code units of the text at the start of src and returns how many
// bytes that has: all, or those before the first that is none.
func appendUnits(units js.Units, src []byte) (js.Units, int) {
	units = slices.Grow(units, len(src))
	out := units[len(units):cap(units)]
	o, i := 0, 0
	for i < len(src) {
		if rest := src[i:]; len(rest) >= 8 && binary.NativeEndian.Uint64(rest)&0x8080808080808080 == 0 {
			b, u := (*[8]byte)(rest), (*[8]uint16)(out[o:])
			u[0], u[1], u[2], u[3] = uint16(b[0]), uint16(b[1]), uint16(b[2]), uint16(b[3])
			u[4], u[5], u[6], u[7] = uint16(b[4]), uint16(b[5]), uint16(b[6]), uint16(b[7])
			i, o = i+8, o+8
			continue
		}
		switch c := src[i]; {
		case c < utf8.RuneSelf:
			out[o] = uint16(c)
			i, o = i+1, o+1
			continue
		case 0xC2 <= c && c < 0xE0 && i+1 < len(src) && src[i+1]&0xC0 == 0x80:
			out[o] = uint16(c&0x1F)<<6 | uint16(src[i+1]&0x3F)
			i, o = i+2, o+1
			continue
		case 0xE0 <= c && c < 0xF0 && i+2 < len(src) && src[i+1]&0xC0 == 0x80 && src[i+2]&0xC0 == 0x80:
			unit := uint16(c&0x0F)<<12 | uint16(src[i+1]&0x3F)<<6 | uint16(src[i+2]&0x3F)
			if unit >= 0x800 && unit&0xF800 != 0xD800 {
				out[o] = unit
				i, o = i+3, o+1
				continue
			}
		case c >= 0xF0:
			if r, n := utf8.DecodeRune(src[i:]); n == utf8.UTFMax {
				lead, trail := utf16.EncodeRune(r)
				out[o], out[o+1] = uint16(lead), uint16(trail)
				i, o = i+n, o+2
				continue
			}
		}
		return units[:len(units)+o], i
	}
	return units[:len(units)+o], i
}

// partOfRune returns how many bytes at the start of p, which begins with no character,
// could be the beginning of one; at least 1.
func partOfRune(p []byte) int {
	n := 1
	for n < len(p) && !utf8.FullRune(p[:n+1]) {
		n++
	}
	return n
}

// decodeUTF8 decodes a whole text, with U+FFFD for what is none. A byte order mark is
// kept.
//
// Spec: https://encoding.spec.whatwg.org/#utf-8-decode-without-bom
func decodeUTF8(vm *js.VM, s string) string {
	if len(s) <= chunkBytes {
		return validUTF8(s)
	}
	valid := true
	for piece := range wholeChunks(vm, s) {
		if valid = utf8.ValidString(piece); !valid {
			break
		}
	}
	if valid {
		return s
	}
	text, _ := decodeChunks(vm, new(utf8Decoder), viewBytes(s), true, false)
	return text
}

// validUTF8 is decodeUTF8 for what is not long.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	text, _ := new(utf8Decoder).decode([]byte(s), true, false)
	return text
}

// clip cuts s, for a message, to at most n bytes, at the end of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
