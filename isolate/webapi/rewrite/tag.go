package rewrite

import "bytes"

const attributesMax = 16384

// tag is a start or end tag as it was written. Positions count from its first byte.
type tag struct {
	end         bool
	nameEnd     int
	attributes  []attributeSpan
	selfClosing bool // it ends with "/>"
	state       tagState
}

// attributeSpan is where an attribute stands.
type attributeSpan struct {
	name, nameEnd   int
	value, valueEnd int
	last            int // the end of all of it, quotes included
}

type tagState uint8

// Spec: https://html.spec.whatwg.org/multipage/parsing.html#tag-name-state and those after it
const (
	inTagName tagState = iota
	beforeAttribute
	inAttributeName
	afterAttributeName
	beforeValue
	inDoubleQuotes
	inSingleQuotes
	inUnquoted
	afterQuotes
	afterSlash
)

func (g *tag) reset(end bool) {
	*g = tag{end: end, attributes: g.attributes[:0]}
}

// nameStart is where the name begins.
func (g *tag) nameStart() int {
	if g.end {
		return len("</")
	}
	return len("<")
}

func (g *tag) name(raw []byte) []byte { return raw[g.nameStart():g.nameEnd] }

// last is the attribute under way.
func (g *tag) last() *attributeSpan { return &g.attributes[len(g.attributes)-1] }

// finishName notes the end of an attribute's name, which has no value until one comes.
func (g *tag) finishName(at int) {
	a := g.last()
	a.nameEnd, a.value, a.valueEnd, a.last = at, at, at, at
}

// scanTag goes on in a tag and says whether it is over.
func (t *tokenizer) scanTag() (done bool, err error) {
	g := &t.tag
	for t.pos < len(t.buf) {
		c := t.buf[t.pos]
		at := t.pos - t.start
		t.pos++
		switch g.state {
		case inTagName:
			switch {
			case isSpace(c):
				g.nameEnd, g.state = at, beforeAttribute
			case c == '/':
				g.nameEnd, g.state = at, afterSlash
			case c == '>':
				g.nameEnd = at
				return true, nil
			}
		case beforeAttribute:
			switch {
			case isSpace(c):
			case c == '/':
				g.state = afterSlash
			case c == '>':
				return true, nil
			default:
				if err := t.beginAttribute(at); err != nil {
					return false, err
				}
			}
		case inAttributeName:
			switch {
			case isSpace(c):
				g.finishName(at)
				g.state = afterAttributeName
			case c == '/':
				g.finishName(at)
				g.state = afterSlash
			case c == '>':
				g.finishName(at)
				return true, nil
			case c == '=':
				g.finishName(at)
				g.state = beforeValue
			}
		case afterAttributeName:
			switch {
			case isSpace(c):
			case c == '/':
				g.state = afterSlash
			case c == '=':
				g.state = beforeValue
			case c == '>':
				return true, nil
			default:
				if err := t.beginAttribute(at); err != nil {
					return false, err
				}
			}
		case beforeValue:
			a := g.last()
			switch {
			case isSpace(c):
			case c == '"':
				a.value, g.state = at+1, inDoubleQuotes
			case c == '\'':
				a.value, g.state = at+1, inSingleQuotes
			case c == '>':
				return true, nil
			default:
				a.value, g.state = at, inUnquoted
			}
		case inDoubleQuotes, inSingleQuotes:
			quote := byte('"')
			if g.state == inSingleQuotes {
				quote = '\''
			}
			i := bytes.IndexByte(t.buf[t.pos-1:], quote)
			if i < 0 {
				t.pos = len(t.buf)
				return false, nil
			}
			a := g.last()
			a.valueEnd, a.last = at+i, at+i+1
			t.pos += i
			g.state = afterQuotes
		case inUnquoted:
			a := g.last()
			switch {
			case isSpace(c):
				a.valueEnd, a.last, g.state = at, at, beforeAttribute
			case c == '>':
				a.valueEnd, a.last = at, at
				return true, nil
			}
		case afterQuotes, afterSlash:
			switch {
			case c == '>':
				g.selfClosing = g.state == afterSlash
				return true, nil
			case c == '/':
				g.state = afterSlash
			case isSpace(c):
				g.state = beforeAttribute
			default:
				if err := t.beginAttribute(at); err != nil {
					return false, err
				}
			}
		}
	}
	return false, nil
}

// beginAttribute starts an attribute at the character before t.pos. That is part of the name
// even if it is a '='.
func (t *tokenizer) beginAttribute(at int) error {
	g := &t.tag
	if len(g.attributes) == attributesMax {
		return ErrTooManyAttributes
	}
	g.attributes = append(g.attributes, attributeSpan{name: at})
	g.state = inAttributeName
	return nil
}
