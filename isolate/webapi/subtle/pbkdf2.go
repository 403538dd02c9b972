package subtle

import (
	"context"
	"crypto/hmac"
	"crypto/subtle"
	"encoding/binary"
)

const (
	// pbkdf2IterationsMax bounds what one call may ask for: a tenth of a second at most.
	pbkdf2IterationsMax = 1_000_000

	// pbkdf2Look is after how many iterations the context is looked at.
	pbkdf2Look = 512
)

// derivePBKDF2 is the algorithm as the standard has it, on the standard library's HMAC. Its
// own PBKDF2 can't be stopped on the way.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8018#section-5.2
func derivePBKDF2(ctx context.Context, p *Params, k *Key, bits int) ([]byte, error) {
	if err := wholeBytes(p, bits); err != nil {
		return nil, err
	}
	if p.Iterations < 1 || p.Iterations > pbkdf2IterationsMax {
		return nil, operationError("PBKDF2: the iterations are 1 to %d, not %d", pbkdf2IterationsMax, p.Iterations)
	}
	mac := hmac.New(p.Hash.New, k.material.([]byte))
	size := mac.Size()
	out := make([]byte, 0, (bits/8+size-1)/size*size)
	turn := make([]byte, 0, size)
	for block := uint32(1); len(out) < bits/8; block++ {
		mac.Reset()
		mac.Write(p.Salt)
		mac.Write(binary.BigEndian.AppendUint32(nil, block))
		out = mac.Sum(out)
		sum := out[len(out)-size:]
		turn = append(turn[:0], sum...)
		for i := 1; i < p.Iterations; i++ {
			if i%pbkdf2Look == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			mac.Reset()
			mac.Write(turn)
			turn = mac.Sum(turn[:0])
			subtle.XORBytes(sum, sum, turn)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return out[:bits/8], nil
}
