package load

import (
	"math"
	"time"
)

// schedule says when the requests of an open loop are meant to be sent, from its beginning.
//
// With a rate that goes from a to b in D seconds, n(t) = a·t + (b−a)·t²/2D requests are sent
// by the time t. The time of a request is where n reaches its number.
type schedule struct {
	rate     Rate
	duration time.Duration
}

// at returns the time of request i, from 0 on; it is not before duration if there is no
// such request.
func (s schedule) at(i int64) time.Duration {
	d := s.duration.Seconds()
	a, n := s.rate.From, float64(i)
	slope := (s.rate.To - a) / d
	if slope == 0 {
		return seconds(n / a)
	}
	root := a*a + 2*slope*n
	if root < 0 { // a falling rate never gets to so many
		return s.duration
	}
	// The usual formula, turned so that it doesn't take the difference of what is alike.
	t := 2 * n / (a + math.Sqrt(root))
	if n == 0 {
		t = 0
	}
	if math.IsNaN(t) || t > d {
		return s.duration
	}
	return seconds(t)
}

func seconds(s float64) time.Duration {
	if s > math.MaxInt64/2/float64(time.Second) {
		return math.MaxInt64 / 2
	}
	return time.Duration(s * float64(time.Second))
}
