package jail

import (
	"github.com/skerry-edge/skerry/kv"
)

// op is what a call wants of the host.
type op uint8

const (
	opLoad   op = iota + 1 // digest → encoded bundle
	opFetch                // request → response
	opGet                  // namespace, key → entry
	opPut                  // namespace, key, entry → version
	opDelete               // namespace, key →
	opList                 // namespace, query → page
	opSwap                 // namespace, key, version, entry → version
	opAdd                  // namespace, key, delta → sum
	opMatch                // cache, request → whether there is a response, response
	opKeep                 // cache, request, response → why it is not kept
	opForget               // cache, request → whether there was anything
	ops                    // how many there are, and one
)

const (
	// callsMax bounds the calls of a channel that have had no reply.
	callsMax = 256
	// storeCallsMax and fetchCallsMax bound those that a client performs at once.
	storeCallsMax = 16
	fetchCallsMax = 64

	// headBytesMax is what there may be beside a body or a value.
	headBytesMax = 1 << 20
)

// A call's head is its op, its event's id and its arguments; a value or a body is the
// message's. A reply's is whether it was done, and the result or the error.

func appendCall(b []byte, o op, event uint32) []byte {
	return appendUint(append(b, byte(o)), uint64(event))
}

func appendKey(b []byte, ns, key string) []byte { return appendString(appendString(b, ns), key) }

// appendEntry appends e but for its value.
func appendEntry(b []byte, e kv.Entry) []byte {
	b = appendString(b, string(e.Metadata))
	b = appendInt(b, kv.Millis(e.ExpiresAt))
	return appendString(b, string(e.Version))
}

func (in *input) entry() kv.Entry {
	e := kv.Entry{Metadata: in.metadata(), ExpiresAt: kv.FromMillis(in.int()), Version: kv.Version(in.string())}
	e.Value = in.body()
	return e
}

func (in *input) metadata() []byte {
	s := in.string()
	if s == "" {
		return nil
	}
	return []byte(s)
}

func appendQuery(b []byte, q kv.Query) []byte {
	b = appendString(b, q.Prefix)
	b = appendString(b, q.Cursor)
	return appendInt(b, int64(q.Limit))
}

func (in *input) query() kv.Query {
	return kv.Query{Prefix: in.string(), Cursor: in.string(), Limit: int(int32(in.int()))}
}

func appendPage(b []byte, p kv.Page) []byte {
	b = appendString(b, p.Cursor)
	b = appendUint(b, uint64(len(p.Keys)))
	for _, k := range p.Keys {
		b = appendString(b, k.Name)
		b = appendString(b, string(k.Metadata))
		b = appendInt(b, kv.Millis(k.ExpiresAt))
		b = appendString(b, string(k.Version))
	}
	return b
}

func (in *input) page() kv.Page {
	p := kv.Page{Cursor: in.string()}
	n := in.count(4)
	if n == 0 {
		return p
	}
	p.Keys = make([]kv.Key, n)
	for i := range p.Keys {
		p.Keys[i] = kv.Key{Name: in.string(), Metadata: in.metadata(), ExpiresAt: kv.FromMillis(in.int()), Version: kv.Version(in.string())}
	}
	return p
}
