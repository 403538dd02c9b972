package webapi

import (
	"encoding/base64"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Atob decodes base64 to a string whose characters stand for bytes.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-atob
var Atob = js.Function{Name: "atob", Length: 1, Call: func(c *js.Call) (any, error) {
	data, ok := forgivingBase64(c.VM, c.String(0))
	if !ok {
		return nil, &js.DOMError{Name: "InvalidCharacterError", Message: "atob: the string is not correctly encoded base64"}
	}
	return latin1(c.VM, data), nil
}}

// Btoa encodes a string whose characters stand for bytes in base64.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-btoa
var Btoa = js.Function{Name: "btoa", Length: 1, Call: func(c *js.Call) (any, error) {
	text := c.String(0)
	data := newBuffer(c.VM, len(text))
	for piece := range wholeChunks(c.VM, text) {
		for _, r := range piece {
			if r > 0xFF {
				return nil, &js.DOMError{Name: "InvalidCharacterError",
					Message: "btoa: the string has characters outside of the Latin1 range; encode it as bytes first"}
			}
			data.data = append(data.data, byte(r))
		}
	}
	const chunk = chunkBytes / 3 * 3 // what ends within it would be padded
	out := newBuffer(c.VM, base64.StdEncoding.EncodedLen(len(data.data)))
	for rest := data.data; ; rest = rest[chunk:] {
		out.data = base64.StdEncoding.AppendEncode(out.data, rest[:min(len(rest), chunk)])
		if len(rest) <= chunk {
			return out.text(), nil
		}
		c.VM.Checkpoint()
	}
}}

// forgivingBase64 decodes base64 with or without padding, with white space anywhere.
//
// Spec: https://infra.spec.whatwg.org/#forgiving-base64-decode
func forgivingBase64(vm *js.VM, s string) ([]byte, bool) {
	s = without(vm, s, "\t\n\f\r ") // step 1
	if len(s)%4 == 0 {              // step 2
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	out := newBuffer(vm, base64.RawStdEncoding.DecodedLen(len(s)))
	for piece := range chunks(vm, s) { // steps 3 to 10; what all but the last have is in fours
		var err error
		if out.data, err = base64.RawStdEncoding.AppendDecode(out.data, viewBytes(piece)); err != nil {
			return nil, false
		}
	}
	return out.data, true
}

// without returns s without any of the characters in cutset, which are ASCII.
func without(vm *js.VM, s, cutset string) string {
	var out *buffer // nil: there has been none yet
	done := 0
	for piece := range chunks(vm, s) {
		if i := strings.IndexAny(piece, cutset); i < 0 && out == nil {
			done += len(piece)
			continue
		}
		if out == nil {
			out = newBuffer(vm, len(s))
			out.write(s[:done])
		}
		for {
			i := strings.IndexAny(piece, cutset)
			if i < 0 {
				break
			}
			out.data = append(out.data, piece[:i]...)
			piece = piece[i+1:]
		}
		out.data = append(out.data, piece...)
	}
	if out == nil {
		return s
	}
	return out.text()
}

// latin1 makes of each byte the character of its value. Nobody may write to data any more.
func latin1(vm *js.VM, data []byte) string { return isomorphic(vm, viewString(data)) }
