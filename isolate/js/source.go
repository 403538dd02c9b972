package js

import (
	"fmt"
	"strings"
)

// The engine's parser and compiler call themselves for what is nested, and a stack that
// runs over ends a Go process, so that source is looked over before they see it. These are
// the bounds; together they keep the parser under some 50 MB of stack.
const (
	bracketsMax  = 1000      // "(", "[", "{" and "${" that are open at once
	nestingMax   = 40_000    // what is open at once, in units of nestingUnit for all but links
	nestingUnit  = 4         // of a bracket, a prefix, an arrow, a "?", a statement in a statement
	numeralMax   = 64 << 10  // bytes of a number: those of a BigInt are parsed in quadratic time
	wordMax      = 64 << 10  // bytes of a name with its escapes
	dynamicBytes = 256 << 10 // of source given to eval and Function, which parse in one go
)

// sourceFacts is what looking over a source brings to light.
type sourceFacts struct {
	widest  []int // where "\u{10FFFF}" stands in strings and templates, in order
	bigints bool  // whether there are BigInt literals or mentions of BigInt
}

// inspectSource reads text token by token, without calling itself, and refuses what is
// nested too deep for those who do.
//
// It knows as much of the language as it takes to tell brackets from strings, comments,
// templates and regular expressions. Where only a parser could know whether a "/" divides,
// it goes by the token before it and by what the bracket before it was opened for.
func inspectSource(text string) (sourceFacts, error) {
	s := sourceScanner{text: text, frames: []frame{{opener: '{', block: true}}}
	s.facts.bigints = strings.Contains(text, "BigInt") || strings.Contains(text, "BigUint")
	if strings.HasPrefix(text, "#!") {
		s.skipLine()
	}
	for s.at < len(text) && s.problem == "" {
		s.token()
	}
	if s.problem == "" {
		return s.facts, nil
	}
	before := text[:min(s.at, len(text))]
	return s.facts, &CompileError{
		Message: s.problem,
		Line:    1 + strings.Count(before, "\n"),
		Column:  len(before) - strings.LastIndexByte(before, '\n'),
	}
}

// sourceScanner is where in a source the scanner is, and what it knows of what came before.
type sourceScanner struct {
	text    string
	at      int
	frames  []frame // the brackets that are open; the first stands for the source
	nesting int     // the sum over frames
	facts   sourceFacts
	problem string

	operand bool   // the last token ends an operand: a "/" divides
	newline bool   // a line ended after it
	closed  bool   // it closed a block: a statement may have ended
	spread  bool   // it was "...", so that a word after it is no property's name
	word    string // it, if it was a word
	last    byte   // its last byte; 'a' for a word, '>' only for an arrow
}

// frame is a bracket that is open, and what nests in it without brackets.
type frame struct {
	opener     byte // '(' '[' '{', '`' for a template, '$' for "${" in one
	block      bool // '{' of statements or of a class, not of an object
	header     bool // '(' of if, for, while or with: no operand ends with it
	statements int  // statements in statements: "if (a) if (b)", "else if"
	before     int  // statements, before the one that an else may continue
	chain      int  // operators whose operand is what follows: "!!!x", "a => b => c"
	links      int  // operators whose operand is what came before: "a + b + c", "a.b.c"
}

func (f *frame) weight() int { return (f.statements+f.chain)*nestingUnit + f.links }

func (s *sourceScanner) top() *frame { return &s.frames[len(s.frames)-1] }

func (s *sourceScanner) fail(format string, args ...any) {
	if s.problem == "" {
		s.problem = fmt.Sprintf(format, args...)
	}
}

// add counts what is nested, statements, chain and links further, in the innermost frame.
func (s *sourceScanner) add(statements, chain, links int) {
	f := s.top()
	f.statements, f.chain, f.links = f.statements+statements, f.chain+chain, f.links+links
	if s.nesting += (statements+chain)*nestingUnit + links; s.nesting > nestingMax {
		s.fail("the code is nested too deep")
	}
}

// endExpression notes that what follows is no part of the expression before it.
func (s *sourceScanner) endExpression() {
	f := s.top()
	s.nesting -= f.chain*nestingUnit + f.links
	f.chain, f.links = 0, 0
}

// endStatement notes that a statement ended, though an else may follow it.
func (s *sourceScanner) endStatement() {
	s.endExpression()
	f := s.top()
	s.nesting -= f.statements * nestingUnit
	if f.statements > 0 {
		f.before, f.statements = f.statements, 0
	}
}

func (s *sourceScanner) open(f frame) {
	s.frames = append(s.frames, f)
	if s.nesting += nestingUnit; len(s.frames)-1 > bracketsMax {
		s.fail("more than %d brackets are nested in each other", bracketsMax)
	}
	s.after(f.opener, false)
}

// drop takes the brackets from i on off the stack.
func (s *sourceScanner) drop(i int) {
	for _, f := range s.frames[i:] {
		s.nesting -= f.weight() + nestingUnit
	}
	s.frames = s.frames[:i]
}

