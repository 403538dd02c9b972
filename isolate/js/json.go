package js

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// jsonDepthMax bounds nesting: the parser calls itself.
const jsonDepthMax = 5000

// ParseJSON returns what JSON.parse makes of text, or a SyntaxError. It is several times
// as fast as the engine's own. The strings in the result are parts of text.
//
// Spec: https://tc39.es/ecma262/#sec-json.parse
func (vm *VM) ParseJSON(text string) (Value, error) {
	p := jsonParser{vm: vm, text: text, stack: make([]goja.Value, 0, 8), names: make([]unistring.String, 0, 8)}
	v := p.value()
	if p.err == nil && (p.next() != 0 || p.pos < len(text)) {
		p.fail()
	}
	if p.err != nil {
		return nil, p.err
	}
	return v, nil
}

// parseJSON is the global JSON.parse.
func (vm *VM) parseJSON(c *Call) (any, error) {
	v, err := vm.ParseJSON(c.String(0))
	if err != nil {
		return nil, err
	}
	if reviver, ok := callableOf(c.Arg(1)); ok {
		root := vm.rt.NewObject()
		vm.platform.seam.put(root, "", v)
		return vm.internalize(reviver, root, stringValue(""), 0), nil
	}
	return v, nil
}

// jsonParser is a recursive-descent parser. After an error every method returns at once.
//
// Most objects in a text look like the one before them at the same depth. Such a one is
// expected: names that come as expected are compared, not read, and objects that turn out the same share
// the list of their names, which the engine copies when one of them changes.
type jsonParser struct {
	vm    *VM
	text  string
	pos   int
	look  int // where in text the turn may end next
	depth int
	count int // of values read: the turn may end between two
	err   error

	stack  []goja.Value            // elements and properties of what is not complete yet, the outer ones first
	names  []unistring.String      // of such properties, where they are not as expected
	shapes [jsonShapes]sharedNames // of the last objects, by depth
}

// jsonShapes is how deep in a text objects are expected to look like others.
const jsonShapes = 8

func (p *jsonParser) fail() Value {
	if p.err != nil {
		return nil
	}
	if p.pos >= len(p.text) {
		p.err = SyntaxError("Unexpected end of JSON input")
		return nil
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	p.err = SyntaxError("Unexpected token %q in JSON at position %d", r, p.pos)
	return nil
}

// rest is called where there may be much of the same.
func (p *jsonParser) rest() {
	if p.pos >= p.look {
		p.look = p.pos + chunkText
		p.vm.checkpoint()
	}
}

// next skips space and returns the byte after it, 0 at the end.
func (p *jsonParser) next() byte {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; c {
		case ' ', '\t', '\n', '\r':
			p.pos++
			p.rest()
		default:
			return c
		}
	}
	return 0
}

func (p *jsonParser) value() Value {
	if p.count++; p.count&0xff == 0 {
		p.vm.checkpoint()
		p.vm.bound(int64(p.count)*valueBytes, arrayTooLong)
	}
	switch p.next() {
	case '{', '[':
		return p.nested()
	case '"':
		return p.string()
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number()
	case 't':
		return p.word("true", trueValue)
	case 'f':
		return p.word("false", falseValue)
	case 'n':
		return p.word("null", Null)
	}
	return p.fail()
}

func (p *jsonParser) word(word string, v Value) Value {
	if !strings.HasPrefix(p.text[p.pos:], word) {
		return p.fail()
	}
	p.pos += len(word)
	return v
}

// nested reads an object or an array.
func (p *jsonParser) nested() Value {
	if p.depth++; p.depth > jsonDepthMax {
		p.err = RangeError("JSON is nested more than %d deep", jsonDepthMax)
		return nil
	}
	object := p.text[p.pos] == '{'
	p.pos++
	var v Value
	if object {
		v = p.object()
	} else {
		v = p.array()
	}
	p.depth--
	return v
}

