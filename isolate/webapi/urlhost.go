package webapi

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// parseHost parses and serialises a host: of a special URL a domain, an IPv4 or an IPv6
// address, of another an IPv6 address or anything.
//
// Spec: https://url.spec.whatwg.org/#concept-host-parser
func parseHost(s string, special bool) (string, error) {
	if special && plainHost(s) {
		return s, nil
	}
	if strings.HasPrefix(s, "[") {
		return parseIPv6(s)
	}
	if !special {
		if strings.ContainsAny(s, forbiddenInHost) {
			return "", errURLHost
		}
		return percentEncode(s, percentControl), nil
	}
	if strings.IndexByte(s, '%') >= 0 {
		s = validUTF8(string(percentDecode(s)))
	}
	domain, ok := domainToASCII(s)
	if !ok || strings.ContainsAny(domain, forbiddenInDomain) {
		return "", errURLHost
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, nil
}

// Characters that no host has, and that no domain has.
//
// Spec: https://url.spec.whatwg.org/#host-miscellaneous
const (
	forbiddenInHost   = "\x00\t\n\r #/:<>?@[\\]^|"
	forbiddenInDomain = forbiddenInHost + "%\x7f\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f" +
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"
)

// idnaBytesMax bounds domains that are not ASCII: to encode them takes quadratic time. No
// name in DNS is longer than 253 bytes.
const idnaBytesMax = 2 << 10

// idnaProfile is UTS #46 with the Standard's choices. Later options undo parts of earlier
// ones.
var idnaProfile = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.Transitional(false),
	idna.VerifyDNSLength(false),
	idna.StrictDomainName(false),
	idna.ValidateLabels(true),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
)

// newerIDNA maps characters as UTS #46 does since Unicode 16, where the tables of
// golang.org/x/net/idna, of Unicode 15, have something else.
//
// Spec: https://www.unicode.org/reports/tr46/#ProcessingStepMap
func newerIDNA(r rune) rune {
	switch {
	case r >= 0x10A0 && r <= 0x10C5, r == 0x10C7, r == 0x10CD: // Georgian capitals
		return r - 0x10A0 + 0x2D00
	case r == 0x1E9E:
		return 0xDF
	case r == 0x04C0:
		return 0x04CF
	case r == 0x2132:
		return 0x214E
	case r == 0x2183:
		return 0x2184
	case r == 0x2F868:
		return 0x36FC
	case r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, r == 0x206B, r == 0xFFA0, r >= 0x1D173 && r <= 0x1D17A:
		return -1 // ignored
	}
	return r
}

// domainToASCII maps a domain to the form in which it is looked up, and says whether it is
// one. Where it is ASCII without Punycode that is its lower case.
//
// Spec: https://url.spec.whatwg.org/#concept-domain-to-ascii
func domainToASCII(s string) (string, bool) {
	ascii, lower := true, true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
		lower = lower && (s[i] < 'A' || s[i] > 'Z')
	}
	if ascii && !lower {
		s = strings.ToLower(s)
	}
	if ascii && !strings.HasPrefix(s, "xn--") && !strings.Contains(s, ".xn--") {
		return s, s != ""
	}
	if len(s) > idnaBytesMax {
		return "", false
	}
	domain, err := idnaProfile.ToASCII(norm.NFC.String(strings.Map(newerIDNA, s)))
	return domain, err == nil && domain != "" && !hidesPunycode(domain)
}

// hidesPunycode says whether what a label of domain stands for begins as Punycode does, which
// golang.org/x/net/idna lets pass.
//
// Spec: https://www.unicode.org/reports/tr46/#Validity_Criteria
func hidesPunycode(domain string) bool {
	if !strings.Contains(domain, "xn--xn-") {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if text, err := idna.Punycode.ToUnicode(label); err == nil && text != label && strings.HasPrefix(text, "xn--") {
			return true
		}
	}
	return false
}

// endsInNumber says whether a domain must be an IPv4 address.
//
// Spec: https://url.spec.whatwg.org/#ends-in-a-number-checker
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseIPv4Number(last)
	return ok
}

// parseIPv4 reads an IPv4 address in any of the ways that C's inet_aton takes.
//
// Spec: https://url.spec.whatwg.org/#concept-ipv4-parser
func parseIPv4(domain string) (string, error) {
	parts := strings.SplitN(strings.TrimSuffix(domain, "."), ".", 5)
	if len(parts) > 4 {
		return "", errURLHost
	}
	var address uint64
	for i, part := range parts {
		n, ok := parseIPv4Number(part)
		last := i == len(parts)-1
		if !ok || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return "", errURLHost
		}
		if last {
			address |= n
		} else {
			address |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), nil
}

// parseIPv4Number reads a decimal, octal or hexadecimal number; what is too large for an
// address is 1<<32.
//
// Spec: https://url.spec.whatwg.org/#ipv4-number-parser
func parseIPv4Number(s string) (uint64, bool) {
	base := 10
	switch {
	case s == "":
		return 0, false
	case len(s) >= 2 && s[0] == '0' && s[1]|0x20 == 'x':
		s, base = s[2:], 16
	case len(s) >= 2 && s[0] == '0':
		s, base = s[1:], 8
	}
	var n uint64
	for i := range len(s) {
		if !isHex(s[i]) || int(unhex(s[i])) >= base {
			return 0, false
		}
		n = min(n*uint64(base)+uint64(unhex(s[i])), 1<<32)
	}
	return n, true
}

// parseIPv6 reads an IPv6 address in brackets.
//
// Spec: https://url.spec.whatwg.org/#concept-ipv6-parser
func parseIPv6(s string) (string, error) {
	inside, ok := strings.CutSuffix(s[len("["):], "]")
	if !ok || strings.IndexByte(inside, '%') >= 0 {
		return "", errURLHost // netip would take a zone
	}
	address, err := netip.ParseAddr(inside)
	if err != nil || !address.Is6() {
		return "", errURLHost
	}
	return "[" + serializeIPv6(address.As16()) + "]", nil
}

// serializeIPv6 writes an address with its longest run of zeros left out.
//
// Spec: https://url.spec.whatwg.org/#concept-ipv6-serializer
func serializeIPv6(bytes [16]byte) string {
	var pieces [8]uint64
	for i := range pieces {
		pieces[i] = uint64(bytes[2*i])<<8 | uint64(bytes[2*i+1])
	}
	start, length := -1, 1 // of the run; one zero alone is written
	for i := 0; i < len(pieces); i++ {
		n := 0
		for i+n < len(pieces) && pieces[i+n] == 0 {
			n++
		}
		if n > length {
			start, length = i, n
		}
		i += n
	}
	var out []byte
	for i := 0; i < len(pieces); i++ {
		if i == start {
			out = append(out, "::"...)
			i += length - 1
			continue
		}
		if len(out) > 0 && out[len(out)-1] != ':' {
			out = append(out, ':')
		}
		out = strconv.AppendUint(out, pieces[i], 16)
	}
	return string(out)
}
