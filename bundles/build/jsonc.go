package build

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// node is a value in a JSON or TOML document, and where it stands.
type node struct {
	offset int
	value  any // nil, bool, int64, float64, string, []*node or []member
}

// member is one key of an object and its value. Objects keep the order of the text, and
// keys that are there twice: for a package.json both matter.
type member struct {
	key    string
	offset int
	value  *node
}

// get returns the member's value, nil if n is not an object or lacks the key. Of two equal
// keys the last wins, as in JSON.parse.
func (n *node) get(key string) *node {
	var found *node
	for _, m := range n.members() {
		if m.key == key {
			found = m.value
		}
	}
	return found
}

// members returns n's members, none if it is not an object.
func (n *node) members() []member {
	if n == nil {
		return nil
	}
	members, _ := n.value.([]member)
	return members
}

// text returns the string that n is, or "".
func (n *node) text() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

// depthMax bounds the nesting of JSON and of source code. Both readers recurse.
const depthMax = 512

// jsonError says where a text is not JSON.
type jsonError struct {
	offset int
	reason string
}

func (e *jsonError) Error() string { return e.reason }

// parseJSONC parses JSON with comments and commas before a closing bracket, as
// tsconfig.json and wrangler.jsonc have them. Its error is a [*jsonError].
func parseJSONC(text string) (n *node, err error) {
	p := jsonParser{text: text, at: len(text) - len(strings.TrimPrefix(text, "\ufeff"))}
	defer func() {
		if r := recover(); r != nil {
			failure, ok := r.(*jsonError)
			if !ok {
				panic(r)
			}
			n, err = nil, failure
		}
	}()
	n = p.value(0)
	if p.space(); p.at < len(text) {
		p.fail("something follows the end of the value")
	}
	return n, nil
}

// jsonParser is a recursive descent; it panics with a *jsonError, which parseJSONC catches.
type jsonParser struct {
	text string
	at   int
}

func (p *jsonParser) fail(format string, args ...any) {
	panic(&jsonError{min(p.at, len(p.text)), fmt.Sprintf(format, args...)})
}

// peek skips white space and comments and returns the next byte, 0 at the end.
func (p *jsonParser) peek() byte {
	p.space()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *jsonParser) space() {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.at++
		case strings.HasPrefix(rest, "//"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				p.at += i
			} else {
				p.at = len(p.text)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				p.fail("the comment is not closed")
			}
			p.at += i + 4
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) *node {
	if depth > depthMax {
		p.fail("nested more than %d deep", depthMax)
	}
	c := p.peek()
	n := &node{offset: p.at}
	switch {
	case c == '{':
		n.value = p.object(depth)
	case c == '[':
		n.value = p.array(depth)
	case c == '"':
		n.value = p.string()
	case c == '-' || c >= '0' && c <= '9':
		n.value = p.number()
	default:
		n.value = p.word()
	}
	return n
}

func (p *jsonParser) object(depth int) []member {
	members := []member{}
	for p.at++; p.peek() != '}'; {
		if p.peek() != '"' {
			p.fail(`expected a key in double quotes, or "}"`)
		}
		m := member{offset: p.at}
		m.key = p.string()
		if p.peek() != ':' {
			p.fail(`expected ":" after the key %q`, m.key)
		}
		p.at++
		m.value = p.value(depth + 1)
		members = append(members, m)
		p.comma('}')
	}
	p.at++
	return members
}

func (p *jsonParser) array(depth int) []*node {
	items := []*node{}
	for p.at++; p.peek() != ']'; {
		items = append(items, p.value(depth+1))
		p.comma(']')
	}
	p.at++
	return items
}

// comma reads the comma after an element, which may lack before the end.
func (p *jsonParser) comma(end byte) {
	switch p.peek() {
	case ',':
		p.at++
	case end:
	default:
		p.fail(`expected "," or %q`, string(end))
	}
}

func (p *jsonParser) word() any {
	for word, value := range map[string]any{"null": nil, "true": true, "false": false} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			return value
		}
	}
	if p.at == len(p.text) {
		p.fail("the text ends too early")
	}
	p.fail("expected a value")
	return nil
}

func (p *jsonParser) number() any {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.0123456789eE", p.text[p.at]) >= 0 {
		p.at++
	}
	digits := p.text[start:p.at]
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		p.at = start
		p.fail("%.40q is not a number", digits)
	}
	return f
}

func (p *jsonParser) string() string {
	start := p.at + 1
	for p.at = start; ; p.at++ {
		switch {
		case p.at == len(p.text) || p.text[p.at] == '\n':
			p.fail("the string is not closed")
		case p.text[p.at] == '"':
			plain := p.text[start:p.at]
			p.at++
			return strings.ToValidUTF8(plain, "\ufffd")
		case p.text[p.at] == '\\':
			return p.escaped(start)
		}
	}
}

// escaped reads on in a string that has escapes.
func (p *jsonParser) escaped(start int) string {
	out := []byte(p.text[start:p.at])
	for {
		if p.at == len(p.text) || p.text[p.at] == '\n' {
			p.fail("the string is not closed")
		}
		c := p.text[p.at]
		p.at++
		switch c {
		case '"':
			return strings.ToValidUTF8(string(out), "\ufffd")
		case '\\':
			out = utf8.AppendRune(out, p.escape())
		default:
			out = append(out, c)
		}
	}
}

func (p *jsonParser) escape() rune {
	if p.at == len(p.text) {
		p.fail("the string is not closed")
	}
	c := p.text[p.at]
	p.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i])
	}
	if c != 'u' {
		p.at--
		p.fail(`\%c is not an escape`, c)
	}
	high := p.unit()
	if !utf16.IsSurrogate(high) || !strings.HasPrefix(p.text[p.at:], `\u`) {
		return high // a lone surrogate becomes U+FFFD when it is written
	}
	back := p.at
	p.at += 2
	if pair := utf16.DecodeRune(high, p.unit()); pair != utf8.RuneError {
		return pair
	}
	p.at = back
	return utf8.RuneError
}

// unit reads four hexadecimal digits.
func (p *jsonParser) unit() rune {
	if p.at+4 > len(p.text) {
		p.fail("the escape is not complete")
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	if err != nil {
		p.fail(`\u is followed by four hexadecimal digits`)
	}
	p.at += 4
	return rune(n)
}
