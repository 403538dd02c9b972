package webapi

import (
	"context"
	"math"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// wantedKey is what methods that make a key are told of it: arguments i and i+1.
type wantedKey struct {
	extractable bool
	usages      subtle.Usages
}

func wanted(c *js.Call, method string, i int) (w wantedKey, err error) {
	w.extractable = c.Bool(i)
	err = eachOf(c.VM, method+": keyUsages", c.Arg(i+1), func(v js.Value) error {
		name := c.VM.String(v)
		u, ok := subtle.UsageNamed(name)
		if !ok {
			return js.TypeError("%s: %q is no usage of a key", method, clip(name, 40))
		}
		w.usages |= u
		return nil
	})
	return w, err
}

// formatArgument returns the format that argument i names.
func formatArgument(c *js.Call, method string, i int) (subtle.Format, error) {
	name := c.String(i)
	f, ok := subtle.FormatNamed(name)
	if !ok {
		return "", js.TypeError("%s: %q is no format of a key; there are raw, spki, pkcs8 and jwk", method, clip(name, 40))
	}
	return f, nil
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-generateKey
func (*subtleCrypto) generateKey(c *js.Call) (any, error) {
	algorithm := identifier(c.VM, c.Arg(0))
	want, err := wanted(c, "generateKey", 1)
	if err != nil {
		return nil, err
	}
	p, err := normalize(c.VM, subtle.OpGenerateKey, algorithm)
	if err != nil {
		return nil, err
	}
	return compute(c.VM, subtle.Cost(subtle.OpGenerateKey, p, nil, 0), nil, 0, func(ctx context.Context, _, _ []byte) (any, error) {
		pair, err := subtle.Generate(ctx, p, want.extractable, want.usages)
		if err != nil || pair.Secret != nil {
			return keyResult(pair.Secret, err)
		}
		return js.Record{
			{Name: "publicKey", Value: newCryptoKey(pair.Public)},
			{Name: "privateKey", Value: newCryptoKey(pair.Private)},
		}, nil
	})
}

func keyResult(k *subtle.Key, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return newCryptoKey(k), nil
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-importKey
func (*subtleCrypto) importKey(c *js.Call) (any, error) {
	format, err := formatArgument(c, "importKey", 0)
	if err != nil {
		return nil, err
	}
	var data subtle.KeyData
	_, isBytes := c.VM.BytesOf(c.Arg(1))
	if !isBytes {
		if data.JWK, err = readJWK(c.VM, c.Arg(1)); err != nil {
			return nil, err
		}
	}
	algorithm := identifier(c.VM, c.Arg(2))
	want, err := wanted(c, "importKey", 3)
	if err != nil {
		return nil, err
	}
	p, err := normalize(c.VM, subtle.OpImportKey, algorithm)
	if err != nil {
		return nil, err
	}
	if isBytes == (format == subtle.JSONWebKey) {
		return nil, js.TypeError("importKey: the format jwk takes an object, the others an ArrayBuffer or a view of one")
	}
	bytes, _ := c.VM.BytesOf(c.Arg(1))
	size := len(bytes)
	if data.JWK != nil {
		for _, text := range data.JWK.Text {
			size += len(text)
		}
	}
	return compute(c.VM, subtle.Cost(subtle.OpImportKey, p, nil, size), bytes, 0, func(_ context.Context, _, bytes []byte) (any, error) {
		data.Bytes = bytes
		return keyResult(subtle.Import(p, format, data, want.extractable, want.usages))
	})
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-exportKey
func (*subtleCrypto) exportKey(c *js.Call) (any, error) {
	format, err := formatArgument(c, "exportKey", 0)
	if err != nil {
		return nil, err
	}
	k, err := keyArgument(c, "exportKey", 1)
	if err != nil {
		return nil, err
	}
	data, err := subtle.Export(format, k)
	if err != nil {
		return nil, cryptoError(err)
	}
	if data.JWK != nil {
		return writeJWK(data.JWK), nil
	}
	return js.Buffer(data.Bytes), nil
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveBits
func (*subtleCrypto) deriveBits(c *js.Call) (any, error) {
	algorithm := identifier(c.VM, c.Arg(0))
	k, err := keyArgument(c, "deriveBits", 1)
	if err != nil {
		return nil, err
	}
	bits := subtle.NoLength
	if !js.IsNullish(c.Arg(2)) {
		bits = unsignedLong(c.Float(2))
	}
	p, err := normalize(c.VM, subtle.OpDeriveBits, algorithm)
	if err != nil {
		return nil, err
	}
	cost := subtle.Cost(subtle.OpDeriveBits, p, k, max(0, bits/8))
	if p.Name == "PBKDF2" && bits > 0 {
		c.VM.Allocate(int64(bits/8), "what is to be derived")
		cost *= 1 + time.Duration(bits/8/20)
	}
	return compute(c.VM, cost, nil, 0, func(ctx context.Context, _, _ []byte) (any, error) {
		out, err := subtle.DeriveBits(ctx, p, k, bits)
		return js.Buffer(out), err
	})
}

// unsignedLong converts a number as Web IDL does for an unsigned long.
//
// Spec: https://webidl.spec.whatwg.org/#js-unsigned-long
func unsignedLong(f float64) int {
	f = math.Trunc(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return int(uint32(int64(math.Mod(f, 1<<32))))
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveKey
func (*subtleCrypto) deriveKey(c *js.Call) (any, error) {
	algorithm := identifier(c.VM, c.Arg(0))
	k, err := keyArgument(c, "deriveKey", 1)
	if err != nil {
		return nil, err
	}
	derived := identifier(c.VM, c.Arg(2))
	want, err := wanted(c, "deriveKey", 3)
	if err != nil {
		return nil, err
	}
	p, err := normalize(c.VM, subtle.OpDeriveBits, algorithm)
	if err != nil {
		return nil, err
	}
	as, err := normalize(c.VM, subtle.OpImportKey, derived)
	if err != nil {
		return nil, err
	}
	length, err := normalize(c.VM, subtle.OpKeyLength, derived)
	if err != nil {
		return nil, err
	}
	return compute(c.VM, subtle.Cost(subtle.OpDeriveBits, p, k, 0), nil, 0, func(ctx context.Context, _, _ []byte) (any, error) {
		return keyResult(subtle.DeriveKey(ctx, p, k, as, length, want.extractable, want.usages))
	})
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-wrapKey
func (*subtleCrypto) wrapKey(c *js.Call) (any, error) {
	format, err := formatArgument(c, "wrapKey", 0)
	if err != nil {
		return nil, err
	}
	k, err := keyArgument(c, "wrapKey", 1)
	if err != nil {
		return nil, err
	}
	with, err := keyArgument(c, "wrapKey", 2)
	if err != nil {
		return nil, err
	}
	p, op, err := normalizeWrap(c.VM, subtle.OpWrapKey, subtle.OpEncrypt, identifier(c.VM, c.Arg(3)))
	if err != nil {
		return nil, err
	}
	return compute(c.VM, subtle.Cost(op, p, with, wrappedBytes), nil, 0, func(_ context.Context, _, _ []byte) (any, error) {
		wrapped, err := subtle.Wrap(p, with, format, k)
		return js.Buffer(wrapped), err
	})
}

// wrappedBytes is about the length of a key that is wrapped.
const wrappedBytes = 2 << 10

// normalizeWrap normalizes an algorithm for an operation on keys or, if it has none, for one
// on bytes.
func normalizeWrap(vm *js.VM, keys, bytes subtle.Operation, v js.Value) (*subtle.Params, subtle.Operation, error) {
	if p, err := normalize(vm, keys, v); err == nil {
		return p, keys, nil
	}
	p, err := normalize(vm, bytes, v)
	return p, bytes, err
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-unwrapKey
func (*subtleCrypto) unwrapKey(c *js.Call) (any, error) {
	format, err := formatArgument(c, "unwrapKey", 0)
	if err != nil {
		return nil, err
	}
	if err := needBytes(c, "unwrapKey", 1); err != nil {
		return nil, err
	}
	with, err := keyArgument(c, "unwrapKey", 2)
	if err != nil {
		return nil, err
	}
	unwrap, imported := identifier(c.VM, c.Arg(3)), identifier(c.VM, c.Arg(4))
	want, err := wanted(c, "unwrapKey", 5)
	if err != nil {
		return nil, err
	}
	p, op, err := normalizeWrap(c.VM, subtle.OpUnwrapKey, subtle.OpDecrypt, unwrap)
	if err != nil {
		return nil, err
	}
	as, err := normalize(c.VM, subtle.OpImportKey, imported)
	if err != nil {
		return nil, err
	}
	data, _ := c.VM.BytesOf(c.Arg(1))
	cost := subtle.Cost(op, p, with, len(data)) + subtle.Cost(subtle.OpImportKey, as, nil, len(data))
	return compute(c.VM, cost, data, 0, func(_ context.Context, _, data []byte) (any, error) {
		return keyResult(subtle.Unwrap(p, with, format, data, as, want.extractable, want.usages))
	})
}
