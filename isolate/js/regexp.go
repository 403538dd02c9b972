package js

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unsafe"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// matcher finds the matches of one pattern in one subject. It ends when the turn is cut:
// Go's matcher is given long subjects rune by rune, and looks for the cut on the way; the
// one that backtracks is stopped by its clock.
type matcher struct {
	vm      *VM
	p       *enginePattern
	subject goja.String
	ascii   bool
	text    string        // the subject, if ASCII is all it has
	wide    []uint16      // otherwise, behind a byte order mark
	runes   *subjectRunes // the subject, for who needs runes
	set     characterSet  // what the pattern is, and
	isSet   bool          // whether it is one that the subject can be searched for
	places  []int         // where a set was found: matches are parts of it
}

// subjectRunes is a subject as runes: its code units, or, for a pattern with the flag u
// and where that makes a difference, its code points.
type subjectRunes struct {
	data   unsafe.Pointer // identify the subject
	length int
	points bool

	runes  []rune
	places []int // of points: where each begins in the subject, and its end; nil: at its index
}

func (vm *VM) newMatcher(p *enginePattern, subject goja.String) matcher {
	text, wide := codeUnits(subject)
	m := matcher{vm: vm, p: p, subject: subject, ascii: wide == nil, text: text, wide: wide}
	if m.set, m.isSet = setOf(p); !m.ascii && m.set.beyond {
		m.isSet = false
	}
	return m
}

// match returns where the first match from start on is: pairs of places, of the match and
// of its groups, -1 for a group without one. nil is no match. With sticky the match must
// be at start.
func (m *matcher) match(start int, sticky bool) []int {
	m.vm.checkpoint()
	if m.isSet {
		return m.matchSet(start, sticky)
	}
	if m.p.linear != nil {
		return m.matchLinear(start, sticky)
	}
	found := m.matchBacktracking(start)
	if found == nil || sticky && found[0] != start {
		return nil
	}
	return found
}

// names returns the groups' names.
func (m *matcher) names() []string {
	if m.p.linear != nil {
		return m.p.linear.SubexpNames()
	}
	return m.p.backtracking.names()
}

// variant is how a pattern of Go's matcher is changed to match from within a subject. Go
// has no way to say so.
type variant uint8

const (
	stickyVariant  variant = 1 << iota // only where the subject begins
	contextVariant                     // after one more character, for \b and the like to see
)

type variantKey struct {
	pattern string
	variant variant
}

// matchLinear matches with Go's matcher.
func (m *matcher) matchLinear(start int, sticky bool) []int {
	var v variant
	if sticky {
		v |= stickyVariant
	}
	at := m.runeIndex(start)
	if at > 0 && looksBack(m.p.src) {
		v |= contextVariant
		at--
	}
	re := m.p.linear
	if v != 0 {
		re = m.vm.platform.seam.regExps.variantOf(re, v)
	}
	found := m.run(re, at, v)
	if v&contextVariant != 0 && found != nil {
		found = found[2:]
	}
	return found
}

// variantsMax bounds what the process keeps; then it begins anew.
const variantsMax = 500

func (s *regExpSeam) variantOf(re *regexp.Regexp, v variant) *regexp.Regexp {
	key := variantKey{re.String(), v}
	s.cache.Lock()
	defer s.cache.Unlock()
	if changed, ok := s.cache.variants[key]; ok {
		return changed
	}
	var changed *regexp.Regexp
	switch v {
	case stickyVariant:
		changed = regexp.MustCompile(`\A(?:` + key.pattern + `)`)
	case contextVariant:
		changed = regexp.MustCompile(`\A(?s:.)(?s:.*?)(` + key.pattern + `)`)
	default:
		changed = regexp.MustCompile(`\A(?s:.)(` + key.pattern + `)`)
	}
	if len(s.cache.variants) >= variantsMax {
		clear(s.cache.variants)
	}
	s.cache.variants[key] = changed
	return changed
}

// looksBack says whether a match of pattern can depend on what is before it.
func looksBack(pattern string) bool {
	if strings.IndexByte(pattern, '^') < 0 && strings.IndexByte(pattern, '\\') < 0 {
		return false
	}
	class := false
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
			if !class && i < len(pattern) && (pattern[i] == 'b' || pattern[i] == 'B') {
				return true
			}
		case '[':
			class = true
		case ']':
			class = false
		case '^':
			if !class {
				return true
			}
		}
	}
	return false
}

// runMax is how much work, in terms of a pattern times characters, Go's matcher is given
// in one go: some milliseconds.
const runMax = 1 << 20

// run returns the first match of re from rune from on, in places of the subject.
func (m *matcher) run(re *regexp.Regexp, from int, v variant) []int {
	var found []int
	cost := m.cost()
	switch {
	case m.ascii && (len(m.text)-from)*cost <= runMax:
		found = re.FindStringSubmatchIndex(m.text[from:])
	case m.ascii:
		if prefix, _ := re.LiteralPrefix(); prefix != "" && v == 0 {
			i := strings.Index(m.text[from:], prefix)
			if i < 0 {
				return nil
			}
			from += i
		}
		found = re.FindReaderSubmatchIndex(&subjectReader{vm: m.vm, text: m.text[from:], every: lookEvery(cost)})
	default:
		found = re.FindReaderSubmatchIndex(&subjectReader{vm: m.vm, runes: m.inRunes().runes[from:], every: lookEvery(cost)})
	}
	for i, at := range found {
		if at >= 0 {
			found[i] = m.place(at + from)
		}
	}
	return found
}

