package subtle

import (
	"math/big"
	"testing"
)

// TestSmallOrder solves for the points of small order: doubled three times, each point of the
// table is the neutral one.
func TestSmallOrder(t *testing.T) {
	t.Parallel()
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	mod := func(n *big.Int) *big.Int { return n.Mod(n, p) }
	mul := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
	d := mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	one := big.NewInt(1)
	for i, encoded := range smallOrderY {
		le := make([]byte, okpBytes)
		for j, b := range encoded {
			le[okpBytes-1-j] = b
		}
		y := mod(new(big.Int).SetBytes(le))
		yy := mul(y, y)
		xx := mul(new(big.Int).Sub(yy, one), new(big.Int).ModInverse(mod(new(big.Int).Add(mul(d, yy), one)), p))
		x := new(big.Int).ModSqrt(xx, p)
		if x == nil {
			t.Errorf("row %d is no point", i)
			continue
		}
		for range 3 {
			// The sum of a point and itself on -x² + y² = 1 + dx²y².
			xy, x2, y2 := mul(x, y), mul(x, x), mul(y, y)
			k := mul(d, mul(x2, y2))
			x = mul(new(big.Int).Add(xy, xy), new(big.Int).ModInverse(mod(new(big.Int).Add(one, k)), p))
			y = mul(new(big.Int).Add(y2, x2), new(big.Int).ModInverse(mod(new(big.Int).Sub(one, k)), p))
		}
		if x.Sign() != 0 || y.Cmp(one) != 0 {
			t.Errorf("row %d: eight times the point is (%v, %v)", i, x, y)
		}
	}
}
