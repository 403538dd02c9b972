package js

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
)

// number writes a number as the language does: the shortest digits that mean it.
//
// Spec: https://tc39.es/ecma262/#sec-numeric-types-number-tostring
func (w *jsonWriter) number(f float64) {
	size := math.Abs(f)
	switch {
	case size == 0:
		w.out = append(w.out, '0')
	case math.IsNaN(f) || math.IsInf(f, 0):
		w.out = append(w.out, "null"...)
	case size >= 1e-6 && size < 1e21:
		w.out = strconv.AppendFloat(w.out, f, 'f', -1, 64)
	default:
		w.out = strconv.AppendFloat(w.out, f, 'e', -1, 64)
		if n := len(w.out); w.out[n-2] == '0' && w.out[n-3] == '-' { // e-07 is e-7
			w.out[n-2] = w.out[n-1]
			w.out = w.out[:n-1]
		}
	}
}

// quote writes a string.
//
// Spec: https://tc39.es/ecma262/#sec-quotejsonstring
func (w *jsonWriter) quote(s goja.String) {
	if text, ok := w.vm.platform.seam.unscanned(s); ok && utf8.ValidString(text) {
		w.quoteText(text) // goja would convert it to UTF-16 first
		return
	}
	text, units := codeUnits(s)
	if units != nil {
		w.quoteUnits(units[1:])
		return
	}
	w.quoteText(text)
}

// quoteText writes a string of UTF-8.
func (w *jsonWriter) quoteText(text string) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	w.out = append(w.out, '"')
	b := unsafe.Slice(unsafe.StringData(text), len(text))
	from := 0 // what is before is written
	for i := 0; i < len(b); {
		if i-from >= chunkText {
			w.out = append(w.out, text[from:i]...)
			from = i
			w.grown()
		}
		if len(b)-i >= 8 {
			v := binary.LittleEndian.Uint64(b[i:])
			quote, backslash := v^'"'*ones, v^'\\'*ones
			special := ((v-' '*ones)&^v | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs // see [jsonParser.plain]
			if special == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(special) / 8
		}
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			w.out = append(w.out, text[from:i]...)
			w.escape(rune(c))
			from = i + 1
		}
		i++
	}
	w.out = append(append(w.out, text[from:]...), '"')
}

// quoteUnits writes a string of UTF-16.
func (w *jsonWriter) quoteUnits(units []uint16) {
	w.out = append(w.out, '"')
	for i := 0; i < len(units); i++ {
		switch u := units[i]; {
		case u < ' ' || u == '"' || u == '\\':
			w.escape(rune(u))
		case u < 0x80:
			w.out = append(w.out, byte(u))
		case u < 0x800:
			w.out = append(w.out, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
		case !utf16.IsSurrogate(rune(u)):
			w.out = append(w.out, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
		default:
			if r, n := firstRune(units[i:]); n == 2 {
				w.out = utf8.AppendRune(w.out, r)
				i++
			} else {
				w.escape(rune(u))
			}
		}
		if i&(chunkText-1) == chunkText-1 {
			w.grown()
		}
	}
	w.out = append(w.out, '"')
}

func (w *jsonWriter) escape(c rune) {
	switch c {
	case '"', '\\':
		w.out = append(w.out, '\\', byte(c))
	case '\b':
		w.out = append(w.out, `\b`...)
	case '\t':
		w.out = append(w.out, `\t`...)
	case '\n':
		w.out = append(w.out, `\n`...)
	case '\f':
		w.out = append(w.out, `\f`...)
	case '\r':
		w.out = append(w.out, `\r`...)
	default:
		const digits = "0123456789abcdef"
		w.out = append(w.out, '\\', 'u', digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15])
	}
}
