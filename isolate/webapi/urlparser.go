package webapi

import (
	"errors"
	"fmt"
	"strings"
)

// This file is the URL Standard's parser. It works through its input once, a part at a
// time: each method below is one state of the Standard, or a few, and says which. A state
// that the Standard enters with a state override is what a setter begins with.
//
// Spec: https://url.spec.whatwg.org/#concept-basic-url-parser

// What can be wrong with a URL. The messages are shown to scripts.
var (
	errURLRelative = errors.New("it is relative, and there is no base to resolve it against")
	errURLOpaque   = errors.New("it is relative, and the base has nothing to resolve it against")
	errURLHost     = errors.New("its host is not valid")
	errURLNoHost   = errors.New("it has no host")
	errURLPort     = errors.New("its port is not a number from 0 to 65535")
	errURLLong     = fmt.Errorf("it is longer than %d bytes", urlBytesMax)
)

// What bounds a URL, as it is given and as it is serialised: within it the parser needs no
// checkpoints. A data: URL is a file, and may be as long as one.
const (
	urlBytesMax     = 2 << 20
	dataURLBytesMax = 16 << 20
)

// tooLong says whether a URL, or what begins like one, is beyond its bound.
func tooLong(s string) bool {
	return len(s) > urlBytesMax && (len(s) > dataURLBytesMax || !strings.EqualFold(s[:len("data:")], "data:"))
}

// urlParts is a URL while it is parsed or changed.
type urlParts struct {
	scheme   string // in lower case, without its colon
	username string
	password string
	host     string
	hasHost  bool   // there is a host, be it empty
	port     string // empty: the scheme's own
	path     string // as it is serialised
	opaque   bool   // the path has no segments
	query    string // with its question mark; empty: none
	fragment string // with its number sign; empty: none
}

// special says whether a scheme is one of those whose URLs the Standard gives structure.
//
// Spec: https://url.spec.whatwg.org/#special-scheme
func special(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "ftp", "file":
		return true
	}
	return false
}

func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	case "ftp":
		return "21"
	}
	return ""
}

// parseAgainst parses input against base; a zero base is none.
func parseAgainst(input string, base urlRecord) (urlRecord, error) {
	if len(input) > dataURLBytesMax {
		return urlRecord{}, errURLLong
	}
	if r, ok := plainURL(input); ok {
		return r, nil
	}
	input = trimURL(input)
	if tooLong(input) {
		return urlRecord{}, errURLLong
	}
	u := new(urlParts)
	if err := u.parse(withoutNewlines(input), base); err != nil {
		return urlRecord{}, err
	}
	record := u.record()
	if tooLong(record.href) {
		return urlRecord{}, errURLLong
	}
	return record, nil
}

