package webapi

import "strings"

// urlSetter changes one part of a URL as the attribute of URL does. It returns false, or
// leaves u alone, if the URL can't have that part or value is none: scripts see no error.
//
// Spec: https://url.spec.whatwg.org/#api
type urlSetter func(u *urlParts, value string) bool

func setProtocol(u *urlParts, value string) bool {
	scheme, _, ok := cutScheme(withoutNewlines(value) + ":")
	switch {
	case !ok, special(scheme) != special(u.scheme):
		return false
	case scheme == "file" && (u.username != "" || u.password != "" || u.port != ""):
		return false
	case u.scheme == "file" && u.host == "":
		return false
	}
	u.scheme = scheme
	if u.port == defaultPort(scheme) {
		u.port = ""
	}
	return true
}

// withoutAuthority says whether a URL can't have a username, a password or a port.
//
// Spec: https://url.spec.whatwg.org/#cannot-have-a-username-password-port
func (u *urlParts) withoutAuthority() bool { return u.host == "" || u.scheme == "file" }

func setUsername(u *urlParts, value string) bool {
	if u.withoutAuthority() {
		return false
	}
	u.username = percentEncode(value, percentUserinfo)
	return true
}

func setPassword(u *urlParts, value string) bool {
	if u.withoutAuthority() {
		return false
	}
	u.password = percentEncode(value, percentUserinfo)
	return true
}

// setHostAndPort takes a host, and perhaps a port, which may be wrong where the host is
// right.
func setHostAndPort(u *urlParts, value string) bool {
	host, port, hasPort := u.cutHost(value)
	if hasPort && host == "" || !setHost(u, host) {
		return false
	}
	if port != "" {
		setPort(u, port)
	}
	return true
}

func setHostname(u *urlParts, value string) bool {
	host, _, hasPort := u.cutHost(value)
	return !hasPort && setHost(u, host)
}

// cutHost finds the host at the start of what a script sets. In a file URL a colon is
// nothing special.
func (u *urlParts) cutHost(value string) (host, port string, hasPort bool) {
	value = withoutNewlines(value)
	value = value[:u.authorityEnd(value)]
	if u.scheme == "file" {
		return value, "", false
	}
	return cutPort(value)
}

func setHost(u *urlParts, host string) bool {
	switch {
	case u.opaque:
		return false
	case u.scheme == "file":
		if host == "" {
			u.host = ""
			return true
		}
		return u.setFileHost(host) == nil
	case host == "" && (special(u.scheme) || u.username != "" || u.password != "" || u.port != ""):
		return false
	}
	return u.setHost(host) == nil
}

// setPort takes the digits at the start of value; an empty value takes the port away.
func setPort(u *urlParts, value string) bool {
	if u.withoutAuthority() {
		return false
	}
	if value == "" {
		u.port = ""
		return true
	}
	value = withoutNewlines(value)
	digits := value[:len(value)-len(strings.TrimLeft(value, "0123456789"))]
	return digits != "" && u.setPort(digits) == nil
}

func setPathname(u *urlParts, value string) bool {
	if u.opaque {
		return false
	}
	value = withoutNewlines(value)
	u.path = ""
	switch {
	case value != "" && u.slash(value[0]):
		u.parsePath(value[1:], "")
	case value != "" || special(u.scheme) || !u.hasHost:
		u.parsePath(value, "")
	}
	return true
}

func setSearch(u *urlParts, value string) bool {
	if value == "" {
		u.query = ""
		return true
	}
	u.setQuery("?" + withoutNewlines(strings.TrimPrefix(value, "?")))
	return true
}

func setHash(u *urlParts, value string) bool {
	if value == "" {
		u.fragment = ""
		return true
	}
	u.fragment = "#" + percentEncode(withoutNewlines(strings.TrimPrefix(value, "#")), percentFragment)
	return true
}
