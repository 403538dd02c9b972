package webapi

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"
)

// iso2022JPDecoder decodes ISO-2022-JP, in which escape sequences say what the bytes that
// follow stand for.
//
// Spec: https://encoding.spec.whatwg.org/#iso-2022-jp-decoder
type iso2022JPDecoder struct {
	state   iso2022JPState
	said    bool   // there has been something since the last escape sequence
	pending []byte // the beginning of a character or of an escape sequence
	table   transform.Transformer
	char    [8]byte // what table makes of a character
}

type iso2022JPState uint8

const (
	iso2022ASCII iso2022JPState = iota
	iso2022Roman
	iso2022Katakana
	iso2022Kanji // two bytes a character
)

func newISO2022JP() decoder {
	// The table is the one of EUC-JP, whose bytes have the upper bit set.
	return &iso2022JPDecoder{said: true, table: japanese.EUCJP.NewDecoder().Transformer}
}

func (d *iso2022JPDecoder) decode(p []byte, final, fatal bool) (string, error) {
	if len(d.pending) > 0 {
		p = slices.Concat(d.pending, p)
		d.pending = nil
	}
	out := make([]byte, 0, len(p)+len(p)/2+utf8.UTFMax)
	for len(p) > 0 {
		n, char := d.next(p)
		if n == 0 {
			if !final {
				d.pending = slices.Clone(p)
				break
			}
			n, char = 1, utf8.RuneError
			d.said = true
		}
		p = p[n:]
		switch {
		case char == utf8.RuneError && fatal:
			return "", errMalformed
		case char >= 0:
			out = utf8.AppendRune(out, char)
		}
	}
	return viewString(out), nil
}

// next reads a character at the start of p. It returns how many bytes it has read, 0 if p
// ends too early; the character is U+FFFD for an error, and negative for an escape sequence.
func (d *iso2022JPDecoder) next(p []byte) (int, rune) {
	if p[0] == 0x1B {
		return d.escape(p)
	}
	d.said = true
	switch b := p[0]; {
	case d.state == iso2022Katakana && inRange(b, 0x21, 0x5F):
		return 1, 0xFF61 - 0x21 + rune(b)
	case d.state == iso2022Kanji && inRange(b, 0x21, 0x7E):
		return d.kanji(p)
	case d.state > iso2022Roman, b > 0x7F, b == 0x0E, b == 0x0F:
		return 1, utf8.RuneError
	case d.state == iso2022Roman && b == '\\':
		return 1, '¥'
	case d.state == iso2022Roman && b == '~':
		return 1, '‾'
	default:
		return 1, rune(b)
	}
}

// kanji reads two bytes.
func (d *iso2022JPDecoder) kanji(p []byte) (int, rune) {
	switch {
	case len(p) < 2:
		return 0, 0
	case p[1] == 0x1B:
		return 1, utf8.RuneError // the escape sequence comes next
	case !inRange(p[1], 0x21, 0x7E):
		return 2, utf8.RuneError
	}
	n, _, err := d.table.Transform(d.char[:], []byte{p[0] | 0x80, p[1] | 0x80}, true)
	if err != nil {
		return 2, utf8.RuneError
	}
	r, _ := utf8.DecodeRune(d.char[:n])
	return 2, r
}

// escape reads an escape sequence. One that follows another at once is an error, but one that
// has its effect.
func (d *iso2022JPDecoder) escape(p []byte) (int, rune) {
	const none = iso2022Kanji + 1
	state := none
	switch {
	case len(p) == 1:
		return 0, 0
	case p[1] != '$' && p[1] != '(':
	case len(p) == 2:
		return 0, 0
	case p[1] == '(' && p[2] == 'B':
		state = iso2022ASCII
	case p[1] == '(' && p[2] == 'J':
		state = iso2022Roman
	case p[1] == '(' && p[2] == 'I':
		state = iso2022Katakana
	case p[1] == '$' && (p[2] == '@' || p[2] == 'B'):
		state = iso2022Kanji
	}
	if state == none {
		d.said = true
		return 1, utf8.RuneError
	}
	again := !d.said
	d.state, d.said = state, false
	if again {
		return 3, utf8.RuneError
	}
	return 3, -1
}
