package rewrite

import (
	"math"
	"strconv"
	"strings"
)

// nth parses an+b.
//
// Spec: https://www.w3.org/TR/css-syntax-3/#anb-microsyntax
func (p *selectorParser) nth() (n nth, err error) {
	at := p.at
	wrong := func() (nth, error) { return nth{}, p.wrong(at, "a position must be a number, an+b, odd or even") }
	for _, word := range []struct {
		text string
		nth  nth
	}{{"odd", nth{2, 1}}, {"even", nth{2, 0}}} {
		if rest := p.text[p.at:]; len(rest) >= len(word.text) && equalFold(rest[:len(word.text)], word.text) {
			p.at += len(word.text)
			return word.nth, nil
		}
	}
	first, digits, sign := p.integer()
	if lowered(p.peek()) != 'n' {
		if !digits {
			return wrong()
		}
		return nth{0, first}, nil
	}
	p.at++
	if n.a = first; !digits {
		n.a = sign
	}
	glued := p.at
	p.skip()
	if c := p.peek(); c != '+' && c != '-' {
		p.at = glued
		return n, nil
	}
	spaced := p.at > glued
	negative := p.peek() == '-'
	if spaced || isSpace(p.ahead(1)) {
		p.at++
		p.skip()
		if c := p.peek(); c == '+' || c == '-' {
			return wrong()
		}
		n.b, digits, _ = p.integer()
		if negative {
			n.b = -n.b
		}
	} else {
		n.b, digits, _ = p.integer()
	}
	if !digits {
		return wrong()
	}
	return n, nil
}

// integer parses a sign, which may be missing, and digits, which may too.
func (p *selectorParser) integer() (n int, digits bool, sign int) {
	sign = 1
	start := p.at
	if c := p.peek(); c == '+' || c == '-' {
		if c == '-' {
			sign = -1
		}
		p.at++
	}
	from := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	if p.at == from {
		return 0, false, sign
	}
	i, err := strconv.ParseInt(strings.TrimPrefix(p.text[start:p.at], "+"), 10, 32)
	if err != nil {
		i = int64(sign) * math.MaxInt32
	}
	return int(i), true, sign
}
