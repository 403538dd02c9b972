package subtle

import (
	"context"
)

// Encrypt appends the ciphertext of data to dst and returns that. dst may be data[:0]: then
// the memory of data, as far as it goes, is used for the result.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-encrypt
func Encrypt(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	a, err := find(OpEncrypt, p.Name)
	if err != nil {
		return nil, err
	}
	if err := k.allow(p.Name, UseEncrypt); err != nil {
		return nil, err
	}
	return a.encrypt(dst, p, k, data)
}

// Decrypt appends the plaintext of data to dst and returns that. dst may be data[:0].
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-decrypt
func Decrypt(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	a, err := find(OpDecrypt, p.Name)
	if err != nil {
		return nil, err
	}
	if err := k.allow(p.Name, UseDecrypt); err != nil {
		return nil, err
	}
	return a.decrypt(dst, p, k, data)
}

// Sign returns the signature of data.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-sign
func Sign(ctx context.Context, p *Params, k *Key, data []byte) ([]byte, error) {
	a, err := find(OpSign, p.Name)
	if err != nil {
		return nil, err
	}
	if err := k.allow(p.Name, UseSign); err != nil {
		return nil, err
	}
	return a.sign(ctx, p, k, data)
}

// Verify says whether signature is one of data.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-verify
func Verify(ctx context.Context, p *Params, k *Key, signature, data []byte) (bool, error) {
	a, err := find(OpVerify, p.Name)
	if err != nil {
		return false, err
	}
	if err := k.allow(p.Name, UseVerify); err != nil {
		return false, err
	}
	return a.verify(ctx, p, k, signature, data)
}

// NoLength stands for a length that is null.
const NoLength = -1

// DeriveBits derives so many bits from k, or what the algorithm gives if bits is [NoLength].
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveBits
func DeriveBits(ctx context.Context, p *Params, k *Key, bits int) ([]byte, error) {
	a, err := find(OpDeriveBits, p.Name)
	if err != nil {
		return nil, err
	}
	if err := k.allow(p.Name, UseDeriveBits); err != nil {
		return nil, err
	}
	return a.deriveBits(ctx, p, k, bits)
}

// DeriveKey derives a key from k. Its algorithm is given twice, for two operations: as it is
// imported, and to tell its length.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-deriveKey
func DeriveKey(ctx context.Context, p *Params, k *Key, as, length *Params, extractable bool, u Usages) (*Key, error) {
	a, err := find(OpDeriveBits, p.Name)
	if err != nil {
		return nil, err
	}
	if err := k.allow(p.Name, UseDeriveKey); err != nil {
		return nil, err
	}
	l, err := find(OpKeyLength, length.Name)
	if err != nil {
		return nil, err
	}
	bits, err := l.keyLength(length)
	if err != nil {
		return nil, err
	}
	secret, err := a.deriveBits(ctx, p, k, bits)
	if err != nil {
		return nil, err
	}
	return Import(as, Raw, KeyData{Bytes: secret}, extractable, u)
}

// Generate makes a key, or a pair of them. A public key is always extractable.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-generateKey
func Generate(ctx context.Context, p *Params, extractable bool, u Usages) (Pair, error) {
	a, err := find(OpGenerateKey, p.Name)
	if err != nil {
		return Pair{}, err
	}
	return a.generate(ctx, p, extractable, u)
}

// Import makes a key of data.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-importKey
func Import(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	a, err := find(OpImportKey, p.Name)
	if err != nil {
		return nil, err
	}
	if format == JSONWebKey && data.JWK == nil {
		return nil, dataError("the key is not in the format jwk")
	}
	k, err := a.importKey(p, format, data, extractable, u)
	if err != nil {
		return nil, err
	}
	k.Extractable = extractable
	return k, k.usable()
}

// Export gives what k is made of.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-exportKey
func Export(format Format, k *Key) (KeyData, error) {
	a, err := find(OpExportKey, k.Algorithm.Name)
	if err != nil {
		return KeyData{}, notSupported("a key for %s can't be exported", k.Algorithm.Name)
	}
	if !k.Extractable {
		return KeyData{}, invalidAccess("the key is not extractable")
	}
	return a.exportKey(k, format)
}

// Wrap exports k and encrypts what comes of that with another key.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-wrapKey
func Wrap(p *Params, with *Key, format Format, k *Key) ([]byte, error) {
	if err := with.allow(p.Name, UseWrapKey); err != nil {
		return nil, err
	}
	data, err := Export(format, k)
	if err != nil {
		return nil, err
	}
	bytes := data.Bytes
	if data.JWK != nil {
		bytes = data.JWK.JSON()
	}
	if a, err := find(OpWrapKey, p.Name); err == nil {
		if data.JWK != nil {
			bytes = padJSON(bytes)
		}
		return a.wrap(with, bytes)
	}
	a, err := find(OpEncrypt, p.Name)
	if err != nil {
		return nil, err
	}
	return a.encrypt(nil, p, with, bytes)
}

// padJSON adds spaces to JSON text, so that AES-KW takes it.
func padJSON(text []byte) []byte {
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	return text
}

// Unwrap decrypts data with a key and imports what comes of that.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-unwrapKey
func Unwrap(p *Params, with *Key, format Format, data []byte, as *Params, extractable bool, u Usages) (*Key, error) {
	if err := with.allow(p.Name, UseUnwrapKey); err != nil {
		return nil, err
	}
	bytes, err := unwrapBytes(p, with, data)
	if err != nil {
		return nil, err
	}
	key := KeyData{Bytes: bytes}
	if format == JSONWebKey {
		if key.JWK, err = ParseJWK(bytes); err != nil {
			return nil, err
		}
	}
	return Import(as, format, key, extractable, u)
}

func unwrapBytes(p *Params, with *Key, data []byte) ([]byte, error) {
	if a, err := find(OpUnwrapKey, p.Name); err == nil {
		return a.unwrap(with, data)
	}
	a, err := find(OpDecrypt, p.Name)
	if err != nil {
		return nil, err
	}
	return a.decrypt(nil, p, with, data)
}
