package subtle

import (
	"bytes"
	"crypto/rand"
)

// secretBytes returns what a secret key is made of.
func secretBytes(k *Key) []byte {
	switch m := k.material.(type) {
	case *aesKey:
		return m.raw
	case []byte:
		return m
	}
	return nil
}

// randomBytes returns n bytes that nobody can guess.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// secretBytesMax bounds keys whose length nothing else does: of HMAC, HKDF and PBKDF2.
const secretBytesMax = 1 << 20

// readSecret returns the bytes of a key in the format raw or jwk. check looks at the JWK and
// the bytes in it.
func readSecret(name string, format Format, data KeyData, check func(j *JWK, b []byte) error) ([]byte, error) {
	switch format {
	case Raw:
		return cloneSecret(data.Bytes)
	case JSONWebKey:
		if data.JWK.Text["kty"] != "oct" {
			return nil, dataError("the JWK's kty is %q instead of %q", data.JWK.Text["kty"], "oct")
		}
		b, err := data.JWK.bytes("k")
		if err != nil {
			return nil, err
		}
		return b, check(data.JWK, b)
	}
	return nil, unfit(name, format)
}

// cloneSecret copies a key that is not too long.
func cloneSecret(b []byte) ([]byte, error) {
	if len(b) > secretBytesMax {
		return nil, dataError("a key has at most %d bytes here, not %d", secretBytesMax, len(b))
	}
	return bytes.Clone(b), nil
}

// exportSecret writes an AES or HMAC key down.
func exportSecret(k *Key, format Format) (KeyData, error) {
	raw := secretBytes(k)
	switch format {
	case Raw:
		return KeyData{Bytes: bytes.Clone(raw)}, nil
	case JSONWebKey:
		j := newJWK(k, "oct")
		j.set("k", raw)
		if k.Algorithm.Name == "HMAC" {
			j.Text["alg"] = hmacAlg(k.Algorithm.Hash)
		} else {
			j.Text["alg"] = aesAlg(k.Algorithm.Name, len(raw))
		}
		return KeyData{JWK: j}, nil
	}
	return KeyData{}, unfit(k.Algorithm.Name, format)
}

// importSecret imports what HKDF and PBKDF2 derive from.
//
// Spec: https://w3c.github.io/webcrypto/#hkdf-operations-import-key
func importSecret(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	if format != Raw {
		return nil, unfit(p.Name, format)
	}
	if err := u.within(UseDeriveKey|UseDeriveBits, "a key for "+p.Name); err != nil {
		return nil, err
	}
	if extractable {
		return nil, syntaxError("a key for %s can't be extractable", p.Name)
	}
	raw, err := cloneSecret(data.Bytes)
	if err != nil {
		return nil, err
	}
	return &Key{Type: Secret, Algorithm: KeyAlgorithm{Name: p.Name}, Usages: u, material: raw}, nil
}

// noKeyLength is the length of keys that may have any.
func noKeyLength(*Params) (int, error) { return NoLength, nil }
