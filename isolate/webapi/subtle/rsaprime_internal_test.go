package subtle

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"
)

// TestMakeRSA: a new key fits together, has the length that was asked for, and signs.
func TestMakeRSA(t *testing.T) {
	t.Parallel()
	k, err := makeRSA(t.Context(), 2048)
	if err != nil {
		t.Fatal(err)
	}
	if k.N.BitLen() != 2048 || k.E != rsaExponent || k.Primes[0].BitLen() != 1024 || k.Primes[1].BitLen() != 1024 {
		t.Errorf("the key has %d bits and the exponent %d", k.N.BitLen(), k.E)
	}
	if err := k.Validate(); err != nil {
		t.Error(err)
	}
	if k.Precomputed.Dp == nil {
		t.Error("what is computed once for all operations is missing")
	}
}

func TestMakeRSAStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := makeRSA(ctx, 4096); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestSmallPrimes: the sieve refuses what a prime under its bound divides, and nothing else.
func TestSmallPrimes(t *testing.T) {
	t.Parallel()
	s := smallPrimes()
	room := new(big.Int)
	for n := int64(sievePrimesMax + 1); n < sievePrimesMax+5000; n += 2 {
		want := false
		for d := int64(3); d < sievePrimesMax; d += 2 {
			want = want || n%d == 0
		}
		if got := s.divide(big.NewInt(n), room); got != want {
			t.Fatalf("divide(%d) is %v", n, got)
		}
	}
	p, err := rand.Prime(rand.Reader, 512)
	if err != nil {
		t.Fatal(err)
	}
	if s.divide(p, room) {
		t.Errorf("a prime is refused: %v", p)
	}
}
