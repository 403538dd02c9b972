package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// How differences are told from chance.
const (
	samplesMin  = 5     // on each side
	resamples   = 4000  // of the bootstrap
	significant = 0.05  // a p-value under which chance is ruled out
	intervalLow = 0.025 // of the resampled ratios; as many are left out above
)

// Verdict is what a comparison comes to.
type Verdict string

// The verdicts.
const (
	Slower       Verdict = "slower"
	Faster       Verdict = "faster"
	NoDifference Verdict = "no difference"
	TooFew       Verdict = "too few samples"
)

// Comparison is how one figure of B relates to that of A.
type Comparison struct {
	Metric  string  `json:"metric"`
	A       float64 `json:"a"`     // the median of the samples
	B       float64 `json:"b"`     //
	Ratio   float64 `json:"ratio"` // of the medians, B to A
	Low     float64 `json:"low"`   // the ratio is between Low and High
	High    float64 `json:"high"`  // with a confidence of 95 %
	P       float64 `json:"p"`     // of the Mann–Whitney U test
	Samples [2]int  `json:"samples"`
	Verdict Verdict `json:"verdict"` // what B is
}

// Compare compares two results by what was measured in each of their whole seconds: the
// median and the 99th percentile of latency, throughput if neither load was open, and the
// server's CPU time if both know it. The same results always compare alike.
func Compare(a, b *Result) []Comparison {
	return CompareSamples(a.Samples(), b.Samples())
}

// Samples are figures of several measurements of the same, by the name of the metric.
type Samples map[string][]float64

// The metrics of a Comparison.
const (
	MetricP50        = "latency p50, ms"
	MetricP99        = "latency p99, ms"
	MetricThroughput = "successes a second"
	MetricCPU        = "server CPU, ms per request"
)

// metrics are those that can be compared, in order.
func metrics() []string {
	return []string{MetricP50, MetricP99, MetricThroughput, MetricCPU}
}

// Samples are the figures of the whole seconds of r.
func (r *Result) Samples() Samples {
	s := make(Samples)
	for _, second := range r.Seconds {
		if second.Length < 0.9 {
			continue
		}
		if r.Rate == nil {
			s[MetricThroughput] = append(s[MetricThroughput], second.Throughput())
		}
		if second.Requests > second.Failed {
			s[MetricP50] = append(s[MetricP50], second.Latency.P50)
			s[MetricP99] = append(s[MetricP99], second.Latency.P99)
		}
		if second.CPU > 0 {
			s[MetricCPU] = append(s[MetricCPU], second.CPU)
		}
	}
	return s
}

// Turn are the figures of r as a whole: one sample of each metric.
func (r *Result) Turn() Samples {
	s := make(Samples)
	if r.Rate == nil {
		s[MetricThroughput] = []float64{r.Throughput}
	}
	if r.Requests > r.Failed {
		s[MetricP50], s[MetricP99] = []float64{r.Latency.P50}, []float64{r.Latency.P99}
	}
	if r.Server != nil {
		s[MetricCPU] = []float64{r.Server.CPUMillis}
	}
	return s
}

// Add appends the samples of another measurement.
func (s Samples) Add(more Samples) {
	for metric, v := range more {
		s[metric] = append(s[metric], v...)
	}
}

// CompareSamples compares the metrics that both sides have.
func CompareSamples(a, b Samples) []Comparison {
	list := []Comparison{}
	for _, m := range metrics() {
		if len(a[m]) > 0 && len(b[m]) > 0 {
			list = append(list, compare(m, a[m], b[m]))
		}
	}
	return list
}

// compare says how b relates to a. A difference has to show in both ways of looking: the
// rank test has to rule chance out, and the interval of the ratio must not reach 1.
func compare(metric string, a, b []float64) Comparison {
	c := Comparison{Metric: metric, A: median(a), B: median(b), P: mannWhitney(a, b), Samples: [2]int{len(a), len(b)}}
	c.Ratio = ratio(c.B, c.A)
	c.Low, c.High = bootstrap(a, b)
	lower, higher := Faster, Slower
	if metric == MetricThroughput {
		lower, higher = Slower, Faster
	}
	switch {
	case len(a) < samplesMin || len(b) < samplesMin:
		c.Verdict = TooFew
	case c.P < significant && c.High < 1:
		c.Verdict = lower
	case c.P < significant && c.Low > 1:
		c.Verdict = higher
	default:
		c.Verdict = NoDifference
	}
	return c
}

// String says c in a sentence about B.
func (c Comparison) String() string {
	if c.Verdict == TooFew {
		return fmt.Sprintf("%s: %.4g and %.4g; %d and %d samples are too few to tell (%d are needed)",
			c.Metric, c.A, c.B, c.Samples[0], c.Samples[1], samplesMin)
	}
	return fmt.Sprintf("%s: %.4g → %.4g, %s (%+.1f %%, between %+.1f and %+.1f %% with 95 %% confidence, p = %.2g)", c.Metric, c.A, c.B,
		c.Verdict, percent(c.Ratio), percent(c.Low), percent(c.High), c.P)
}

func percent(ratio float64) float64 { return 100 * (ratio - 1) }

func ratio(b, a float64) float64 {
	if a == 0 {
		return 1 // of nothing: JSON has no infinity
	}
	return b / a
}

// median returns the middle of v, which isn't empty and stays as it is.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// bootstrap returns where the ratio of medians, b to a, is in all but a twentieth of the
// cases when both are drawn again from themselves.
//
// Source: Efron, Tibshirani: An Introduction to the Bootstrap, chapter 13 (percentile interval)
func bootstrap(a, b []float64) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 2)) // the same for the same files
	draw := func(from, into []float64) float64 {
		for i := range into {
			into[i] = from[random.IntN(len(from))]
		}
		slices.Sort(into)
		return median(into)
	}
	x, y := make([]float64, len(a)), make([]float64, len(b))
	ratios := make([]float64, resamples)
	for i := range ratios {
		ratios[i] = ratio(draw(b, y), draw(a, x))
	}
	slices.Sort(ratios)
	cut := int(resamples * intervalLow)
	return ratios[cut], ratios[resamples-1-cut]
}

// mannWhitney returns the two-sided p-value of the Mann–Whitney U test, by its normal
// approximation with corrections for ties and continuity.
//
// Source: https://en.wikipedia.org/wiki/Mann–Whitney_U_test
func mannWhitney(a, b []float64) float64 {
	type ranked struct {
		value float64
		first bool
	}
	var all []ranked
	for _, v := range a {
		all = append(all, ranked{v, true})
	}
	for _, v := range b {
		all = append(all, ranked{v, false})
	}
	slices.SortFunc(all, func(x, y ranked) int {
		switch {
		case x.value < y.value:
			return -1
		case x.value > y.value:
			return 1
		}
		return 0
	})
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].value == all[i].value {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		for _, r := range all[i:j] {
			if r.first {
				ranks += float64(i+j+1) / 2 // the mean of ranks i+1 to j
			}
		}
		i = j
	}
	n, m := float64(len(a)), float64(len(b))
	sum := n + m
	u := ranks - n*(n+1)/2
	variance := n * m / 12 * (sum + 1 - ties/(sum*(sum-1)))
	if !(variance > 0) {
		return 1 // all the same
	}
	z := max(math.Abs(u-n*m/2)-0.5, 0) / math.Sqrt(variance)
	return math.Erfc(z / math.Sqrt2)
}