// after notes the token that was read.
func (s *sourceScanner) after(last byte, operand bool) {
	s.operand, s.last = operand, last
	s.newline, s.closed, s.spread, s.word = false, false, false, ""
}

func (s *sourceScanner) token() {
	if s.top().opener == '`' {
		s.template()
		return
	}
	c := s.text[s.at]
	switch {
	case c == '\n':
		s.newline = true
		s.at++
	case c <= ' ':
		s.at++
	case c == '/' && s.comment():
	case isWordByte(c):
		s.readWord()
	case c == '"' || c == '\'':
		s.quoted(c)
	case c == '`':
		if s.operand {
			s.add(0, 0, 1)
		}
		s.at++
		s.open(frame{opener: '`'})
	case c == '(' || c == '[' || c == '{':
		s.opening(c)
	case c == ')' || c == ']' || c == '}':
		s.closing(c)
	case c == '/' && !s.operand && s.regexp():
		s.after('/', true)
	default:
		s.operator(c)
	}
}

// isWordByte says whether c can be part of a name, a number, or an escape in a name. All
// bytes beyond ASCII count.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '_' || c == '$' || c == '#' || c == '\\' || c >= 0x80
}

func (s *sourceScanner) skipLine() {
	if i := strings.IndexByte(s.text[s.at:], '\n'); i >= 0 {
		s.at += i
		return
	}
	s.at = len(s.text)
}

func (s *sourceScanner) comment() bool {
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		s.skipLine()
	case strings.HasPrefix(rest, "/*"):
		i := strings.Index(rest[2:], "*/")
		if i < 0 {
			return false
		}
		s.newline = s.newline || strings.IndexByte(rest[:i+2], '\n') >= 0
		s.at += i + 4
	default:
		return false
	}
	return true
}

// quoted skips a string, up to its end or that of its line.
func (s *sourceScanner) quoted(quote byte) {
	s.at++
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case '\\':
			s.escape()
		case quote:
			s.at++
			s.after(quote, true)
			return
		case '\n':
			s.after(quote, true)
			return
		default:
			s.at++
		}
	}
}

// escape skips a backslash and what it escapes.
func (s *sourceScanner) escape() {
	if n := widestEscape(s.text[s.at:]); n > 0 {
		s.facts.widest = append(s.facts.widest, s.at)
		s.at += n
		return
	}
	s.at += 2
}

// widestEscape returns the length of the escape of U+10FFFF in braces that text begins
// with, 0 if there is none.
func widestEscape(text string) int {
	const prefix = `\u{`
	if !strings.HasPrefix(text, prefix) {
		return 0
	}
	digits := strings.TrimLeft(text[len(prefix):], "0")
	if len(digits) < 7 || !strings.EqualFold(digits[:6], "10ffff") || digits[6] != '}' {
		return 0
	}
	return len(text) - len(digits) + 7
}

// template skips the text of a template, up to its end or to "${".
func (s *sourceScanner) template() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '\\':
			s.escape()
		case c == '`':
			s.at++
			s.drop(len(s.frames) - 1)
			s.after('`', true)
			return
		case c == '$' && strings.HasPrefix(s.text[s.at:], "${"):
			s.at += 2
			s.open(frame{opener: '$'})
			return
		default:
			s.at++
		}
	}
}

// readWord reads a name, a keyword or a number.
func (s *sourceScanner) readWord() {
	start := s.at
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		if strings.HasPrefix(s.text[s.at:], `\u{`) {
			s.at += 2
			for s.at < len(s.text) && s.text[s.at] != '}' && (s.text[s.at] == '{' || isWordByte(s.text[s.at])) {
				s.at++
			}
		}
		s.at++
	}
	s.at = min(s.at, len(s.text))
	word := s.text[start:s.at]
	if c := word[0]; '0' <= c && c <= '9' {
		if len(word) > numeralMax {
			s.fail("a number has more than %d digits", numeralMax)
		}
		s.facts.bigints = s.facts.bigints || word[len(word)-1] == 'n'
		s.after('0', true)
		return
	}
	if len(word) > wordMax {
		s.fail("a name has more than %d bytes", wordMax)
	}
	if s.last == '.' && !s.spread { // a property may have a keyword's name
		s.after('a', true)
		return
	}
	s.keyword(word)
}

