package observe

import (
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	lineMax    = 10 << 10 // bytes of a line
	messageMax = 9 << 10  // bytes of a console line's message as it stands in the line
)

// object appends the members of a JSON object. It allocates nothing but dst's growth.
type object struct {
	dst   []byte
	began bool
}

// name begins a member. Names are literals of this package.
func (o *object) name(name string) {
	if o.began {
		o.dst = append(o.dst, ',')
	}
	o.began = true
	o.dst = append(o.dst, '"')
	o.dst = append(o.dst, name...)
	o.dst = append(o.dst, '"', ':')
}

// kind appends what the line is about, a plain word.
func (o *object) kind(word string) {
	o.name("type")
	o.dst = append(o.dst, '"')
	o.dst = append(o.dst, word...)
	o.dst = append(o.dst, '"')
}

// string reports whether value was cut to fit into limit bytes.
func (o *object) string(name, value string, limit int) (cut bool) {
	o.name(name)
	o.dst, cut = appendString(o.dst, value, limit)
	return cut
}

func (o *object) int(name string, value int64) {
	o.name(name)
	o.dst = strconv.AppendInt(o.dst, value, 10)
}

// millis appends d in milliseconds, to the microsecond.
func (o *object) millis(name string, d time.Duration) {
	o.name(name)
	us := max(d.Microseconds(), 0)
	o.dst = strconv.AppendInt(o.dst, us/1000, 10)
	if us %= 1000; us > 0 {
		o.dst = append(o.dst, '.', byte('0'+us/100), byte('0'+us/10%10), byte('0'+us%10))
	}
}

func (o *object) time(name string, t time.Time) {
	o.name(name)
	o.dst = append(o.dst, '"')
	o.dst = appendTime(o.dst, t.UTC())
	o.dst = append(o.dst, '"')
}

// appendTime appends t, which is in UTC, in the form of RFC 3339 to the millisecond. Every
// event has one: package time, which reads the form from a layout, takes six times as long.
func appendTime(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
	}
	hour, minute, second := t.Clock()
	dst = append(appendTwo(appendTwo(dst, year/100), year%100), '-')
	dst = append(appendTwo(dst, int(month)), '-')
	dst = append(appendTwo(dst, day), 'T')
	dst = append(appendTwo(dst, hour), ':')
	dst = append(appendTwo(dst, minute), ':')
	dst = append(appendTwo(dst, second), '.')
	ms := t.Nanosecond() / 1e6
	return append(appendTwo(dst, ms/10), byte('0'+ms%10), 'Z')
}

// appendTwo appends n, which is below 100, in two digits.
func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

func (o *object) addr(name string, addr netip.Addr) {
	o.name(name)
	o.dst = append(o.dst, '"')
	o.dst = addr.WithZone("").AppendTo(o.dst)
	o.dst = append(o.dst, '"')
}

// appendString appends s as a JSON string of at most limit bytes, the quotes included, and
// reports whether it had to be cut; a cut string ends in "…". A few bytes of limit may stay
// unused.
//
// Beyond what JSON asks for, it escapes what a terminal or an editor may act on: DEL, the C1
// controls, line separators and the characters that turn the direction of text.
func appendString(dst []byte, s string, limit int) ([]byte, bool) {
	const hex = "0123456789abcdef"
	const widest = 6 // bytes of "\u2028"
	end := len(dst) + limit - len(`…"`) - widest
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		if len(dst) > end {
			return append(dst, `…"`...), true
		}
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c == '\n':
				dst = append(dst, '\\', 'n')
			case c == '\t':
				dst = append(dst, '\\', 't')
			case c < ' ' || c == 0x7f:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				dst = append(dst, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == utf8.RuneError || acts(r) {
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"'), false
}

// acts reports whether a terminal or an editor may act on r instead of showing it.
func acts(r rune) bool {
	return r <= 0x9f || // C1; what is below 0x80 is not asked
		r == 0x061c || r == 0x200e || r == 0x200f || r == 0xfeff ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
