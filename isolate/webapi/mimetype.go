package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// mimeType is a MIME type, its parts as byte strings.
//
// Spec: https://mimesniff.spec.whatwg.org/#mime-type-representation
type mimeType struct {
	typ, subtype string  // lower case
	parameters   []Field // names lower case and unique
}

func (m mimeType) essence() string { return m.typ + "/" + m.subtype }

func (m mimeType) parameter(name string) (string, bool) {
	for _, p := range m.parameters {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// String serializes m.
//
// Spec: https://mimesniff.spec.whatwg.org/#serializing-a-mime-type
func (m mimeType) String() string {
	var s strings.Builder
	s.WriteString(m.essence())
	for _, p := range m.parameters {
		value := p.Value
		if !isToken(value) {
			value = `"` + quotedEscapes.Replace(value) + `"`
		}
		s.WriteString(";" + p.Name + "=" + value)
	}
	return s.String()
}

var quotedEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// mimeTypeBytesMax is far beyond the length of any MIME type that is sent.
const mimeTypeBytesMax = 16 << 10

// parseMIMEType parses s; false: it is none.
//
// Spec: https://mimesniff.spec.whatwg.org/#parse-a-mime-type
func parseMIMEType(s string) (mimeType, bool) {
	if len(s) > mimeTypeBytesMax {
		return mimeType{}, false
	}
	s = strings.Trim(s, httpSpace)                                     // step 1
	essence, rest, parameters := strings.Cut(s, ";")                   // steps 3 to 8
	typ, subtype, ok := strings.Cut(essence, "/")                      // steps 3 to 6
	subtype = strings.TrimRight(subtype, httpSpace)                    // step 8
	m := mimeType{strings.ToLower(typ), strings.ToLower(subtype), nil} // step 10
	if !ok || !isToken(typ) || !isToken(subtype) {
		return mimeType{}, false
	}
	known := make(map[string]bool)
	for parameters { // step 11
		rest = strings.TrimLeft(rest, httpSpace)
		i := strings.IndexAny(rest, ";=")
		if i < 0 {
			break // a name without a value, at the end
		}
		name, sign := strings.ToLower(rest[:i]), rest[i]
		rest = rest[i+1:]
		if sign == ';' {
			continue
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			value, rest = quotedString(rest)
			_, rest, parameters = strings.Cut(rest, ";")
		} else {
			value, rest, parameters = strings.Cut(rest, ";")
			value = strings.TrimRight(value, httpSpace)
			if value == "" {
				continue
			}
		}
		if !known[name] && isToken(name) && isQuotable(value) {
			known[name] = true
			m.parameters = append(m.parameters, Field{name, value})
		}
	}
	return m, true
}

const httpSpace = "\t\n\r "

// isQuotable says whether s can stand in a quoted string.
func isQuotable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// quotedString returns the value of the quoted string that s begins with, and what
// follows it.
//
// Spec: https://fetch.spec.whatwg.org/#collect-an-http-quoted-string
func quotedString(s string) (value, rest string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:]
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// mimeType returns the MIME type that the Content-Type headers say together.
//
// Spec: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
func (h *headers) mimeType(vm *js.VM) (mimeType, bool) {
	combined, _ := h.value(vm, "content-type")
	if len(combined) > mimeTypeBytesMax {
		return mimeType{}, false
	}
	var (
		m, found            = mimeType{}, false
		charset, hasCharset = "", false
	)
	for _, value := range splitValue(combined) { // step 5
		next, ok := parseMIMEType(value)
		if !ok || next.essence() == "*/*" {
			continue
		}
		own, has := next.parameter("charset")
		switch {
		case !found || next.essence() != m.essence():
			charset, hasCharset = own, has
		case !has && hasCharset:
			next.parameters = append(next.parameters, Field{"charset", charset})
		}
		m, found = next, true
	}
	return m, found
}

// splitValue splits a combined value at its commas, those in quoted strings left alone.
//
// Spec: https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
func splitValue(s string) []string {
	var values []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ',':
			values = append(values, strings.Trim(s[start:i], "\t "))
			start = i + 1
		case '"':
			_, rest := quotedString(s[i:])
			i = len(s) - len(rest) - 1
		}
	}
	return append(values, strings.Trim(s[start:], "\t "))
}
