package subtle

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
	"math/big"
)

// RSA-PSS without a salt, for which the standard library's functions have no option: a length
// of 0 means any to them.

// signSaltless signs a digest.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8017#section-8.1.1
func signSaltless(h Hash, k *rsa.PrivateKey, digest []byte) ([]byte, error) {
	encoded, err := encodeSaltless(h, digest, k.N.BitLen()-1)
	if err != nil {
		return nil, err
	}
	m := new(big.Int).SetBytes(encoded)
	s, err := privateRSA(k, m)
	if err != nil {
		return nil, err
	}
	return s.FillBytes(make([]byte, k.Size())), nil
}

// verifySaltless says whether signature is one of digest.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8017#section-8.1.2
func verifySaltless(h Hash, k *rsa.PublicKey, digest, signature []byte) bool {
	if len(signature) != k.Size() {
		return false
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(k.N) >= 0 {
		return false
	}
	want, err := encodeSaltless(h, digest, k.N.BitLen()-1)
	if err != nil {
		return false
	}
	got := s.Exp(s, big.NewInt(int64(k.E)), k.N)
	return got.BitLen() <= 8*len(want) && subtle.ConstantTimeCompare(got.FillBytes(make([]byte, len(want))), want) == 1
}

// encodeSaltless is EMSA-PSS with a salt of no bytes: without a salt there is one encoding
// alone, so that verifying is comparing.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8017#section-9.1.1
func encodeSaltless(h Hash, digest []byte, bits int) ([]byte, error) {
	length := (bits + 7) / 8
	if length < h.Size()+2 {
		return nil, errSalt(&Params{})
	}
	f := h.New()
	f.Write(make([]byte, 8))
	f.Write(digest)
	hashed := f.Sum(nil)
	out := make([]byte, length)
	db := out[:length-h.Size()-1]
	db[len(db)-1] = 1
	mask := make([]byte, 0, len(db)+h.Size())
	for i := uint32(0); len(mask) < len(db); i++ { // MGF1
		f.Reset()
		f.Write(hashed)
		f.Write(binary.BigEndian.AppendUint32(nil, i))
		mask = f.Sum(mask)
	}
	subtle.XORBytes(db, db, mask)
	db[0] &= 0xff >> (8*length - bits)
	copy(out[len(db):], hashed)
	out[length-1] = 0xbc
	return out, nil
}

// privateRSA is the private operation on m. What it takes depends on a number that is not m,
// but m times a random one; a result that is wrong, which could give the key away, is not
// returned.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8017#section-5.2.1
func privateRSA(k *rsa.PrivateKey, m *big.Int) (*big.Int, error) {
	var r, inverse *big.Int
	for inverse == nil {
		var err error
		if r, err = rand.Int(rand.Reader, k.N); err != nil {
			return nil, operationError("RSA: %v", err)
		}
		inverse = new(big.Int).ModInverse(r, k.N)
	}
	e := big.NewInt(int64(k.E))
	blind := new(big.Int).Exp(r, e, k.N)
	blind.Mul(blind, m).Mod(blind, k.N)

	p, q := k.Primes[0], k.Primes[1]
	s := new(big.Int).Exp(blind, k.Precomputed.Dp, p)
	s2 := new(big.Int).Exp(blind, k.Precomputed.Dq, q)
	s.Sub(s, s2).Mul(s, k.Precomputed.Qinv).Mod(s, p)
	s.Mul(s, q).Add(s, s2)

	s.Mul(s, inverse).Mod(s, k.N)
	if new(big.Int).Exp(s, e, k.N).Cmp(m) != 0 {
		return nil, operationError("RSA: the operation went wrong")
	}
	return s, nil
}
