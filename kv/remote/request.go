package remote

import (
	"encoding/binary"

	"github.com/skerry-edge/skerry/kv"
)

// operation is the first byte of a request.
type operation uint8

const (
	getOp    operation = 1
	putOp    operation = 2
	deleteOp operation = 3
	listOp   operation = 4
	swapOp   operation = 5
	addOp    operation = 6
)

// versionBytesMax is longer than any version that a store gives.
const versionBytesMax = 4 << 10

// request is one call. Which fields mean something is the operation's.
type request struct {
	op    operation
	ns    string
	key   string
	old   kv.Version
	entry kv.Entry
	query kv.Query
	delta int64
}

// appendHead appends the request without the value, which is its end.
func (r *request) appendHead(b []byte) []byte {
	b = append(b, byte(r.op))
	b = appendText(b, r.ns)
	if r.op == listOp {
		b = appendText(b, r.query.Prefix)
		b = appendText(b, r.query.Cursor)
		return binary.AppendUvarint(b, uint64(r.query.Limit))
	}
	b = appendText(b, r.key)
	switch r.op {
	case swapOp:
		b = appendText(b, r.old)
		fallthrough
	case putOp:
		b = binary.AppendVarint(b, kv.Millis(r.entry.ExpiresAt))
		b = appendText(b, r.entry.Metadata)
	case addOp:
		b = binary.AppendVarint(b, r.delta)
	}
	return b
}

// decodeRequest reads a request, whose value then is a part of b. It returns false if b is
// none; whether the arguments are within the limits is not asked here.
func decodeRequest(b []byte) (r request, ok bool) {
	d := decoder{b: b}
	r.op = operation(d.byte())
	switch r.op {
	case getOp, deleteOp:
		r.ns, r.key = d.text(), d.text()
	case listOp:
		r.ns = d.text()
		r.query.Prefix, r.query.Cursor = d.text(), d.text()
		limit := d.uvarint()
		if limit > kv.ListLimitMax {
			return r, false // the client checks it, and an int might not hold it
		}
		r.query.Limit = int(limit)
	case putOp, swapOp:
		r.ns, r.key = d.text(), d.text()
		if r.op == swapOp {
			r.old = kv.Version(d.text())
		}
		r.entry.ExpiresAt = kv.FromMillis(d.varint())
		r.entry.Metadata = d.bytes()
		r.entry.Value = d.rest()
	case addOp:
		r.ns, r.key = d.text(), d.text()
		r.delta = d.varint()
	default:
		return r, false
	}
	return r, d.done()
}

// callBytes is what a call counts beside its request: what running it costs the server.
const callBytes = 8 << 10

// cost is what the request counts in the server's window, or a little more.
func (r *request) cost() int64 {
	const numbers = 64 // the operation, lengths and other numbers together
	return int64(callBytes + numbers + len(r.ns) + len(r.key) + len(r.old) + len(r.entry.Metadata) + len(r.entry.Value) +
		len(r.query.Prefix) + len(r.query.Cursor))
}

// costMax is the most that one request counts.
const costMax = callBytes + messageBytesMax
