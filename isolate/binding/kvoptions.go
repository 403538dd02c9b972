package binding

import (
	"fmt"
	"math"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
)

// valueType is how a value is read.
type valueType string

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

// valueOf reads the value to put from argument 1. What no store takes is refused before it is
// copied.
func valueOf(c *js.Call) ([]byte, error) {
	if b, ok := c.VM.BytesOf(c.Arg(1)); ok {
		if err := checkSize(c.VM, len(b)); err != nil {
			return nil, err
		}
		return append(make([]byte, 0, len(b)), b...), nil
	}
	if js.IsString(c.Arg(1)) {
		text := c.String(1)
		if err := checkSize(c.VM, len(text)); err != nil {
			return nil, err
		}
		return []byte(text), nil
	}
	return nil, js.TypeError("KV put: the value must be a string, an ArrayBuffer, a view of one or a ReadableStream; for an object use JSON.stringify")
}

// checkSize is called before a value of n bytes is copied for a store.
func checkSize(vm *js.VM, n int) error {
	if n > kv.ValueBytesMax {
		return js.RangeError("KV put failed: 413 the value is %d bytes long, more than the %d allowed", n, kv.ValueBytesMax)
	}
	vm.Allocate(int64(n), "the value")
	return nil
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
