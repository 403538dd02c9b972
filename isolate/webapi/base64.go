package webapi

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Atob decodes base64 to a string whose characters stand for bytes.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-atob
var Atob = js.Function{Name: "atob", Length: 1, Call: func(c *js.Call) (any, error) {
	data, ok := forgivingBase64(c.String(0))
	if !ok {
		return nil, &js.DOMError{Name: "InvalidCharacterError", Message: "atob: the string is not correctly encoded base64"}
	}
	return latin1(data), nil
}}

// Btoa encodes a string whose characters stand for bytes in base64.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#dom-btoa
var Btoa = js.Function{Name: "btoa", Length: 1, Call: func(c *js.Call) (any, error) {
	text := c.String(0)
	data := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xFF {
			return nil, &js.DOMError{Name: "InvalidCharacterError",
				Message: "btoa: the string has characters outside of the Latin1 range; encode it as bytes first"}
		}
		data = append(data, byte(r))
	}
	return base64.StdEncoding.EncodeToString(data), nil
}}

// forgivingBase64 decodes base64 with or without padding, with white space anywhere.
//
// Spec: https://infra.spec.whatwg.org/#forgiving-base64-decode
func forgivingBase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\t\n\f\r ") { // step 1
		s = strings.NewReplacer("\t", "", "\n", "", "\f", "", "\r", "", " ", "").Replace(s)
	}
	if len(s)%4 == 0 { // step 2
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	data, err := base64.RawStdEncoding.DecodeString(s) // steps 3 to 10
	return data, err == nil
}

// latin1 makes of each byte the character of its value.
func latin1(data []byte) string {
	if isASCII(viewString(data)) {
		return string(data)
	}
	var out strings.Builder
	out.Grow(len(data))
	for _, b := range data {
		if b < utf8.RuneSelf {
			out.WriteByte(b)
		} else {
			out.WriteRune(rune(b))
		}
	}
	return out.String()
}
