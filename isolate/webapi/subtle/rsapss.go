package subtle

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
)

// Spec: https://w3c.github.io/webcrypto/#rsa-pss-operations-sign
func signPSS(ctx context.Context, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := k.needType(Private, "signing"); err != nil {
		return nil, err
	}
	h, m := k.Algorithm.Hash, k.material.(*rsaKey)
	if p.SaltLength > m.public.Size() {
		return nil, errSalt(p)
	}
	digest, err := Digest(ctx, h, data)
	if err != nil {
		return nil, err
	}
	if p.SaltLength == 0 { // which to the standard library means any
		return signSaltless(h, m.private, digest)
	}
	signature, err := rsa.SignPSS(rand.Reader, m.private, h.std(), digest, &rsa.PSSOptions{SaltLength: p.SaltLength})
	if err != nil {
		return nil, errSalt(p)
	}
	return signature, nil
}

func errSalt(p *Params) error {
	return operationError("RSA-PSS: the key is too short for the hash and a salt of %d bytes", p.SaltLength)
}

// Spec: https://w3c.github.io/webcrypto/#rsa-pss-operations-verify
func verifyPSS(ctx context.Context, p *Params, k *Key, signature, data []byte) (bool, error) {
	if err := k.needType(Public, "verifying"); err != nil {
		return false, err
	}
	h, m := k.Algorithm.Hash, k.material.(*rsaKey)
	if p.SaltLength > m.public.Size() {
		return false, nil
	}
	digest, err := Digest(ctx, h, data)
	if err != nil {
		return false, err
	}
	if p.SaltLength == 0 {
		return verifySaltless(h, m.public, digest, signature), nil
	}
	return rsa.VerifyPSS(m.public, h.std(), digest, signature, &rsa.PSSOptions{SaltLength: p.SaltLength}) == nil, nil
}
