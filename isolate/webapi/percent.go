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

// percentEncode returns s with the characters of set encoded.
func percentEncode(s string, set *percentSet) string {
	for i := range len(s) {
		if set.has(s[i]) {
			return string(appendPercent(make([]byte, 0, len(s)+16), s, set))
		}
	}
	return s
}
