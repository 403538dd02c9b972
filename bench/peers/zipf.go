package main

import "math/rand/v2"

// Of a load on many functions: the number of requests that are drawn before they come again
// in the same order, and how much more popular one is than the next.
const (
	draws        = 1 << 14
	zipfExponent = 1.1
)

// sequence draws hosts, the first ones more often, by Zipf's law. It is the same each time.
func sequence(hosts []string) []string {
	if len(hosts) == 1 {
		return hosts
	}
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), zipfExponent, 1, uint64(len(hosts)-1))
	drawn := make([]string, draws)
	for i := range drawn {
		drawn[i] = hosts[z.Uint64()]
	}
	return drawn
}
