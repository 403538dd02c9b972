package grammartest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// known is a fault that stands in testdata/known.tsv.
type known struct {
	script  string
	kind    string
	pattern *regexp.Regexp // of scripts that do the same
}

func readKnown(t testing.TB) []known {
	t.Helper()
	text, err := os.ReadFile("testdata/known.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []known
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			t.Fatalf("testdata/known.tsv: %q has %d columns, want 4", line, len(f))
		}
		pattern, err := regexp.Compile(f[2])
		if err != nil {
			t.Fatalf("testdata/known.tsv: %v", err)
		}
		all = append(all, known{f[0], f[1], pattern})
	}
	return all
}

// TestKnown fails when a known fault is none any more: its row is then to be removed.
func TestKnown(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	for _, k := range readKnown(t) {
		if !k.pattern.MatchString(k.script) {
			t.Errorf("%s is not matched by its own pattern %s", k.script, k.pattern)
		}
		if v, f := r.run(job{Script: k.script}); f == nil || f.kind != k.kind {
			t.Errorf("%s ended with %s after %v of CPU (%v), and no longer with a %s: remove its row from testdata/known.tsv", k.script, v.Outcome, v.CPU, f, k.kind)
		}
	}
}
