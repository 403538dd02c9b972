package subtle

import "context"

// Spec: https://w3c.github.io/webcrypto/#x25519-operations-derive-bits
func deriveX25519(_ context.Context, p *Params, k *Key, bits int) ([]byte, error) {
	if err := agrees(p, k); err != nil {
		return nil, err
	}
	secret, err := k.material.(*okpKey).agreeing.ECDH(p.Public.material.(*okpKey).peer)
	if err != nil { // the secret is all zeros
		return nil, operationError("X25519: the public key is of a small order")
	}
	return firstBits(p, secret, bits)
}
