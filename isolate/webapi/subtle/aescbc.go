package subtle

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// Spec: https://w3c.github.io/webcrypto/#aes-cbc-operations-encrypt
func encryptCBC(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := needIV(p); err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(data)%aes.BlockSize
	out, room := slice(dst, len(data)+pad)
	copy(room, data)
	for i := len(data); i < len(room); i++ {
		room[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(k.material.(*aesKey).block, p.IV).CryptBlocks(room, room)
	return out, nil
}

// Spec: https://w3c.github.io/webcrypto/#aes-cbc-operations-decrypt
func decryptCBC(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	if err := needIV(p); err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, operationError("AES-CBC: the ciphertext has %d bytes, which is no multiple of 16", len(data))
	}
	out, room := slice(dst, len(data))
	cipher.NewCBCDecrypter(k.material.(*aesKey).block, p.IV).CryptBlocks(room, data)
	n, ok := unpad(room)
	if !ok {
		return nil, operationError("AES-CBC: the data can't be decrypted")
	}
	return out[:len(out)-len(room)+n], nil
}

func needIV(p *Params) error {
	if len(p.IV) != aes.BlockSize {
		return operationError("%s: the iv has %d bytes instead of 16", p.Name, len(p.IV))
	}
	return nil
}

// unpad returns the length of data without its padding, in a time that tells nothing of it.
//
// Spec: https://www.rfc-editor.org/rfc/rfc2315#section-10.3
func unpad(data []byte) (n int, ok bool) {
	last := data[len(data)-aes.BlockSize:]
	pad := int(last[aes.BlockSize-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, aes.BlockSize)
	for i, b := range last {
		outside := subtle.ConstantTimeLessOrEq(i+1, aes.BlockSize-pad)
		good &= outside | subtle.ConstantTimeByteEq(b, byte(pad))
	}
	return len(data) - pad, good == 1
}
