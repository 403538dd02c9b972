package subtle

import (
	"context"
	"crypto/rsa"
)

// Spec: https://w3c.github.io/webcrypto/#rsassa-pkcs1-operations-sign
func signPKCS1(ctx context.Context, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := k.needType(Private, "signing"); err != nil {
		return nil, err
	}
	h := k.Algorithm.Hash
	digest, err := Digest(ctx, h, data)
	if err != nil {
		return nil, err
	}
	signature, err := rsa.SignPKCS1v15(nil, k.material.(*rsaKey).private, h.std(), digest)
	if err != nil {
		return nil, operationError("%s: %v", p.Name, err)
	}
	return signature, nil
}

// Spec: https://w3c.github.io/webcrypto/#rsassa-pkcs1-operations-verify
func verifyPKCS1(ctx context.Context, _ *Params, k *Key, signature, data []byte) (bool, error) {
	if err := k.needType(Public, "verifying"); err != nil {
		return false, err
	}
	h := k.Algorithm.Hash
	digest, err := Digest(ctx, h, data)
	if err != nil {
		return false, err
	}
	return rsa.VerifyPKCS1v15(k.material.(*rsaKey).public, h.std(), digest, signature) == nil, nil
}
