package remote

import (
	"context"

	"github.com/skerry-edge/skerry/kv"
)

// Store returns the store behind the server. It is a kv.Swapper and a kv.Counter if that
// one is. It lives as long as the Client.
func (c *Client) Store() kv.Store {
	s, sw, n := store{c}, swapper{c}, counter{c}
	switch c.abilities & (canSwap | canAdd) {
	case canSwap | canAdd:
		return struct {
			store
			swapper
			counter
		}{s, sw, n}
	case canSwap:
		return struct {
			store
			swapper
		}{s, sw}
	case canAdd:
		return struct {
			store
			counter
		}{s, n}
	default:
		return s
	}
}

// store, swapper and counter are the calls that a Client can make, apart, so that Store
// can return exactly those that the server can answer.
type (
	store   struct{ c *Client }
	swapper struct{ c *Client }
	counter struct{ c *Client }
)

var (
	_ kv.Store   = store{}
	_ kv.Swapper = swapper{}
	_ kv.Counter = counter{}
)

// Get is kv.Store's.
func (s store) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return kv.Entry{}, err
	}
	answer, err := s.c.do(ctx, &request{op: getOp, ns: ns, key: key})
	if err != nil {
		return kv.Entry{}, err
	}
	e, ok := decodeEntry(answer)
	if !ok {
		return kv.Entry{}, s.c.garbled()
	}
	return e, nil
}

// Put is kv.Store's.
func (s store) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	return s.c.write(ctx, &request{op: putOp, ns: ns, key: key, entry: e})
}

// Swap is kv.Swapper's.
func (s swapper) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	return s.c.write(ctx, &request{op: swapOp, ns: ns, key: key, old: old, entry: e})
}

func (c *Client) write(ctx context.Context, r *request) (kv.Version, error) {
	if err := kv.CheckEntry(r.ns, r.key, r.entry); err != nil {
		return "", err
	}
	if len(r.old) > versionBytesMax {
		return "", kv.ErrConflict // no key has such a version
	}
	answer, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	v, ok := decodeVersion(answer)
	if !ok {
		return "", c.garbled()
	}
	return v, nil
}

// Delete is kv.Store's.
func (s store) Delete(ctx context.Context, ns, key string) error {
	if err := kv.CheckKey(ns, key); err != nil {
		return err
	}
	answer, err := s.c.do(ctx, &request{op: deleteOp, ns: ns, key: key})
	if err == nil && len(answer) > 0 {
		return s.c.garbled()
	}
	return err
}

// Add is kv.Counter's.
func (s counter) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return 0, err
	}
	answer, err := s.c.do(ctx, &request{op: addOp, ns: ns, key: key, delta: delta})
	if err != nil {
		return 0, err
	}
	sum, ok := decodeSum(answer)
	if !ok {
		return 0, s.c.garbled()
	}
	return sum, nil
}

// List is kv.Store's.
func (s store) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	if _, err := kv.NewScan(ns, q); err != nil {
		return kv.Page{}, err
	}
	answer, err := s.c.do(ctx, &request{op: listOp, ns: ns, query: q})
	if err != nil {
		return kv.Page{}, err
	}
	page, ok := decodePage(answer)
	if !ok {
		return kv.Page{}, s.c.garbled()
	}
	return page, nil
}
