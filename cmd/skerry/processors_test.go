package main

import (
	"testing"
	"time"
)

func TestComputing(t *testing.T) {
	t.Parallel()
	var c computing
	spent := time.Duration(0)
	for i, tc := range []struct {
		share float64 // of the time, in long turns
		looks int
		want  int // of the last look; the others change nothing
	}{
		{0, 100, 0},
		{0.2, 10, 0},
		{0.9, 1, 1},
		{0.9, 100, 0},
		{0.1, 100, 0},
		{0.01, processorsLooks - 1, 0},
		{0.1, 1, 0},
		{0.01, processorsLooks, -1},
		{0.01, 100, 0},
		{0.5, 1, 1},
	} {
		for look := range tc.looks {
			spent += time.Duration(tc.share * float64(processorsEvery))
			want := 0
			if look == tc.looks-1 {
				want = tc.want
			}
			if got := c.look(spent); got != want {
				t.Fatalf("phase %d, look %d: %d, want %d", i, look, got, want)
			}
		}
	}
}
