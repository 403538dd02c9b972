package subtle

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"math/big"
)

// signECDSA returns the two numbers of a signature, each as long as a coordinate.
//
// Spec: https://w3c.github.io/webcrypto/#ecdsa-operations-sign
func signECDSA(ctx context.Context, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := k.needType(Private, "signing"); err != nil {
		return nil, err
	}
	digest, err := Digest(ctx, p.Hash, data)
	if err != nil {
		return nil, err
	}
	m := k.material.(*ecKey)
	r, s, err := ecdsa.Sign(rand.Reader, m.signing, digest)
	if err != nil {
		return nil, operationError("ECDSA: %v", err)
	}
	out := make([]byte, 2*m.curve.bytes)
	r.FillBytes(out[:m.curve.bytes])
	s.FillBytes(out[m.curve.bytes:])
	return out, nil
}

// Spec: https://w3c.github.io/webcrypto/#ecdsa-operations-verify
func verifyECDSA(ctx context.Context, p *Params, k *Key, signature, data []byte) (bool, error) {
	if err := k.needType(Public, "verifying"); err != nil {
		return false, err
	}
	m := k.material.(*ecKey)
	if len(signature) != 2*m.curve.bytes {
		return false, nil
	}
	digest, err := Digest(ctx, p.Hash, data)
	if err != nil {
		return false, err
	}
	r := new(big.Int).SetBytes(signature[:m.curve.bytes])
	s := new(big.Int).SetBytes(signature[m.curve.bytes:])
	return ecdsa.Verify(m.verifying, digest, r, s), nil
}
