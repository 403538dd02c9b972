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

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		live, recent int64 // MB
		want         int
	}{
		{"nothing was collected yet", 0, 0, 400},
		{"a small process that is idle", 4, 0, 100},
		{"a small process that is busy", 12, 500, 400},
		{"events that wait", 80, 4, 5},
		{"events that wait and a few that don't", 80, 40, 50},
		{"many that do not wait", 80, 800, 400},
	} {
		if got := gcPercent(tc.live<<20, tc.recent<<20); got != tc.want {
			t.Errorf("%s: %d %%, want %d", tc.name, got, tc.want)
		}
	}
}

func TestAllocations(t *testing.T) {
	t.Parallel()
	var a allocations
	for i := range int64(20) {
		if got, want := a.add(i*10), min(i, garbageLooks)*10; got != want {
			t.Errorf("look %d: %d, want %d", i, got, want)
		}
	}
}
