package webapi

import "strings"

// param is one name and value of a query or a form.
type param struct{ name, value string }

// parseURLEncoded reads application/x-www-form-urlencoded text.
//
// Spec: https://url.spec.whatwg.org/#urlencoded-parsing
func parseURLEncoded(s string) []param {
	if s == "" {
		return nil
	}
	list := make([]param, 0, 1+strings.Count(s, "&"))
	for sequence := range strings.SplitSeq(s, "&") {
		if sequence == "" {
			continue
		}
		name, value, _ := strings.Cut(sequence, "=")
		list = append(list, param{decodeURLEncoded(name), decodeURLEncoded(value)})
	}
	return list
}

// decodeURLEncoded replaces plus signs and percent-encoded bytes.
func decodeURLEncoded(s string) string {
	first := strings.IndexAny(s, "+%")
	if first < 0 {
		return s
	}
	out := make([]byte, first, len(s))
	copy(out, s)
	for i := first; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return decodeUTF8(string(out))
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return (c | 0x20 - 'a') + 10
	}
}

// serializeURLEncoded writes application/x-www-form-urlencoded text.
//
// Spec: https://url.spec.whatwg.org/#urlencoded-serializing
func serializeURLEncoded(list []param) string {
	var out []byte
	for i, p := range list {
		if i > 0 {
			out = append(out, '&')
		}
		out = appendURLEncoded(out, p.name)
		out = append(out, '=')
		out = appendURLEncoded(out, p.value)
	}
	return string(out)
}

// appendURLEncoded appends s to dst, percent-encoded, each space a plus sign.
func appendURLEncoded(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, ' ')
		if i < 0 {
			return appendPercent(dst, s, percentForm)
		}
		dst = append(appendPercent(dst, s[:i], percentForm), '+')
		s = s[i+1:]
	}
}