// trimURL drops spaces and control characters around a URL.
func trimURL(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// withoutNewlines drops tabs and newlines, which a URL may be broken by.
func withoutNewlines(s string) string {
	if endOf(s, 0, "\t\n\r") == len(s) {
		return s
	}
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
}

// parse is the states scheme start, scheme and no scheme.
func (u *urlParts) parse(s string, base urlRecord) error {
	scheme, rest, ok := cutScheme(s)
	if !ok {
		return u.parseWithoutScheme(s, base)
	}
	u.scheme = scheme
	switch {
	case scheme == "file":
		return u.parseFile(rest, base)
	case special(scheme):
		if !strings.HasPrefix(rest, "//") && base.is(scheme) { // special relative or authority
			return u.parseRelative(rest, base)
		}
		return u.parseAuthority(strings.TrimLeft(rest, `/\`)) // special authority (ignore) slashes
	case strings.HasPrefix(rest, "//"): // path or authority
		return u.parseAuthority(rest[len("//"):])
	case strings.HasPrefix(rest, "/"):
		u.parsePath(rest[len("/"):], "?#")
	default:
		u.parseOpaquePath(rest)
	}
	return nil
}

// cutScheme cuts s after its first colon, if what is before that is a scheme.
func cutScheme(s string) (scheme, rest string, ok bool) {
	lower := true
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
		case 'A' <= c && c <= 'Z':
			lower = false
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			if scheme = s[:i]; !lower {
				scheme = strings.ToLower(scheme)
			}
			return scheme, s[i+1:], true
		default:
			return "", s, false
		}
	}
	return "", s, false
}

// parseWithoutScheme is the state no scheme.
func (u *urlParts) parseWithoutScheme(s string, base urlRecord) error {
	switch {
	case base.href == "":
		return errURLRelative
	case base.opaque():
		if !strings.HasPrefix(s, "#") {
			return errURLOpaque
		}
		*u = base.parts()
		u.parseTail(s)
		return nil
	case base.is("file"):
		return u.parseFile(s, base)
	default:
		return u.parseRelative(s, base)
	}
}

// parseRelative is the states relative and relative slash.
func (u *urlParts) parseRelative(s string, base urlRecord) error {
	*u = base.parts()
	u.fragment = ""
	if s == "" {
		return nil
	}
	switch {
	case u.slash(s[0]):
		if len(s) > 1 && u.slash(s[1]) {
			u.username, u.password, u.port, u.path, u.query = "", "", "", "", ""
			if special(u.scheme) {
				return u.parseAuthority(strings.TrimLeft(s, `/\`))
			}
			return u.parseAuthority(s[len("//"):])
		}
		u.path, u.query = "", ""
		u.parsePath(s[1:], "?#")
	case s[0] == '?', s[0] == '#':
		u.parseTail(s)
	default:
		u.query = ""
		u.shorten()
		u.parsePath(s, "?#")
	}
	return nil
}

// slash says whether c ends a segment.
func (u *urlParts) slash(c byte) bool { return c == '/' || c == '\\' && special(u.scheme) }

// parseAuthority is the state authority.
func (u *urlParts) parseAuthority(s string) error {
	end := u.authorityEnd(s)
	authority, rest := s[:end], s[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		username, password, _ := strings.Cut(authority[:at], ":")
		u.username = percentEncode(username, percentUserinfo)
		u.password = percentEncode(password, percentUserinfo)
		authority = authority[at+1:]
		if authority == "" {
			return errURLNoHost
		}
	}
	if err := u.parseHostAndPort(authority); err != nil {
		return err
	}
	u.parsePathStart(rest)
	return nil
}

func (u *urlParts) authorityEnd(s string) int {
	if special(u.scheme) {
		return endOf(s, 0, `/\?#`)
	}
	return endOf(s, 0, "/?#")
}

// parseHostAndPort is the states host and port.
func (u *urlParts) parseHostAndPort(s string) error {
	host, port, _ := cutPort(s)
	if host == "" && (special(u.scheme) || len(s) > 0) {
		return errURLNoHost
	}
	if err := u.setHost(host); err != nil {
		return err
	}
	if strings.Trim(port, "0123456789") != "" {
		return errURLPort
	}
	return u.setPort(port)
}

// cutPort cuts s at the first colon that is not in brackets.
func cutPort(s string) (host, port string, found bool) {
	inside := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case c == ':' && !inside:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func (u *urlParts) setHost(s string) error {
	host, err := parseHost(s, special(u.scheme))
	if err != nil {
		return err
	}
	u.host, u.hasHost = host, true
	return nil
}

// setPort takes digits; none is the scheme's own port.
func (u *urlParts) setPort(digits string) error {
	port := strings.TrimLeft(digits, "0")
	if port == "" && digits != "" {
		port = "0"
	}
	if len(port) > len("65535") || len(port) == len("65535") && port > "65535" {
		return errURLPort
	}
	if port == defaultPort(u.scheme) {
		port = ""
	}
	u.port = port
	return nil
}

// parseFile is the states file and file slash.
func (u *urlParts) parseFile(s string, base urlRecord) error {
	relative := base.is("file")
	u.scheme, u.hasHost = "file", true
	switch {
	case len(s) > 1 && u.slash(s[0]) && u.slash(s[1]):
		return u.parseFileHost(s[2:])
	case s != "" && u.slash(s[0]):
		s = s[1:]
		if relative {
			u.host = base.hostname()
			if drive := base.pathname(); !startsWithDrive(s) && hasDrive(drive) {
				u.path = drive[:len("/C:")]
			}
		}
		u.parsePath(s, "?#")
	case relative:
		*u = base.parts()
		u.fragment = ""
		switch {
		case s == "":
		case s[0] == '?', s[0] == '#':
			u.parseTail(s)
		default:
			u.query = ""
			if startsWithDrive(s) {
				u.path = ""
			} else {
				u.shorten()
			}
			u.parsePath(s, "?#")
		}
	default:
		u.parsePath(s, "?#")
	}
	return nil
}

// parseFileHost is the state file host.
func (u *urlParts) parseFileHost(s string) error {
	end := endOf(s, 0, `/\?#`)
	host := s[:end]
	switch {
	case isDrive(host):
		u.parsePath(s, "?#")
		return nil
	case host != "":
		if err := u.setFileHost(host); err != nil {
			return err
		}
	}
	u.parsePathStart(s[end:])
	return nil
}

func (u *urlParts) setFileHost(s string) error {
	if err := u.setHost(s); err != nil {
		return err
	}
	if u.host == "localhost" {
		u.host = ""
	}
	return nil
}

// parseTail is the states query and fragment. What it parses is empty or begins with the
// delimiter of either.
func (u *urlParts) parseTail(s string) {
	end := endOf(s, 0, "#")
	if end > 0 {
		u.setQuery(s[:end])
	}
	if end < len(s) {
		u.fragment = percentEncodeAfter(s[end:], percentFragment)
	}
}

// setQuery sets the query to s, which begins with its question mark.
func (u *urlParts) setQuery(s string) {
	set := percentQuery
	if special(u.scheme) {
		set = percentSpecialQuery
	}
	u.query = percentEncodeAfter(s, set)
}

// record serialises u. What [splitURL] would find in the result is known here.
//
// Spec: https://url.spec.whatwg.org/#url-serializing
func (u *urlParts) record() urlRecord {
	r := urlRecord{hasHost: u.hasHost}
	b := make([]byte, 0, len(u.scheme)+len(u.username)+len(u.password)+len(u.host)+len(u.port)+len(u.path)+len(u.query)+len(u.fragment)+8)
	b = append(append(b, u.scheme...), ':')
	r.scheme = len(b)
	r.username, r.password, r.host, r.port = r.scheme, r.scheme, r.scheme, r.scheme
	switch {
	case u.hasHost:
		b = append(b, "//"...)
		b = append(b, u.username...)
		r.username = len(b)
		if u.password != "" {
			b = append(append(b, ':'), u.password...)
		}
		r.password = len(b)
		if u.username != "" || u.password != "" {
			b = append(b, '@')
		}
		b = append(b, u.host...)
		r.host = len(b)
		if u.port != "" {
			b = append(append(b, ':'), u.port...)
		}
		r.port = len(b)
	case !u.opaque && strings.HasPrefix(u.path, "//"):
		b = append(b, "/."...)
	}
	b = append(b, u.path...)
	r.path = len(b)
	b = append(b, u.query...)
	r.query = len(b)
	r.href = viewString(append(b, u.fragment...))
	return r
}