// cost is how many terms the pattern has for Go's matcher, which has to do with each of
// them at each character if it goes badly.
func (m *matcher) cost() int {
	if strings.IndexByte(m.p.src, '{') < 0 {
		return len(m.p.src) + 8
	}
	c := patternCost{text: m.p.src}
	terms, _ := c.alternatives()
	return terms + 8
}

// lookEvery is how many characters a pattern of that cost may see between two looks for the
// cut.
func lookEvery(cost int) int { return max(1, min(256, runMax/8/cost)) }

// subjectReader gives a subject to Go's matcher rune by rune.
type subjectReader struct {
	vm    *VM
	text  string // or
	runes []rune
	at    int
	every int // how often it looks for the cut
	until int
}

// ReadRune ends the turn if it was cut.
func (r *subjectReader) ReadRune() (c rune, size int, err error) {
	if r.until--; r.until <= 0 {
		r.until = r.every
		r.vm.checkpoint()
	}
	switch {
	case r.at < len(r.runes):
		c = r.runes[r.at]
	case r.at < len(r.text):
		c = rune(r.text[r.at])
	default:
		return 0, 0, io.EOF
	}
	r.at++
	return c, 1, nil
}

// matchBacktracking matches with the matcher that backtracks.
func (m *matcher) matchBacktracking(start int) []int {
	runes, at := m.inRunes(), m.runeIndex(start)
	var match *regexp2.Match
	for {
		var err error
		if match, err = m.p.backtracking.rx.FindRunesMatchStartingAt(runes.runes, at); err == nil {
			break
		}
		m.vm.checkpoint()
		if errors.Is(err, regexp2.ErrBacktrackingStackLimit) {
			panic(m.vm.exception(RangeError("Maximum call stack size exceeded")))
		}
		// It was another VM that abortMatches was for.
	}
	if match == nil {
		return nil
	}
	groups := match.Groups()
	found := make([]int, 0, 2*len(groups))
	for _, g := range groups {
		if len(g.Captures) == 0 {
			found = append(found, -1, -1)
			continue
		}
		found = append(found, m.place(g.RuneIndex), m.place(g.RuneIndex+g.RuneLength))
	}
	return found
}

// names returns the names of groups, empty for those without.
func (b *backtracker) names() []string {
	numbers := b.rx.GetGroupNumbers()
	names := make([]string, len(numbers))
	for i, n := range numbers {
		if name := b.rx.GroupNameFromNumber(n); name != "" && (name[0] < '0' || name[0] > '9') {
			names[i] = name
		}
	}
	return names
}

// inRunes returns the subject as runes. A VM keeps those of the last one.
func (m *matcher) inRunes() *subjectRunes {
	if m.runes != nil {
		return m.runes
	}
	points := m.p.unicode && !m.ascii
	data, length := unsafe.Pointer(unsafe.StringData(m.text)), m.subject.Length()
	if !m.ascii {
		data = unsafe.Pointer(unsafe.SliceData(m.wide))
	}
	if last := m.vm.script.subject; last != nil && last.data == data && last.length == length && last.points == points {
		m.runes = last
		return last
	}
	m.vm.allocate(4*int64(length), stringTooLong)
	r := &subjectRunes{data: data, length: length, points: points, runes: make([]rune, length)}
	for i := range r.runes {
		if i&0xffff == 0 {
			m.vm.checkpoint()
		}
		if m.ascii {
			r.runes[i] = rune(m.text[i])
		} else {
			r.runes[i] = rune(m.wide[i+1])
		}
	}
	if points {
		r.join()
	}
	m.runes, m.vm.script.subject = r, r
	return r
}

// join makes code points of pairs of surrogates.
func (r *subjectRunes) join() {
	if !slices.ContainsFunc(r.runes, utf16.IsSurrogate) {
		return
	}
	r.places = make([]int, 0, len(r.runes)+1)
	joined := r.runes[:0]
	for i := 0; i < r.length; i++ {
		r.places = append(r.places, i)
		c := r.runes[i]
		if i+1 < r.length {
			if pair := utf16.DecodeRune(c, r.runes[i+1]); pair != '\ufffd' {
				c = pair
				i++
			}
		}
		joined = append(joined, c)
	}
	r.places = append(r.places, r.length)
	r.runes = joined
}

// runeIndex returns which rune is at a place in the subject, or has it in it.
func (m *matcher) runeIndex(place int) int {
	if m.ascii || !m.p.unicode || m.inRunes().places == nil {
		return place
	}
	i := sort.SearchInts(m.runes.places, place)
	if m.runes.places[i] > place {
		i--
	}
	return i
}

// place is the inverse of runeIndex.
func (m *matcher) place(rune int) int {
	if m.runes == nil || m.runes.places == nil {
		return rune
	}
	return m.runes.places[rune]
}
