package webapi

import (
	"errors"
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
