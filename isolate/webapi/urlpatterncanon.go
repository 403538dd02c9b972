package webapi

import (
	"errors"
	"strings"
)

// What follows makes the canonical form of each component of a URL, and of pieces of it.
// None of it needs checkpoints: what it is given is at most [urlBytesMax] long.
//
// Spec: https://urlpattern.spec.whatwg.org/#canon

var (
	errPatternProtocol = errors.New("what it says is no protocol")
	errPatternHost     = errors.New("what it says is no host")
	errPatternIPv6     = errors.New("what it says is no part of an IPv6 address")
	errPatternPort     = errors.New("what it says is no port")
)

// dummyURL is what a component is set in.
func dummyURL() urlParts { return urlParts{scheme: "https", host: "dummy.invalid", hasHost: true} }

func canonicalProtocol(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := parseAgainst(s+"://dummy.invalid/", urlRecord{})
	if err != nil {
		return "", errPatternProtocol
	}
	return strings.TrimSuffix(u.protocol(), ":"), nil
}

// canonicalUserinfo is for usernames and passwords.
func canonicalUserinfo(s string) (string, error) { return percentEncode(s, percentUserinfo), nil }

func canonicalHostname(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u := dummyURL()
	if !setHostname(&u, s) {
		return "", errPatternHost
	}
	return u.host, nil
}

// canonicalIPv6 is for pieces of an address, which tell little of the whole.
func canonicalIPv6(s string) (string, error) {
	for i := range len(s) {
		if !isHex(s[i]) && s[i] != '[' && s[i] != ']' && s[i] != ':' {
			return "", errPatternIPv6
		}
	}
	return strings.ToLower(s), nil
}

// canonicalPort leaves out the port that the protocol has anyway; that of a pattern has none
// here.
func canonicalPort(s, protocol string) (string, error) {
	if s == "" {
		return "", nil
	}
	u := dummyURL()
	u.scheme = protocol
	s = withoutNewlines(s)
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	if digits == "" || u.setPort(digits) != nil {
		return "", errPatternPort
	}
	return u.port, nil
}

func canonicalPathname(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u := dummyURL()
	if strings.HasPrefix(s, "/") {
		setPathname(&u, s)
		return u.path, nil
	}
	// A piece of a path must not be given a slash, nor have its dots read as a segment.
	const before = "/-"
	setPathname(&u, before+s)
	return u.path[min(len(before), len(u.path)):], nil
}

func canonicalOpaquePath(s string) (string, error) {
	u := dummyURL()
	u.parseOpaquePath(withoutNewlines(s))
	return u.path, nil
}

func canonicalSearch(s string) (string, error) {
	return percentEncode(withoutNewlines(s), percentSpecialQuery), nil
}

func canonicalHash(s string) (string, error) {
	return percentEncode(withoutNewlines(s), percentFragment), nil
}
