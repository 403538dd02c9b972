package report_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/bench/load/report"
)

var update = flag.Bool("update", false, "rewrite testdata")

// result is one with something in each part of the page.
func result() *load.Result {
	r := &load.Result{
		Target: "shop <b>&", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Rate: &load.Rate{From: 100, To: 200}, Concurrency: 1000, Duration: 3,
		Requests: 450, Failed: 12, Throughput: 146, Errors: map[string]int64{"status 503": 10, "timeout": 2},
		Latency:   load.Latency{Min: 0.5, Mean: 2, P50: 1.5, P75: 2, P90: 4, P95: 5, P99: 9, P999: 20, Max: 21},
		Curve:     []load.Point{{Percentile: 0, Millis: 0.5}, {Percentile: 50, Millis: 1.5}, {Percentile: 90, Millis: 4}, {Percentile: 99, Millis: 9}, {Percentile: 99.9, Millis: 20}, {Percentile: 100, Millis: 21}},
		Generator: load.Generator{CPU: 0.1, Cores: 2, LagP50: 0.05, LagP99: 0.2, LagMax: 3},
		Server:    &load.Server{Events: 450, CPUMillis: 0.4, JavaScriptMillis: 0.1, MemoryBytes: 40 << 20},
	}
	for i := range 3 {
		f := float64(i)
		r.Seconds = append(r.Seconds, load.Second{At: f, Length: 1, Requests: 100 + 50*int64(i), Failed: 4, CPU: 0.4,
			Latency: load.Latency{P50: 1 + f, P90: 3 + f, P99: 8 + f, Max: 10 + 5*f}})
	}
	return r
}

func write(t *testing.T, r *load.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	got := write(t, result())
	if *update {
		if err := os.WriteFile("testdata/page.html", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/page.html")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page has changed; look at it, and run the test with -update\n%s", got)
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	page := write(t, result())
	if found := regexp.MustCompile(`(?i)<(script|link|img|iframe)|https?://|@import|url\(`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	if strings.Contains(page, "<b>") {
		t.Error("the target is not escaped")
	}
	if !strings.Contains(page, "prefers-color-scheme: dark") {
		t.Error("there is no dark side")
	}
}

func TestPagesOfLittle(t *testing.T) {
	t.Parallel()
	bad := result()
	bad.Generator.Bottleneck, bad.Interrupted = "no <CPU>", true
	for name, r := range map[string]*load.Result{
		"nothing":             {},
		"failures alone":      {Requests: 3, Failed: 3, Errors: map[string]int64{"refused": 3}, Seconds: []load.Second{{Length: 1, Requests: 3, Failed: 3}}},
		"a second of no time": {Requests: 1, Seconds: []load.Second{{Requests: 1}}},
		"a bottleneck":        bad,
	} {
		page := write(t, r)
		if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
			t.Errorf("%s: a chart has what is no number:\n%s", name, page)
		}
		if _, err := html.Parse(strings.NewReader(page)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if warned := strings.Contains(page, "the bottleneck: no &lt;CPU&gt;"); warned != (r == bad) {
			t.Errorf("%s: warned of the generator: %v", name, warned)
		}
	}
	r := result()
	r.Latency.Max = math.MaxFloat64
	_ = write(t, r)
}
