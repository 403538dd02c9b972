//go:build !race

package js

const sampleEvery = 1
