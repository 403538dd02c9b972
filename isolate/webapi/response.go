package webapi

import (
	"reflect"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Response is an HTTP response.
//
// Spec: https://fetch.spec.whatwg.org/#response-class
var Response = js.Class[response]{
	Name:        "Response",
	Constructor: newResponse,
	Members: slices.Concat(
		[]js.Member[response]{
			js.Getter("type", func(r *response, _ *js.Call) (any, error) { return r.kind(), nil }),
			js.Getter("url", func(r *response, _ *js.Call) (any, error) { return r.url, nil }),
			js.Getter("redirected", func(r *response, _ *js.Call) (any, error) { return r.redirected, nil }),
			js.Getter("status", func(r *response, _ *js.Call) (any, error) { return r.status, nil }),
			js.Getter("ok", func(r *response, _ *js.Call) (any, error) { return r.status >= 200 && r.status <= 299, nil }),
			js.Getter("statusText", func(r *response, c *js.Call) (any, error) { return isomorphic(c.VM, r.statusText), nil }),
			js.Method("clone", 0, (*response).clone),
		},
		bodyMembers[response](),
	),
	Statics: []js.Static{
		js.StaticMethod("error", 0, func(*js.Call) (any, error) {
			return &response{message: message{headers: headers{immutable: true}}}, nil
		}),
		js.StaticMethod("json", 1, jsonResponse),
		js.StaticMethod("redirect", 1, redirectResponse),
	},
}

type response struct {
	js.Instance
	message
	status     int // 0: a network error
	statusText string
	received   bool // by fetch
	url        string
	redirected bool
}

func (r *response) content() *message      { return &r.message }
func (r *response) fields(*js.VM) *headers { return &r.headers }

// kind is the attribute type. There is no origin to be the same as, so that what fetch
// received is neither filtered nor opaque: all of it is "basic".
func (r *response) kind() string {
	switch {
	case r.status == 0:
		return "error"
	case r.received:
		return "basic"
	default:
		return "default"
	}
}

// newResponse is `new Response(body, init)`.
//
// Spec: https://fetch.spec.whatwg.org/#dom-response
func newResponse(c *js.Call) (*response, error) {
	r := &response{status: 200}
	var contentType string
	if !js.IsNullish(c.Arg(0)) { // step 4
		var err error
		if contentType, err = r.extract(c.VM, c.Arg(0)); err != nil {
			return nil, err
		}
	}
	return r, r.init(c.VM, c.Arg(1), contentType)
}

// init applies a ResponseInit to a response that may have a body.
//
// Spec: https://fetch.spec.whatwg.org/#initialize-a-response
func (r *response) init(vm *js.VM, init js.Value, contentType string) error {
	if !js.IsNullish(init) {
		if err := dictionary("the init of a Response", init); err != nil {
			return err
		}
		if err := r.initHead(vm, init); err != nil {
			return err
		}
	}
	if r.body == nil {
		return nil
	}
	if hasNullBody(r.status) { // step 6.1
		return js.TypeError("a response with status %d can't have a body; pass null", r.status)
	}
	r.setType(vm, contentType)
	return nil
}

func (r *response) initHead(vm *js.VM, init js.Value) error {
	fields := vm.Get(init, "headers")
	if status := vm.Get(init, "status"); !js.IsUndefined(status) {
		r.status = int(uint16(vm.Int(status)))
	}
	if text := vm.Get(init, "statusText"); !js.IsUndefined(text) {
		s, err := byteString(vm, "statusText", vm.String(text))
		if err != nil {
			return err
		}
		for piece := range chunks(vm, s) {
			if !isQuotable(piece) { // step 2: the grammar of reason-phrase
				return js.TypeError("statusText has a control character in it")
			}
		}
		r.statusText = s
	}
	if r.status == 101 {
		return js.RangeError("status 101 switches protocols, which needs a WebSocket: they are not supported in this version")
	}
	if r.status < 200 || r.status > 599 { // step 1
		return js.RangeError("the status %d of a response is outside the range 200 to 599", r.status)
	}
	return r.headers.fill(vm, fields)
}

// hasNullBody says whether responses with that status have no body.
//
// Spec: https://fetch.spec.whatwg.org/#null-body-status
func hasNullBody(status int) bool { return status == 204 || status == 205 || status == 304 }

// jsonResponse is Response.json.
//
// Spec: https://fetch.spec.whatwg.org/#dom-response-json
func jsonResponse(c *js.Call) (any, error) {
	text, ok := c.VM.StringifyJSON(c.Arg(0))
	if !ok {
		return nil, js.TypeError("Response.json: the value has no JSON: it is undefined, a function or a symbol")
	}
	r := &response{status: 200}
	r.holdText(text)
	return r, r.init(c.VM, c.Arg(1), "application/json")
}

// redirectResponse is Response.redirect.
//
// Spec: https://fetch.spec.whatwg.org/#dom-response-redirect
func redirectResponse(c *js.Call) (any, error) {
	input := c.String(0)
	location, err := parseURL(input, "")
	if err != nil {
		return nil, urlError(err, input)
	}
	status := int(uint16(c.Int(1, 302)))
	switch status {
	case 301, 302, 303, 307, 308:
	default:
		return nil, js.RangeError("Response.redirect: %d is not the status of a redirect: 301, 302, 303, 307 or 308", status)
	}
	list := []Field{{"location", location}}
	return &response{status: status, message: message{headers: headers{list: list, immutable: true}}}, nil
}

// clone makes a second response whose body can be read on its own.
//
// Spec: https://fetch.spec.whatwg.org/#dom-response-clone
func (r *response) clone(c *js.Call) (any, error) {
	copied := &response{status: r.status, statusText: r.statusText, received: r.received, url: r.url, redirected: r.redirected}
	copied.headers = headers{list: r.headers.snapshot(), shared: true, immutable: r.headers.immutable}
	return copied, r.tee(c.VM, &copied.message)
}

// newReceived makes the Response of what fetch received. It touches no VM.
func newReceived(h *HTTPResponse) *response {
	address, _, _ := strings.Cut(h.URL, "#")
	r := &response{status: h.Status, statusText: h.StatusText, received: true, url: address, redirected: h.Redirected}
	r.headers = headers{list: h.Header, shared: true, immutable: true}
	switch {
	case h.Null || hasNullBody(h.Status):
		if h.Stream != nil {
			h.Stream.Cancel(errNoBody)
		}
	case h.Stream != nil:
		r.holdSource(h.Stream)
	default:
		r.hold(h.Body, false)
	}
	return r
}

// ResponseOf returns the response that v, the value of a handler, is. Its body is read, so
// that the script can't any more; it and the headers stay as they are whatever the VM does
// later, and must not be written to. A body that the script makes little by little is a
// Stream, which gives nothing unless vm's owner runs its loop meanwhile: the caller reads it
// to its end or cancels it. The error says what v is instead, or why it can't be sent.
func ResponseOf(vm *js.VM, v js.Value) (*HTTPResponse, error) {
	r := js.As[response](vm, v)
	if r == nil {
		return nil, js.TypeError("the handler returned %s instead of a Response", describeKind(vm, v))
	}
	if r.status == 0 {
		return nil, js.TypeError("the handler returned Response.error(), which can't be sent")
	}
	data, source, err := r.send(vm)
	if err != nil {
		return nil, js.TypeError("the handler returned a Response that can't be sent: %s", err.(*js.ThrowError).Message)
	}
	return &HTTPResponse{
		URL:        r.url,
		Redirected: r.redirected,
		Status:     r.status,
		StatusText: r.statusText,
		Header:     r.headers.snapshot(),
		Body:       data,
		Stream:     source,
		Null:       r.body == nil,
	}, nil
}

// describeKind names the kind of v for a message, without running any of its code.
func describeKind(vm *js.VM, v js.Value) string {
	switch kind := vm.Kind(v); {
	case kind == "Object", kind == "Function", kind == "Array", kind == "Promise":
		return article(strings.ToLower(kind))
	case kind != "":
		return article(kind)
	case js.IsUndefined(v):
		return "undefined"
	case js.IsNullish(v):
		return "null"
	case js.IsString(v):
		return "a string"
	case js.IsNumber(v):
		return "a number"
	case js.IsSymbol(v):
		return "a symbol"
	case v.ExportType().Kind() == reflect.Bool:
		return "a boolean"
	default:
		return "a bigint"
	}
}

func article(noun string) string {
	if strings.Contains("AEIOUaeiou", noun[:1]) {
		return "an " + noun
	}
	return "a " + noun
}
