package subtle

import "context"

// Spec: https://w3c.github.io/webcrypto/#ecdh-operations-derive-bits
func deriveECDH(_ context.Context, p *Params, k *Key, bits int) ([]byte, error) {
	if err := agrees(p, k); err != nil {
		return nil, err
	}
	mine, theirs := k.material.(*ecKey), p.Public.material.(*ecKey)
	if mine.curve != theirs.curve {
		return nil, invalidAccess("ECDH: one key is of %s and the other of %s", mine.curve.name, theirs.curve.name)
	}
	secret, err := mine.agreeing.ECDH(theirs.peer)
	if err != nil {
		return nil, operationError("ECDH: %v", err)
	}
	return firstBits(p, secret, bits)
}

// agrees holds that k is a private key and the one in p a public one for the same algorithm.
func agrees(p *Params, k *Key) error {
	if err := k.needType(Private, "deriving"); err != nil {
		return err
	}
	if err := p.Public.needType(Public, "the member public"); err != nil {
		return err
	}
	if p.Public.Algorithm.Name != k.Algorithm.Name {
		return invalidAccess("one key is for %s and the other for %s", k.Algorithm.Name, p.Public.Algorithm.Name)
	}
	return nil
}

// firstBits returns so many bits of a shared secret, all of them if bits is [NoLength].
func firstBits(p *Params, secret []byte, bits int) ([]byte, error) {
	if bits == NoLength {
		return secret, nil
	}
	if bits > 8*len(secret) {
		return nil, operationError("%s: %d bits are more than the %d that there are", p.Name, bits, 8*len(secret))
	}
	secret = secret[:(bits+7)/8]
	if odd := bits % 8; odd != 0 {
		secret[len(secret)-1] &= 0xff << (8 - odd)
	}
	return secret, nil
}
