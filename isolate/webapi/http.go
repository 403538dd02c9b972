package webapi

import (
	"context"
	"net/netip"
)

// Host is what the Web APIs reach the world through. A VM whose host is none has no
// network and no console.
type Host interface {
	// Fetch performs one request of a script and returns the response, redirects
	// followed as r.Redirect says. It reads r.Stream to its end, or cancels it. Its error becomes the rejection of fetch: a TypeError,
	// unless it is an error type of package js. It runs on a goroutine of its own.
	Fetch(ctx context.Context, r *HTTPRequest) (*HTTPResponse, error)

	// Console takes one line of console output, at a level of "debug", "info", "log",
	// "warn" or "error". It is called in the VM's turn and must not block.
	Console(level, message string)
}

// HTTPRequest is an HTTP request as plain data. It owns everything in it, and nothing in
// it is ever written to: a VM that was given one, or gave one to its Host, shares its
// memory.
type HTTPRequest struct {
	Method   string
	URL      string // absolute; as the client asked for it: "http://shop.localhost:8787/a?b=c"
	Header   []Field
	Body     []byte     // nil: no body, or Stream is it
	Stream   Source     // the body, if it comes little by little; its reader's alone; nil: Body is all
	Client   netip.Addr // the address that an incoming request came from, which scripts see as cf-connecting-ip whatever Header says; zero: unknown
	CF       string     // of an incoming request: what request.cf has beside the client's address, an object as JSON; empty: nothing
	Redirect string     // of a subrequest: "follow", "error" or "manual"; empty: follow
}

// HTTPResponse is an HTTP response as plain data, and where the rest of its body comes from.
// It owns everything in it, and nothing in it is ever written to.
type HTTPResponse struct {
	URL        string // of a subrequest: where the response came from in the end
	Redirected bool   // of a subrequest: whether a redirect was followed
	Status     int    // 200 to 599
	StatusText string // empty: the usual one, or none
	Header     []Field
	Body       []byte
	Stream     Source // the body, if it comes little by little; its reader's alone; nil: Body is all
	Null       bool   // there is no body at all, which is not an empty one
}

// Field is one header line.
type Field struct {
	Name  string // as received or set; compared without regard to case
	Value string // bytes as they stand on the wire (isomorphic: one byte, one character), without surrounding white space
}
