//go:build !race

package subtle_test

const raceEnabled = false
