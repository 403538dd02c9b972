package gateway

import (
	"math/rand/v2"
	"time"
)

// idLen is the length of a request id.
const idLen = 26

// newID writes a request id into id: the time in milliseconds and 80 random bits, in
// Crockford's base 32, so that ids sort by time.
//
// The random bits come from Go's ChaCha8 generator: ids don't repeat and can't be guessed
// from others, and none costs a system call.
func newID(id *[idLen]byte, now time.Time) {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	ms := uint64(now.UnixMilli())
	for i := 9; i >= 0; i-- {
		id[i] = digits[ms&31]
		ms >>= 5
	}
	a, b := rand.Uint64(), rand.Uint64()
	for i := 10; i < 18; i++ {
		id[i], id[i+8] = digits[a&31], digits[b&31]
		a >>= 5
		b >>= 5
	}
}
