package binding

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
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
	return n.async(c.VM, func(ctx context.Context) (any, error) {
		e, err := n.store.Get(ctx, n.name, key)
		if errors.Is(err, kv.ErrNotFound) {
			return missing, nil // a miss is an answer, not a failure
		}
		if err != nil {
			return nil, err
		}
		return show(e), nil
	})
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

// valueType is how a value is read.
type valueType string

const (
	asText   valueType = "text"
	asJSON   valueType = "json"
	asBuffer valueType = "arrayBuffer"
	asStream valueType = "stream"
)

// readType reads the type from argument 1: a string, or options with type and cacheTtl.
func readType(c *js.Call) (valueType, error) {
	v := c.Arg(1)
	if js.IsObject(v) {
		if ttl := c.VM.Get(v, "cacheTtl"); !js.IsNullish(ttl) && !(c.VM.Float(ttl) >= cacheTTLMin) {
			return "", js.TypeError("KV get: cacheTtl must be at least %d seconds", cacheTTLMin)
		}
		v = c.VM.Get(v, "type")
	}
	if js.IsNullish(v) {
		return asText, nil
	}
	switch t := valueType(c.VM.String(v)); t {
	case asText, asJSON, asBuffer, asStream:
		return t, nil
	default:
		return "", js.TypeError(`KV get: unknown type %q; use "text", "json", "arrayBuffer" or "stream"`, string(t))
	}
}

// value makes what a script gets of b.
func (t valueType) value(b []byte) any {
	switch t {
	case asJSON:
		return js.JSON(b)
	case asBuffer:
		return js.Buffer(b)
	case asStream:
		return js.Make(func(vm *js.VM) any {
			return vm.Get(vm.Construct(vm.Global("Response"), js.Buffer(b)), "body")
		})
	default:
		return string(b)
	}
}

func metadataOf(b []byte) any {
	if b == nil {
		return nil
	}
	return js.JSON(b)
}

// keyOf checks what Workers KV refuses in a key; the store checks the rest.
func keyOf(key string) (string, error) {
	switch {
	case key == "":
		return "", js.TypeError("KV: the key must not be empty")
	case key == ".", key == "..":
		return "", js.TypeError("KV: %q is not allowed as a key", key)
	case len(key) > kv.KeyBytesMax:
		return "", js.RangeError("KV failed: 414 the key is %d bytes of UTF-8, more than the %d allowed", len(key), kv.KeyBytesMax)
	}
	return key, nil
}

// checkOptions refuses options that are no object, which would otherwise go unheard: the
// number in put(key, value, 60) is no expiry.
func checkOptions(method string, options js.Value) error {
	if js.IsNullish(options) || js.IsObject(options) {
		return nil
	}
	return js.TypeError("KV %s: the options must be an object", method)
}

// valueOf reads the value to put from argument 1.
func valueOf(c *js.Call) ([]byte, error) {
	if b, ok := c.VM.BytesOf(c.Arg(1)); ok {
		return append(make([]byte, 0, len(b)), b...), nil
	}
	if js.IsString(c.Arg(1)) {
		return []byte(c.String(1)), nil
	}
	return nil, js.TypeError("KV put: the value must be a string, an ArrayBuffer, a view of one or a ReadableStream; for an object use JSON.stringify")
}

// entryOf reads expiry and metadata from the options of put.
func entryOf(vm *js.VM, options js.Value) (kv.Entry, error) {
	var e kv.Entry
	if ttl := vm.Get(options, "expirationTtl"); !js.IsNullish(ttl) {
		seconds := vm.Float(ttl)
		if !(seconds > 0 && seconds < expirationsMax) {
			return e, js.TypeError("KV put: expirationTtl must be a number of seconds above 0")
		}
		e.ExpiresAt = time.Now().Add(time.Duration(min(seconds, math.MaxInt64/2e9) * float64(time.Second)))
	} else if at := vm.Get(options, "expiration"); !js.IsNullish(at) {
		seconds := vm.Float(at)
		if !(seconds > 0 && seconds < expirationsMax) {
			return e, js.TypeError("KV put: expiration must be a time in seconds since 1970")
		}
		e.ExpiresAt = time.UnixMilli(int64(seconds * 1000))
		if !e.ExpiresAt.After(time.Now()) {
			return e, js.TypeError("KV put: expiration is in the past")
		}
	}
	if m := vm.Get(options, "metadata"); !js.IsNullish(m) {
		text, ok := vm.StringifyJSON(m)
		if !ok {
			return e, js.TypeError("KV put: the metadata has no JSON")
		}
		if len(text) > kv.MetadataBytesMax {
			return e, js.RangeError("KV put failed: 413 the metadata is %d bytes of JSON, more than the %d allowed", len(text), kv.MetadataBytesMax)
		}
		e.Metadata = []byte(text)
	}
	return e, nil
}

// conditionOf reads ifVersion and ifAbsent from the options of put: the version that the
// key must have, and whether there is a condition at all. An ifVersion of null, which is
// what getWithMetadata gives for a key that is absent, asks for that, as ifAbsent does.
func conditionOf(vm *js.VM, options js.Value) (kv.Version, bool, error) {
	version, absent := vm.Get(options, "ifVersion"), vm.Get(options, "ifAbsent").ToBoolean()
	switch {
	case js.IsUndefined(version):
		return "", absent, nil
	case js.IsNullish(version):
		return "", true, nil
	case absent:
		return "", false, js.TypeError("KV put: ifVersion and ifAbsent exclude each other")
	}
	v := vm.String(version)
	if v == "" {
		return "", false, js.TypeError("KV put: ifVersion is empty; use null, or ifAbsent: true, for a key that does not exist")
	}
	return kv.Version(v), true, nil
}

// queryOf reads the options of list.
func queryOf(vm *js.VM, options js.Value) (kv.Query, error) {
	var q kv.Query
	if p := vm.Get(options, "prefix"); !js.IsNullish(p) {
		q.Prefix = vm.String(p)
		if len(q.Prefix) > kv.KeyBytesMax {
			return q, js.RangeError("KV list failed: 414 the prefix is %d bytes of UTF-8, more than the %d allowed", len(q.Prefix), kv.KeyBytesMax)
		}
	}
	if cursor := vm.Get(options, "cursor"); !js.IsNullish(cursor) {
		q.Cursor = vm.String(cursor)
	}
	if limit := vm.Get(options, "limit"); !js.IsNullish(limit) {
		n := vm.Float(limit)
		if !(n >= 1 && n <= kv.ListLimitMax) {
			return q, js.TypeError("KV list: limit must be between 1 and %d, not %s", kv.ListLimitMax, fmt.Sprint(n))
		}
		q.Limit = int(n)
	}
	return q, nil
}
