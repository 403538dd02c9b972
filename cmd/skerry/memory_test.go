package main

import "testing"

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		held, live int64 // MB
		want       int64
	}{
		{"an idle process", 0, 10, 128},
		{"many warm isolates", 200, 220, 378},
		{"events that hold a lot", 20, 800, 1064},
	} {
		if got := memoryLimit(tc.held<<20, tc.live<<20) >> 20; got != tc.want {
			t.Errorf("%s: %d MB, want %d", tc.name, got, tc.want)
		}
	}
}
