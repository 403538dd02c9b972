package js

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The engine does not know the flag v. Most patterns with it mean the same with u; in the
// others it is the classes that don't: they may have classes in them, differences and
// intersections, and strings. Such a class is computed here, and written as a plain one.
//
// Spec: https://tc39.es/ecma262/#prod-ClassSetExpression

// lowerClassSets rewrites a pattern with the flag v as one with u. It returns false if the
// pattern is not valid, or names a property of characters that is not known here.
func lowerClassSets(pattern string) (string, bool) {
	if !strictEscapes(pattern) {
		return "", false
	}
	if !strings.Contains(pattern, "--") && !strings.Contains(pattern, "&&") && !strings.Contains(pattern, `\q{`) && !nestedClass(pattern) {
		return pattern, true
	}
	r := classReader{text: pattern}
	var out strings.Builder
	for r.at < len(pattern) && !r.failed {
		switch pattern[r.at] {
		case '\\':
			out.WriteString(pattern[r.at : r.at+2])
			r.at += 2
		case '[':
			r.class().write(&out)
		default:
			out.WriteByte(pattern[r.at])
			r.at++
		}
	}
	return out.String(), !r.failed && out.Len() <= patternBytes
}

// strictEscapes says whether all escapes of a pattern are ones that the flag v allows.
func strictEscapes(pattern string) bool {
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '\\':
			i++
			if i == len(pattern) {
				return false
			}
			allowed := `^$\.*+?()[]{}|/dDsSwWpPbBfnrtvcxuk0123456789`
			if depth > 0 {
				allowed = `^$\.*+?()[]{}|/&-!#%,:;<=>@` + "`~" + `dDsSwWpPbfnrtvcxuq0`
			}
			if strings.IndexByte(allowed, pattern[i]) < 0 {
				return false
			}
		}
	}
	return true
}

// classWorkMax bounds how many ranges are looked at to compute the classes of one pattern:
// some milliseconds' worth.
const classWorkMax = 1 << 18

// classReader reads the classes of a pattern.
type classReader struct {
	text   string
	at     int
	depth  int
	work   int
	failed bool
}

func (r *classReader) fail() charSet {
	r.failed = true
	return charSet{}
}

// spend counts work that is to be done.
func (r *classReader) spend(n int) {
	if r.work += n; r.work > classWorkMax {
		r.failed = true
	}
}

// take skips token if it is next.
func (r *classReader) take(token string) bool {
	ok := strings.HasPrefix(r.text[r.at:], token)
	if ok {
		r.at += len(token)
	}
	return ok
}

// class reads a class, brackets and all.
func (r *classReader) class() charSet {
	r.at += len("[")
	if r.depth++; r.depth > patternDepth {
		return r.fail()
	}
	negated := r.take("^")
	var set charSet
	for first := true; !r.failed && !r.take("]"); first = false {
		switch {
		case !first && r.take("--"):
			set = r.combine(set, r.operand(), charSet.minus)
		case !first && r.take("&&"):
			set = r.combine(set, r.operand(), charSet.and)
		default:
			set.add(r.unionOperand())
		}
		if r.spend(1); r.at >= len(r.text) {
			return r.fail()
		}
	}
	r.depth--
	r.spend(len(set.ranges))
	set.sort()
	if !negated {
		return set
	}
	if len(set.strings) > 0 {
		return r.fail()
	}
	return anyChar().minus(set)
}

func (r *classReader) combine(a, b charSet, how func(a, b charSet) charSet) charSet {
	r.spend(len(a.ranges) + len(b.ranges))
	a.sort()
	b.sort()
	return how(a, b)
}

// unionOperand is operand, or a range.
func (r *classReader) unionOperand() charSet {
	set := r.operand()
	if r.failed || !strings.HasPrefix(r.text[r.at:], "-") || strings.HasPrefix(r.text[r.at:], "--") {
		return set
	}
	r.at++
	end := r.operand()
	from, ok := set.single()
	to, too := end.single()
	if !ok || !too || from > to {
		return r.fail()
	}
	return charSet{ranges: []charRange{{from, to}}}
}

// operand reads a character, an escape or a class.
func (r *classReader) operand() charSet {
	if r.failed || r.at >= len(r.text) {
		return r.fail()
	}
	switch r.text[r.at] {
	case '[':
		return r.class()
	case '\\':
		return r.escape()
	case '(', ')', ']', '{', '}', '/', '-', '|':
		return r.fail()
	}
	c, n := utf8.DecodeRuneInString(r.text[r.at:])
	r.at += n
	return charSet{ranges: []charRange{{c, c}}}
}

// escape reads an escape; see [strictEscapes].
func (r *classReader) escape() charSet {
	if r.at+1 >= len(r.text) {
		return r.fail()
	}
	letter := r.text[r.at+1]
	r.at += 2
	switch letter {
	case 'd':
		return charSet{ranges: []charRange{{'0', '9'}}}
	case 'w':
		return charSet{ranges: []charRange{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}}
	case 's':
		return charSet{ranges: []charRange{{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A},
			{0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}}}
	case 'D', 'W', 'S':
		positive := classReader{text: `\` + strings.ToLower(string(letter))}
		return anyChar().minus(positive.escape())
	case 'p', 'P':
		set, ok := propertySet(r.braced())
		if r.spend(len(set.ranges)); !ok {
			return r.fail()
		}
		if letter == 'P' {
			return anyChar().minus(set)
		}
		return set
	case 'q':
		return r.quoted()
	}
	if c, ok := r.escapedChar(letter); ok {
		return charSet{ranges: []charRange{{c, c}}}
	}
	return r.fail()
}

// escapedChar returns the character that an escape with that letter stands for.
func (r *classReader) escapedChar(letter byte) (rune, bool) {
	digits := ""
	switch letter {
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'v':
		return '\v', true
	case '0':
		return 0, true
	case 'c':
		if r.at == len(r.text) || r.text[r.at]|0x20 < 'a' || r.text[r.at]|0x20 > 'z' {
			return 0, false
		}
		r.at++
		return rune(r.text[r.at-1] & 31), true
	case 'x':
		digits = r.text[r.at:min(r.at+2, len(r.text))]
		r.at += len(digits)
	case 'u':
		if strings.HasPrefix(r.text[r.at:], "{") {
			digits = r.braced()
			break
		}
		digits = r.text[r.at:min(r.at+4, len(r.text))]
		r.at += len(digits)
	default:
		return rune(letter), true
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	return rune(n), err == nil && n <= unicode.MaxRune
}

// braced reads what is in braces.
func (r *classReader) braced() string {
	inside, _, ok := strings.Cut(r.text[r.at:], "}")
	if !ok || !strings.HasPrefix(inside, "{") {
		r.failed = true
		return ""
	}
	r.at += len(inside) + len("}")
	return inside[1:]
}

// quoted reads the alternatives of \q{}.
func (r *classReader) quoted() charSet {
	var set charSet
	var alternative []rune
	for r.at++; r.at < len(r.text) && !r.failed; {
		switch c := r.text[r.at]; c {
		case '|', '}':
			r.at++
			if len(alternative) == 1 {
				set.ranges = append(set.ranges, charRange{alternative[0], alternative[0]})
			} else {
				set.addString(string(alternative))
			}
			alternative = nil
			if c == '}' {
				return set
			}
			continue
		}
		next := r.operand()
		c, ok := next.single()
		if !ok {
			return r.fail()
		}
		alternative = append(alternative, c)
		r.spend(1)
	}
	return r.fail()
}
