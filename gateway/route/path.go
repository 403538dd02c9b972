package route

import (
	"errors"
	"strings"
)

// What Path and Query refuse.
var (
	errControl   = errors.New("the URL has a control character or a space")
	errBackslash = errors.New(`the path has a backslash: write "/" or "%5C"`)
	errNUL       = errors.New(`the path has "%00"`)
	errRelative  = errors.New(`the path does not begin with "/"`)
	errEnd       = errors.New(`the path has "?" or "#"`)
)

// Path returns the canonical form of a URL's path as it stands on the wire, the part before
// "?". It is a fixed point of the URL standard's parser:
//
//   - "." and ".." segments are resolved, in each of their spellings ("%2e" is a dot);
//   - bytes that a path can't have as they are, such as non-ASCII ones, are percent-encoded;
//   - everything else stays: "//" is not merged, "%2F" and "%41" are not decoded, and "%zz"
//     means itself.
//
// Control characters, spaces, "%00" and backslashes are errors. So is a path that doesn't
// begin with "/". A path that is canonical already is returned without allocating.
func Path(path string) (string, error) {
	if path == "" || path[0] != '/' {
		return "", errRelative
	}
	dots, encode := false, 0
	for i := range len(path) {
		c := path[i]
		switch pathClass[c] {
		case plain:
		case encoded:
			encode++
		case refused:
			return "", refusal(c)
		case special: // "/", "." or "%": look closer
			switch {
			case c == '.' || c == '%' && isDot(path[i:]):
				dots = dots || path[i-1] == '/'
			case c == '%' && strings.HasPrefix(path[i:], "%00"):
				return "", errNUL
			}
		}
	}
	if dots {
		path = resolveDots(path)
	}
	if encode > 0 {
		path = percentEncode(path, &pathClass, encode)
	}
	return path, nil
}

// Query returns the canonical form of a URL's query, the part after "?", as Path does for
// the path.
func Query(query string) (string, error) {
	encode := 0
	for i := range len(query) {
		switch queryClass[query[i]] {
		case encoded:
			encode++
		case refused:
			return "", refusal(query[i])
		}
	}
	if encode > 0 {
		query = percentEncode(query, &queryClass, encode)
	}
	return query, nil
}

// class says what becomes of a byte of a URL.
type class byte

const (
	plain   class = iota
	special       // plain, but it may begin a segment of dots or "%00"
	encoded       // percent-encoded
	refused
)

// The sets are supersets of the standard's path and special-query percent-encode sets, so
// that a parser of another year finds nothing left to encode.
// See https://url.spec.whatwg.org/#percent-encoded-bytes.
var (
	pathClass  = classes("\"<>^`{}", `\?#`, ".%")
	queryClass = classes("\"<>'", "#", "")
)

func classes(encode, refuse, look string) (t [256]class) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f:
			t[c] = refused
		case c > 0x7f:
			t[c] = encoded
		}
	}
	for _, set := range []struct {
		chars string
		class class
	}{{encode, encoded}, {refuse, refused}, {look, special}} {
		for i := range len(set.chars) {
			t[set.chars[i]] = set.class
		}
	}
	return t
}

func refusal(c byte) error {
	switch c {
	case '\\':
		return errBackslash
	case '?', '#':
		return errEnd
	}
	return errControl
}

// isDot reports whether s begins with an encoded dot.
func isDot(s string) bool {
	return len(s) >= 3 && s[0] == '%' && s[1] == '2' && s[2]|0x20 == 'e'
}

// resolveDots follows the path state of the URL standard's parser, where a segment of dots
// at the end leaves an empty one. See https://url.spec.whatwg.org/#path-state.
func resolveDots(path string) string {
	out := make([]byte, 0, len(path))
	for rest := path; rest != ""; {
		segment := rest[1:] // rest begins with "/"
		if i := strings.IndexByte(segment, '/'); i >= 0 {
			segment = segment[:i]
		}
		rest = rest[1+len(segment):]
		switch dotCount(segment) {
		case 2:
			for len(out) > 0 { // drop the last segment and the "/" before it
				c := out[len(out)-1]
				out = out[:len(out)-1]
				if c == '/' {
					break
				}
			}
			fallthrough
		case 1:
			if rest == "" {
				out = append(out, '/')
			}
		default:
			out = append(append(out, '/'), segment...)
		}
	}
	return string(out)
}

// dotCount returns 1 or 2 for a segment of so many dots, plain or encoded, and 0 for any other.
func dotCount(segment string) int {
	n := 0
	for segment != "" {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case isDot(segment):
			segment = segment[3:]
		default:
			return 0
		}
		if n++; n > 2 {
			return 0
		}
	}
	return n
}

func percentEncode(s string, class *[256]class, count int) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s)+2*count)
	for i := range len(s) {
		if c := s[i]; class[c] == encoded {
			out = append(out, '%', hex[c>>4], hex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}
