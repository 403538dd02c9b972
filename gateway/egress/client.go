package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// Client performs the subrequests of functions that may share connections. Its methods are
// safe for concurrent use.
type Client struct {
	cfg       Config
	policy    *policy
	bodies    bodies
	transport *http.Transport
	slots     chan struct{} // one taken by each subrequest under way
	closed    atomic.Bool
}

// New returns a Client. It must be closed.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	policy, err := newPolicy(cfg)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Client{cfg: cfg, policy: policy, slots: make(chan struct{}, cfg.ConcurrentMax)}
	c.bodies.bytesMax, c.bodies.bufferMax = cfg.BodyBytesMax, int64(cfg.BufferBytesMax)
	c.transport = &http.Transport{
		Proxy:                  nil, // the environment's proxies are not for functions, and would resolve names unseen
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    cfg.DialTimeout,
		DisableCompression:     true, // bodies decodes, within its limits
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: int64(cfg.HeadBytesMax),
		ForceAttemptHTTP2:      true, // else DialContext would turn it off
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
	return c, nil
}

// Close lets go of all connections that are not in use and refuses further subrequests.
// Those under way end as their contexts say, and their connections with them.
func (c *Client) Close() error {
	c.closed.Store(true)
	c.transport.CloseIdleConnections()
	return nil
}

// Fetch performs r for a function that may reach what allow lists; an empty list is the
// public internet. Redirects are followed as r.Redirect says.
//
// The response is the caller's to keep. r is not changed, and nobody may change it any
// more: a server may answer before it has been sent a whole body. The error is an *Error.
func (c *Client) Fetch(ctx context.Context, allow []string, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	if c.closed.Load() {
		return nil, fail(ReasonClosed, "this node is stopping")
	}
	s, err := c.newSubrequest(ctx, allow, r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errTimeout)
	defer cancel()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, c.explain(ctx, s.target, context.Cause(ctx))
	}
	response, err := s.run(ctx)
	if err != nil {
		return nil, c.explain(ctx, s.target, err)
	}
	return response, nil
}

// subrequest is one call of fetch on its way. It changes with every redirect.
type subrequest struct {
	client   *Client
	allow    []rule
	redirect string // "follow", "error" or "manual"
	followed int    // redirects

	target *target
	method string
	header http.Header // replaced, never changed
	body   []byte      // nil: none
}

func (c *Client) newSubrequest(ctx context.Context, allow []string, r *webapi.HTTPRequest) (*subrequest, error) {
	s := &subrequest{client: c, redirect: r.Redirect, method: r.Method, body: r.Body}
	switch s.redirect {
	case "":
		s.redirect = "follow"
	case "follow", "error", "manual":
	default:
		return nil, fail(ReasonInvalid, "redirect is %q, want follow, error or manual", shorten(r.Redirect))
	}
	var err error
	if s.target, err = parseTarget(nil, r.URL); err != nil {
		return nil, fail(ReasonInvalid, "%v", err)
	}
	if err := checkMethod(r.Method); err != nil {
		return nil, err.at(s.target)
	}
	if s.allow, err = parseRules(allow); err != nil {
		return nil, fail(ReasonInvalid, "allow: %v", err).at(s.target)
	}
	loop, err := nextLoop(ctx)
	if err == nil {
		s.header, err = c.requestHeader(r, loop)
	}
	if err != nil {
		return nil, c.explain(ctx, s.target, err)
	}
	return s, nil
}

// checkMethod refuses what is not a method or none for functions.
//
// Spec: https://fetch.spec.whatwg.org/#forbidden-method
func checkMethod(method string) *Error {
	if !httpguts.ValidHeaderFieldName(method) { // the same rule: a token
		return fail(ReasonInvalid, "the method %q is not valid", shorten(method))
	}
	switch strings.ToUpper(method) {
	case "CONNECT", "TRACE", "TRACK":
		return fail(ReasonInvalid, "the method %s can't be fetched", method)
	}
	return nil
}

// run performs s, hop by hop.
func (s *subrequest) run(ctx context.Context) (*webapi.HTTPResponse, error) {
	for {
		resp, err := s.send(ctx)
		if err != nil {
			return nil, err
		}
		if s.redirect == "manual" || !redirects(resp) {
			defer func() { _ = resp.Body.Close() }()
			return s.receive(resp)
		}
		if err := s.follow(resp); err != nil {
			return nil, err
		}
	}
}

// send performs one hop, until the response's head is there.
func (s *subrequest) send(ctx context.Context) (*http.Response, error) {
	if err := checkAllowed(s.allow, s.target); err != nil {
		return nil, err
	}
	if err := s.client.policy.checkTarget(s.target); err != nil {
		return nil, err
	}
	req := (&http.Request{
		Method:     s.method,
		URL:        s.target.wire(),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     s.header,
	}).WithContext(ctx)
	if body := s.body; len(body) > 0 {
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
	}
	return s.client.transport.RoundTrip(req)
}

// receive reads the rest of resp.
func (s *subrequest) receive(resp *http.Response) (*webapi.HTTPResponse, error) {
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		return nil, fail(ReasonBadResponse, "the server wants to switch to another protocol")
	case resp.StatusCode < 200 || resp.StatusCode > 599:
		return nil, fail(ReasonBadResponse, "the status %d is not one of HTTP's, 200 to 599", resp.StatusCode)
	}
	response := &webapi.HTTPResponse{
		URL:        s.target.href(),
		Redirected: s.followed > 0,
		Status:     resp.StatusCode,
		StatusText: statusText(resp),
		Null:       s.method == "HEAD" || nullBody(resp.StatusCode),
	}
	if !response.Null {
		var err error
		if response.Body, err = s.client.bodies.read(resp); err != nil {
			return nil, err
		}
	}
	response.Header = responseHeader(resp.Header)
	return response, nil
}

// nullBody reports whether responses of a status have no body.
//
// Spec: https://fetch.spec.whatwg.org/#null-body-status
func nullBody(status int) bool { return status == 204 || status == 205 || status == 304 }

// statusText returns the server's own words for its status. HTTP/2 has none.
func statusText(resp *http.Response) string {
	if resp.ProtoMajor != 1 {
		return ""
	}
	text := strings.TrimSpace(strings.TrimPrefix(resp.Status, strconv.Itoa(resp.StatusCode)))
	if !validFieldValue(text) {
		return ""
	}
	return text
}
