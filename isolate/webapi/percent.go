package webapi

// percentSet is a set of ASCII characters that are percent-encoded; all others are too.
//
// Spec: https://url.spec.whatwg.org/#percent-encoded-bytes
type percentSet [2]uint64

// percentSetOf has the control characters and what chars lists.
func percentSetOf(chars string) *percentSet {
	s := &percentSet{1<<0x20 - 1, 1 << (0x7F - 64)}
	for i := range len(chars) {
		s[chars[i]>>6] |= 1 << (chars[i] & 63)
	}
	return s
}

// The sets by the part of a URL that they are for.
var (
	percentControl      = percentSetOf("")
	percentFragment     = percentSetOf(" \"<>`")
	percentQuery        = percentSetOf(" \"#<>")
	percentSpecialQuery = percentSetOf(" \"#<>'")
	percentPath         = percentSetOf(" \"#<>?^`{}")
	percentUserinfo     = percentSetOf(" \"#<>?^`{}/:;=@[\\]|")
	percentForm         = percentSetOf(" !\"#$%&'()+,/:;<=>?@[\\]^`{|}~")
)

func (p *percentSet) has(c byte) bool { return c >= 0x80 || p[c>>6]>>(c&63)&1 != 0 }

// appendPercent appends s to dst, the characters of set encoded.
func appendPercent(dst []byte, s string, set *percentSet) []byte {
	const hex = "0123456789ABCDEF"
	start := 0 // of what has not been appended yet
	for i := range len(s) {
		if c := s[i]; set.has(c) {
			dst = append(dst, s[start:i]...)
			dst = append(dst, '%', hex[c>>4], hex[c&15])
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// prefix returns how long the start of s is that has none of the set.
func (p *percentSet) prefix(s string) int {
	for i := range len(s) {
		if p.has(s[i]) {
			return i
		}
	}
	return len(s)
}

// percentEncode returns s with the characters of set encoded.
func percentEncode(s string, set *percentSet) string {
	n := set.prefix(s)
	if n == len(s) {
		return s
	}
	out := append(make([]byte, 0, len(s)+len(s)/4+16), s[:n]...)
	return viewString(appendPercent(out, s[n:], set))
}

// percentEncodeAfter encodes what is behind the first byte of s, a delimiter.
func percentEncodeAfter(s string, set *percentSet) string {
	if set.prefix(s[1:]) == len(s)-1 {
		return s
	}
	return s[:1] + percentEncode(s[1:], set)
}
