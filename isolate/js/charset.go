package js

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// charSet is a set of characters and of strings of other than one character.
type charSet struct {
	ranges  []charRange // in order and apart, once sorted
	strings map[string]bool
}

type charRange struct{ from, to rune }

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
