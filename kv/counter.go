package kv

import (
	"strconv"
)

// Sum returns the value of a counter that holds value, after delta has been added. It is
// Add for backends that compute in Go. Both its errors are as they are documented there.
func Sum(value []byte, delta int64) (int64, error) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != string(value) {
		return 0, ErrNotInteger
	}
	sum := n + delta
	if (sum > n) != (delta > 0) && delta != 0 {
		return 0, ErrOverflow
	}
	return sum, nil
}
