package webapi

import "strings"

// urlRecord is a parsed URL: its serialisation, and where the parts are in it.
//
//	https://user:pass@example.com:1234/a/b?c=d#e
//	      │    │    │           │    │    │   │
//	      │    │    │           │    │    │   └─ query
//	      │    │    │           │    │    └───── path
//	      │    │    │           │    └────────── port
//	      │    │    │           └─────────────── host
//	      │    │    └─────────────────────────── password
//	      │    └──────────────────────────────── username
//	      └───────────────────────────────────── scheme
//
// Each offset is where its part ends, delimiters of the next part excluded. The parts of
// a serialisation can be told apart by their delimiters alone, so that a urlRecord is
// made from its text by [splitURL]. A urlRecord never changes.
//
// Spec: https://url.spec.whatwg.org/#concept-url
type urlRecord struct {
	href     string
	scheme   int // after its colon
	username int
	password int
	host     int
	port     int // where the path begins, but for a /. before it
	path     int
	query    int
	hasHost  bool
}

// parseURL parses input against base, an absolute URL, or alone if base is empty, and
// returns the serialisation. The error says what is wrong, for people.
func parseURL(input, base string) (string, error) {
	u, err := parseURLRecord(input, base)
	return u.href, err
}

// parseURLRecord is parseURL for those who need the parts.
//
// Spec: https://url.spec.whatwg.org/#concept-url-parser
func parseURLRecord(input, base string) (urlRecord, error) {
	if base == "" {
		return parseAgainst(input, urlRecord{})
	}
	b, err := parseAgainst(base, urlRecord{})
	if err != nil {
		return urlRecord{}, err
	}
	return parseAgainst(input, b)
}

// splitURL finds the parts of a serialised URL.
//
// Spec: https://url.spec.whatwg.org/#url-serializing
func splitURL(href string) urlRecord {
	r := urlRecord{href: href}
	r.scheme = strings.IndexByte(href, ':') + 1
	r.username, r.password, r.host, r.port = r.scheme, r.scheme, r.scheme, r.scheme
	rest := href[r.scheme:]
	if r.hasHost = strings.HasPrefix(rest, "//"); r.hasHost {
		r.splitAuthority()
	}
	r.path = endOf(href, r.port, "?#")
	r.query = endOf(href, r.path, "#")
	return r
}

func (r *urlRecord) splitAuthority() {
	start := r.scheme + len("//")
	r.port = endOf(r.href, start, "/?#")
	r.username, r.password = start, start
	host := start
	if at := strings.LastIndexByte(r.href[start:r.port], '@'); at >= 0 {
		r.password = start + at
		r.username = min(endOf(r.href, start, ":"), r.password)
		host = r.password + 1
	}
	r.host = r.port
	if colon := strings.LastIndexByte(r.href[host:r.port], ':'); colon >= 0 && r.href[r.port-1] != ']' {
		r.host = host + colon
	}
}

// endOf returns where one of delimiters first is in s, from start, or the end of s.
func endOf(s string, start int, delimiters string) int {
	end := len(s)
	for i := range len(delimiters) { // several times as fast as IndexAny
		if at := strings.IndexByte(s[start:end], delimiters[i]); at >= 0 {
			end = start + at
		}
	}
	return end
}

// hostStart is where the host begins.
func (r *urlRecord) hostStart() int {
	switch {
	case !r.hasHost:
		return r.scheme
	case r.password > r.scheme+len("//"):
		return r.password + len("@")
	default:
		return r.scheme + len("//")
	}
}

// protocol returns the scheme with its colon.
func (r *urlRecord) protocol() string { return r.href[:r.scheme] }

func (r *urlRecord) usernameText() string {
	if !r.hasHost {
		return ""
	}
	return r.href[r.scheme+len("//") : r.username]
}

func (r *urlRecord) passwordText() string {
	if r.password == r.username {
		return ""
	}
	return r.href[r.username+len(":") : r.password]
}

// hostAndPort returns the host, and the port if it is not the scheme's own.
func (r *urlRecord) hostAndPort() string { return r.href[r.hostStart():r.port] }

func (r *urlRecord) hostname() string { return r.href[r.hostStart():r.host] }

func (r *urlRecord) portText() string {
	if r.port == r.host {
		return ""
	}
	return r.href[r.host+len(":") : r.port]
}

func (r *urlRecord) pathname() string {
	start := r.port
	if !r.hasHost && strings.HasPrefix(r.href[start:], "/.//") {
		start += len("/.") // it stands there lest the path be taken for a host
	}
	return r.href[start:r.path]
}

// search returns the query with its question mark; an empty query is as none.
func (r *urlRecord) search() string { return orNothing(r.href[r.path:r.query]) }

// hash returns the fragment with its number sign; an empty fragment is as none.
func (r *urlRecord) hash() string { return orNothing(r.href[r.query:]) }

func orNothing(part string) string {
	if len(part) == 1 {
		return ""
	}
	return part
}

// origin serialises the URL's origin.
//
// Spec: https://url.spec.whatwg.org/#concept-url-origin
func (r *urlRecord) origin() string {
	switch r.protocol() {
	case "http:", "https:", "ws:", "wss:", "ftp:":
		return r.protocol() + "//" + r.hostAndPort()
	case "blob:":
		if inner, err := parseAgainst(r.pathname(), urlRecord{}); err == nil {
			if p := inner.protocol(); p == "http:" || p == "https:" {
				return inner.origin()
			}
		}
	}
	return "null"
}

// withQuery returns the URL with another query, which must be percent-encoded already; an
// empty one takes the query away.
func (r *urlRecord) withQuery(query string) urlRecord {
	if query != "" {
		query = "?" + query
	}
	return splitURL(r.href[:r.path] + query + r.href[r.query:])
}

// with returns the URL with one part set as its setter does; what the setter refuses
// changes nothing.
func (r *urlRecord) with(set urlSetter, value string) urlRecord {
	u := r.parts()
	if len(value) > urlBytesMax || !set(&u, value) {
		return *r
	}
	changed := u.record()
	if tooLong(changed.href) {
		return *r
	}
	return changed
}

// is says whether r has that scheme.
func (r *urlRecord) is(scheme string) bool {
	return r.scheme == len(scheme)+len(":") && r.href[:len(scheme)] == scheme
}

// opaque says whether the path has no segments.
func (r *urlRecord) opaque() bool {
	return !r.hasHost && !strings.HasPrefix(r.href[r.scheme:], "/")
}

// parts takes r apart, to be changed.
func (r *urlRecord) parts() urlParts {
	return urlParts{
		scheme:   r.href[:r.scheme-len(":")],
		username: r.usernameText(),
		password: r.passwordText(),
		host:     r.hostname(),
		hasHost:  r.hasHost,
		port:     r.portText(),
		path:     r.pathname(),
		opaque:   r.opaque(),
		query:    r.href[r.path:r.query],
		fragment: r.href[r.query:],
	}
}
