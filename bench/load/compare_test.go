package load_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bench/load"
)

// seconds makes a result of n seconds with medians around p50, off by up to a tenth.
func seconds(random *rand.Rand, n int, p50 float64) *load.Result {
	r := new(load.Result)
	for i := range n {
		v := p50 * (0.9 + 0.2*random.Float64())
		r.Seconds = append(r.Seconds, load.Second{At: float64(i), Length: 1, Requests: int64(1000 / v), Latency: load.Latency{P50: v, P99: 3 * v}})
	}
	return r
}

func TestCompare(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	base := seconds(random, 20, 10)
	for _, tc := range []struct {
		name string
		b    *load.Result
		want load.Verdict
	}{
		{"the same numbers", base, load.NoDifference},
		{"the same server", seconds(random, 20, 10), load.NoDifference},
		{"a quarter slower", seconds(random, 20, 12.5), load.Slower},
		{"a quarter faster", seconds(random, 30, 7.5), load.Faster},
		{"a second or two", seconds(random, 2, 20), load.TooFew},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			list := load.Compare(base, tc.b)
			if len(list) != 3 {
				t.Fatalf("compared %+v", list)
			}
			for _, c := range list {
				if c.Verdict != tc.want || c.Low > c.Ratio || c.Ratio > c.High || !strings.Contains(c.String(), string(tc.want)) && tc.want != load.TooFew {
					t.Errorf("%s (%+v), want %s", c, c, tc.want)
				}
			}
		})
	}
}

func TestChanceIsRarelyADifference(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	differences := 0
	for range 15 {
		if load.Compare(seconds(random, 10, 10), seconds(random, 10, 10))[1].Verdict != load.NoDifference {
			differences++
		}
	}
	if differences > 3 {
		t.Errorf("%d of 15 pairs of the same are told apart", differences)
	}
}

func TestCompareKeepsToKnownValues(t *testing.T) {
	t.Parallel()
	// U = 3 of 6 × 5 values; scipy.stats.mannwhitneyu(method="asymptotic") gives p = 0.0358.
	c := load.CompareSamples(load.Samples{load.MetricP50: {1, 2, 3, 4, 5, 9}}, load.Samples{load.MetricP50: {6, 7, 8, 10, 11}})[0]
	if math.Abs(c.P-0.0358) > 0.0005 || c.A != 3.5 || c.B != 8 {
		t.Errorf("got %+v", c)
	}
}
