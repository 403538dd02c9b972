package load

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestGolden holds the JSON and the text of a result, of a load in virtual time.
func TestGolden(t *testing.T) {
	t.Parallel()
	var r *Result
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{serve: func(n int64) answer {
			time.Sleep(time.Duration(1+n%20) * time.Millisecond)
			if n%50 == 0 {
				return answer{status: 503, bytes: 10}
			}
			return answer{status: 200, bytes: 100}
		}}
		var err error
		if r, err = run(t.Context(), Config{Source: source(t), Rate: Rate{10, 90}, Concurrency: 100, Duration: 2 * time.Second}.withDefaults(), s, virtual); err != nil {
			t.Fatal(err)
		}
	})
	h, err := hdrhistogram.Decode([]byte(r.Histogram))
	if err != nil || h.TotalCount() != r.Requests-r.Failed || latencyOf(h) != r.Latency {
		t.Errorf("the histogram is %v, %v", h, err)
	}
	r.Target, r.Histogram, r.Generator = "golden", "", Generator{Cores: 2}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := r.WriteText(&shown); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"testdata/result.json": append(text, '\n'), "testdata/result.txt": shown.Bytes()} {
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s has changed; look at it, and run the test with -update\n%s", name, got)
		}
	}
}
