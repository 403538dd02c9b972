package webapi

import (
	"errors"
	"strconv"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// patternPart is a piece of a parsed pattern: fixed text, or a group, perhaps between fixed
// texts.
//
// Spec: https://urlpattern.spec.whatwg.org/#parts
type patternPart struct {
	kind     patternPartKind
	value    string // of fixed text, or the regular expression
	name     string // of a group, which always has one: unnamed groups are numbered
	prefix   string
	suffix   string
	modifier patternModifier
}

type patternPartKind uint8

const (
	partFixed    patternPartKind = iota
	partRegExp                   // a group with a regular expression of its own
	partSegment                  // a group up to the next delimiter
	partWildcard                 // a group of anything
)

// patternModifier says how often a part may stand: "", "?", "*" or "+".
type patternModifier string

// repeats says whether the part may stand more than once.
func (m patternModifier) repeats() bool { return m == "*" || m == "+" }

// patternOptions are what parsers of components differ in.
//
// Spec: https://urlpattern.spec.whatwg.org/#options-header
type patternOptions struct {
	delimiter  string // ends a segment
	prefix     string // belongs to the group that follows it
	ignoreCase bool
}

// The regular expressions that groups without one of their own stand for.
const wildcardRegExp = ".*"

func (o patternOptions) segmentRegExp() string { return "[^" + escapeRegExp(o.delimiter) + "]+?" }

var (
	errPatternBrace     = errors.New("a brace has no other that it belongs to, or there is a group within a group")
	errPatternModifier  = errors.New("\"?\", \"+\" and \"*\" can only follow a group; write a backslash before them for the characters")
	errPatternDuplicate = errors.New("two groups have the same name")
)

// patternParser makes parts of tokens.
//
// Spec: https://urlpattern.spec.whatwg.org/#pattern-parser
type patternParser struct {
	patternOptions
	encode  func(string) (string, error) // what makes canonical text of fixed text
	tokens  []patternToken
	at      int
	parts   []patternPart
	names   map[string]bool
	fixed   []byte // the pending fixed value
	unnamed int    // groups without a name so far
}

// parsePattern parses a pattern string.
//
// Spec: https://urlpattern.spec.whatwg.org/#parse-a-pattern-string
func parsePattern(vm *js.VM, input string, options patternOptions, encode func(string) (string, error)) ([]patternPart, error) {
	tokens, err := tokenizePattern(vm, input, true)
	if err != nil {
		return nil, err
	}
	p := patternParser{patternOptions: options, encode: encode, tokens: tokens}
	steps := vm.Steps()
	for p.at < len(p.tokens) {
		steps.Done(16)
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	return p.parts, nil
}

// next reads a group, a character, something in braces, or the end.
func (p *patternParser) next() error {
	char, isChar := p.take(tokenChar)
	name, isName := p.take(tokenName)
	matcher, isGroup := p.takeMatcher(isName)
	if isName || isGroup {
		prefix := ""
		if isChar {
			prefix = char.value
		}
		if prefix != "" && prefix != p.prefix {
			p.fixed = append(p.fixed, prefix...)
			prefix = ""
		}
		if err := p.addFixed(); err != nil {
			return err
		}
		return p.addGroup(prefix, name, matcher, "", p.takeModifier())
	}
	if !isChar {
		char, isChar = p.take(tokenEscaped)
	}
	if isChar {
		p.fixed = append(p.fixed, char.value...)
		return nil
	}
	if _, ok := p.take(tokenOpen); ok {
		return p.nextInBraces()
	}
	if err := p.addFixed(); err != nil {
		return err
	}
	if _, ok := p.take(tokenEnd); !ok {
		if kind := p.tokens[p.at].kind; kind == tokenModifier || kind == tokenAsterisk {
			return errPatternModifier
		}
		return errPatternBrace
	}
	return nil
}

func (p *patternParser) nextInBraces() error {
	prefix := p.takeText()
	name, isName := p.take(tokenName)
	matcher, isGroup := p.takeMatcher(isName)
	suffix := p.takeText()
	if _, ok := p.take(tokenClose); !ok {
		return errPatternBrace
	}
	modifier := p.takeModifier()
	if isName || isGroup {
		return p.addGroup(prefix, name, matcher, suffix, modifier)
	}
	if modifier == "" {
		p.fixed = append(p.fixed, prefix...)
		return nil
	}
	if err := p.addFixed(); err != nil || prefix == "" {
		return err
	}
	text, err := p.encode(prefix)
	p.parts = append(p.parts, patternPart{kind: partFixed, value: text, modifier: modifier})
	return err
}

// take takes the next token if it is of that kind.
func (p *patternParser) take(kind patternTokenKind) (patternToken, bool) {
	if t := p.tokens[p.at]; t.kind == kind {
		p.at++
		return t, true
	}
	return patternToken{}, false
}

// takeMatcher takes what says what a group matches: a regular expression or, for a group
// that has no name, an asterisk.
func (p *patternParser) takeMatcher(named bool) (patternToken, bool) {
	t, ok := p.take(tokenRegExp)
	if !ok && !named {
		t, ok = p.take(tokenAsterisk)
	}
	return t, ok
}

func (p *patternParser) takeModifier() patternModifier {
	t, ok := p.take(tokenModifier)
	if !ok {
		t, _ = p.take(tokenAsterisk)
	}
	return patternModifier(t.value)
}

func (p *patternParser) takeText() string {
	var text strings.Builder
	for {
		t, ok := p.take(tokenChar)
		if !ok {
			t, ok = p.take(tokenEscaped)
		}
		if !ok {
			return text.String()
		}
		text.WriteString(t.value)
	}
}

// addFixed adds the pending fixed value as a part.
func (p *patternParser) addFixed() error {
	if len(p.fixed) == 0 {
		return nil
	}
	text, err := p.encode(string(p.fixed))
	p.fixed = p.fixed[:0]
	p.parts = append(p.parts, patternPart{kind: partFixed, value: text})
	return err
}

// addGroup adds a group. One that has a regular expression by which it is like a group
// without one is such a group.
//
// Spec: https://urlpattern.spec.whatwg.org/#add-a-part
func (p *patternParser) addGroup(prefix string, name, matcher patternToken, suffix string, modifier patternModifier) error {
	if err := p.addFixed(); err != nil {
		return err
	}
	part := patternPart{kind: partRegExp, value: matcher.value, name: name.value, modifier: modifier}
	switch {
	case matcher.kind != tokenRegExp && matcher.kind != tokenAsterisk, matcher.kind == tokenRegExp && matcher.value == p.segmentRegExp():
		part.kind, part.value = partSegment, ""
	case matcher.kind == tokenAsterisk, matcher.value == wildcardRegExp:
		part.kind, part.value = partWildcard, ""
	}
	if part.name == "" {
		part.name = strconv.Itoa(p.unnamed)
		p.unnamed++
	}
	if p.names[part.name] {
		return errPatternDuplicate
	}
	if p.names == nil {
		p.names = make(map[string]bool)
	}
	p.names[part.name] = true
	var err error
	if part.prefix, err = p.encode(prefix); err != nil {
		return err
	}
	if part.suffix, err = p.encode(suffix); err != nil {
		return err
	}
	p.parts = append(p.parts, part)
	return nil
}
