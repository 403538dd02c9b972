package rewrite

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// This file reads the tokens of CSS that selectors have.

// identAhead says whether an identifier begins here.
//
// Spec: https://www.w3.org/TR/css-syntax-3/#would-start-an-identifier
func (p *selectorParser) identAhead() bool {
	i := 0
	if p.peek() == '-' {
		if i++; p.ahead(1) == '-' {
			return true
		}
	}
	c := p.ahead(i)
	return isLetter(c) || c == '_' || c >= utf8.RuneSelf || c == '\\' && p.ahead(i+1) != '\n'
}

// ident reads an identifier.
func (p *selectorParser) ident() string {
	var out strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case isLetter(c), c >= '0' && c <= '9', c == '-', c == '_', c >= utf8.RuneSelf:
			out.WriteByte(c)
			p.at++
		case c == '\\' && p.ahead(1) != '\n':
			p.escape(&out)
		default:
			return out.String()
		}
	}
	return out.String()
}

// escape reads a backslash and what it stands before.
//
// Spec: https://www.w3.org/TR/css-syntax-3/#consume-escaped-code-point
func (p *selectorParser) escape(out *strings.Builder) {
	p.at++
	if p.at == len(p.text) {
		out.WriteRune(utf8.RuneError)
		return
	}
	n := 0
	for n < 6 && isHex(p.ahead(n)) {
		n++
	}
	if n == 0 {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		out.WriteRune(r)
		p.at += size
		return
	}
	code, _ := strconv.ParseUint(p.text[p.at:p.at+n], 16, 32)
	p.at += n
	if isSpace(p.peek()) {
		p.at++
	}
	if r := rune(code); r != 0 && utf8.ValidRune(r) {
		out.WriteRune(r)
	} else {
		out.WriteRune(utf8.RuneError)
	}
}

// quoted reads a string.
//
// Spec: https://www.w3.org/TR/css-syntax-3/#consume-string-token
func (p *selectorParser) quoted() (string, error) {
	var out strings.Builder
	quote := p.peek()
	p.at++
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == quote:
			p.at++
			return out.String(), nil
		case c == '\n':
			return "", p.wrong(p.at, "a string can't go over a line's end")
		case c == '\\' && p.ahead(1) == '\n':
			p.at += 2
		case c == '\\' && p.at+1 == len(p.text):
			p.at++
		case c == '\\':
			p.escape(&out)
		default:
			out.WriteByte(c)
			p.at++
		}
	}
	return out.String(), nil
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i] != lowered(s[i]) {
			return string(asciiLower([]byte(s)))
		}
	}
	return s
}
