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
var Fetch = js.Function{Name: "fetch", Length: 1, Promise: true, Call: fetch}

func fetch(c *js.Call) (any, error) {
	r, err := makeRequest(c.VM, c.Arg(0), c.Arg(1)) // step 2
	if err != nil {
		return nil, err
	}
	if r.signal != nil && r.signal.aborted { // step 4
		return nil, r.signal.err()
	}
	address, _, _ := strings.Cut(r.url, "#")
	scheme, _, _ := strings.Cut(address, ":")
	switch scheme {
	case "data":
		return fetchData(c.VM, address)
	case "http", "https":
	default:
		return nil, js.TypeError("fetch: %s: is not a scheme that can be fetched; http:, https: and data: are", scheme)
	}
	host, ok := c.VM.Host().(Host)
	if !ok {
		return nil, js.TypeError("fetch: this code runs without a network")
	}
	body, source, err := r.send(c.VM)
	if err != nil {
		return nil, err
	}
	outgoing := &HTTPRequest{Method: r.method, URL: address, Header: r.fields(c.VM).snapshot(), Body: body, Stream: source, Redirect: r.redirect}
	if r.body != nil && body == nil && source == nil {
		outgoing.Body = []byte{}
	}
	return r.signal.bound(c.VM, func(ctx context.Context) (*response, error) {
		h, err := host.Fetch(ctx, outgoing)
		if err != nil {
			return nil, networkError(ctx, err)
		}
		return newReceived(h), nil
	})
}

// bound runs work as [js.VM.Async] does, until s is aborted: then ctx ends and the promise
// is rejected with the reason, or the body of what work returned fails with it. A nil s never
// aborts. ctx ends with the event.
//
// Spec: https://fetch.spec.whatwg.org/#abort-fetch
func (s *abortSignal) bound(vm *js.VM, work func(context.Context) (*response, error)) (any, error) {
	if s == nil {
		return vm.Async(func(ctx context.Context) (any, error) { return work(ctx) }), nil
	}
	ctx, cancel := context.WithCancel(vm.Context())
	result := vm.NewDeferred()
	forget := s.onAbort(func() {
		cancel()
		result.Reject(s.err())
	})
	var r *response
	vm.Background(func(context.Context) (_ any, err error) {
		r, err = work(ctx)
		return nil, err
	}, func(_ any, err error) {
		forget()
		if err == nil && r.body != nil && r.body.source != nil && !s.aborted {
			r.body.source = abortable(vm, r.body.source, s) // ctx is the body's as well
		} else {
			cancel()
		}
		if err != nil {
			result.Reject(err)
			return
		}
		result.Resolve(r)
	})
	return result.Promise(), nil
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
	if _, thrown := js.Thrown(err); thrown {
		return err // by a script that the bytes came from, or through
	}
	return js.TypeError("fetch failed: %v", err)
}
