package js

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// jsonDepthMax bounds nesting: the parser calls itself.
const jsonDepthMax = 5000

// ParseJSON returns what JSON.parse makes of text, or a SyntaxError. It is several times
// as fast as the engine's own.
//
// Spec: https://tc39.es/ecma262/#sec-json.parse
func (vm *VM) ParseJSON(text string) (Value, error) {
	p := jsonParser{vm: vm, text: text}
	v := p.value()
	p.space()
	if p.err == nil && p.pos < len(text) {
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
type jsonParser struct {
	vm    *VM
	text  string
	pos   int
	depth int
	count int // of values read: the turn may end between two
	err   error
}

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

func (p *jsonParser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.step()
		default:
			return
		}
	}
}

// step goes one byte on. The turn may end where there are many.
func (p *jsonParser) step() {
	p.pos++
	if p.pos%chunkText == 0 {
		p.vm.checkpoint()
	}
}

// next skips space and returns the byte after it, 0 at the end.
func (p *jsonParser) next() byte {
	p.space()
	if p.pos >= len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

func (p *jsonParser) value() Value {
	if p.count++; p.count&0xff == 0 {
		p.vm.checkpoint()
		p.vm.bound(int64(p.count)*valueBytes, arrayTooLong)
	}
	switch c := p.next(); {
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.array)
	case c == '"':
		return p.string()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case strings.HasPrefix(p.text[p.pos:], "true"):
		p.pos += 4
		return p.vm.rt.ToValue(true)
	case strings.HasPrefix(p.text[p.pos:], "false"):
		p.pos += 5
		return p.vm.rt.ToValue(false)
	case strings.HasPrefix(p.text[p.pos:], "null"):
		p.pos += 4
		return Null
	}
	return p.fail()
}

func (p *jsonParser) nested(parse func() Value) Value {
	if p.depth++; p.depth > jsonDepthMax {
		p.err = RangeError("JSON is nested more than %d deep", jsonDepthMax)
		return nil
	}
	p.pos++
	v := parse()
	p.depth--
	return v
}

func (p *jsonParser) object() Value {
	o := p.vm.rt.NewObject()
	if p.next() == '}' {
		p.pos++
		return o
	}
	for p.err == nil {
		if p.next() != '"' {
			return p.fail()
		}
		name := p.key()
		if p.next() != ':' {
			return p.fail()
		}
		p.pos++
		v := p.value()
		if p.err != nil {
			return nil
		}
		p.vm.platform.seam.put(o, name, v)
		switch p.next() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return o
		default:
			return p.fail()
		}
	}
	return nil
}

func (p *jsonParser) array() Value {
	var values []goja.Value
	if p.next() == ']' {
		p.pos++
		return newArrayOf(p.vm.rt, values)
	}
	for p.err == nil {
		v := p.value()
		values = append(values, v)
		switch p.next() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return newArrayOf(p.vm.rt, values)
		default:
			return p.fail()
		}
	}
	return nil
}

func (p *jsonParser) key() unistring.String {
	plain, units := p.quoted()
	switch {
	case units != nil:
		return nameOf(goja.StringFromUTF16(units))
	case len(plain) > quickText:
		return nameOf(p.vm.longText(plain))
	default:
		return unistring.NewFromString(plain)
	}
}

func (p *jsonParser) string() Value {
	plain, units := p.quoted()
	switch {
	case p.err != nil:
		return nil
	case units != nil:
		return goja.StringFromUTF16(units)
	case len(plain) > lazyText:
		return p.vm.longText(plain)
	default:
		return p.vm.rt.ToValue(plain)
	}
}

// quoted reads a string: as it stands in the text if it has no escape, otherwise as
// UTF-16 code units.
func (p *jsonParser) quoted() (plain string, units []uint16) {
	p.pos++
	start := p.pos
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return p.text[start : p.pos-1], nil
		case c == '\\':
			return "", p.escaped(p.text[start:p.pos])
		case c < ' ':
			p.fail()
			return "", nil
		default:
			p.step()
		}
	}
	p.fail()
	return "", nil
}

// escaped reads the rest of a string from its first backslash.
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

// number reads a number; JSON's grammar is stricter than Go's.
func (p *jsonParser) number() Value {
	start := p.pos
	if p.text[p.pos] == '-' {
		p.pos++
	}
	integer := p.digits()
	if integer == 0 || integer > 1 && p.text[p.pos-integer] == '0' {
		p.pos -= max(integer-1, 0)
		return p.fail()
	}
	whole := true
	if p.at('.') {
		whole = false
		p.pos++
		if p.digits() == 0 {
			return p.fail()
		}
	}
	if p.at('e') || p.at('E') {
		whole = false
		p.pos++
		if p.at('+') || p.at('-') {
			p.pos++
		}
		if p.digits() == 0 {
			return p.fail()
		}
	}
	text := shortNumber(p.text[start:p.pos])
	if whole && integer <= 15 && text != "-0" {
		n, _ := strconv.ParseInt(text, 10, 64)
		return p.vm.rt.ToValue(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return p.fail()
	}
	if f == 0 && text[0] == '-' {
		f = math.Copysign(0, -1)
	}
	return p.vm.rt.ToValue(f)
}

// significantMax is how many digits of a number can make a difference to a float64: what
// comes after them only matters if it is not all zeros.
const significantMax = 800

// shortNumber returns a number's text that is as good as text, which is JSON's, and not long.
func shortNumber(text string) string {
	if len(text) <= significantMax {
		return text
	}
	sign := text[:len(text)-len(strings.TrimPrefix(text, "-"))]
	mantissa, exponent := text[len(sign):], ""
	if i := max(strings.IndexByte(mantissa, 'e'), strings.IndexByte(mantissa, 'E')); i >= 0 {
		mantissa, exponent = mantissa[:i], mantissa[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	power := exponentOf(exponent)
	if whole == "0" {
		digits := strings.TrimLeft(fraction, "0")
		power -= len(fraction) - len(digits)
		whole, fraction = "0", digits
	}
	digits := whole + fraction
	power += len(whole)
	if len(digits) > significantMax {
		rest := digits[significantMax:]
		if digits = digits[:significantMax]; strings.Trim(rest, "0") != "" {
			digits += "1"
		}
	}
	return sign + "0." + digits + "e" + strconv.Itoa(power)
}

// exponentOf reads an exponent. One that is out of all proportion stays so.
func exponentOf(s string) int {
	digits := strings.TrimLeft(strings.TrimLeft(s, "+-"), "0")
	n, err := strconv.Atoi(digits[:min(len(digits), 12)])
	if err != nil {
		return 0 // there is none
	}
	if strings.HasPrefix(s, "-") {
		return -n
	}
	return n
}

func (p *jsonParser) at(c byte) bool { return p.pos < len(p.text) && p.text[p.pos] == c }

// digits skips decimal digits and returns how many.
func (p *jsonParser) digits() int {
	start := p.pos
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.step()
	}
	return p.pos - start
}
