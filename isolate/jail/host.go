package jail

import (
	"context"

	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
)

// hostFetch is the network of the functions in a jail: the client of the event performs it.
type hostFetch struct{}

func (hostFetch) Fetch(ctx context.Context, _ *isolate.Target, ev *isolate.Event, r *isolate.Request) (*isolate.Response, error) {
	response, err := ev.Waiter.(*inbound).fetch(ctx, r)
	if err != nil && r.Stream != nil {
		r.Stream.Cancel(err)
	}
	return response, err
}

func (in *inbound) fetch(ctx context.Context, r *isolate.Request) (*isolate.Response, error) {
	number := in.fetches.Add(1)
	head := appendRequest(appendUint(appendCall(nil, opFetch, in.id), uint64(number)), r)
	if len(head)+len(r.Body) > in.memory {
		return nil, js.TypeError("fetch: the request is larger than all that the event may hold")
	}
	var sent *outlet
	if r.Stream != nil {
		sent = new(outlet)
		if err := in.streams.offer(number, r.Stream, sent); err != nil {
			return nil, err
		}
	}
	reply, err := in.channel.call(ctx, head, r.Body)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		in.streams.decline(number, err) // the reply may be on its way
		return nil, err
	case sent != nil && reply.bool():
		return nil, sent.reason(err)
	default:
		return nil, err
	}
	response := reply.response()
	if err := reply.end(); err != nil || response.Stream == nil {
		return response, err
	}
	body := response.Stream.(*inlet)
	reading, over := context.WithCancel(ctx)
	body.over = over
	if err := in.streams.expect(number, body); err != nil {
		over()
		return nil, err
	}
	context.AfterFunc(reading, func() { body.Cancel(context.Cause(ctx)) })
	return response, nil
}

// hostStore is the store of the functions in a jail: the client of the event has it.
type hostStore struct{}

var (
	_ kv.Store   = hostStore{}
	_ kv.Swapper = hostStore{}
	_ kv.Counter = hostStore{}
)

// caller returns the event that works in ctx.
func (hostStore) caller(ctx context.Context) (*inbound, error) {
	if ev := isolate.EventOf(ctx); ev != nil {
		if in, ok := ev.Waiter.(*inbound); ok {
			return in, nil
		}
	}
	return nil, kv.ErrUnavailable // no event, no store
}

func (s hostStore) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	in, err := s.caller(ctx)
	if err != nil {
		return kv.Entry{}, err
	}
	return in.get(ctx, ns, key)
}

func (s hostStore) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	in, err := s.caller(ctx)
	if err != nil {
		return "", err
	}
	return in.put(ctx, ns, key, e)
}

func (s hostStore) Delete(ctx context.Context, ns, key string) error {
	in, err := s.caller(ctx)
	if err != nil {
		return err
	}
	return in.delete(ctx, ns, key)
}

func (s hostStore) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	in, err := s.caller(ctx)
	if err != nil {
		return kv.Page{}, err
	}
	return in.list(ctx, ns, q)
}

func (s hostStore) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	in, err := s.caller(ctx)
	if err != nil {
		return "", err
	}
	return in.swap(ctx, ns, key, old, e)
}

func (s hostStore) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	in, err := s.caller(ctx)
	if err != nil {
		return 0, err
	}
	return in.add(ctx, ns, key, delta)
}

// The methods below are a store for one event. What no store takes is refused here: a value
// past its limit would break the client's.

func (in *inbound) get(ctx context.Context, ns, key string) (kv.Entry, error) {
	reply, err := in.channel.call(ctx, appendKey(appendCall(nil, opGet, in.id), ns, key), nil)
	if err != nil {
		return kv.Entry{}, err
	}
	e := reply.entry()
	return e, reply.end()
}

func (in *inbound) put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	head := appendEntry(appendKey(appendCall(nil, opPut, in.id), ns, key), e)
	return in.version(in.channel.call(ctx, head, e.Value))
}

func (in *inbound) delete(ctx context.Context, ns, key string) error {
	_, err := in.channel.call(ctx, appendKey(appendCall(nil, opDelete, in.id), ns, key), nil)
	return err
}

func (in *inbound) list(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	reply, err := in.channel.call(ctx, appendQuery(appendString(appendCall(nil, opList, in.id), ns), q), nil)
	if err != nil {
		return kv.Page{}, err
	}
	p := reply.page()
	return p, reply.end()
}

func (in *inbound) swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	head := appendEntry(appendString(appendKey(appendCall(nil, opSwap, in.id), ns, key), string(old)), e)
	return in.version(in.channel.call(ctx, head, e.Value))
}

func (in *inbound) add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	reply, err := in.channel.call(ctx, appendInt(appendKey(appendCall(nil, opAdd, in.id), ns, key), delta), nil)
	if err != nil {
		return 0, err
	}
	sum := reply.int()
	return sum, reply.end()
}

func (in *inbound) version(reply input, err error) (kv.Version, error) {
	if err != nil {
		return "", err
	}
	v := kv.Version(reply.string())
	return v, reply.end()
}
