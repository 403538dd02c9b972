package rewrite

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// charset is the encoding of a document that is not UTF-8. nil is UTF-8, whose methods pass
// bytes on as they are.
type charset struct {
	encoding encoding.Encoding
	decoder  *encoding.Decoder
	meter    Meter
}

// charsetOf returns the charset for a label; false if there is none, or markup could not be
// told from characters in it: in UTF-16 and ISO-2022-JP bytes of ASCII are not always that.
//
// Spec: https://encoding.spec.whatwg.org/#concept-encoding-get
func charsetOf(label string, meter Meter) (*charset, bool) {
	if label == "" {
		return nil, true
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, false
	}
	switch name, err := htmlindex.Name(e); {
	case err != nil || name == "replacement" || name == "iso-2022-jp" || strings.HasPrefix(name, "utf-16"):
		return nil, false
	case name == "utf-8":
		return nil, true
	}
	return &charset{encoding: e, decoder: e.NewDecoder(), meter: meter}, true
}

// decoded returns bytes of the document as UTF-8.
func (c *charset) decoded(b []byte) []byte {
	if c == nil || isASCII(b) {
		return b
	}
	c.meter.Allocate(int64(3 * len(b)))
	out, _ := c.decoder.Bytes(b)
	return out
}

func (c *charset) text(b []byte) string { return string(c.decoded(b)) }

// encoded returns text in the document's encoding. What that lacks becomes a character
// reference.
func (c *charset) encoded(text string) string {
	if c == nil || isASCII(text) {
		return text
	}
	c.meter.Allocate(int64(3 * len(text)))
	out, err := encoding.HTMLEscapeUnsupported(c.encoding.NewEncoder()).String(strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		return ""
	}
	return out
}

// exactly is encoded for what can't have character references; false if it would need one.
func (c *charset) exactly(text string) (string, bool) {
	if c == nil || isASCII(text) {
		return text, true
	}
	out, err := c.encoding.NewEncoder().String(text)
	return out, err == nil
}

// whole returns how many bytes of b are whole characters, and, unless the document is UTF-8,
// the text of those. last says that nothing comes after b.
func (c *charset) whole(b []byte, last bool) (n int, text *string) {
	if c == nil {
		if last {
			return len(b), nil
		}
		return len(b) - unfinished(b), nil
	}
	c.meter.Allocate(int64(4 * len(b)))
	var out strings.Builder
	var piece [1024]byte
	for {
		written, read, err := c.decoder.Transform(piece[:], b[n:], last)
		n += read
		out.Write(piece[:written])
		if err != transform.ErrShortDst {
			s := out.String()
			return n, &s
		}
	}
}

// unfinished returns how many bytes at the end of b begin a character of UTF-8 that they don't
// end.
func unfinished(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return i
			}
			return 0
		}
	}
	return 0
}

func isASCII[T []byte | string](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
