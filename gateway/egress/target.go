package egress

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

const urlBytesMax = 64 << 10

// target is where one hop of a subrequest goes: a URL, parsed once, by the URL standard.
// Nothing else of this package reads a URL, so that what was judged is what is dialled:
// net/url and the standard disagree about "http://0x7f.1", "http:\\a@b" and more.
//
// Spec: https://url.spec.whatwg.org/
type target struct {
	url    *whatwg.Url
	origin string     // scheme, host and port as browsers show them: "https://example.com:8443"
	path   string     // what follows origin, without a fragment: "/a?b"
	host   string     // as the standard writes it, but without brackets or a dot at its end
	addr   netip.Addr // what host is, if it is an address; else invalid
	port   uint16
}

// parseTarget parses ref, relative to base if that is not nil.
func parseTarget(base *target, ref string) (*target, error) {
	if len(ref) > urlBytesMax {
		return nil, errors.New("the URL is longer than 64 KB")
	}
	parse := whatwg.Parse
	if base != nil {
		parse = base.url.Parse
	}
	u, err := parse(ref)
	if err != nil {
		return nil, errors.New("the URL is not valid")
	}
	if u.Scheme() != "http" && u.Scheme() != "https" {
		return nil, errors.New("only http: and https: URLs can be fetched")
	}
	if u.Username() != "" || u.Password() != "" {
		return nil, errors.New("the URL contains a user name or a password; send an Authorization header instead")
	}
	t := &target{url: u, origin: u.Scheme() + "://" + u.Host(), host: plainHost(u.Hostname()), port: 80}
	t.path = strings.TrimPrefix(u.Href(true), t.origin)
	t.addr, err = netip.ParseAddr(t.host)
	if err != nil && !validName(t.host) {
		return nil, errors.New("the URL's host is not a name that a host can have")
	}
	if u.Scheme() == "https" {
		t.port = 443
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, errors.New("the URL's port is not valid")
		}
		t.port = uint16(n)
	}
	return t, nil
}

// plainHost takes off what a host may wear without becoming another: brackets and the dot
// of the root.
func plainHost(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		return strings.TrimSuffix(inner, "]")
	}
	return strings.TrimSuffix(host, ".")
}

// validName reports whether host, as URLs have it, is letters, digits, "-" and "_" between
// dots. The URL standard lets more through, which net/http wouldn't send.
func validName(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// hostPort returns t as an entry of an allow list.
func (t *target) hostPort() string {
	host := t.host
	if t.addr.Is6() {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(t.port))
}

// href returns the URL as a response reports it.
func (t *target) href() string { return t.origin + t.path }

// wire returns the URL for net/http in such a form that it sends path and query as they
// stand: its own escaping would change "|", "%zz" and "/?".
func (t *target) wire() *url.URL {
	scheme, host, _ := strings.Cut(t.origin, "://")
	path := t.path
	if strings.HasPrefix(path, "//") {
		// Opaque can't begin so without naming the host, which makes the request line one in
		// absolute form. Servers must take it: https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
		path = "//" + host + path
	}
	return &url.URL{Scheme: scheme, Host: host, Opaque: path}
}
