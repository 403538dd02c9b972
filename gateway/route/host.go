package route

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// Host returns the canonical form of a Host header or of the authority of a URL: lower-case,
// without a trailing dot, without an empty port or the port that scheme ("http" or "https")
// implies. The result is a fixed point of the URL standard's host parser, so that a function
// that parses its URL finds the host that was routed.
//
// An IPv6 address stands in brackets. A host that is not a DNS name of letters, digits, "-"
// and "_", nor an address, is an error, as is anything with user information.
//
// A host that is canonical already is returned without allocating.
func Host(scheme, host string) (string, error) {
	if host == "" {
		return "", errors.New("the host is empty")
	}
	name, port, err := splitPort(host)
	if err != nil {
		return "", err
	}
	if port, err = canonicalPort(scheme, port); err != nil {
		return "", err
	}
	if name, err = canonicalName(name); err != nil {
		return "", err
	}
	if port == "" {
		return name, nil
	}
	if len(name)+1+len(port) == len(host) && strings.HasPrefix(host, name) {
		return host, nil
	}
	return name + ":" + port, nil
}

// splitPort cuts host at the colon before its port. Both parts may come back empty.
func splitPort(host string) (name, port string, err error) {
	if host[0] == '[' {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return "", "", errors.New("the host has a bracket that is not closed")
		}
		name, port = host[:end+1], host[end+1:]
		if port != "" && port[0] != ':' {
			return "", "", errors.New("the host has characters after its bracket")
		}
		return name, strings.TrimPrefix(port, ":"), nil
	}
	name, port, _ = strings.Cut(host, ":")
	return name, port, nil
}

func canonicalPort(scheme, port string) (string, error) {
	if port == "" {
		return "", nil
	}
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return "", errors.New("the port of the host is not a number")
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", errors.New("the port of the host is above 65535")
	}
	if n == 80 && scheme == "http" || n == 443 && scheme == "https" {
		return "", nil
	}
	if port[0] == '0' {
		return strconv.FormatUint(n, 10), nil
	}
	return port, nil
}

// canonicalName checks and canonicalises a host without its port.
func canonicalName(name string) (string, error) {
	if name == "" {
		return "", errors.New("the host is empty")
	}
	if name[0] == '[' {
		return canonicalIPv6(name)
	}
	if name = strings.TrimSuffix(name, "."); len(name) > 253 || name == "" {
		return "", errors.New("the host is empty or longer than 253 characters")
	}
	upper, label, punycode := false, 0, false
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_':
		case c == '-':
			punycode = punycode || i-label == 3 && i > 0 && name[i-1] == '-'
		case 'A' <= c && c <= 'Z':
			upper = true
		case c == '.':
			if i == label {
				return "", errors.New("the host has an empty label")
			}
			label = i + 1
		default:
			return "", fmt.Errorf("the host has the character %q", rune(c))
		}
	}
	if label == len(name) {
		return "", errors.New("the host has an empty label")
	}
	if upper {
		name = strings.ToLower(name)
	}
	if isNumber(name[label:]) {
		return canonicalIPv4(name)
	}
	if c := name[label]; punycode || c < 'a' || c > 'z' {
		return name, checkStandard(name)
	}
	return name, nil
}

// isNumber reports whether the URL standard takes a host with this last label for an IPv4
// address. See https://url.spec.whatwg.org/#ends-in-a-number-checker.
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// canonicalIPv4 accepts the dotted form alone: the URL standard would read "0x7f.1" and
// "2130706433" as 127.0.0.1, and a router that compares text would not.
func canonicalIPv4(name string) (string, error) {
	if addr, err := netip.ParseAddr(name); err != nil || !addr.Is4() {
		return "", errors.New("the host ends in a number and is not an IPv4 address in dotted form")
	}
	return name, nil
}

func canonicalIPv6(name string) (string, error) {
	addr, err := netip.ParseAddr(name[1 : len(name)-1])
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", errors.New("the host has brackets around something that is not an IPv6 address")
	}
	text := addr.String()
	if addr.Is4In6() { // netip writes the dotted form, the URL standard does not
		b := addr.As16()
		text = fmt.Sprintf("::ffff:%x:%x", uint(b[12])<<8|uint(b[13]), uint(b[14])<<8|uint(b[15]))
	}
	if text == name[1:len(name)-1] {
		return name, nil
	}
	return "[" + text + "]", nil
}

// checkStandard refuses a host that the URL parser on the function's side would refuse, or
// read as another: Punycode that decodes to nothing, or what is almost a number.
func checkStandard(name string) error {
	if u, err := whatwg.Parse("http://" + name + "/"); err != nil || u.Hostname() != name {
		return errors.New("the host is not one by the URL standard")
	}
	return nil
}