func (p *jsonParser) object() Value {
	values, names := len(p.stack), len(p.names)
	expected := p.shapes[p.depth%jsonShapes]
	same := true // all names so far are as expected
	if p.next() == '}' {
		p.pos++
		return p.vm.rt.NewObject()
	}
	for n := 0; ; n++ {
		if p.next() != '"' {
			return p.fail()
		}
		if same = same && n < len(expected) && p.skip(string(expected[n])); !same {
			if len(p.names) == names {
				p.names = append(p.names, expected[:n]...)
			}
			p.names = append(p.names, p.key())
		}
		if p.next() != ':' {
			return p.fail()
		}
		p.pos++
		v := p.value()
		if p.err != nil {
			return nil
		}
		p.stack = append(p.stack, v)
		switch p.next() {
		case ',':
			p.pos++
			continue
		case '}':
			p.pos++
		default:
			return p.fail()
		}
		break
	}
	o := p.made(p.stack[values:], expected, p.names[names:], same)
	p.stack, p.names = p.stack[:values], p.names[:names]
	return o
}

// made makes an object of values and their names: the expected ones, if the names are the same.
func (p *jsonParser) made(values []goja.Value, expected sharedNames, names []unistring.String, same bool) Value {
	if same && len(values) == len(expected) {
		return p.vm.platform.seam.newPlain(p.vm.rt, expected, values)
	}
	if same {
		names = expected[:len(values)]
	}
	shape := shareNames(names)
	o := p.vm.platform.seam.newPlain(p.vm.rt, shape, values)
	if p.vm.platform.seam.countOf(o) == len(names) {
		p.shapes[p.depth%jsonShapes] = shape
		return o
	}
	o = p.vm.rt.NewObject() // a name is there twice: the last value counts, in the first place
	for i, name := range names {
		p.vm.platform.seam.put(o, name, values[i])
	}
	return o
}

// skip goes past a string, at whose quote the parser is, if it is name as it stands.
func (p *jsonParser) skip(name string) bool {
	end := p.pos + 1 + len(name)
	if end >= len(p.text) || p.text[end] != '"' || p.text[p.pos+1:end] != name {
		return false
	}
	p.pos = end + 1
	return true
}

func (p *jsonParser) array() Value {
	values := len(p.stack)
	if p.next() == ']' {
		p.pos++
		return newArrayOf(p.vm.rt, nil)
	}
	for {
		v := p.value()
		if p.err != nil {
			return nil
		}
		p.stack = append(p.stack, v)
		switch p.next() {
		case ',':
			p.pos++
			continue
		case ']':
			p.pos++
		default:
			return p.fail()
		}
		break
	}
	a := newArrayOf(p.vm.rt, slices.Clone(p.stack[values:]))
	p.stack = p.stack[:values]
	return a
}

func (p *jsonParser) key() unistring.String {
	plain, units, ascii := p.quoted()
	switch {
	case units != nil:
		return nameOf(goja.StringFromUTF16(units))
	case ascii:
		return unistring.String(plain)
	case len(plain) > quickText:
		return nameOf(p.vm.longText(plain))
	default:
		return unistring.NewFromString(plain)
	}
}

func (p *jsonParser) string() Value {
	plain, units, ascii := p.quoted()
	switch {
	case p.err != nil:
		return nil
	case units != nil:
		return goja.StringFromUTF16(units)
	case ascii:
		return stringOfName(unistring.String(plain))
	case len(plain) > lazyText:
		return p.vm.longText(plain)
	default:
		return p.vm.rt.ToValue(plain)
	}
}

// quoted reads a string: as it stands in the text, or as its escapes mean it. One that is not
// Unicode comes as UTF-16 code units.
func (p *jsonParser) quoted() (text string, units []uint16, ascii bool) {
	p.pos++
	start := p.pos
	ascii = true
	for {
		p.plain()
		if p.pos >= len(p.text) {
			p.fail()
			return "", nil, false
		}
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return p.text[start : p.pos-1], nil, ascii
		case c == '\\':
			if text, ok := p.unescaped(start); ok {
				return text, nil, ascii && isASCII(text)
			}
			if p.err != nil {
				return "", nil, false
			}
			return "", p.escaped(p.text[start:p.pos]), false
		case c < ' ':
			p.fail()
			return "", nil, false
		case c >= utf8.RuneSelf:
			ascii = false
			p.pos++
		default:
			p.pos++
		}
	}
}

