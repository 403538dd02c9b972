package jail

import (
	"context"
	"errors"

	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js"
)

// hostCache is the cache of the functions in a jail: the client of the event has it, and
// knows whose it is.
type hostCache struct{}

var _ isolate.Cache = hostCache{}

// errTooLarge says that a call would not fit into what its client takes.
var errTooLarge = js.TypeError("caches: the request and the response are larger than all that the event may hold")

// call makes a call for the event that works in ctx.
func (hostCache) call(ctx context.Context, o op, name string, r *isolate.Request, h *isolate.Response) (input, error) {
	in, err := hostStore{}.caller(ctx)
	if err != nil {
		return input{}, err
	}
	head := appendString(appendCall(nil, o, in.id), name)
	head = appendRequest(head, &isolate.Request{Method: r.Method, URL: r.URL, Header: r.Header})
	var body []byte
	if h != nil {
		head, body = appendResponse(head, h), h.Body
	}
	if len(head)+len(body) > in.memory {
		return input{}, errTooLarge
	}
	return in.channel.call(ctx, head, body)
}

// Match is isolate.Cache's.
func (c hostCache) Match(ctx context.Context, _, name string, r *isolate.Request) (*isolate.Response, error) {
	reply, err := c.call(ctx, opMatch, name, r, nil)
	if err != nil {
		return nil, err
	}
	var found *isolate.Response
	if reply.bool() {
		found = reply.response()
	}
	return found, reply.end()
}

// Put is isolate.Cache's.
func (c hostCache) Put(ctx context.Context, _, name string, r *isolate.Request, h *isolate.Response) (skipped string, err error) {
	reply, err := c.call(ctx, opKeep, name, r, h)
	if err != nil {
		return "", err
	}
	skipped = reply.string()
	return skipped, reply.end()
}

// Delete is isolate.Cache's.
func (c hostCache) Delete(ctx context.Context, _, name string, r *isolate.Request) (bool, error) {
	reply, err := c.call(ctx, opForget, name, r, nil)
	if err != nil {
		return false, err
	}
	found := reply.bool()
	return found, reply.end()
}

// prepareCache performs a call of f's for the cache of its function.
func (c *Client) prepareCache(f *flight, o op, in *input) (performer, error) {
	name, r := in.string(), in.request()
	var h *isolate.Response
	if o == opKeep {
		h = in.response()
	}
	if err := in.end(); err != nil {
		return nil, err
	}
	if r.Stream != nil || h != nil && h.Stream != nil {
		return nil, fault("a call of a cache with a body that is not there")
	}
	if h != nil {
		if err := checkResponse(h); err != nil {
			return nil, err
		}
	}
	cache, function := c.cfg.Host.Cache, f.target.Function
	return func(ctx context.Context) reply {
		if cache == nil {
			return failedFetch(js.TypeError("caches: this isolate has no cache"))
		}
		switch o {
		case opMatch:
			found, err := cache.Match(ctx, function, name, r)
			switch {
			case err != nil:
				return failedCache(err)
			case found == nil:
				return reply{head: appendBool(performed(), false)}
			}
			return reply{head: appendResponse(appendBool(performed(), true), found), body: found.Body}
		case opKeep:
			skipped, err := cache.Put(ctx, function, name, r, h)
			if err != nil {
				return failedCache(err)
			}
			return reply{head: appendString(performed(), cut(skipped, messageBytesMax))}
		default:
			found, err := cache.Delete(ctx, function, name, r)
			if err != nil {
				return failedCache(err)
			}
			return reply{head: appendBool(performed(), found)}
		}
	}, nil
}

// failedCache is a reply with an error of a cache: one that its author may read, or the end
// of a context.
func failedCache(err error) reply {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return failedStore(err)
	}
	return failedFetch(err)
}
