package binding

import (
	"context"
	"errors"
	"math"
	"sync/atomic"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
	"golang.org/x/sync/errgroup"
)

const (
	bulkKeysMax    = 100              // keys of one get
	bulkBytesMax   = kv.ValueBytesMax // of their values together
	bulkAtOnce     = 16               // of them under way at the same time
	cacheTTLMin    = 30               // seconds; the option is checked and otherwise unused: reads are never stale
	expirationsMax = 8.64e12          // seconds; what a Date can hold
)

// kvNamespace is the surface of Workers KV, and what every backend can do beyond it:
// put with ifVersion or ifAbsent, and incr.
//
// Source: https://developers.cloudflare.com/kv/api/
var kvNamespace = js.Class[namespace]{
	Name:   "KVNamespace",
	Hidden: true,
	Members: []js.Member[namespace]{
		js.PromiseMethod("get", 1, (*namespace).get),
		js.PromiseMethod("getWithMetadata", 1, (*namespace).getWithMetadata),
		js.PromiseMethod("put", 2, (*namespace).put),
		js.PromiseMethod("delete", 1, (*namespace).delete),
		js.PromiseMethod("list", 0, (*namespace).list),
		js.PromiseMethod("incr", 1, (*namespace).incr),
	},
}

// namespace is one KV namespace in one isolate.
type namespace struct {
	js.Instance
	name  string
	store kv.Store // nil: there is none
}

func (n *namespace) get(c *js.Call) (any, error) {
	as, err := readType(c)
	if err != nil {
		return nil, err
	}
	if js.IsArray(c.Arg(0)) {
		return n.getMany(c, as, func(e kv.Entry) any { return as.value(e.Value) })
	}
	return n.getOne(c, nil, func(e kv.Entry) any { return as.value(e.Value) })
}

func (n *namespace) getWithMetadata(c *js.Call) (any, error) {
	as, err := readType(c)
	if err != nil {
		return nil, err
	}
	full := func(e kv.Entry) any {
		return js.Record{
			{Name: "value", Value: as.value(e.Value)},
			{Name: "metadata", Value: metadataOf(e.Metadata)},
			{Name: "version", Value: string(e.Version)},
			{Name: "cacheStatus", Value: nil},
		}
	}
	missing := js.Record{{Name: "value", Value: nil}, {Name: "metadata", Value: nil}, {Name: "version", Value: nil}, {Name: "cacheStatus", Value: nil}}
	if js.IsArray(c.Arg(0)) {
		return n.getMany(c, as, full)
	}
	return n.getOne(c, missing, full)
}

// getOne reads one key; show makes the result, missing stands for a key that is absent.
func (n *namespace) getOne(c *js.Call, missing any, show func(kv.Entry) any) (any, error) {
	key, err := keyOf(c.String(0))
	if err != nil {
		return nil, err
	}
	answer := func(e kv.Entry, err error) (any, error) {
		if errors.Is(err, kv.ErrNotFound) {
			return missing, nil // a miss is an answer, not a failure
		}
		if err != nil {
			return nil, err
		}
		return show(e), nil
	}
	asker, ok := n.store.(kv.Asker)
	if !ok {
		return n.async(c.VM, func(ctx context.Context) (any, error) { return answer(n.store.Get(ctx, n.name, key)) })
	}
	p := c.VM.NewReply()
	asker.Ask(n.name, key, func(e kv.Entry, err error) {
		v, err := answer(e, err)
		p.Settle(v, storeError(err))
	})
	return p.Promise(), nil
}

