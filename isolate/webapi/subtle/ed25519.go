package subtle

import (
	"bytes"
	"context"
	"crypto/ed25519"
)

// Spec: https://w3c.github.io/webcrypto/#ed25519-operations-sign
func signEd25519(_ context.Context, _ *Params, k *Key, data []byte) ([]byte, error) {
	if err := k.needType(Private, "signing"); err != nil {
		return nil, err
	}
	return ed25519.Sign(k.material.(*okpKey).signing, data), nil
}

// verifyEd25519 refuses keys and signatures with a point of small order, which the standard
// library lets pass: with one, a signature can be of many messages.
//
// Spec: https://w3c.github.io/webcrypto/#ed25519-operations-verify
func verifyEd25519(_ context.Context, _ *Params, k *Key, signature, data []byte) (bool, error) {
	if err := k.needType(Public, "verifying"); err != nil {
		return false, err
	}
	point := k.material.(*okpKey).point
	if len(signature) != ed25519.SignatureSize || smallOrder(point) || smallOrder(signature[:okpBytes]) {
		return false, nil
	}
	return ed25519.Verify(point, data, signature), nil
}

// smallOrderY has the second coordinates of the points whose order is at most 8, as they are
// encoded, those that are not reduced included, without the bit that tells the sign of the
// first.
//
// Source: https://www.rfc-editor.org/rfc/rfc8032#section-5.1, solved for 8P = 0
var smallOrderY = [...][okpBytes]byte{
	smallY(0x00, 0x00, 0x00), // 0
	smallY(0x01, 0x00, 0x00), // 1
	smallY(0xec, 0xff, 0x7f), // -1
	smallY(0xed, 0xff, 0x7f), // 0, as p
	smallY(0xee, 0xff, 0x7f), // 1, as p+1
	{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	},
	{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
	},
}

// smallY is a number of which the bytes between the first and the last are all the same.
func smallY(first, middle, last byte) (y [okpBytes]byte) {
	copy(y[:], bytes.Repeat([]byte{middle}, okpBytes))
	y[0], y[okpBytes-1] = first, last
	return y
}

// smallOrder says whether point encodes a point whose order is at most 8.
func smallOrder(point []byte) bool {
	y := [okpBytes]byte(point)
	y[okpBytes-1] &= 0x7f
	for i := range smallOrderY {
		if y == smallOrderY[i] {
			return true
		}
	}
	return false
}
