package js

import "strings"

// characterSet is what patterns like [<>&"'], \s+ and , look for: one character out of a set of
// ASCII, or as many of them as there are. To find one takes no matcher.
type characterSet struct {
	low, high uint64
	many      bool // as many as there are
	beyond    bool // what is not ASCII may be in the set too: only subjects of ASCII tell
}

// setBytes is the length of a pattern that may be a set; longer ones are none.
const setBytes = 64

// setOf returns the set that a pattern is. ok is false if it is more than a set.
func setOf(p *enginePattern) (set characterSet, ok bool) {
	pattern := p.src
	if pattern == "" || len(pattern) > setBytes || p.ignoreCase {
		return set, false
	}
	if last := len(pattern) - 1; last > 0 && pattern[last] == '+' && pattern[last-1] != '\\' {
		set.many, pattern = true, pattern[:last]
	}
	if pattern[0] == '[' {
		return set, set.addClass(pattern)
	}
	rest, ok := set.add(pattern, `^$.*+?()[]{}|/`)
	return set, ok && rest == ""
}

// addClass reads [...] to the end of pattern.
func (s *characterSet) addClass(pattern string) bool {
	rest := pattern[1:]
	negated := strings.HasPrefix(rest, "^")
	if negated {
		rest = rest[1:]
	}
	for rest != "]" {
		if len(rest) < 2 {
			return false
		}
		if len(rest) > 3 && rest[0] != '\\' && rest[1] == '-' && rest[2] != ']' {
			if !s.addRange(rest[0], rest[2]) {
				return false
			}
			rest = rest[3:]
			continue
		}
		var ok bool
		if rest, ok = s.add(rest, "[]"); !ok || len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			return false // an escape that begins a range
		}
	}
	if negated {
		s.low, s.high, s.beyond = ^s.low, ^s.high, true
	}
	return true
}

// add reads one character, or an escape, and returns what is behind it. Those in special mean
// something else.
func (s *characterSet) add(pattern, special string) (rest string, ok bool) {
	c := pattern[0]
	if c != '\\' {
		s.put(c)
		return pattern[1:], c < 0x80 && strings.IndexByte(special, c) < 0
	}
	if len(pattern) < 2 {
		return "", false
	}
	switch c = pattern[1]; c {
	case 'd':
		s.addRange('0', '9')
	case 'w':
		s.addWord()
	case 's':
		s.addRange('\t', '\r')
		s.put(' ')
		s.beyond = true
	case 't':
		s.put('\t')
	case 'n':
		s.put('\n')
	case 'r':
		s.put('\r')
	default:
		if strings.IndexByte(`^$\.*+?()[]{}|/-`, c) < 0 {
			return "", false
		}
		s.put(c)
	}
	return pattern[2:], true
}

func (s *characterSet) addWord() {
	s.addRange('0', '9')
	s.addRange('A', 'Z')
	s.addRange('a', 'z')
	s.put('_')
}

// addRange adds what is from first to last, both of which stand for themselves.
func (s *characterSet) addRange(first, last byte) bool {
	if first > last || last >= 0x80 || strings.IndexByte(`\[]`, first) >= 0 || strings.IndexByte(`\[]`, last) >= 0 {
		return false
	}
	for c := first; c <= last; c++ {
		s.put(c)
	}
	return true
}

func (s *characterSet) put(c byte) {
	if c < 64 {
		s.low |= 1 << c
	} else {
		s.high |= 1 << (c & 63)
	}
}

func (s *characterSet) has(c uint16) bool {
	switch {
	case c < 64:
		return s.low>>c&1 != 0
	case c < 128:
		return s.high>>(c&63)&1 != 0
	}
	return false
}

// matchSet is match for a pattern that is a set, and a subject of which it can tell.
func (m *matcher) matchSet(start int, sticky bool) []int {
	at, length := start, m.subject.Length()
	if !sticky {
		at = m.scan(at, length, true)
	}
	if at == length || !m.has(at) {
		return nil
	}
	end := at + 1
	if m.set.many {
		end = m.scan(end, length, false)
	}
	if m.places == nil {
		m.places = make([]int, 0, 8)
	}
	m.places = append(m.places, at, end)
	return m.places[len(m.places)-2 : len(m.places) : len(m.places)]
}

// scan returns the first place from at on that the set has, or doesn't have; length if there is
// none.
func (m *matcher) scan(at, length int, wanted bool) int {
	for at < length {
		chunk := min(length, at+chunkText)
		for ; at < chunk; at++ {
			if m.has(at) == wanted {
				return at
			}
		}
		m.vm.checkpoint()
	}
	return length
}

// has says whether the set has the character at a place.
func (m *matcher) has(at int) bool {
	if m.ascii {
		return m.set.has(uint16(m.text[at]))
	}
	return m.set.has(m.wide[at+1])
}