// getMany reads several keys at once into a Map, absent ones as null.
func (n *namespace) getMany(c *js.Call, as valueType, show func(kv.Entry) any) (any, error) {
	if as != asText && as != asJSON {
		return nil, js.TypeError("KV get: several keys at once can be read as text or json only, not %s", as)
	}
	var keys []string
	var bad error
	c.VM.ForOf(c.Arg(0), func(v js.Value) bool {
		var key string
		key, bad = keyOf(c.VM.String(v))
		keys = append(keys, key)
		return bad == nil && len(keys) <= bulkKeysMax
	})
	if bad != nil {
		return nil, bad
	}
	if len(keys) > bulkKeysMax {
		return nil, js.RangeError("KV get: more than %d keys at once", bulkKeysMax)
	}
	return n.async(c.VM, func(ctx context.Context) (any, error) {
		var total atomic.Int64
		found := make([]any, len(keys))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(bulkAtOnce)
		for i, key := range keys {
			group.Go(func() error {
				e, err := n.store.Get(ctx, n.name, key)
				if errors.Is(err, kv.ErrNotFound) {
					return nil
				}
				if err != nil {
					return err
				}
				if total.Add(int64(len(e.Value))) > bulkBytesMax {
					return js.RangeError("KV get failed: 413 the values have more than %d bytes together; ask for fewer keys at once", bulkBytesMax)
				}
				found[i] = show(e)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		return js.Make(func(vm *js.VM) any {
			pairs := make([]any, len(keys))
			for i, key := range keys {
				pairs[i] = []any{key, found[i]}
			}
			return vm.Construct(vm.Global("Map"), pairs)
		}), nil
	})
}

// put writes a key. Without a condition it resolves to undefined; with ifVersion or
// ifAbsent to whether it wrote.
func (n *namespace) put(c *js.Call) (any, error) {
	key, err := keyOf(c.String(0))
	if err != nil {
		return nil, err
	}
	if err := checkOptions("put", c.Arg(2)); err != nil {
		return nil, err
	}
	w := write{key: key}
	if w.entry, err = entryOf(c.VM, c.Arg(2)); err != nil {
		return nil, err
	}
	if w.old, w.conditional, err = conditionOf(c.VM, c.Arg(2)); err != nil {
		return nil, err
	}
	if js.ClassName(c.Arg(1)) == "ReadableStream" {
		return n.putStream(c, w)
	}
	if w.entry.Value, err = valueOf(c); err != nil {
		return nil, err
	}
	return n.write(c.VM, w)
}

// putStream reads the stream in argument 1 to its end, as a body is read, and writes that.
func (n *namespace) putStream(c *js.Call, w write) (any, error) {
	vm, done := c.VM, c.VM.NewDeferred()
	body := vm.Construct(vm.Global("Response"), c.Arg(1))
	vm.Then(vm.Invoke(vm.Get(body, "arrayBuffer"), body), func(v js.Value, err error) {
		if err != nil {
			done.Reject(err)
			return
		}
		w.entry.Value, _ = vm.BytesOf(v) // nobody else has the buffer
		written, err := n.write(vm, w)
		if err != nil {
			done.Reject(err)
			return
		}
		done.Resolve(written)
	})
	return done.Promise(), nil
}

// write is what one put asks of the store.
type write struct {
	key         string
	entry       kv.Entry
	conditional bool
	old         kv.Version // what the key's must be if conditional; empty: the key is absent
}

func (n *namespace) write(vm *js.VM, w write) (any, error) {
	return n.async(vm, func(ctx context.Context) (any, error) {
		if !w.conditional {
			_, err := n.store.Put(ctx, n.name, w.key, w.entry)
			return js.Undefined, err
		}
		swapper, ok := n.store.(kv.Swapper)
		if !ok {
			return nil, js.TypeError("KV put: this store can't write conditionally")
		}
		_, err := swapper.Swap(ctx, n.name, w.key, w.old, w.entry)
		if errors.Is(err, kv.ErrConflict) {
			return false, nil // somebody else was first: an answer
		}
		return err == nil, err
	})
}

func (n *namespace) delete(c *js.Call) (any, error) {
	key, err := keyOf(c.String(0))
	if err != nil {
		return nil, err
	}
	return n.async(c.VM, func(ctx context.Context) (any, error) {
		return js.Undefined, n.store.Delete(ctx, n.name, key)
	})
}

// incr adds to a number that no one else can overwrite meanwhile.
func (n *namespace) incr(c *js.Call) (any, error) {
	key, err := keyOf(c.String(0))
	if err != nil {
		return nil, err
	}
	by := 1.0
	if c.Given(1) {
		by = c.Float(1)
	}
	if by != math.Trunc(by) || math.Abs(by) > 1<<53 {
		return nil, js.RangeError("KV incr: the amount must be a whole number of at most 2^53")
	}
	return n.async(c.VM, func(ctx context.Context) (any, error) {
		counter, ok := n.store.(kv.Counter)
		if !ok {
			return nil, js.TypeError("KV incr: this store can't count")
		}
		return counter.Add(ctx, n.name, key, int64(by))
	})
}

func (n *namespace) list(c *js.Call) (any, error) {
	if err := checkOptions("list", c.Arg(0)); err != nil {
		return nil, err
	}
	q, err := queryOf(c.VM, c.Arg(0))
	if err != nil {
		return nil, err
	}
	return n.async(c.VM, func(ctx context.Context) (any, error) {
		page, err := n.store.List(ctx, n.name, q)
		if err != nil {
			return nil, err
		}
		keys := make([]any, len(page.Keys))
		for i, k := range page.Keys {
			line := js.Record{{Name: "name", Value: k.Name}}
			if !k.ExpiresAt.IsZero() {
				line = append(line, js.Property{Name: "expiration", Value: k.ExpiresAt.Unix()})
			}
			if k.Metadata != nil {
				line = append(line, js.Property{Name: "metadata", Value: metadataOf(k.Metadata)})
			}
			keys[i] = line
		}
		result := js.Record{{Name: "keys", Value: keys}, {Name: "list_complete", Value: page.Cursor == ""}}
		if page.Cursor != "" {
			result = append(result, js.Property{Name: "cursor", Value: page.Cursor})
		}
		return append(result, js.Property{Name: "cacheStatus", Value: nil}), nil
	})
}

// async runs an operation on the store, and names its errors for scripts.
func (n *namespace) async(vm *js.VM, operation func(context.Context) (any, error)) (any, error) {
	if n.store == nil {
		return nil, js.TypeError("KV: this isolate has no store")
	}
	return vm.Async(func(ctx context.Context) (any, error) {
		v, err := operation(ctx)
		return v, storeError(err)
	}), nil
}

// storeError is where the store's errors become what scripts see. What the store says of
// itself, such as where it is, is not for them.
func storeError(err error) error {
	var (
		invalid *kv.InvalidError
		named   *js.ThrowError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, kv.ErrUnavailable):
		return &js.CodedError{Code: "store_unavailable", Message: "KV: the store is out of reach; if this was a write, it may or may not have happened"}
	case errors.Is(err, kv.ErrFull):
		return &js.CodedError{Code: "store_full", Message: "KV: the store has no space left; nothing was changed"}
	case errors.Is(err, kv.ErrCorrupt):
		return &js.CodedError{Code: "store_corrupt", Message: "KV: what is stored under this key is damaged"}
	case errors.Is(err, kv.ErrNotInteger):
		return js.TypeError("KV incr: the value is not a whole number")
	case errors.Is(err, kv.ErrOverflow):
		return js.RangeError("KV incr: the number would leave the range of 64 bits; nothing was changed")
	case errors.As(err, &invalid) && invalid.Field == "value":
		return js.RangeError("KV put failed: 413 the %s %s", invalid.Field, invalid.Reason)
	case errors.As(err, &invalid):
		return js.TypeError("KV: the %s %s", invalid.Field, invalid.Reason)
	case errors.As(err, &named), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		return &js.CodedError{Code: "internal", Message: "KV: the store failed; if this was a write, it may or may not have happened"}
	}
}

const (
	asText   valueType = "text"
	asJSON   valueType = "json"
	asBuffer valueType = "arrayBuffer"
	asStream valueType = "stream"
)

// checkOptions refuses options that are no object, which would otherwise go unheard: the
// number in put(key, value, 60) is no expiry.
func checkOptions(method string, options js.Value) error {
	if js.IsNullish(options) || js.IsObject(options) {
		return nil
	}
	return js.TypeError("KV %s: the options must be an object", method)
}
