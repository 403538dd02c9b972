package rewrite

import "bytes"

// parseDoctype reads what a doctype says.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#before-doctype-name-state
func parseDoctype(raw []byte, charset *charset) *Doctype {
	rest := bytes.TrimSuffix(raw[len("<!"+doctypeWord):], []byte(">"))
	d := new(Doctype)
	text := func(b []byte) *string {
		s := charset.text(b)
		return &s
	}
	rest = trimSpace(rest)
	if len(rest) == 0 {
		return d
	}
	n := bytes.IndexAny(rest, " \n\t\r\f")
	if n < 0 {
		n = len(rest)
	}
	d.name = text(asciiLower(rest[:n]))
	rest = trimSpace(rest[n:])
	if len(rest) < len("public") {
		return d
	}
	keyword, rest := rest[:len("public")], rest[len("public"):]
	switch {
	case equalFold(keyword, "public"):
		var id []byte
		if id, rest = quotedID(rest); id == nil {
			return d
		}
		d.public = text(id)
	case !equalFold(keyword, "system"):
		return d
	}
	if id, _ := quotedID(rest); id != nil {
		d.system = text(id)
	}
	return d
}

// quotedID reads an identifier in quotes, whose end may be missing; nil: there is none.
func quotedID(b []byte) (id, rest []byte) {
	b = trimSpace(b)
	if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
		return nil, b
	}
	if i := bytes.IndexByte(b[1:], b[0]); i >= 0 {
		return b[1 : 1+i : 1+i], b[i+2:]
	}
	return b[1:], nil
}

func trimSpace(b []byte) []byte { return bytes.TrimLeft(b, " \n\t\r\f") }
