//go:build race

package observe_test

// underRace: the race detector makes sync.Pool forget at random, so that counts of
// allocations say nothing.
const underRace = true
