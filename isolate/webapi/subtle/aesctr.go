package subtle

import (
	"crypto/aes"
	"crypto/cipher"
	"math/big"
)

// cryptCTR is both encryption and decryption: its operation is its own inverse. The last
// Length bits of the counter are counted, and begin at zero again after the last.
//
// Spec: https://w3c.github.io/webcrypto/#aes-ctr-operations-encrypt
func cryptCTR(dst []byte, p *Params, k *Key, data []byte) ([]byte, error) {
	if len(p.Counter) != aes.BlockSize {
		return nil, operationError("AES-CTR: the counter has %d bytes instead of 16", len(p.Counter))
	}
	if p.Length < 1 || p.Length > 128 {
		return nil, operationError("AES-CTR: the length of the counter is 1 to 128 bits, not %d", p.Length)
	}
	block := k.material.(*aesKey).block
	out, room := slice(dst, len(data))
	first, err := beforeWrap(p, len(data))
	if err != nil {
		return nil, err
	}
	cipher.NewCTR(block, p.Counter).XORKeyStream(room[:first], data[:first])
	if first < len(data) {
		cipher.NewCTR(block, wrapped(p)).XORKeyStream(room[first:], data[first:])
	}
	return out, nil
}

// beforeWrap returns how many of n bytes come before the counter begins at zero again. There
// must not be more than it can count.
func beforeWrap(p *Params, n int) (int, error) {
	blocks := (n + aes.BlockSize - 1) / aes.BlockSize
	if p.Length >= 63 {
		// Whether n bytes wrap is seen from the distance to the end of the count.
		left := new(big.Int).Lsh(big.NewInt(1), uint(p.Length))
		left.Sub(left, count(p))
		if left.IsInt64() && left.Int64() < int64(blocks) {
			return int(left.Int64()) * aes.BlockSize, nil
		}
		return n, nil
	}
	all := int64(1) << p.Length
	if int64(blocks) > all {
		return 0, operationError("AES-CTR: a counter of %d bits can't count the blocks of %d bytes", p.Length, n)
	}
	if left := all - count(p).Int64(); left < int64(blocks) {
		return int(left) * aes.BlockSize, nil
	}
	return n, nil
}

// count is the part of the counter block that is counted.
func count(p *Params) *big.Int {
	mask := new(big.Int).Lsh(big.NewInt(1), uint(p.Length))
	mask.Sub(mask, big.NewInt(1))
	return mask.And(mask, new(big.Int).SetBytes(p.Counter))
}

// wrapped is the counter block with its count at zero.
func wrapped(p *Params) []byte {
	c := new(big.Int).SetBytes(p.Counter)
	return c.Sub(c, count(p)).FillBytes(make([]byte, aes.BlockSize))
}