// plain goes past ASCII that stands for itself in a string, eight bytes at a time: to what is
// something else, or a few bytes before the end.
func (p *jsonParser) plain() {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(p.text)-p.pos >= 8 {
		p.rest()
		v := binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(p.text), len(p.text))[p.pos:])
		quote, backslash := v^'"'*ones, v^'\\'*ones
		// The highest bit of a byte is set if that is beyond ASCII, below space, a quote or a backslash.
		// Borrowing can set others, but only behind the first.
		if special := (v | (v-' '*ones)&^v | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs; special != 0 {
			p.pos += bits.TrailingZeros64(special) / 8
			return
		}
		p.pos += 8
	}
}

// unescaped reads the rest of a string that began at start, from its first backslash. ok is
// false if the string has a surrogate alone, and the parser has not moved; or after an error.
func (p *jsonParser) unescaped(start int) (text string, ok bool) {
	backslash, from := p.pos, start
	var out []byte
	for {
		p.plain()
		if p.pos >= len(p.text) {
			p.fail()
			return "", false
		}
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			out = append(out, p.text[from:p.pos-1]...)
			return unsafe.String(unsafe.SliceData(out), len(out)), true
		case c == '\\':
			out = append(out, p.text[from:p.pos]...)
			p.vm.bound(int64(len(out)), stringTooLong)
			r, ok := p.escapedRune()
			if !ok {
				p.fail()
				return "", false
			}
			if utf16.IsSurrogate(r) {
				p.pos = backslash
				return "", false
			}
			out = utf8.AppendRune(out, r)
			from = p.pos
		case c < ' ':
			p.fail()
			return "", false
		default:
			p.pos++
		}
	}
}

// escapedRune reads the escape sequences of one character: two, if those are a pair of
// surrogates.
func (p *jsonParser) escapedRune() (rune, bool) {
	unit, ok := p.escape()
	r := rune(unit)
	if !ok || !utf16.IsSurrogate(r) || !strings.HasPrefix(p.text[p.pos:], `\u`) {
		return r, ok
	}
	second := p.pos
	unit, ok = p.escape()
	if pair := utf16.DecodeRune(r, rune(unit)); ok && pair != utf8.RuneError {
		return pair, true
	}
	p.pos = second
	return r, true
}

// escaped reads the rest of a string from its first backslash, as UTF-16.
func (p *jsonParser) escaped(head string) []uint16 {
	out := make([]uint16, 0, min(len(head), quickText)+16)
	for i, r := range head {
		if i%stepsPerCheckpoint == 0 {
			p.holds(out)
		}
		out = utf16.AppendRune(out, r)
	}
	for count := 0; p.pos < len(p.text); count++ {
		if count%stepsPerCheckpoint == 0 {
			p.holds(out)
		}
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return out
		case c == '\\':
			unit, ok := p.escape()
			if !ok {
				p.fail()
				return nil
			}
			out = append(out, unit)
		case c < ' ':
			p.fail()
			return nil
		default:
			r, n := utf8.DecodeRuneInString(p.text[p.pos:])
			out = utf16.AppendRune(out, r)
			p.pos += n
		}
	}
	p.fail()
	return nil
}

// holds is called while a string grows.
func (p *jsonParser) holds(units []uint16) {
	p.vm.checkpoint()
	p.vm.bound(2*int64(len(units)), stringTooLong)
}

// escape reads one escape sequence.
func (p *jsonParser) escape() (uint16, bool) {
	p.pos++
	if p.pos >= len(p.text) {
		return 0, false
	}
	c := p.text[p.pos]
	if c == 'u' {
		if p.pos+5 > len(p.text) {
			return 0, false
		}
		n, err := strconv.ParseUint(p.text[p.pos+1:p.pos+5], 16, 16)
		if err != nil {
			return 0, false
		}
		p.pos += 5
		return uint16(n), true
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return 0, false
	}
	p.pos++
	return uint16("\"\\/\b\f\n\r\t"[i]), true
}
