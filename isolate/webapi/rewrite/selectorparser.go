package rewrite

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	selectorBytesMax = 16 << 10
	nestingMax       = 8 // of :not
)

// combinator is how a compound is tied to the one before it.
type combinator uint8

const (
	descendant combinator = iota
	child
)

// complexSelector is compounds from the outermost ancestor to the element itself.
type complexSelector struct {
	compounds   []compound
	combinators []combinator // before each compound but the first
}

// parseSelector parses a list of selectors.
//
// Spec: https://www.w3.org/TR/selectors-4/#grammar
func parseSelector(text string) (list []complexSelector, err error) {
	p := &selectorParser{text: text}
	if len(text) > selectorBytesMax {
		return nil, p.wrong(0, "it is longer than %d bytes", selectorBytesMax)
	}
	for {
		s, err := p.complex()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
		if p.at == len(p.text) {
			return list, nil
		}
		p.at++ // the comma
	}
}

type selectorParser struct {
	text string
	at   int
}

func (p *selectorParser) wrong(at int, problem string, args ...any) error {
	return &SelectorError{Selector: p.text, Offset: at, Problem: fmt.Sprintf(problem, args...)}
}

// peek returns the next character, 0 at the end.
func (p *selectorParser) peek() byte { return p.ahead(0) }

func (p *selectorParser) ahead(n int) byte {
	if p.at+n < len(p.text) {
		return p.text[p.at+n]
	}
	return 0
}

// skip moves past white space and comments and says whether there was white space.
func (p *selectorParser) skip() (space bool) {
	for {
		switch {
		case p.at < len(p.text) && isSpace(p.text[p.at]):
			space = true
			p.at++
		case strings.HasPrefix(p.text[p.at:], "/*"):
			_, after, found := strings.Cut(p.text[p.at+2:], "*/")
			if p.at = len(p.text) - len(after); !found {
				p.at = len(p.text)
			}
		default:
			return space
		}
	}
}

// complex parses compounds and what ties them, up to a comma or the end.
func (p *selectorParser) complex() (s complexSelector, err error) {
	p.skip()
	for {
		c, found, err := p.compound(0)
		if err != nil {
			return s, err
		}
		if !found {
			return s, p.missing(len(s.compounds) > 0)
		}
		s.compounds = append(s.compounds, c)
		space := p.skip()
		switch c := p.peek(); {
		case p.at == len(p.text) || c == ',':
			return s, nil
		case c == '>':
			p.at++
			p.skip()
			s.combinators = append(s.combinators, child)
		case c == '+' || c == '~':
			return s, p.wrong(p.at, "the combinator %q is not supported: what comes after is matched before what comes later is known; \" \" and \">\" are", c)
		case space:
			s.combinators = append(s.combinators, descendant)
		default:
			return s, p.unexpected()
		}
	}
}

func (p *selectorParser) missing(combined bool) error {
	if p.at < len(p.text) && p.peek() != ',' {
		return p.unexpected()
	}
	if combined {
		return p.wrong(p.at, "nothing comes after the combinator")
	}
	return p.wrong(p.at, "a selector is missing")
}

func (p *selectorParser) unexpected() error {
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	if r == '|' {
		return p.wrong(p.at, "namespaces are not supported")
	}
	return p.wrong(p.at, "%q is unexpected", r)
}

// compound parses a compound within depth :not; found is false if there is none.
func (p *selectorParser) compound(depth int) (c compound, found bool, err error) {
	if strings.HasPrefix(p.text[p.at:], "*|") {
		p.at += len("*|")
	}
	if p.peek() == '*' {
		p.at++
		found = true
	} else if p.identAhead() {
		c.name = lowerASCII(p.ident())
		found = true
	}
	for {
		start := p.at
		var cond condition
		switch p.peek() {
		case '#':
			p.at++
			if !p.identAhead() {
				return c, false, p.wrong(p.at, "an id must come after \"#\"")
			}
			cond = condition{kind: equals, name: "id", value: p.ident()}
		case '.':
			p.at++
			if !p.identAhead() {
				return c, false, p.wrong(p.at, "a class must come after \".\"")
			}
			cond = condition{kind: includes, name: "class", value: p.ident()}
		case '[':
			cond, err = p.attribute()
		case ':':
			cond, err = p.pseudo(depth)
		case '|':
			return c, false, p.unexpected()
		default:
			return c, found, nil
		}
		if err != nil {
			return c, false, err
		}
		if len(c.conditions) == 1000 {
			return c, false, p.wrong(start, "it has too many conditions")
		}
		cond.lower = lowerASCII(cond.value)
		c.conditions = append(c.conditions, cond)
		found = true
	}
}

