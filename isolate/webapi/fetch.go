package webapi

import (
	"context"
	"errors"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Fetch is the global fetch: it goes through [Host.Fetch].
//
// Spec: https://fetch.spec.whatwg.org/#fetch-method
var Fetch = js.Function{Name: "fetch", Length: 1, Call: fetch}

func fetch(c *js.Call) (any, error) {
	r, err := makeRequest(c.VM, c.Arg(0), c.Arg(1)) // step 2
	if err != nil {
		return nil, err
	}
	address, _, _ := strings.Cut(r.url, "#")
	scheme, _, _ := strings.Cut(address, ":")
	switch scheme {
	case "data":
		return fetchData(address)
	case "http", "https":
	default:
		return nil, js.TypeError("fetch: %s: is not a scheme that can be fetched; http:, https: and data: are", scheme)
	}
	host, ok := c.VM.Host().(Host)
	if !ok {
		return nil, js.TypeError("fetch: this code runs without a network")
	}
	body, _, err := r.take()
	if err != nil {
		return nil, err
	}
	outgoing := &HTTPRequest{Method: r.method, URL: address, Header: r.fields().snapshot(), Body: body, Redirect: r.redirect}
	if r.body != nil && body == nil {
		outgoing.Body = []byte{}
	}
	return c.Async(func(ctx context.Context) (any, error) {
		h, err := host.Fetch(ctx, outgoing)
		if err != nil {
			return nil, networkError(ctx, err)
		}
		return newReceived(h), nil
	})
}

// networkError is what a script sees of a Host's error.
//
// Spec: https://fetch.spec.whatwg.org/#concept-network-error
func networkError(ctx context.Context, err error) error {
	var (
		throw *js.ThrowError
		dom   *js.DOMError
		coded *js.CodedError
	)
	if errors.As(err, &throw) || errors.As(err, &dom) || errors.As(err, &coded) || ctx.Err() != nil {
		return err
	}
	return js.TypeError("fetch failed: %v", err)
}
