package webapi

import (
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
	return js.Latin1(data), nil
}}

// Btoa encodes a string whose characters stand for bytes in base64.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-btoa
var Btoa = js.Function{Name: "btoa", Length: 1, Call: func(c *js.Call) (any, error) {
	data, ok := c.VM.Latin1Of(c.Arg(0))
	if !ok {
		return nil, &js.DOMError{Name: "InvalidCharacterError",
			Message: "btoa: the string has characters outside of the Latin1 range; encode it as bytes first"}
	}
	return c.VM.EncodeBase64(data), nil
}}

// forgivingBase64 decodes base64 with or without padding, with white space anywhere.
//
// Spec: https://infra.spec.whatwg.org/#forgiving-base64-decode
func forgivingBase64(vm *js.VM, s string) ([]byte, bool) {
	if data, ok := vm.DecodeBase64(unpadded(s)); ok {
		return data, true // most have no white space
	}
	return vm.DecodeBase64(unpadded(without(vm, s, "\t\n\f\r "))) // step 1
}

// unpadded is step 2.
func unpadded(s string) string {
	if len(s)%4 == 0 {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	return s
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
