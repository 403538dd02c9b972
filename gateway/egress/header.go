package egress

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// requestHeader returns the header of a subrequest. What belongs to the connection, to
// the message's framing or to this package is left out without a word, as browsers do:
// handing on the headers of the request being handled is what proxies are made of.
//
// Spec: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
func (c *Client) requestHeader(r *webapi.HTTPRequest, loop string) (http.Header, error) {
	h := make(http.Header, len(r.Header)+4)
	for _, f := range r.Header {
		if !httpguts.ValidHeaderFieldName(f.Name) {
			return nil, fail(ReasonInvalid, "the header name %q is not valid", shorten(f.Name))
		}
		if !validFieldValue(f.Value) {
			return nil, fail(ReasonInvalid, "the value of the header %s is not valid", shorten(f.Name))
		}
		h.Add(f.Name, f.Value)
	}
	removeHopByHop(h)
	for _, name := range []string{"Host", "Content-Length", "Expect", "Http2-Settings"} {
		delete(h, name)
	}
	setDefault(h, "Accept", "*/*")
	setDefault(h, "User-Agent", c.cfg.UserAgent)
	// Bodies are decoded here, so the codings are ours to name; of a part (Range) of a
	// coded body nobody could make sense.
	h["Accept-Encoding"] = []string{acceptEncoding}
	if _, ok := h["Range"]; ok {
		h["Accept-Encoding"] = []string{"identity"}
	}
	h[loopHeader] = []string{loop}
	return h, nil
}

func setDefault(h http.Header, name, value string) {
	if _, ok := h[name]; !ok {
		h[name] = []string{value}
	}
}

// removeHopByHop removes what is for the next hop only.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
func removeHopByHop(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for name := range h {
		switch name {
		case "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
			delete(h, name)
		default:
			if strings.HasPrefix(name, "Proxy-") {
				delete(h, name)
			}
		}
	}
}

// responseHeader returns the header of a response, in the order of its names, without what
// no header may contain. net/http lets some of that through: names with spaces.
func responseHeader(h http.Header) []webapi.Field {
	removeHopByHop(h)
	fields := make([]webapi.Field, 0, len(h)+2)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !httpguts.ValidHeaderFieldName(name) {
			continue
		}
		for _, value := range h[name] {
			if validFieldValue(value) {
				fields = append(fields, webapi.Field{Name: name, Value: value})
			}
		}
	}
	return fields
}

// validFieldValue reports whether a header field may have the value, whose bytes above 127
// are nobody's business.
func validFieldValue(value string) bool { return httpguts.ValidHeaderFieldValue(value) }

// shorten keeps a message readable that quotes what a function made up.
func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
