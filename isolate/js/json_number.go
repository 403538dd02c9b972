package js

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// exactDigits is how many digits an integer may have to be read one by one.
const exactDigits = 15

// number reads a number.
func (p *jsonParser) number() Value {
	i, n := p.pos, int64(0)
	if p.text[i] == '-' {
		i++
	}
	first := i
	for i < len(p.text) && i-first <= exactDigits && '0' <= p.text[i] && p.text[i] <= '9' {
		n = 10*n + int64(p.text[i]-'0')
		i++
	}
	digits := i - first
	switch {
	case digits == 0 || digits > exactDigits || p.text[first] == '0': // 0, -0 and what is none
		return p.anyNumber()
	case i < len(p.text) && (p.text[i] == '.' || p.text[i]|' ' == 'e'):
		return p.anyNumber()
	case first > p.pos:
		n = -n
	}
	p.pos = i
	return intValue(n)
}

// anyNumber reads a number of any form; JSON's grammar is stricter than Go's.
func (p *jsonParser) anyNumber() Value {
	start := p.pos
	if p.text[p.pos] == '-' {
		p.pos++
	}
	integer := p.digits()
	if integer == 0 || integer > 1 && p.text[p.pos-integer] == '0' {
		p.pos -= max(integer-1, 0)
		return p.fail()
	}
	if p.at('.') {
		p.pos++
		if p.digits() == 0 {
			return p.fail()
		}
	}
	if p.at('e') || p.at('E') {
		p.pos++
		if p.at('+') || p.at('-') {
			p.pos++
		}
		if p.digits() == 0 {
			return p.fail()
		}
	}
	text := shortNumber(p.text[start:p.pos])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return p.fail()
	}
	if f == 0 && text[0] == '-' {
		f = math.Copysign(0, -1)
	}
	return floatValue(f)
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
		p.pos++
		p.rest()
	}
	return p.pos - start
}
