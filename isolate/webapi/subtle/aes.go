package subtle

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"strconv"
	"strings"
)

// aesKey is a key of one of the AES algorithms, ready for use.
type aesKey struct {
	raw   []byte
	block cipher.Block
	gcm   cipher.AEAD // for nonces and tags of the usual length; nil: not for AES-GCM
}

func newAES(p *Params, raw []byte, u Usages) (*Key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, dataError("an AES key has 16, 24 or 32 bytes, not %d", len(raw))
	}
	m := &aesKey{raw: raw, block: block}
	if p.Name == "AES-GCM" {
		if m.gcm, err = cipher.NewGCM(block); err != nil {
			return nil, operationError("AES-GCM: %v", err)
		}
	}
	return &Key{Type: Secret, Algorithm: KeyAlgorithm{Name: p.Name, Length: 8 * len(raw)}, Usages: u, material: m}, nil
}

// aesUsages is what keys of an algorithm can be used for.
func aesUsages(name string) Usages {
	if name == "AES-KW" {
		return UseWrapKey | UseUnwrapKey
	}
	return UseEncrypt | UseDecrypt | UseWrapKey | UseUnwrapKey
}

// aesKeyLength checks the length that a key shall have.
//
// Spec: https://w3c.github.io/webcrypto/#aes-gcm-operations-get-key-length
func aesKeyLength(p *Params) (int, error) {
	switch p.Length {
	case 128, 192, 256:
		return p.Length, nil
	}
	return 0, operationError("an AES key has 128, 192 or 256 bits, not %d", p.Length)
}

// Spec: https://w3c.github.io/webcrypto/#aes-gcm-operations-generate-key
func generateAES(_ context.Context, p *Params, extractable bool, u Usages) (Pair, error) {
	if err := u.within(aesUsages(p.Name), "a key for "+p.Name); err != nil {
		return Pair{}, err
	}
	bits, err := aesKeyLength(p)
	if err != nil {
		return Pair{}, err
	}
	k, err := newAES(p, randomBytes(bits/8), u)
	if err != nil {
		return Pair{}, err
	}
	k.Extractable = extractable
	return Pair{Secret: k}, k.usable()
}

// Spec: https://w3c.github.io/webcrypto/#aes-gcm-operations-import-key
func importAES(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	if err := u.within(aesUsages(p.Name), "a key for "+p.Name); err != nil {
		return nil, err
	}
	raw, err := readSecret(p.Name, format, data, func(j *JWK, b []byte) error {
		if err := j.checkAlg(aesAlg(p.Name, len(b))); err != nil {
			return err
		}
		return j.check("oct", "enc", extractable, u)
	})
	if err != nil {
		return nil, err
	}
	return newAES(p, raw, u)
}

// aesAlg is what a JWK calls a key of so many bytes: A128GCM.
func aesAlg(name string, bytes int) string {
	return "A" + strconv.Itoa(8*bytes) + strings.TrimPrefix(name, "AES-")
}

// slice makes room for n bytes behind dst, and returns all and the room.
func slice(dst []byte, n int) (all, room []byte) {
	if size := len(dst) + n; size <= cap(dst) {
		all = dst[:size]
	} else {
		all = make([]byte, size)
		copy(all, dst)
	}
	return all, all[len(dst):]
}
