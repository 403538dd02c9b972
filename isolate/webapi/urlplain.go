package webapi

import (
	"bytes"
	"strings"
)

// plainURL is the parser for most URLs that there are: those of http and https that are
// written as the parser would write them, but for segments of the path that stand for folders.
// It returns false for all others, right or wrong. Without such segments the URL is its own
// serialisation, and nothing is copied.
func plainURL(s string) (urlRecord, bool) {
	r := urlRecord{href: s, hasHost: true}
	defaultPort := "443"
	switch {
	case strings.HasPrefix(s, "https://"):
		r.scheme = len("https:")
	case strings.HasPrefix(s, "http://"):
		r.scheme, defaultPort = len("http:"), "80"
	default:
		return r, false
	}
	start := r.scheme + len("//")
	slash := strings.IndexByte(s[start:], '/')
	if slash < 0 || len(s) > urlBytesMax {
		return r, false
	}
	r.port = start + slash
	host, ok := r.plainUserinfo(start)
	if !ok {
		return r, false
	}
	r.host = r.port
	if colon := strings.IndexByte(s[host:r.port], ':'); colon >= 0 {
		r.host = host + colon
		if !plainPort(s[r.host+1:r.port], defaultPort) {
			return r, false
		}
	}
	dots, ok := r.plainPath()
	if !ok || !plainHost(s[host:r.host]) || !r.plainQuery() {
		return r, false
	}
	if dots {
		return r.withoutDots(), true
	}
	return r, true
}

// plainUserinfo finds the username and the password, and returns where the host begins.
func (r *urlRecord) plainUserinfo(start int) (int, bool) {
	r.username, r.password = start, start
	authority := r.href[start:r.port]
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return start, true
	}
	username, password, hasPassword := strings.Cut(authority[:at], ":")
	r.username, r.password = start+len(username), start+at
	return r.password + 1, (password != "" || !hasPassword && username != "") &&
		percentUserinfo.prefix(username) == len(username) && percentUserinfo.prefix(password) == len(password)
}

// plainPort says whether s is a port as it is serialised, and not the scheme's own.
func plainPort(s, defaultPort string) bool {
	if len(s) == 0 || len(s) > 5 || s[0] == '0' && len(s) > 1 || len(s) == 5 && s > "65535" || s == defaultPort {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// plainHost says whether s is a domain that needs no mapping and can't be an address: lower
// case, without Punycode, its last label no number.
func plainHost(s string) bool {
	label := 0 // where the last label begins
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		case c == '.':
			label = i + 1
		default:
			return false
		}
		if s[i] == 'x' && i == label && strings.HasPrefix(s[i:], "xn--") {
			return false
		}
	}
	return label < len(s) && (s[label] < '0' || s[label] > '9')
}

// plainPath finds the end of the path, which must have nothing to encode, and says whether
// segments stand for folders.
func (r *urlRecord) plainPath() (dots, ok bool) {
	s := r.href
	for i := r.port; ; i++ {
		if i == len(s) || percentPath.has(s[i]) {
			r.path = i
			return dots, i == len(s) || s[i] == '?' || s[i] == '#'
		}
		switch s[i] {
		case '\\':
			return false, false
		case '/':
			if next := i + 1; next < len(s) && (s[next] == '.' || s[next] == '%') {
				dots = dots || dotsOf(s[next:endOf(s, next, "/?#")]) > 0
			}
		}
	}
}

// withoutDots resolves the segments of the path that stand for folders.
func (r urlRecord) withoutDots() urlRecord {
	b := append(make([]byte, 0, len(r.href)+1), r.href[:r.port]...)
	path := r.href[r.port+1 : r.path]
	for more := true; more; {
		var segment string
		segment, path, more = strings.Cut(path, "/")
		switch dots := dotsOf(segment); {
		case dots == 0:
			b = append(append(b, '/'), segment...)
			continue
		case dots == 2 && len(b) > r.port:
			b = b[:bytes.LastIndexByte(b, '/')]
		}
		if !more {
			b = append(b, '/')
		}
	}
	longer := len(b) - r.path
	r.href = viewString(append(b, r.href[r.path:]...))
	r.path += longer
	r.query += longer
	return r
}

// plainQuery finds the end of the query, which, as the fragment, must have nothing to encode.
func (r *urlRecord) plainQuery() bool {
	s := r.href
	r.query = r.path
	if r.path < len(s) && s[r.path] == '?' {
		r.query += 1 + percentSpecialQuery.prefix(s[r.path+1:])
	}
	return r.query == len(s) ||
		s[r.query] == '#' && percentFragment.prefix(s[r.query+1:]) == len(s)-r.query-1
}
