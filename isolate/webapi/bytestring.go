package webapi

import (
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
func byteString(what, s string) (string, error) {
	if isASCII(s) {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		if r > 0xFF {
			return "", js.TypeError("%s can't be sent: it has %U at index %d, and only U+0000 to U+00FF stand for bytes", what, r, utf8.RuneCountInString(s[:i]))
		}
		b.WriteByte(byte(r))
	}
	return b.String(), nil
}

// isomorphic returns what scripts see of the bytes of s.
//
// Spec: https://infra.spec.whatwg.org/#isomorphic-decode
func isomorphic(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(2 * len(s))
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isToken says whether s can be a method or the name of a header.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func isToken(s string) bool {
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
