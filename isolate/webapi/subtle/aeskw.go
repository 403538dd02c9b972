package subtle

import (
	"crypto/subtle"
	"encoding/binary"
)

// kwStart is what the check block of a wrapped key begins as.
//
// Spec: https://www.rfc-editor.org/rfc/rfc3394#section-2.2.3.1
const kwStart = 0xa6a6a6a6a6a6a6a6

// wrapKW encrypts data, whose length is a multiple of eight.
//
// Spec: https://www.rfc-editor.org/rfc/rfc3394#section-2.2.1
func wrapKW(k *Key, data []byte) ([]byte, error) {
	if len(data)%8 != 0 || len(data) < 16 {
		return nil, operationError("AES-KW: what is wrapped has %d bytes, which is no multiple of 8 from 16 on", len(data))
	}
	block := k.material.(*aesKey).block
	out := make([]byte, 8+len(data))
	copy(out[8:], data)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], kwStart)
	t := uint64(0)
	for range 6 {
		for i := 8; i < len(out); i += 8 {
			copy(b[8:], out[i:i+8])
			block.Encrypt(b[:], b[:])
			t++
			binary.BigEndian.PutUint64(b[:], binary.BigEndian.Uint64(b[:])^t)
			copy(out[i:], b[8:])
		}
	}
	copy(out, b[:8])
	return out, nil
}

// unwrapKW decrypts what wrapKW made.
//
// Spec: https://www.rfc-editor.org/rfc/rfc3394#section-2.2.2
func unwrapKW(k *Key, data []byte) ([]byte, error) {
	if len(data)%8 != 0 || len(data) < 24 {
		return nil, operationError("AES-KW: a wrapped key has a multiple of 8 bytes from 24 on, not %d", len(data))
	}
	block := k.material.(*aesKey).block
	out := make([]byte, len(data)-8)
	copy(out, data[8:])
	var b [16]byte
	copy(b[:8], data)
	t := uint64(6 * len(out) / 8)
	for range 6 {
		for i := len(out) - 8; i >= 0; i -= 8 {
			binary.BigEndian.PutUint64(b[:], binary.BigEndian.Uint64(b[:])^t)
			copy(b[8:], out[i:i+8])
			block.Decrypt(b[:], b[:])
			t--
			copy(out[i:], b[8:])
		}
	}
	var want [8]byte
	binary.BigEndian.PutUint64(want[:], kwStart)
	if subtle.ConstantTimeCompare(b[:8], want[:]) == 0 {
		return nil, operationError("AES-KW: the key can't be unwrapped: the key that it is wrapped with or the data are not those")
	}
	return out, nil
}
