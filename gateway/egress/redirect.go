package egress

import (
	"io"
	"net/http"
)

// RedirectsMax is how many redirects a subrequest follows: the Fetch standard's number.
const RedirectsMax = 20

const slurpBytesMax = 2 << 10

// redirects reports whether resp asks for another URL to be fetched.
func redirects(resp *http.Response) bool {
	switch resp.StatusCode {
	case 301, 302, 303, 307, 308:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// follow turns s into the subrequest that resp asks for, and ends with resp.
//
// Spec: https://fetch.spec.whatwg.org/#http-redirect-fetch
func (s *subrequest) follow(resp *http.Response) error {
	discard(resp)
	if s.redirect == "error" {
		return fail(ReasonRedirect, `the answer is a redirect, which redirect: "error" forbids`)
	}
	if s.followed == RedirectsMax {
		return fail(ReasonRedirect, "more than %d redirects", RedirectsMax)
	}
	s.followed++
	if s.stream != nil && resp.StatusCode != http.StatusSeeOther {
		return fail(ReasonRedirect, "the answer is a redirect, and the body, a stream, can't be sent twice; send it as a string or as bytes")
	}
	to, err := parseTarget(s.target, resp.Header.Get("Location"))
	if err != nil {
		return fail(ReasonRedirect, "redirected, but %v", err)
	}
	// The header is replaced, never changed: net/http may still be sending the old one.
	if code := resp.StatusCode; code == 303 && s.method != "GET" && s.method != "HEAD" ||
		(code == 301 || code == 302) && s.method == "POST" {
		s.method, s.body, s.stream = "GET", nil, nil
		s.header = without(s.header, "Content-Encoding", "Content-Language", "Content-Location", "Content-Type")
	}
	if to.origin != s.target.origin {
		// The standard names Authorization alone, as browsers keep cookies by host
		// themselves. Here Cookie is what the function wrote for the first host.
		s.header = without(s.header, "Authorization", "Cookie")
	}
	s.target = to
	return nil
}

func without(h http.Header, names ...string) http.Header {
	h = h.Clone()
	for _, name := range names {
		delete(h, name)
	}
	return h
}

// discard ends with a response whose body nobody wants; a short one is read, so that its
// connection can be used again.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, slurpBytesMax)
	_ = resp.Body.Close()
}
