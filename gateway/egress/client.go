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
	decoders  decoders
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
	c.transport = &http.Transport{
		Proxy:                  nil, // the environment's proxies are not for functions, and would resolve names unseen
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    cfg.DialTimeout,
		DisableCompression:     true, // body decodes, within its limits
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    256, // as many as functions that fetch from one origin at once: a new one costs more than what it carries
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: int64(cfg.HeadBytesMax),
		WriteBufferSize:        32 << 10, // what bodies go out in
		ForceAttemptHTTP2:      true,     // else DialContext would turn it off
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
// It returns when the response's head is there. The body, unless it is known to be empty, is
// the response's Stream, which must be read to its end or canceled; it ends with ctx, too. r is
// not changed, and nobody may change it any more: a server may answer before it has been sent a
// whole body. The errors of Fetch and of the body are *Error.
func (c *Client) Fetch(ctx context.Context, allow []string, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	response, err := c.fetch(ctx, allow, r)
	if err != nil && r.Stream != nil {
		r.Stream.Cancel(err)
	}
	return response, err
}

func (c *Client) fetch(ctx context.Context, allow []string, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	if c.closed.Load() {
		return nil, fail(ReasonClosed, "this node is stopping")
	}
	s, err := c.newSubrequest(ctx, allow, r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	late := time.AfterFunc(c.cfg.Timeout, func() { cancel(errTimeout) })
	defer late.Stop()
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, c.explain(ctx, s.target, context.Cause(ctx))
	}
	end := func() { <-c.slots }
	response, err := s.run(ctx, cancel, end)
	if err == nil && !late.Stop() {
		// The time was over in this moment, and with it the body.
		err = context.Cause(ctx)
	}
	if err != nil {
		err = c.explain(ctx, s.target, err)
		cancel(err)
		if response == nil {
			end()
		} else if response.Stream != nil {
			response.Stream.Cancel(err)
		}
		return nil, err
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
	stream *outgoing   // the body, if it comes little by little; nil: body is all
	length int64       // of stream; -1: unknown
}

func (c *Client) newSubrequest(ctx context.Context, allow []string, r *webapi.HTTPRequest) (*subrequest, error) {
	s := &subrequest{client: c, redirect: r.Redirect, method: r.Method, body: r.Body}
	if r.Stream != nil {
		s.stream, s.length = &outgoing{ctx: ctx, source: r.Stream}, announced(r)
	}
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
//
// end is called when a response is over whose Stream is set; else there is no more to end.
func (s *subrequest) run(ctx context.Context, cancel context.CancelCauseFunc, end func()) (*webapi.HTTPResponse, error) {
	for {
		resp, err := s.send(ctx)
		if err != nil {
			return nil, err
		}
		if s.redirect == "manual" || !redirects(resp) {
			response, err := s.receive(resp)
			if err != nil {
				_ = resp.Body.Close()
				return nil, err
			}
			if response.Null || resp.ContentLength == 0 {
				_ = resp.Body.Close()
				end()
				cancel(errUnwanted)
				if !response.Null && codingOf(resp.Header) != nil {
					resp.Header.Del("Content-Encoding") // nothing at all is accepted for nothing coded, as browsers do
					resp.Header.Del("Content-Length")
				}
			} else {
				response.Stream = newBody(ctx, cancel, s, resp, end)
			}
			response.Header = responseHeader(resp.Header)
			return response, nil
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
	if s.stream != nil {
		req.ContentLength, req.Body = s.length, s.stream
	} else if body := s.body; len(body) > 0 {
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
	}
	return s.client.transport.RoundTrip(req)
}

// receive makes a response of resp but for its header and its body.
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
	if !response.Null && resp.ContentLength == 0 {
		response.Body = []byte{}
	}
	return response, nil
}

// announced returns the length of r's body that its source knows, or that the header gives; -1
// if neither does.
func announced(r *webapi.HTTPRequest) int64 {
	if n := webapi.LengthOf(r.Stream); n >= 0 {
		return n
	}
	for _, f := range r.Header {
		if strings.EqualFold(f.Name, "content-length") {
			if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil && n >= 0 {
				return n
			}
		}
	}
	return -1
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
