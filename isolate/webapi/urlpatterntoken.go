package webapi

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

// patternToken is one lexical piece of a pattern string.
//
// Spec: https://urlpattern.spec.whatwg.org/#tokens
type patternToken struct {
	kind  patternTokenKind
	index int    // where it begins in the pattern
	value string // without what marks its kind: the colon of a name, the parentheses
}

type patternTokenKind uint8

const (
	tokenInvalid patternTokenKind = iota // what can't stand where it does
	tokenOpen
	tokenClose
	tokenRegExp
	tokenName
	tokenChar
	tokenEscaped
	tokenModifier // "?" or "+"
	tokenAsterisk // a wildcard or a modifier
	tokenEnd
)

// What can be wrong with a pattern string beside its characters. The messages are shown to
// scripts.
var (
	errPatternName   = errors.New("a colon is not followed by a name; write \\: for the character")
	errPatternEscape = errors.New("it ends with a backslash")
	errPatternGroup  = errors.New("a group in parentheses must be a regular expression in ASCII, without capturing groups, that is closed and not empty")
)

// patternTokenizer parts a pattern string into tokens.
type patternTokenizer struct {
	steps  *js.Steps
	input  string
	strict bool // what is wrong is an error, not an invalid token
	tokens []patternToken
	index  int // of the next token
}

// tokenizePattern is the Standard's tokenizer. Places are in bytes.
//
// Spec: https://urlpattern.spec.whatwg.org/#tokenize
func tokenizePattern(vm *js.VM, input string, strict bool) ([]patternToken, error) {
	steps := vm.Steps()
	t := patternTokenizer{steps: &steps, input: input, strict: strict}
	for t.index < len(input) {
		t.steps.Done(4)
		if err := t.next(); err != nil {
			return nil, err
		}
	}
	t.add(tokenEnd, t.index, t.index, t.index)
	return t.tokens, nil
}

// next adds the token at index.
func (t *patternTokenizer) next() error {
	i := t.index
	switch t.input[i] {
	case '*':
		t.add(tokenAsterisk, i, i+1, i+1)
	case '+', '?':
		t.add(tokenModifier, i, i+1, i+1)
	case '{':
		t.add(tokenOpen, i, i+1, i+1)
	case '}':
		t.add(tokenClose, i, i+1, i+1)
	case '\\':
		if i+1 == len(t.input) {
			return t.wrong(errPatternEscape)
		}
		_, n := utf8.DecodeRuneInString(t.input[i+1:])
		t.add(tokenEscaped, i+1, i+1+n, i+1+n)
	case ':':
		end := t.nameEnd(i + 1)
		if end == i+1 {
			return t.wrong(errPatternName)
		}
		t.add(tokenName, i+1, end, end)
	case '(':
		end, ok := t.regExpEnd(i + 1)
		if !ok {
			return t.wrong(errPatternGroup)
		}
		t.add(tokenRegExp, i+1, end, end+1)
	default:
		_, n := utf8.DecodeRuneInString(t.input[i:])
		t.add(tokenChar, i, i+n, i+n)
	}
	return nil
}

// add adds a token with the value from start to end; the next one begins at next.
func (t *patternTokenizer) add(kind patternTokenKind, start, end, next int) {
	t.tokens = append(t.tokens, patternToken{kind, t.index, t.input[start:end]})
	t.index = next
}

// wrong is what the Standard calls to process a tokenizing error: the one character at
// index is wrong.
func (t *patternTokenizer) wrong(err error) error {
	if t.strict {
		return fmt.Errorf("at %q: %w", clip(t.input[t.index:], 20), err)
	}
	t.add(tokenInvalid, t.index, t.index+1, t.index+1)
	return nil
}

// nameEnd returns where the name that begins at start ends.
func (t *patternTokenizer) nameEnd(start int) int {
	end := start
	for end < len(t.input) {
		r, n := utf8.DecodeRuneInString(t.input[end:])
		if !isNameRune(r, end == start) {
			break
		}
		end += n
	}
	t.steps.Done(end - start)
	return end
}

// regExpEnd returns where the regular expression that begins at start ends, and false if
// there is none. It may only have groups that capture nothing.
func (t *patternTokenizer) regExpEnd(start int) (int, bool) {
	s := t.input
	if start < len(s) && s[start] == '?' {
		return 0, false
	}
	depth, i := 1, start
	defer func() { t.steps.Done(i - start) }()
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return 0, false
		case c == '\\':
			i++
			if i == len(s) || s[i] >= utf8.RuneSelf {
				return 0, false
			}
		case c == ')':
			depth--
			if depth == 0 {
				return i, i > start
			}
		case c == '(':
			depth++
			if i+1 == len(s) || s[i+1] != '?' {
				return 0, false
			}
		}
	}
	return 0, false
}

// isNameRune says whether r can stand in the name of a group, or begin it: whether it can
// in an identifier of JavaScript.
//
// Spec: https://urlpattern.spec.whatwg.org/#is-a-valid-name-code-point
func isNameRune(r rune, first bool) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '$' || r == '_' || !first && '0' <= r && r <= '9'
	}
	if unicode.In(r, unicode.Pattern_Syntax, unicode.Pattern_White_Space) {
		return false
	}
	if unicode.In(r, unicode.L, unicode.Nl, unicode.Other_ID_Start) {
		return true
	}
	const joiner, nonJoiner = 0x200D, 0x200C
	return !first && (r == joiner || r == nonJoiner ||
		unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue))
}