// attribute parses [name], [name op value] and [name op value flag]. As everywhere in CSS,
// the end of the text closes what is open.
//
// Spec: https://www.w3.org/TR/selectors-4/#attribute-selectors
func (p *selectorParser) attribute() (c condition, err error) {
	p.at++
	p.skip()
	if !p.identAhead() {
		if p.peek() == '|' || p.peek() == '*' {
			return c, p.wrong(p.at, "namespaces are not supported")
		}
		return c, p.wrong(p.at, "the name of an attribute is missing")
	}
	c.name = lowerASCII(p.ident())
	p.skip()
	switch op := p.peek(); {
	case p.closed(']'):
		return c, nil
	case op == '=':
		c.kind = equals
	default:
		i := strings.IndexByte("~|^$*", op)
		if i < 0 || p.ahead(1) != '=' {
			if op == '|' {
				return c, p.wrong(p.at, "namespaces are not supported")
			}
			return c, p.wrong(p.at, "an operator or \"]\" is missing: the operators are = ~= |= ^= $= *=")
		}
		c.kind = []conditionKind{includes, dashMatch, prefix, suffix, substring}[i]
		p.at++
	}
	p.at++
	p.skip()
	switch q := p.peek(); {
	case q == '"' || q == '\'':
		if c.value, err = p.quoted(); err != nil {
			return c, err
		}
	case p.identAhead():
		c.value = p.ident()
	default:
		return c, p.wrong(p.at, "a value is missing; a value that is no identifier must be in quotes")
	}
	if foldsInHTML(c.name) {
		c.fold = foldedInHTML
	}
	p.skip()
	if p.closed(']') {
		return c, nil
	}
	at := p.at
	if !p.identAhead() {
		return c, p.wrong(p.at, "\"]\" is missing")
	}
	switch lowerASCII(p.ident()) {
	case "i":
		c.fold = folded
	case "s":
		c.fold = exact
	default:
		return c, p.wrong(at, "only the flags i and s may come after a value")
	}
	if p.skip(); !p.closed(']') {
		return c, p.wrong(p.at, "\"]\" is missing")
	}
	return c, nil
}

// closed moves past a closing c, which the end of the text counts as.
func (p *selectorParser) closed(c byte) bool {
	if p.at == len(p.text) {
		return true
	}
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// pseudo parses a pseudo-class.
func (p *selectorParser) pseudo(depth int) (c condition, err error) {
	at := p.at
	p.at++
	if !p.identAhead() {
		return c, p.wrong(at, "pseudo-elements are not supported")
	}
	name := lowerASCII(p.ident())
	if p.peek() != '(' {
		switch name {
		case "first-child":
			return condition{kind: nthChild, step: nth{0, 1}}, nil
		case "first-of-type":
			return condition{kind: nthOfType, step: nth{0, 1}}, nil
		}
		return c, p.wrong(at, ":%s is not supported: :first-child, :first-of-type, :nth-child(), :nth-of-type() and :not() are", name)
	}
	p.at++
	p.skip()
	switch name {
	case "nth-child", "nth-of-type":
		c.kind = nthChild
		if name == "nth-of-type" {
			c.kind = nthOfType
		}
		if c.step, err = p.nth(); err != nil {
			return c, err
		}
		if p.skip(); !p.closed(')') {
			return c, p.wrong(p.at, "\")\" is missing; a position is an+b, odd or even")
		}
		return c, nil
	case "not":
		c.kind = not
		c.none, err = p.negated(at, depth+1)
		return c, err
	}
	return c, p.wrong(at, ":%s() is not supported: :nth-child(), :nth-of-type() and :not() are", name)
}

func (p *selectorParser) negated(at, depth int) (list []compound, err error) {
	if depth > nestingMax {
		return nil, p.wrong(at, ":not() is nested too deep")
	}
	for {
		p.skip()
		c, found, err := p.compound(depth)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, p.wrong(p.at, ":not() needs what must not be")
		}
		list = append(list, c)
		p.skip()
		if p.closed(')') {
			return list, nil
		}
		if p.peek() != ',' {
			return nil, p.wrong(p.at, "within :not() there can be no combinator")
		}
		p.at++
	}
}
