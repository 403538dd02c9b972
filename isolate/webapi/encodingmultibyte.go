package webapi

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"
)

// multibyteDecoder decodes an encoding of Chinese, Japanese or Korean in which a character
// that begins with a byte below 0x80 is ASCII. What is a character, and how far an error
// reaches, is decided here; golang.org/x/text has the tables, and is asked for one character
// at a time.
type multibyteDecoder struct {
	// scan looks at the character at the start of p, which is not ASCII, and returns its
	// length; minus the length if it is an error; 0 if p ends within it. text is the
	// character, or 0: it is in the table.
	scan    func(p []byte) (n int, text rune)
	table   transform.Transformer
	char    [8]byte // what table makes of a character
	pending []byte  // the beginning of a character that the next piece ends
}

func newGB18030() decoder {
	return &multibyteDecoder{scan: scanGB18030, table: simplifiedchinese.GB18030.NewDecoder().Transformer}
}

func newBig5() decoder {
	return &multibyteDecoder{scan: scanBig5, table: traditionalchinese.Big5.NewDecoder().Transformer}
}

func newEUCKR() decoder {
	return &multibyteDecoder{scan: scanEUCKR, table: korean.EUCKR.NewDecoder().Transformer}
}

func newEUCJP() decoder {
	return &multibyteDecoder{scan: scanEUCJP, table: japanese.EUCJP.NewDecoder().Transformer}
}

func newShiftJIS() decoder {
	return &multibyteDecoder{scan: scanShiftJIS, table: japanese.ShiftJIS.NewDecoder().Transformer}
}

func (d *multibyteDecoder) decode(p []byte, final, fatal bool) (string, error) {
	if len(d.pending) > 0 {
		p = slices.Concat(d.pending, p)
		d.pending = nil
	}
	out := make([]byte, 0, len(p)+len(p)/2+utf8.UTFMax)
	for len(p) > 0 {
		if p[0] < utf8.RuneSelf {
			n := asciiPrefix(p)
			out, p = append(out, p[:n]...), p[n:]
			continue
		}
		n, text := d.scan(p)
		if n == 0 {
			if !final {
				d.pending = bytes.Clone(p)
				break
			}
			n = -len(p)
		}
		if n > 0 {
			var ok bool
			if out, ok = d.appendChar(out, p[:n], text); ok {
				p = p[n:]
				continue
			}
			if n == 2 && p[1] < utf8.RuneSelf {
				n = 1 // the second byte stands for itself
			}
			n = -n
		}
		if fatal {
			return "", errMalformed
		}
		out, p = utf8.AppendRune(out, utf8.RuneError), p[-n:]
	}
	return viewString(out), nil
}

// appendChar appends a character, if there is one.
func (d *multibyteDecoder) appendChar(out, char []byte, text rune) ([]byte, bool) {
	if text != 0 {
		return utf8.AppendRune(out, text), true
	}
	n, _, err := d.table.Transform(d.char[:], char, true)
	if r, _ := utf8.DecodeRune(d.char[:n]); err != nil || r == utf8.RuneError {
		return out, false
	}
	return append(out, d.char[:n]...), true
}

// asciiPrefix is how many bytes at the start of p are ASCII.
func asciiPrefix(p []byte) int {
	const high = 0x8080808080808080
	rest := p
	for ; len(rest) >= 32; rest = rest[32:] {
		if (binary.NativeEndian.Uint64(rest)|binary.NativeEndian.Uint64(rest[8:])|
			binary.NativeEndian.Uint64(rest[16:])|binary.NativeEndian.Uint64(rest[24:]))&high != 0 {
			break
		}
	}
	for len(rest) > 0 && rest[0] < utf8.RuneSelf {
		rest = rest[1:]
	}
	return len(p) - len(rest)
}

func inRange(b, from, to byte) bool { return from <= b && b <= to }

