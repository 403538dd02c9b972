package load

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"
	"golang.org/x/net/http/httpguts"
)

// Request is what is sent. It is safe for concurrent use, as nothing changes it.
type Request struct {
	method string
	url    string
	origin origin
	raw    []byte // all that goes over the wire
}

// origin is where connections of a request go.
type origin struct {
	address string // host:port
	tls     bool
}

// NewRequest returns a request. The URL is absolute and its scheme http or https; a header
// is a name and a value. An empty method is GET, or POST with a body. The body may be nil
// and isn't kept.
func NewRequest(method, address string, header [][2]string, body []byte) (*Request, error) {
	if method == "" {
		method = http.MethodGet
		if body != nil {
			method = http.MethodPost
		}
	}
	if !httpguts.ValidHeaderFieldName(method) { // methods are tokens, as names are
		return nil, fmt.Errorf("method %q: there can be none like this", method)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("URL %q: write it with scheme and host, as http://127.0.0.1:8787/", address)
	}
	o := origin{tls: u.Scheme == "https", address: net.JoinHostPort(u.Hostname(), u.Port())}
	if u.Port() == "" {
		o.address += map[bool]string{false: "80", true: "443"}[o.tls]
	}
	r := new(fasthttp.Request)
	r.Header.SetMethod(method)
	r.Header.DisableNormalizing()
	r.Header.SetRequestURI(u.RequestURI())
	r.Header.SetHost(u.Host)
	r.UseHostHeader = true
	r.Header.Set("User-Agent", "skerry-bench")
	for _, h := range header {
		if !httpguts.ValidHeaderFieldName(h[0]) || !httpguts.ValidHeaderFieldValue(h[1]) {
			return nil, fmt.Errorf("header %q: %q: no request can have it", h[0], h[1])
		}
		switch {
		case strings.EqualFold(h[0], "Content-Length"), strings.EqualFold(h[0], "Transfer-Encoding"):
			return nil, fmt.Errorf("header %q: it follows from the body", h[0])
		case strings.EqualFold(h[0], "Host"):
			r.Header.SetHost(h[1])
		case strings.EqualFold(h[0], "User-Agent"):
			r.Header.SetUserAgent(h[1])
		case strings.EqualFold(h[0], "Content-Type"):
			r.Header.SetContentType(h[1])
		default:
			r.Header.Add(h[0], h[1])
		}
	}
	if body != nil {
		r.SetBodyRaw(body)
	}
	var raw bytes.Buffer
	w := bufio.NewWriter(&raw)
	if err := r.Write(w); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return &Request{method: method, url: address, origin: o, raw: raw.Bytes()}, nil
}

// URL returns the address that the request was made with.
func (r *Request) URL() string { return r.url }
