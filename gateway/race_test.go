//go:build race

package gateway_test

// underRace: the race detector makes sync.Pool forget at random, so that counts of
// allocations say nothing.
const underRace = true
