package subtle

import (
	"crypto/cipher"
	"crypto/subtle"
	"slices"
)

const (
	gcmTagBytes   = 16
	gcmNonceBytes = 12
)

// gcmTag returns the length of the tag in bytes.
func gcmTag(p *Params) (int, error) {
	if !p.TagLengthGiven {
		return gcmTagBytes, nil
	}
	switch p.TagLength {
	case 32, 64, 96, 104, 112, 120, 128:
		return p.TagLength / 8, nil
	}
	return 0, operationError("AES-GCM: the tagLength is 32, 64, 96, 104, 112, 120 or 128, not %d", p.TagLength)
}

// gcmFor returns the cipher with the usual tag for the nonce that p has.
func gcmFor(p *Params, k *Key) (cipher.AEAD, error) {
	m := k.material.(*aesKey)
	switch len(p.IV) {
	case gcmNonceBytes:
		return m.gcm, nil
	case 0:
		return nil, operationError("AES-GCM: the iv is empty")
	}
	gcm, err := cipher.NewGCMWithNonceSize(m.block, len(p.IV))
	if err != nil {
		return nil, operationError("AES-GCM: %v", err)
	}
	return gcm, nil
}

// Spec: https://w3c.github.io/webcrypto/#aes-gcm-operations-encrypt
func encryptGCM(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	tag, err := gcmTag(p)
	if err != nil {
		return nil, err
	}
	gcm, err := gcmFor(p, k)
	if err != nil {
		return nil, err
	}
	out := gcm.Seal(dst, p.IV, data, p.AdditionalData)
	return out[:len(out)-gcmTagBytes+tag], nil // a short tag is the beginning of the long one
}

// Spec: https://w3c.github.io/webcrypto/#aes-gcm-operations-decrypt
func decryptGCM(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	tag, err := gcmTag(p)
	if err != nil {
		return nil, err
	}
	gcm, err := gcmFor(p, k)
	if err != nil {
		return nil, err
	}
	if len(data) < tag {
		return nil, operationError("AES-GCM: the data is shorter than the tag of %d bytes", tag)
	}
	if tag < gcmTagBytes {
		return openShort(dst, gcm, p, data, tag)
	}
	out, err := gcm.Open(dst, p.IV, data, p.AdditionalData)
	if err != nil {
		return nil, errGCM
	}
	return out, nil
}

var errGCM = operationError("AES-GCM: the data can't be decrypted: the key, the iv, the additionalData or the data itself are not those of the encryption")

// openShort decrypts what has a short tag, which the standard library does not: encrypting is
// its own inverse, and encrypting again gives the tag to compare with.
func openShort(dst []byte, gcm cipher.AEAD, p *Params, data []byte, tag int) ([]byte, error) {
	sealed, given := data[:len(data)-tag], data[len(data)-tag:]
	plain := gcm.Seal(nil, p.IV, sealed, nil)[:len(sealed)]
	again := gcm.Seal(nil, p.IV, plain, p.AdditionalData)
	if subtle.ConstantTimeCompare(again[len(sealed):len(sealed)+tag], given) == 0 {
		return nil, errGCM
	}
	return append(slices.Clip(dst), plain...), nil
}