// Spec: https://encoding.spec.whatwg.org/#gb18030-decoder
func scanGB18030(p []byte) (int, rune) {
	switch {
	case p[0] == 0x80:
		return 1, '€'
	case p[0] == 0xFF:
		return -1, 0
	case len(p) < 2:
		return 0, 0
	case inRange(p[1], 0x30, 0x39):
		return scanFourBytes(p)
	case inRange(p[1], 0x40, 0x7E), inRange(p[1], 0x80, 0xFE):
		return 2, missingGB18030(p[0], p[1])
	}
	return -lengthOfError(p), 0
}

func scanFourBytes(p []byte) (int, rune) {
	switch {
	case len(p) < 3:
		return 0, 0
	case !inRange(p[2], 0x81, 0xFE):
		return -1, 0
	case len(p) < 4:
		return 0, 0
	case !inRange(p[3], 0x30, 0x39):
		return -1, 0
	}
	pointer := ((int(p[0]-0x81)*10+int(p[1]-0x30))*126+int(p[2]-0x81))*10 + int(p[3]-0x30)
	switch {
	case pointer == 7457:
		return 4, 0xE7C7
	case pointer > 39419 && pointer < 189000, pointer > 1237575:
		return -4, 0
	case pointer == 39417:
		return 4, utf8.RuneError // the character itself
	}
	return 4, 0
}

// lengthOfError is the length of a wrong character whose second byte is there: an ASCII byte
// is not part of it.
func lengthOfError(p []byte) int {
	if p[1] < utf8.RuneSelf {
		return 1
	}
	return 2
}

// Spec: https://encoding.spec.whatwg.org/#big5-decoder
func scanBig5(p []byte) (int, rune) {
	switch {
	case !inRange(p[0], 0x81, 0xFE):
		return -1, 0
	case len(p) < 2:
		return 0, 0
	case inRange(p[1], 0x40, 0x7E), inRange(p[1], 0xA1, 0xFE):
		return 2, 0
	}
	return -lengthOfError(p), 0
}

// Spec: https://encoding.spec.whatwg.org/#euc-kr-decoder
func scanEUCKR(p []byte) (int, rune) {
	switch {
	case !inRange(p[0], 0x81, 0xFE):
		return -1, 0
	case len(p) < 2:
		return 0, 0
	case inRange(p[1], 0x41, 0xFE):
		return 2, 0
	}
	return -lengthOfError(p), 0
}

// Spec: https://encoding.spec.whatwg.org/#euc-jp-decoder
func scanEUCJP(p []byte) (int, rune) {
	switch {
	case p[0] != 0x8E && p[0] != 0x8F && !inRange(p[0], 0xA1, 0xFE):
		return -1, 0
	case len(p) < 2:
		return 0, 0
	case p[0] == 0x8E && inRange(p[1], 0xA1, 0xDF):
		return 2, 0xFF61 - 0xA1 + rune(p[1])
	case p[0] == 0x8F && inRange(p[1], 0xA1, 0xFE):
		if len(p) < 3 {
			return 0, 0
		}
		if inRange(p[2], 0xA1, 0xFE) {
			return 3, 0
		}
		return -1 - lengthOfError(p[1:]), 0
	case p[0] >= 0xA1 && inRange(p[1], 0xA1, 0xFE):
		return 2, 0
	}
	return -lengthOfError(p), 0
}

// Spec: https://encoding.spec.whatwg.org/#shift_jis-decoder
func scanShiftJIS(p []byte) (int, rune) {
	switch {
	case p[0] == 0x80:
		return 1, 0x80
	case inRange(p[0], 0xA1, 0xDF):
		return 1, 0xFF61 - 0xA1 + rune(p[0])
	case p[0] == 0xA0, p[0] > 0xFC:
		return -1, 0
	case len(p) < 2:
		return 0, 0
	case !inRange(p[1], 0x40, 0x7E) && !inRange(p[1], 0x80, 0xFC):
		return -lengthOfError(p), 0
	case inRange(p[0], 0xF0, 0xF9): // private use
		trail := rune(p[1]) - 0x40
		if p[1] > 0x7F {
			trail--
		}
		return 2, 0xE000 + rune(p[0]-0xF0)*188 + trail
	}
	return 2, 0
}
