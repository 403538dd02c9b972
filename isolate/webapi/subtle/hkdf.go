package subtle

import (
	"context"
	"crypto/hkdf"
)

// Spec: https://w3c.github.io/webcrypto/#hkdf-operations-derive-bits
func deriveHKDF(_ context.Context, p *Params, k *Key, bits int) ([]byte, error) {
	if err := wholeBytes(p, bits); err != nil {
		return nil, err
	}
	// The standard library's function takes no length of 0.
	out, err := hkdf.Key(p.Hash.New, k.material.([]byte), p.Salt, string(p.Info), max(1, bits/8))
	if err != nil {
		return nil, operationError("HKDF: %d bits are more than 255 digests of %s", bits, p.Hash)
	}
	return out[:bits/8], nil
}

// wholeBytes holds that a length is given, and is one of bytes.
func wholeBytes(p *Params, bits int) error {
	if bits == NoLength {
		return operationError("%s: the length is not given", p.Name)
	}
	if bits%8 != 0 {
		return operationError("%s: the length is %d bits, which is no multiple of 8", p.Name, bits)
	}
	return nil
}
