package webapi

import (
	"strings"
	"unicode/utf8"
)

// writePattern makes the canonical pattern string of parts.
//
// Spec: https://urlpattern.spec.whatwg.org/#generate-a-pattern-string
func writePattern(parts []patternPart, options patternOptions) string {
	var b strings.Builder
	for i := range parts {
		p := &parts[i]
		var previous, next *patternPart
		if i > 0 {
			previous = &parts[i-1]
		}
		if i+1 < len(parts) {
			next = &parts[i+1]
		}
		if p.kind != partFixed {
			p.writeGroup(&b, previous, next, options)
		} else if p.modifier == "" {
			b.WriteString(escapePattern(p.value))
		} else {
			b.WriteString("{" + escapePattern(p.value) + "}" + string(p.modifier))
		}
	}
	return b.String()
}

// writeGroup writes one group.
func (p *patternPart) writeGroup(b *strings.Builder, previous, next *patternPart, options patternOptions) {
	braces := p.needsBraces(previous, next, options)
	if braces {
		b.WriteByte('{')
	}
	b.WriteString(escapePattern(p.prefix))
	named := !p.unnamed()
	if named {
		b.WriteString(":" + p.name)
	}
	switch p.kind {
	case partRegExp:
		b.WriteString("(" + p.value + ")")
	case partSegment:
		if !named {
			b.WriteString("(" + options.segmentRegExp() + ")")
		} else if startsLikeName(p.suffix) {
			b.WriteByte('\\') // it would be read as more of the name
		}
	case partWildcard:
		if !named && (previous == nil || previous.kind == partFixed || previous.modifier != "" || braces || p.prefix != "") {
			b.WriteByte('*')
		} else {
			b.WriteString("(" + wildcardRegExp + ")")
		}
	}
	b.WriteString(escapePattern(p.suffix))
	if braces {
		b.WriteByte('}')
	}
	b.WriteString(string(p.modifier))
}

// needsBraces says whether p would be read as something else without braces around it.
func (p *patternPart) needsBraces(previous, next *patternPart, options patternOptions) bool {
	if p.suffix != "" || p.prefix != "" && p.prefix != options.prefix {
		return true
	}
	if !p.unnamed() && p.kind == partSegment && p.modifier == "" && next != nil && next.prefix == "" && next.suffix == "" {
		if next.kind == partFixed && startsLikeName(next.value) || next.kind != partFixed && next.unnamed() {
			return true
		}
	}
	return p.prefix == "" && previous != nil && previous.kind == partFixed && options.prefix != "" &&
		strings.HasSuffix(previous.value, options.prefix)
}

// unnamed says whether a group has but a number.
func (p *patternPart) unnamed() bool { return '0' <= p.name[0] && p.name[0] <= '9' }

// startsLikeName says whether s begins with what can stand in a name.
func startsLikeName(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isNameRune(r, false)
}

// escapePattern makes a pattern string that matches s.
//
// Spec: https://urlpattern.spec.whatwg.org/#escape-a-pattern-string
func escapePattern(s string) string { return escapeChars(s, `+*?:{}()\`) }
