package subtle

import (
	"crypto/rand"
	"crypto/rsa"
)

// Spec: https://w3c.github.io/webcrypto/#rsa-oaep-operations-encrypt
func encryptOAEP(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := k.needType(Public, "encrypting"); err != nil {
		return nil, err
	}
	h, public := k.Algorithm.Hash, k.material.(*rsaKey).public
	if most := public.Size() - 2*h.Size() - 2; len(data) > most {
		return nil, operationError("RSA-OAEP: with this key at most %d bytes can be encrypted, not %d; encrypt an AES key and with it the data", max(0, most), len(data))
	}
	out, err := rsa.EncryptOAEP(h.New(), rand.Reader, public, data, p.Label)
	if err != nil {
		return nil, operationError("RSA-OAEP: %v", err)
	}
	return append(dst, out...), nil
}

// Spec: https://w3c.github.io/webcrypto/#rsa-oaep-operations-decrypt
func decryptOAEP(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := k.needType(Private, "decrypting"); err != nil {
		return nil, err
	}
	out, err := rsa.DecryptOAEP(k.Algorithm.Hash.New(), nil, k.material.(*rsaKey).private, data, p.Label)
	if err != nil {
		return nil, operationError("RSA-OAEP: the data can't be decrypted")
	}
	return append(dst, out...), nil
}
