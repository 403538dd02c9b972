package subtle

import (
	"context"
	"crypto/hmac"
)

const hmacUsages = UseSign | UseVerify

// hmacAlg is what a JWK calls a key for h: HS256.
func hmacAlg(h Hash) string { return "HS" + h.digits() }

// Spec: https://w3c.github.io/webcrypto/#hmac-operations-sign
func signHMAC(ctx context.Context, _ *Params, k *Key, data []byte) ([]byte, error) {
	mac := hmac.New(k.Algorithm.Hash.New, k.material.([]byte))
	if err := feed(ctx, mac, data); err != nil {
		return nil, err
	}
	return mac.Sum(nil), nil
}

// Spec: https://w3c.github.io/webcrypto/#hmac-operations-verify
func verifyHMAC(ctx context.Context, p *Params, k *Key, signature, data []byte) (bool, error) {
	mac, err := signHMAC(ctx, p, k, data)
	return err == nil && hmac.Equal(mac, signature), err
}

// hmacKeyLength is the length of a key that is derived.
//
// Spec: https://w3c.github.io/webcrypto/#hmac-operations-get-key-length
func hmacKeyLength(p *Params) (int, error) {
	switch {
	case !p.LengthGiven:
		return p.Hash.blockBits(), nil
	case p.Length == 0:
		return 0, &Error{TypeError, "HMAC: the length of a key can't be 0"}
	}
	return p.Length, nil
}

// hmacKeyBitsMax bounds keys that are made, not those that are given.
const hmacKeyBitsMax = 1 << 20

// Spec: https://w3c.github.io/webcrypto/#hmac-operations-generate-key
func generateHMAC(_ context.Context, p *Params, extractable bool, u Usages) (Pair, error) {
	if err := u.within(hmacUsages, "a key for HMAC"); err != nil {
		return Pair{}, err
	}
	bits := p.Length
	if !p.LengthGiven {
		bits = p.Hash.blockBits()
	}
	if bits == 0 || bits > hmacKeyBitsMax {
		return Pair{}, operationError("HMAC: a new key has 1 to %d bits, not %d", hmacKeyBitsMax, bits)
	}
	k := newHMAC(p.Hash, randomBytes((bits+7)/8), bits, u)
	k.Extractable = extractable
	return Pair{Secret: k}, k.usable()
}

// newHMAC makes a key of so many bits of raw.
func newHMAC(h Hash, raw []byte, bits int, u Usages) *Key {
	if odd := bits % 8; odd != 0 {
		raw[len(raw)-1] &= 0xff << (8 - odd)
	}
	return &Key{Type: Secret, Algorithm: KeyAlgorithm{Name: "HMAC", Hash: h, Length: bits}, Usages: u, material: raw}
}

// Spec: https://w3c.github.io/webcrypto/#hmac-operations-import-key
func importHMAC(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	if err := u.within(hmacUsages, "a key for HMAC"); err != nil {
		return nil, err
	}
	raw, err := readSecret(p.Name, format, data, func(j *JWK, _ []byte) error {
		if err := j.checkAlg(hmacAlg(p.Hash)); err != nil {
			return err
		}
		return j.check("oct", "sig", extractable, u)
	})
	if err != nil {
		return nil, err
	}
	bits := 8 * len(raw)
	if bits == 0 {
		return nil, dataError("HMAC: the key is empty")
	}
	if p.LengthGiven {
		if p.Length > bits || p.Length <= bits-8 {
			return nil, dataError("HMAC: the key has %d bits, its length shall be %d", bits, p.Length)
		}
		bits = p.Length
	}
	return newHMAC(p.Hash, raw, bits, u), nil
}
