package js

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
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

// charSet is a set of characters and of strings of other than one character.
type charSet struct {
	ranges  []charRange // in order and apart, once sorted
	strings map[string]bool
}

type charRange struct{ from, to rune }

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

// propertySet returns the characters with a property, as \p names it.
func propertySet(name string) (charSet, bool) {
	if key, value, ok := strings.Cut(name, "="); ok {
		switch key {
		case "Script", "sc", "Script_Extensions", "scx":
			return tableSet(unicode.Scripts[value])
		case "General_Category", "gc":
			name = value
		default:
			return charSet{}, false
		}
	}
	switch name {
	case "Any":
		return anyChar(), true
	case "ASCII":
		return charSet{ranges: []charRange{{0, unicode.MaxASCII}}}, true
	case "Alphabetic", "Alpha":
		return tableSet(unicode.L, unicode.Nl, unicode.Other_Alphabetic)
	case "Lowercase", "Lower":
		return tableSet(unicode.Ll, unicode.Other_Lowercase)
	case "Uppercase", "Upper":
		return tableSet(unicode.Lu, unicode.Other_Uppercase)
	}
	if alias, ok := unicode.CategoryAliases[name]; ok {
		name = alias
	}
	if table := unicode.Categories[name]; table != nil {
		return tableSet(table)
	}
	return tableSet(unicode.Properties[name])
}

// tableSet returns what is in any of tables; false if one is nil.
func tableSet(tables ...*unicode.RangeTable) (charSet, bool) {
	var set charSet
	add := func(from, to, stride rune) {
		if stride == 1 {
			set.ranges = append(set.ranges, charRange{from, to})
			return
		}
		for c := from; c <= to; c += stride {
			set.ranges = append(set.ranges, charRange{c, c})
		}
	}
	for _, t := range tables {
		if t == nil {
			return charSet{}, false
		}
		for _, x := range t.R16 {
			add(rune(x.Lo), rune(x.Hi), rune(x.Stride))
		}
		for _, x := range t.R32 {
			add(rune(x.Lo), rune(x.Hi), rune(x.Stride))
		}
	}
	set.sort()
	return set, true
}

func anyChar() charSet { return charSet{ranges: []charRange{{0, unicode.MaxRune}}} }

// single returns the one character that s has, if that is all.
func (s charSet) single() (rune, bool) {
	if len(s.ranges) != 1 || len(s.strings) > 0 || s.ranges[0].from != s.ranges[0].to {
		return 0, false
	}
	return s.ranges[0].from, true
}

// add adds what other has; s is not sorted any more.
func (s *charSet) add(other charSet) {
	s.ranges = append(s.ranges, other.ranges...)
	for text := range other.strings {
		s.addString(text)
	}
}

func (s *charSet) addString(text string) {
	if s.strings == nil {
		s.strings = make(map[string]bool)
	}
	s.strings[text] = true
}

// sort brings the ranges into order and joins those that touch.
func (s *charSet) sort() {
	slices.SortFunc(s.ranges, func(a, b charRange) int { return int(a.from - b.from) })
	var joined []charRange
	for _, x := range s.ranges {
		if n := len(joined); n > 0 && x.from <= joined[n-1].to+1 {
			joined[n-1].to = max(joined[n-1].to, x.to)
		} else {
			joined = append(joined, x)
		}
	}
	s.ranges = joined
}

// and returns what a and b have both. They must be sorted.
func (a charSet) and(b charSet) charSet {
	var both charSet
	for i, j := 0, 0; i < len(a.ranges) && j < len(b.ranges); {
		x, y := a.ranges[i], b.ranges[j]
		if from, to := max(x.from, y.from), min(x.to, y.to); from <= to {
			both.ranges = append(both.ranges, charRange{from, to})
		}
		if x.to < y.to {
			i++
		} else {
			j++
		}
	}
	for text := range a.strings {
		if b.strings[text] {
			both.addString(text)
		}
	}
	return both
}

// minus returns what a has and b has not. They must be sorted.
func (a charSet) minus(b charSet) charSet {
	var others charSet // all characters that b has not
	next := rune(0)
	for _, x := range b.ranges {
		if x.from > next {
			others.ranges = append(others.ranges, charRange{next, x.from - 1})
		}
		next = x.to + 1
	}
	if next <= unicode.MaxRune {
		others.ranges = append(others.ranges, charRange{next, unicode.MaxRune})
	}
	rest := a.and(others)
	for text := range a.strings {
		if !b.strings[text] {
			rest.addString(text)
		}
	}
	return rest
}

// write writes s as a plain class or, with strings, as alternatives, the longest first.
func (s charSet) write(out *strings.Builder) {
	if len(s.strings) > 0 {
		texts := slices.SortedFunc(maps.Keys(s.strings), func(a, b string) int {
			return cmp.Or(len(b)-len(a), strings.Compare(a, b))
		})
		out.WriteString("(?:")
		for _, text := range texts {
			if text != "" {
				for _, c := range text {
					fmt.Fprintf(out, `\u{%X}`, c)
				}
				out.WriteByte('|')
			}
		}
		charSet{ranges: s.ranges}.write(out)
		if s.strings[""] {
			out.WriteByte('|')
		}
		out.WriteByte(')')
		return
	}
	if len(s.ranges) == 0 {
		out.WriteString(`[^\u{0}-\u{10FFFF}]`)
		return
	}
	out.WriteByte('[')
	for _, x := range s.ranges {
		fmt.Fprintf(out, `\u{%X}`, x.from)
		if x.to > x.from {
			fmt.Fprintf(out, `-\u{%X}`, x.to)
		}
	}
	out.WriteByte(']')
}