func (s *sourceScanner) keyword(word string) {
	ended := s.closed || s.last == ';'
	if s.operand && s.newline || s.closed || s.operand && !continuesExpression(word) {
		if !continuesExpression(word) && word != "else" {
			s.endStatement()
			ended = true
		}
	}
	f := s.top()
	switch {
	case word == "else":
		// It belongs to an if inside what has ended.
		s.endExpression()
		s.add(max(0, f.before-f.statements)+1, 0, 0)
		f.before = 0
	case ended && word != "catch" && word != "finally" && word != "while":
		f.before = 0
	}
	operand := true
	switch word {
	case "else", "try", "finally":
		operand = false
	case "case", "default":
		s.endStatement()
		operand = false
	case "if", "for", "while", "do", "with":
		s.add(1, 0, 0)
		operand = false
	case "class", "extends", "new", "typeof", "void", "delete", "await", "yield", "async":
		s.add(0, 1, 0)
		operand = false
	case "in", "instanceof":
		s.add(0, 0, 1)
		operand = false
	case "return", "throw", "of", "var", "let", "const", "function", "get", "set", "static":
		operand = false
	}
	header := s.word == "for" && word == "await"
	s.after('a', operand)
	if s.word = word; header {
		s.word = "for"
	}
}

// continuesExpression says whether a word after an operand belongs to its expression.
func continuesExpression(word string) bool {
	switch word {
	case "in", "instanceof", "of", "extends", "as":
		return true
	}
	return false
}

func (s *sourceScanner) operator(c byte) {
	rest := s.text[s.at:]
	switch {
	case c == ';':
		s.endStatement()
		s.at++
		s.after(c, false)
	case c == ',':
		s.endExpression()
		s.at++
		s.after(c, false)
	case strings.HasPrefix(rest, "++") || strings.HasPrefix(rest, "--"):
		if s.operand && !s.newline {
			s.at += 2
			return // it belongs to the operand
		}
		s.add(0, 1, 0)
		s.at += 2
		s.after(c, false)
	case strings.HasPrefix(rest, "=>"):
		s.add(0, 1, 0)
		s.at += 2
		s.after('>', false)
	case strings.HasPrefix(rest, "..."):
		s.at += 3
		s.after('.', false)
		s.spread = true
	case strings.HasPrefix(rest, "?."):
		s.add(0, 0, 1)
		s.at += 2
		s.after('.', false)
	case strings.HasPrefix(rest, "**"):
		s.add(0, 1, 0)
		s.at += 2
		s.after('*', false)
	case c == ':':
		s.colon()
	case c == '?', c == '=' && !strings.HasPrefix(rest, "=="):
		s.add(0, 1, 0)
		s.at++
		s.after(c, false)
	case s.operand:
		s.add(0, 0, 1)
		s.at += operatorWidth(rest)
		s.after(c, false)
	default:
		s.add(0, 1, 0)
		s.at += operatorWidth(rest)
		s.after(c, false)
	}
}

// colon reads the ":" of a label, a case, a property or a condition.
func (s *sourceScanner) colon() {
	if f := s.top(); f.block && f.chain == 0 {
		s.add(1, 0, 0) // a label: the statement after it is part of its own
	}
	s.at++
	s.after(':', false)
}

// operatorWidth is the length of the operator at the start of rest. An operator that
// assigns is read as two: the second nests what follows.
func operatorWidth(rest string) int {
	for _, long := range []string{"===", "!==", ">>>", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>"} {
		if strings.HasPrefix(rest, long) {
			return len(long)
		}
	}
	return 1
}

func (s *sourceScanner) opening(c byte) {
	f := frame{opener: c}
	switch c {
	case '(':
		f.header = s.word == "if" || s.word == "for" || s.word == "while" || s.word == "with"
	case '{':
		if f.block = s.beginsBlock(); s.closed || s.operand && s.newline && s.last == ')' {
			s.endExpression()
		}
	}
	if s.operand && c != '{' {
		s.add(0, 0, 1)
	}
	s.at++
	s.open(f)
}

// beginsBlock says whether a "{" here holds statements or the members of a class rather
// than the properties of an object. After the first, a "/" begins a regular expression.
func (s *sourceScanner) beginsBlock() bool {
	switch s.last {
	case ')', '>', ';', '{', '}':
		return true
	case 'a':
		switch s.word {
		case "return", "throw", "in", "of", "typeof", "await", "yield", "void", "delete", "new", "instanceof", "case", "extends":
			return false
		}
		return true
	case ':':
		return s.top().block
	case 0:
		return true
	}
	return false
}

// closing takes a bracket off the stack, and with it those inside that nothing closed.
func (s *sourceScanner) closing(c byte) {
	s.at++
	for i := len(s.frames) - 1; i > 0; i-- {
		f := s.frames[i]
		if c == ')' && f.opener == '(' || c == ']' && f.opener == '[' || c == '}' && (f.opener == '{' || f.opener == '$') {
			s.drop(i)
			s.after(c, !f.header && !f.block)
			if s.closed = f.block; f.block && s.top().chain == 0 {
				s.endStatement()
			}
			return
		}
		if f.opener == '`' {
			break
		}
	}
	s.after(c, true)
}

// regexp skips a regular expression. One that its line doesn't end is none.
func (s *sourceScanner) regexp() bool {
	class := false
	for i := s.at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\':
			i++
		case c == '\n':
			return false
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			s.at = i + 1
			return true
		}
	}
	return false
}
