package webapi

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/skerry-edge/skerry/isolate/js"
)

// The values of headers are byte strings: in Go, strings whose bytes are the bytes on the
// wire; for scripts, strings whose code points are those bytes, U+0000 to U+00FF.
//
// Spec: https://webidl.spec.whatwg.org/#idl-ByteString

// byteString returns the bytes that a script means by s, which what names in errors. A
// code point over U+00FF is a TypeError.
func byteString(vm *js.VM, what, s string) (string, error) {
	if isASCII(s) {
		return s, nil
	}
	b := newBuffer(vm, len(s))
	for piece := range wholeChunks(vm, s) {
		for _, r := range piece {
			if r > 0xFF {
				return "", js.TypeError("%s can't be sent: it has %U at index %d, and only U+0000 to U+00FF stand for bytes", clip(what, 200), r, len(b.data))
			}
			b.data = append(b.data, byte(r))
		}
	}
	return b.text(), nil
}

// isomorphic returns what scripts see of the bytes of s.
//
// Spec: https://infra.spec.whatwg.org/#isomorphic-decode
func isomorphic(vm *js.VM, s string) string {
	if isASCII(s) {
		return s
	}
	b := newBuffer(vm, 2*len(s))
	for piece := range chunks(vm, s) {
		for i := range len(piece) {
			b.data = utf8.AppendRune(b.data, rune(piece[i]))
		}
	}
	return b.text()
}

// isASCII takes a few milliseconds for all that an event may hold.
func isASCII(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		if binary.NativeEndian.Uint64(viewBytes(s))&0x8080808080808080 != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// tokenBytesMax is far beyond the length of any token that is sent.
const tokenBytesMax = 64 << 10

// isToken says whether s can be a method or the name of a header.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func isToken(s string) bool {
	if len(s) > tokenBytesMax {
		return false
	}
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// viewBytes returns the bytes of s in place: they must never be written to.
func viewBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// viewString returns b in place as a string: b must never be written to again.
func viewString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
