package subtle

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
)

// rsaExponent is the public exponent of keys that are made.
const rsaExponent = 65537

// primeRounds is how often a probable prime is tested, a Baillie-PSW test aside. FIPS 186-5
// asks for at most 5 at these lengths.
const primeRounds = 8

// makeRSA makes a key of so many bits. It takes seconds for the longest: the standard library's
// function can't be stopped meanwhile, so the primes are looked for here, by the standard
// library's test, with a look at ctx after each candidate.
//
// Spec: FIPS 186-5, appendix A.1.3, https://doi.org/10.6028/NIST.FIPS.186-5
func makeRSA(ctx context.Context, bits int) (*rsa.PrivateKey, error) {
	e := big.NewInt(rsaExponent)
	for {
		p, err := rsaPrime(ctx, bits/2, e)
		if err != nil {
			return nil, err
		}
		q, err := rsaPrime(ctx, bits/2, e)
		if err != nil {
			return nil, err
		}
		if new(big.Int).Sub(p, q).BitLen() <= bits/2-100 {
			continue // as likely as guessing the key
		}
		k := &rsa.PrivateKey{Primes: []*big.Int{p, q}}
		k.N, k.E = new(big.Int).Mul(p, q), rsaExponent
		k.D = privateExponent(e, p, q)
		if k.D == nil || k.D.BitLen() <= bits/2 || k.N.BitLen() != bits {
			continue
		}
		if err := k.Validate(); err != nil {
			return nil, operationError("RSA: %v", err)
		}
		k.Precompute()
		return k, nil
	}
}

// privateExponent is the inverse of e modulo lcm(p-1, q-1).
func privateExponent(e, p, q *big.Int) *big.Int {
	one := big.NewInt(1)
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	gcd := new(big.Int).GCD(nil, nil, p1, q1)
	lcm := new(big.Int).Mul(p1, q1)
	return new(big.Int).ModInverse(e, lcm.Div(lcm, gcd))
}

// rsaPrime returns a random prime of so many bits, of which the two highest are set, so that
// the product of two has twice as many. e has no factor in common with it less one.
func rsaPrime(ctx context.Context, bits int, e *big.Int) (*big.Int, error) {
	bytes := make([]byte, bits/8)
	p, rest := new(big.Int), new(big.Int)
	primes := smallPrimes()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rand.Read(bytes)
		bytes[0] |= 0xc0
		bytes[len(bytes)-1] |= 1
		p.SetBytes(bytes)
		if primes.divide(p, rest) || !p.ProbablyPrime(0) {
			continue
		}
		if rest.Sub(p, big.NewInt(1)); rest.Mod(rest, e).Sign() != 0 && p.ProbablyPrime(primeRounds) {
			return p, nil
		}
	}
}

// primeSieve is small odd primes, and products of them that fit into a word.
type primeSieve struct {
	products []uint64
	factors  [][]uint64 // of each product
}

// sievePrimesMax bounds the primes that candidates are divided by before they are tested.
const sievePrimesMax = 2000

func smallPrimes() *primeSieve {
	s := new(primeSieve)
	product, factors := uint64(1), []uint64(nil)
	composite := make([]bool, sievePrimesMax)
	for i := uint64(3); i < sievePrimesMax; i += 2 {
		if composite[i] {
			continue
		}
		for j := i * i; j < sievePrimesMax; j += i {
			composite[j] = true
		}
		if product > (1<<63)/i {
			s.products, s.factors = append(s.products, product), append(s.factors, factors)
			product, factors = 1, nil
		}
		product *= i
		factors = append(factors, i)
	}
	s.products, s.factors = append(s.products, product), append(s.factors, factors)
	return s
}

// divide says whether one of the primes divides n, which is greater than any of them. rest is
// room to work in.
func (s *primeSieve) divide(n, rest *big.Int) bool {
	modulus := new(big.Int)
	for i, product := range s.products {
		r := rest.Mod(n, modulus.SetUint64(product)).Uint64()
		for _, factor := range s.factors[i] {
			if r%factor == 0 {
				return true
			}
		}
	}
	return false
}
