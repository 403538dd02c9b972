package webapi

import "strings"

// Most URLs that functions see are plain: written in ASCII, in just the form in which
// they serialise. This file finds out, in one look at each byte, which ones are; for
// those the parser is the identity. TestPlainURLs holds it against the whole parser.

// parsePlain returns the serialisation of input if it is plain: an absolute http or https
// URL, or a data URL without query or fragment, or, against a base that is http or https,
// a path from the root, a query or a fragment. false says that nothing is known.
func parsePlain(input string, base urlRecord) (string, bool) {
	if input == "" {
		return "", false
	}
	switch {
	case strings.HasPrefix(input, "https://"):
		return plainAbsolute(input, len("https://"), ":443")
	case strings.HasPrefix(input, "http://"):
		return plainAbsolute(input, len("http://"), ":80")
	case strings.HasPrefix(input, "data:"):
		return input, plainOpaque(input[len("data:"):])
	case base.protocol() != "http:" && base.protocol() != "https:":
		return "", false
	case input[0] == '/':
		return base.href[:base.port] + input, !strings.HasPrefix(input, "//") && plainPath(input)
	case input[0] == '?':
		return base.href[:base.path] + input, plainQuery(input[1:])
	case input[0] == '#':
		return base.href[:base.query] + input, plainFragment(input[1:])
	default:
		return "", false
	}
}

// plainAbsolute looks at an http or https URL whose host begins at host.
func plainAbsolute(input string, host int, defaultPort string) (string, bool) {
	end := host
	for end < len(input) && (isLowerAlnum(input[end]) || input[end] == '-' || input[end] == '.') {
		end++
	}
	if !plainHost(input[host:end]) {
		return "", false
	}
	path := end
	for path < len(input) && input[path] != '/' {
		path++
	}
	if port := input[end:path]; port != "" && !plainPort(port, defaultPort) {
		return "", false
	}
	if path == len(input) {
		return input + "/", true
	}
	return input, plainPath(input[path:])
}

func isLowerAlnum(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// plainHost says whether a host of lower-case letters, digits, hyphens and dots is a
// domain that maps to itself: no label is empty or begins or ends with a hyphen, none is
// Punycode, and the last does not look like a number.
func plainHost(host string) bool {
	if host == "" || len(host) > 253 || strings.Contains(host, "xn--") {
		return false
	}
	label := 0 // where the current one begins
	for i := 0; i <= len(host); i++ {
		if i < len(host) && host[i] != '.' {
			continue
		}
		if i == label || host[label] == '-' || host[i-1] == '-' {
			return false
		}
		if i == len(host) {
			return 'a' <= host[label] && host[label] <= 'z'
		}
		label = i + 1
	}
	return false
}

// plainPort says whether port, with its colon, stays as it is.
func plainPort(port, defaultPort string) bool {
	if port[0] != ':' || len(port) < 2 || len(port) > 5 || port[1] == '0' || port == defaultPort {
		return false
	}
	for i := 1; i < len(port); i++ {
		if port[i] < '0' || port[i] > '9' {
			return false
		}
	}
	return true
}

// plainPath looks at what begins with the path.
func plainPath(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '?':
			return plainQuery(s[i+1:])
		case c == '#':
			return plainFragment(s[i+1:])
		case c == '/' && i+1 < len(s) && (s[i+1] == '.' || s[i+1] == '%'):
			return false // perhaps a dot segment
		case c <= ' ', c > '~', c == '"', c == '<', c == '>', c == '\\', c == '^', c == '`', c == '{', c == '}':
			return false
		}
	}
	return true
}

// plainQuery looks at what begins after the question mark, of a URL whose scheme is
// special.
func plainQuery(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '#':
			return plainFragment(s[i+1:])
		case c <= ' ', c > '~', c == '"', c == '<', c == '>', c == '\'':
			return false
		}
	}
	return true
}

func plainFragment(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '`' {
			return false
		}
	}
	return true
}

// plainOpaque looks at the path of a URL that has nothing else.
func plainOpaque(s string) bool {
	if strings.HasPrefix(s, "/") {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || c == '?' || c == '#' {
			return false
		}
	}
	return true
}
