package build

import (
	"fmt"
	"strings"
)

// Bounds of how far expressions and statements nest where no bracket shows it.
const (
	chainMax = 4096   // "!!!x", "a => b => c", "a ? b : c ? d : e", "if (a) if (b)"
	linkMax  = 10_000 // "a + b + c", "a.b.c", "a()()"
)

// checkNesting refuses source that is nested too deep for a parser that recurses: esbuild's,
// and the engine's after it. A stack overflow ends a Go process, so it must not come to one.
//
// The scanner knows as much of JavaScript, TypeScript, JSX and JSON as it takes to tell
// brackets from strings, comments, templates and regular expressions, and sees code where it
// is in doubt. What it doesn't know can make it count too much or too little; the bounds
// leave room for the first, and a process that may die is the answer to the second.
func checkNesting(file, text string) *Message {
	s := scanner{text: text, jsx: strings.HasSuffix(file, "x")}
	s.frames = append(s.frames, frame{opener: '{', block: true})
	if strings.HasPrefix(text, "#!") {
		s.line()
	}
	for s.at < len(text) && s.problem == "" {
		s.token()
	}
	if s.problem == "" {
		return nil
	}
	m := Message{
		Text:  s.problem,
		Notes: []string{"code that is nested like this could end the process that parses it"},
	}.atOffset(file, text, s.at, 1)
	return &m
}

// scanner walks over source, token by token.
type scanner struct {
	text   string
	jsx    bool
	at     int
	frames []frame // the brackets that are open; the first stands for the file

	operand bool // the last token ends an operand: a "/" would divide
	newline bool // a line ended since the last token
	closed  bool // the last token closed a block: a statement may have ended
	word    string
	last    byte // the last token's last byte

	problem string
}

// frame is a bracket that is open.
type frame struct {
	opener byte // '(' '[' '{', '`' for a template, '$' for "${" in one
	block  bool // '{': of statements, not of an object
	header bool // '(': of if, for, while or with, so that no operand ends with it
	chain  int
	links  int
}

func (s *scanner) top() *frame { return &s.frames[len(s.frames)-1] }

func (s *scanner) token() {
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
		s.identifier()
	case c == '"' || c == '\'':
		if s.quoted(c) {
			s.operand, s.closed, s.last, s.word = true, false, c, ""
		}
	default:
		s.punctuator(c)
	}
}

// isWordByte reports whether c can be part of a name, a number or an escape in a name. All
// bytes beyond ASCII count.
func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80 || c == '\\' || c == '#' || c == '@'
}

func (s *scanner) line() {
	if i := strings.IndexByte(s.text[s.at:], '\n'); i >= 0 {
		s.at += i
	} else {
		s.at = len(s.text)
	}
}

func (s *scanner) comment() bool {
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		s.line()
	case strings.HasPrefix(rest, "/*"):
		i := strings.Index(rest[2:], "*/")
		if i < 0 {
			return false
		}
		s.newline = s.newline || strings.Contains(rest[:i+2], "\n")
		s.at += i + 4
	default:
		return false
	}
	return true
}

// quoted skips a string. A quote without a partner on its line is text of JSX, or an error.
func (s *scanner) quoted(quote byte) bool {
	for i := s.at + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '\n':
			s.at++
			return false
		case quote:
			s.at = i + 1
			return true
		}
	}
	s.at++
	return false
}

// template skips the text of a template, up to its end or to "${".
func (s *scanner) template() {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '`':
			s.at++
			s.frames = s.frames[:len(s.frames)-1]
			s.operand, s.closed, s.last, s.word = true, false, '`', ""
			return
		case '$':
			if strings.HasPrefix(s.text[s.at:], "${") {
				s.at += 2
				s.open(frame{opener: '$'})
				return
			}
		}
	}
}

// identifier reads a name, a keyword or a number.
func (s *scanner) identifier() {
	start := s.at
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	word := s.text[start:s.at]
	switch {
	case s.last == '.': // a property may have a keyword's name
		word = ""
	case word == "await" && s.word == "for":
		word = "for"
	}
	if ((s.operand || s.last == '>') && s.newline || s.closed) && !continues(word) { // types end with ">"
		s.boundary()
	}
	operand := true
	switch word {
	case "case", "default":
		s.boundary()
		operand = false
	case "if", "else", "for", "while", "do", "with", "class", "extends", "new", "typeof", "void", "delete", "await", "yield", "keyof":
		s.chain(1)
		operand = false
	case "return", "throw", "in", "of", "instanceof", "var", "let", "const", "as", "satisfies":
		operand = false
	}
	s.operand, s.newline, s.closed, s.word, s.last = operand, false, false, word, 'a'
}

// continues reports whether a word that begins a line, or follows a block, still belongs to
// the statement before it.
func continues(word string) bool {
	switch word {
	case "else", "catch", "finally", "while", "in", "of", "instanceof", "as", "satisfies", "extends":
		return true
	}
	return false
}

