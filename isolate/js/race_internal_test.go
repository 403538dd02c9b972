//go:build race

package js

// sampleEvery is which share of a long table is tested: the race detector makes scripts ten
// times as slow.
const sampleEvery = 16
