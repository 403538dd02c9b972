package webapi

import (
	"errors"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Request is an HTTP request.
//
// Spec: https://fetch.spec.whatwg.org/#request-class
var Request = js.Class[request]{
	Name:   "Request",
	Length: 1,
	Constructor: func(c *js.Call) (*request, error) {
		return makeRequest(c.VM, c.Arg(0), c.Arg(1))
	},
	Members: slices.Concat(
		[]js.Member[request]{
			js.Getter("method", func(r *request, _ *js.Call) (any, error) { return r.method, nil }),
			js.Getter("url", func(r *request, _ *js.Call) (any, error) { return r.url, nil }),
			js.Getter("redirect", func(r *request, _ *js.Call) (any, error) { return r.redirect, nil }),
			js.Getter("signal", (*request).getSignal),
			js.Getter("cf", (*request).getCF),
			js.Method("clone", 0, (*request).clone),
		},
		inertMembers(),
		bodyMembers[request](),
	),
}

type request struct {
	js.Instance
	message
	method   string
	url      string // absolute, with its fragment
	redirect string
	signal   *abortSignal // nil: nothing can abort it, and nobody has asked for it
	inert    *inert       // nil: all at their defaults

	incoming *HTTPRequest // what it was made for, or copied from; nil: a script's own
	partial  bool         // headers lacks what incoming.Client adds
	cf       js.Value     // nil: nobody has asked for it
}

// NewRequest makes the Request of an incoming event. Its headers are immutable, and r
// belongs to it from now on: neither may be written to. A body that comes with GET or HEAD
// is left out, because the standard has no such request and a copy would throw. A redirect
// is not followed when the request is fetched: it is the client's, as in Workers.
func NewRequest(vm *js.VM, r *HTTPRequest) js.Value {
	req := &request{method: r.Method, url: r.URL, redirect: "manual", incoming: r, partial: r.Client.IsValid()}
	req.headers = headers{list: r.Header, shared: true, immutable: true}
	switch {
	case bodiless(r.Method):
		if r.Stream != nil {
			r.Stream.Cancel(errNoBody)
		}
	case r.Stream != nil:
		req.holdSource(r.Stream)
	case r.Body != nil:
		req.hold(r.Body, false)
	}
	return vm.ToValue(req)
}

// errNoBody is why the body of a message that has none by its kind is not read.
var errNoBody = errors.New("a message of this kind has no body")

// bodiless says whether requests with that method have no body.
func bodiless(method string) bool { return method == "GET" || method == "HEAD" }

func (r *request) content() *message { return &r.message }

// fields returns the headers, the client's address among them: what the request itself
// claims in that name is not believed.
func (r *request) fields(vm *js.VM) *headers {
	if r.partial {
		r.partial = false
		r.headers.list, r.headers.shared = slices.Grow(slices.Clip(r.headers.list), 1), false // a copy, with room
		r.headers.replace(vm, "cf-connecting-ip", r.incoming.Client.Unmap().String())
	}
	return &r.headers
}

// getCF is what the node says of the client and the connection, and nobody changes; a request
// that a script made has what its init said.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
func (r *request) getCF(c *js.Call) (any, error) {
	if r.cf != nil {
		return r.cf, nil
	}
	r.cf = js.Undefined
	if r.incoming == nil {
		return r.cf, nil
	}
	cf := c.VM.NewObject()
	if r.incoming.CF != "" {
		cf = c.VM.ToValue(js.JSON(r.incoming.CF)).(*js.Object)
	}
	if r.incoming.Client.IsValid() {
		c.VM.Define(cf, "clientIp", r.incoming.Client.Unmap().String(), true)
	}
	r.cf = freeze(c.VM, cf)
	return r.cf, nil
}

// makeRequest is `new Request(input, init)`.
//
// Spec: https://fetch.spec.whatwg.org/#dom-request
func makeRequest(vm *js.VM, input, init js.Value) (*request, error) {
	if err := dictionary("the init of a Request", init); err != nil {
		return nil, err
	}
	r := &request{method: "GET", redirect: "follow"}
	from := js.As[request](vm, input)
	if from != nil { // step 6
		r.copy(vm, from)
	} else { // step 5
		address, err := parseRequestURL(vm.String(input))
		if err != nil {
			return nil, err
		}
		r.url = address
	}
	var contentType string
	if !js.IsNullish(init) {
		var err error
		if contentType, err = r.init(vm, init); err != nil {
			return nil, err
		}
	}
	if r.body == nil && from != nil && from.body != nil { // steps 40 to 42
		if err := from.body.usable(); err != nil {
			return nil, err
		}
		if bodiless(r.method) {
			return nil, errBodiless(r.method)
		}
		r.body = from.body.transfer()
	}
	r.setType(vm, contentType)
	return r, nil
}

func errBodiless(method string) error {
	return js.TypeError("a request with method %s can't have a body", method)
}

// copy takes over everything of from but its body.
func (r *request) copy(vm *js.VM, from *request) {
	r.method, r.url, r.redirect, r.inert = from.method, from.url, from.redirect, from.inert
	r.headers = headers{list: from.fields(vm).snapshot(), shared: true}
	r.incoming, r.cf = from.incoming, from.cf
	if from.signal != nil {
		r.signal = dependentSignal(vm, from.signal)
	}
}

// parseRequestURL parses the address of a request that a script makes. There is no page
// that it could be relative to.
func parseRequestURL(input string) (string, error) {
	u, err := parseURLRecord(input, "")
	if err != nil {
		return "", urlError(err, input)
	}
	if u.usernameText() != "" || u.passwordText() != "" {
		return "", js.TypeError("the URL of a request can't have a user name or a password in it; send them in the header Authorization")
	}
	return u.href, nil
}

// init applies a RequestInit and returns the MIME type that its body brings along.
//
// Spec: https://fetch.spec.whatwg.org/#requestinit
func (r *request) init(vm *js.VM, v js.Value) (contentType string, err error) {
	init := readRequestInit(vm, v)
	if window := init.member("window"); !js.IsNullish(window) { // step 11
		return "", js.TypeError("window: only null is allowed")
	}
	if cf := init.member("cf"); !js.IsUndefined(cf) {
		r.cf = cf
	}
	if method := init.member("method"); !js.IsUndefined(method) {
		if r.method, err = normalizeMethod(vm.String(method)); err != nil { // step 25
			return "", err
		}
	}
	if err := r.initInert(vm, init); err != nil {
		return "", err
	}
	if redirect := init.member("redirect"); !js.IsUndefined(redirect) {
		if r.redirect, err = oneOf("redirect", vm.String(redirect), "follow", "error", "manual"); err != nil {
			return "", err
		}
	}
	if signal := init.member("signal"); !js.IsUndefined(signal) {
		if err := r.follow(vm, signal); err != nil {
			return "", err
		}
	}
	if fields := init.member("headers"); !js.IsUndefined(fields) { // step 32
		r.headers = headers{}
		if err := r.headers.fill(vm, fields); err != nil {
			return "", err
		}
	}
	body := init.member("body")
	if js.IsNullish(body) {
		return "", nil
	}
	if bodiless(r.method) { // step 34
		return "", errBodiless(r.method)
	}
	return r.extract(vm, body) // step 36
}

// follow makes v, a signal or null, what aborts r.
func (r *request) follow(vm *js.VM, v js.Value) error {
	r.signal = nil
	if js.IsNullish(v) {
		return nil
	}
	source := js.As[abortSignal](vm, v)
	if source == nil {
		return js.TypeError("signal: not an AbortSignal")
	}
	r.signal = dependentSignal(vm, source) // step 31
	return nil
}

func (r *request) getSignal(*js.Call) (any, error) {
	if r.signal == nil {
		r.signal = new(abortSignal)
	}
	return r.signal, nil
}

// normalizeMethod returns the method that a script means.
//
// Spec: https://fetch.spec.whatwg.org/#methods
func normalizeMethod(method string) (string, error) {
	if !isToken(method) {
		return "", js.TypeError("%q is not a valid HTTP method", clip(method, 100))
	}
	switch upper := strings.ToUpper(method); upper {
	case "CONNECT", "TRACE", "TRACK":
		return "", js.TypeError("the method %s is not allowed", upper)
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return upper, nil
	default:
		return method, nil // "patch" is not "PATCH"
	}
}

// clone makes a second request whose body can be read on its own.
//
// Spec: https://fetch.spec.whatwg.org/#dom-request-clone
func (r *request) clone(c *js.Call) (any, error) {
	copied := new(request)
	if err := r.tee(c.VM, &copied.message); err != nil {
		return nil, err
	}
	copied.copy(c.VM, r)
	copied.headers.immutable = r.headers.immutable
	return copied, nil
}