func (s *scanner) punctuator(c byte) {
	rest := s.text[s.at:]
	switch {
	case c == '`':
		if s.operand {
			s.link()
		}
		s.at++
		s.open(frame{opener: '`'})
		return
	case c == '(' || c == '[' || c == '{':
		s.opening(c)
		return
	case c == ')' || c == ']' || c == '}':
		s.closing(c)
		return
	case c == '/' && s.jsx && (s.last == '<' || strings.HasPrefix(rest, "/>") && strings.IndexByte("(=,[!&|?:", s.last) < 0):
		s.top().chain = max(0, s.top().chain-1) // an element ends
		s.at++
	case c == '/' && !s.operand && s.regexp():
		s.operand, s.last = true, '/'
	case strings.HasPrefix(rest, "++") || strings.HasPrefix(rest, "--"):
		if !s.operand {
			s.chain(1)
		}
		s.at += 2 // after an operand it is part of it
		s.last = c
	case c == '!' && s.operand && !s.newline && !strings.HasPrefix(rest, "!="):
		s.at++ // TypeScript's x!
	default:
		s.operator(c)
	}
	s.newline, s.closed, s.word = false, false, ""
}

// operator reads one byte of an operator. Each byte of a longer one counts: the bounds are
// wide.
func (s *scanner) operator(c byte) {
	arrow := c == '>' && s.last == '='
	switch {
	case c == ';' || c == ',':
		s.boundary()
	case c == '<' && s.jsx && strings.HasPrefix(s.text[s.at:], "</"):
	case c == '=' && s.jsx && s.at+1 < len(s.text) && strings.IndexByte("{\"'", s.text[s.at+1]) >= 0: // an attribute
	case c == '?' || c == ':' || c == '<' || c == '*' && s.last == '*' || arrow:
		s.chain(1)
	case c == '=' && s.at+1 < len(s.text) && s.text[s.at+1] != '=' && s.text[s.at+1] != '>' && s.last != '=' && s.last != '!':
		s.chain(1)
	case s.operand && c != '>':
		s.link()
	case strings.IndexByte("!~+-", c) >= 0:
		s.chain(1)
	}
	s.at++
	s.operand, s.last = false, c
	if arrow {
		s.last = arrowByte
	}
}

// arrowByte stands for "=>" as the last byte of a token.
const arrowByte = 1

// boundary notes that a statement or an element ended.
func (s *scanner) boundary() { s.top().chain, s.top().links = 0, 0 }

func (s *scanner) chain(n int) {
	if s.top().chain += n; s.top().chain > chainMax {
		s.problem = fmt.Sprintf("more than %d operators or statements are nested in each other", chainMax)
	}
}

func (s *scanner) link() {
	if s.top().links++; s.top().links > linkMax {
		s.problem = fmt.Sprintf("the expression has more than %d parts", linkMax)
	}
}

func (s *scanner) open(f frame) {
	s.frames = append(s.frames, f)
	if len(s.frames)-1 > depthMax {
		s.problem = fmt.Sprintf("more than %d brackets are nested in each other", depthMax)
	}
	s.operand, s.newline, s.closed, s.word, s.last = false, false, false, "", f.opener
}

func (s *scanner) opening(c byte) {
	f := frame{opener: c}
	switch c {
	case '(':
		f.header = s.word == "if" || s.word == "for" || s.word == "while" || s.word == "with"
	case '{':
		f.block = s.beginsBlock()
	}
	if s.operand && c != '{' {
		s.link()
	}
	s.at++
	s.open(f)
}

// beginsBlock reports whether a "{" here holds statements or members of a class, rather than
// the properties of an object. After the first, a "/" begins a regular expression.
func (s *scanner) beginsBlock() bool {
	switch s.last {
	case ')', '>', arrowByte, ';', '{', '}', 'a':
		return s.word != "return" && s.word != "throw" && s.word != "in" && s.word != "of" && s.word != "typeof" && s.word != "await" && s.word != "yield"
	case ':':
		return s.top().opener == '{' && s.top().block // after a label, a case or a type
	case 0:
		return true
	}
	return false
}

// closing takes a bracket off the stack, and with it those inside that nothing closed: where
// they came from something that isn't code, what is code sets it right again.
func (s *scanner) closing(c byte) {
	s.at++
	for i := len(s.frames) - 1; i > 0; i-- {
		f := s.frames[i]
		if c == ')' && f.opener == '(' || c == ']' && f.opener == '[' || c == '}' && (f.opener == '{' || f.opener == '$') {
			s.frames = s.frames[:i]
			s.operand = !f.header && !f.block
			s.newline, s.closed, s.word, s.last = false, f.block, "", c
			return
		}
		if f.opener == '`' {
			break
		}
	}
	s.operand, s.newline, s.closed, s.word, s.last = true, false, false, "", c
}

// regexp skips a regular expression. One that its line doesn't end is none.
func (s *scanner) regexp() bool {
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
