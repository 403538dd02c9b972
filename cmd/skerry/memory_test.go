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

func TestIdleness(t *testing.T) {
	t.Parallel()
	const kb, mb = 1 << 10, 1 << 20
	for _, tc := range []struct {
		name                 string
		each, live, unneeded uint64 // allocated between two looks; bytes
		looks                int
		want                 int // times that memory is given back
	}{
		{"nothing happens", 0, 10 * mb, 20 * mb, 100, 1},
		{"next to nothing happens", 200 * kb, 10 * mb, 20 * mb, 100, 1},
		{"little happens for what is alive", 900 * kb, 80 * mb, 12 * mb, 100, 1},
		{"something happens", 400 * kb, 10 * mb, 20 * mb, 100, 0},
		{"there is little to give", 0, 10 * mb, 4 * mb, 100, 0},
		{"there is little to give for what is alive", 0, 800 * mb, 20 * mb, 100, 0},
		{"too early", 0, 10 * mb, 20 * mb, quietLooks - 1, 0},
	} {
		i := idleness{allocated: 1 << 30}
		allocated, given := uint64(1<<30), 0
		for range tc.looks {
			allocated += tc.each
			if i.next(allocated, tc.live, tc.unneeded) {
				given++
			}
		}
		if given != tc.want {
			t.Errorf("%s: memory was given back %d times, want %d", tc.name, given, tc.want)
		}
	}
}
