package webapi

import (
	"context"
	"errors"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Cache keeps responses by requests, with HTTP's rules: see [CacheHost]. As in Workers it has
// match, put and delete; add, addAll, matchAll and keys do not exist.
//
// Spec: https://w3c.github.io/ServiceWorker/#cache-interface
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/cache/
var Cache = js.Class[cache]{
	Name: "Cache",
	Members: []js.Member[cache]{
		js.PromiseMethod("match", 1, (*cache).match),
		js.PromiseMethod("put", 2, (*cache).put),
		js.PromiseMethod("delete", 1, (*cache).delete),
	},
}

type cache struct {
	js.Instance
	name string // as CacheHost has it
}

// match resolves to what there is, or to undefined.
//
// Spec: https://w3c.github.io/ServiceWorker/#cache-match
func (k *cache) match(c *js.Call) (any, error) {
	r, host, err := k.query(c)
	if err != nil || r == nil || r.Method != "GET" && r.Method != "HEAD" {
		return js.Undefined, err
	}
	return c.Async(func(ctx context.Context) (any, error) {
		h, err := host.CacheMatch(ctx, k.name, r)
		if err != nil || h == nil {
			return js.Undefined, cacheError(ctx, err)
		}
		return js.Make(func(vm *js.VM) any {
			vm.Allocate(int64(len(h.Body)), "the response in the cache")
			return newReceived(h)
		}), nil
	})
}

// delete resolves to whether there was anything.
//
// Spec: https://w3c.github.io/ServiceWorker/#cache-delete
func (k *cache) delete(c *js.Call) (any, error) {
	r, host, err := k.query(c)
	if err != nil || r == nil || r.Method != "GET" {
		return false, err
	}
	return c.Async(func(ctx context.Context) (any, error) {
		found, err := host.CacheDelete(ctx, k.name, r)
		return found, cacheError(ctx, err)
	})
}

// query reads the arguments of match and delete. The request is nil if it is one that no cache
// has a response for.
func (k *cache) query(c *js.Call) (*HTTPRequest, CacheHost, error) {
	host, err := cacheHost(c.VM)
	if err != nil {
		return nil, nil, err
	}
	ignoreMethod, err := cacheOptions(c.VM, c.Arg(1))
	if err != nil {
		return nil, nil, err
	}
	r, err := cacheKey(c.VM, c.Arg(0))
	if err != nil || !isHTTP(r.URL) {
		return nil, nil, err
	}
	if ignoreMethod {
		r.Method = "GET"
	}
	return r, host, nil
}

func cacheHost(vm *js.VM) (CacheHost, error) {
	host, ok := vm.Host().(CacheHost)
	if !ok {
		return nil, js.TypeError("caches: this code runs without a cache")
	}
	return host, nil
}

// cacheOptions reads CacheQueryOptions. What would be ignored is refused, because it would be
// missed: the cache has no way to look past a query or past Vary.
//
// Spec: https://w3c.github.io/ServiceWorker/#dictdef-cachequeryoptions
func cacheOptions(vm *js.VM, v js.Value) (ignoreMethod bool, err error) {
	if err := dictionary("the options", v); err != nil {
		return false, err
	}
	ignoreMethod = vm.Get(v, "ignoreMethod").ToBoolean()
	if vm.Get(v, "ignoreSearch").ToBoolean() {
		return false, js.TypeError("ignoreSearch is not supported: put and match with a URL whose search is empty instead")
	}
	if vm.Get(v, "ignoreVary").ToBoolean() {
		return false, js.TypeError("ignoreVary is not supported: put a copy of the response without Vary instead")
	}
	return ignoreMethod, nil
}

// cacheKey returns the request, or the URL, v as what responses are kept by. Its body is left
// alone.
func cacheKey(vm *js.VM, v js.Value) (*HTTPRequest, error) {
	r := js.As[request](vm, v)
	if r == nil {
		var err error
		if r, err = makeRequest(vm, v, js.Undefined); err != nil {
			return nil, err
		}
	}
	address, _, _ := strings.Cut(r.url, "#")
	return &HTTPRequest{Method: r.method, URL: address, Header: r.fields(vm).snapshot()}, nil
}

func isHTTP(url string) bool {
	scheme, _, _ := strings.Cut(url, ":")
	return scheme == "http" || scheme == "https"
}

// put keeps a response, whose body it reads. It resolves to undefined whether HTTP's rules
// let the response be kept or not; why not stands in the log, at the level debug.
//
// Spec: https://w3c.github.io/ServiceWorker/#cache-put
func (k *cache) put(c *js.Call) (any, error) {
	host, err := cacheHost(c.VM)
	if err != nil {
		return nil, err
	}
	r, err := cacheKey(c.VM, c.Arg(0)) // steps 2 and 3
	if err != nil {
		return nil, err
	}
	if !isHTTP(r.URL) || r.Method != "GET" { // step 4
		return nil, js.TypeError("cache.put: the request is a %s of %s, and only a GET of an http: or https: URL can be kept", clip(r.Method, 40), clip(r.URL, 200))
	}
	h, err := storable(c.VM, c.Arg(1))
	if err != nil {
		return nil, err
	}
	kept := &HTTPResponse{
		URL: h.url, Redirected: h.redirected, Status: h.status, StatusText: h.statusText, Header: h.headers.snapshot(), Null: h.body == nil,
	}
	vm := c.VM
	return h.read(vm, func(data []byte, _ bool) (any, error) { // steps 8 to 15
		kept.Body = data
		return vm.Async(func(ctx context.Context) (any, error) {
			skipped, err := host.CachePut(ctx, k.name, r, kept)
			if err != nil || skipped == "" {
				return js.Undefined, cacheError(ctx, err)
			}
			return js.Make(func(*js.VM) any {
				host.Console("debug", "cache.put keeps nothing of "+clip(r.URL, 200)+": "+skipped)
				return js.Undefined
			}), nil
		}), nil
	})
}

// storable returns the response v for put, if there is nothing about it that the standard
// refuses.
func storable(vm *js.VM, v js.Value) (*response, error) {
	h := js.As[response](vm, v)
	switch {
	case h == nil:
		return nil, js.TypeError("cache.put: the second argument is %s instead of a Response", describeKind(vm, v))
	case h.status == 0:
		return nil, js.TypeError("cache.put: Response.error() can't be kept")
	case h.status == 206: // step 6
		return nil, js.TypeError("cache.put: a response with status 206 is a part, which can't be kept; fetch without Range")
	}
	if vary, _ := h.headers.value(vm, "vary"); strings.Contains(vary, "*") { // step 7
		return nil, js.TypeError("cache.put: a response with Vary: * is for one request alone and can't be kept")
	}
	return h, nil
}

// cacheError is what a script sees of a CacheHost's error.
func cacheError(ctx context.Context, err error) error {
	var (
		throw *js.ThrowError
		coded *js.CodedError
	)
	if err == nil || errors.As(err, &throw) || errors.As(err, &coded) || ctx.Err() != nil {
		return err
	}
	return js.TypeError("the cache failed: %v", err)
}
