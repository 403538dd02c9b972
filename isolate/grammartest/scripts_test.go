package grammartest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// row is one script of a list.
type row struct{ name, script string }

// rows reads the lists of hostile scripts: our own, and the one that SKERRY_SHARED names.
func rows(t testing.TB) []row {
	t.Helper()
	files, err := filepath.Glob("../../cmd/skerry/testdata/hostile/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists of hostile scripts: %v", err)
	}
	if shared := os.Getenv("SKERRY_SHARED"); shared != "" {
		files = append(files, filepath.Join(shared, "hostile", "scripts.tsv"))
	}
	var all []row
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(f) >= 2 && !strings.HasPrefix(line, "#") {
				all = append(all, row{f[0], f[1]})
			}
		}
	}
	return all
}

// dynamic tells scripts that need eval = true to do their worst.
var dynamic = regexp.MustCompile(`\beval\b|\bFunction\(`)

// TestHostileScripts runs the lists: with SKERRY_HOSTILE=all every script, else every
// twelfth, or those whose name SKERRY_HOSTILE matches as a regular expression.
func TestHostileScripts(t *testing.T) {
	want := os.Getenv("SKERRY_HOSTILE")
	match, err := regexp.Compile("^(?:" + want + ")")
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t)
	report := newReport(t)
	for i, row := range rows(t) {
		switch want {
		case "all":
		case "":
			if i%12 != 0 {
				continue
			}
		default:
			if !match.MatchString(row.name) {
				continue
			}
		}
		for _, eval := range []bool{false, true} {
			if eval && !dynamic.MatchString(row.script) {
				continue
			}
			v, f := r.run(job{Script: row.script, Eval: eval})
			if f == nil {
				if testing.Verbose() {
					t.Logf("%-32s eval=%-5t %-16s %4d ms CPU %4d MB  %.80s", row.name, eval, v.Outcome, v.CPU.Milliseconds(), v.PeakMB, oneLine(v.Message+v.Body))
				}
				continue
			}
			name := row.name
			if eval {
				name += "-eval"
			}
			report.add(name, row.script, f)
		}
	}
}

// report tells of findings: deaths, hangs and wrong answers fail the test, unless they are
// known.
type report struct {
	t     testing.TB
	file  string
	seen  map[string]int
	known []known
}

func newReport(t testing.TB) *report {
	return &report{t: t, file: os.Getenv("SKERRY_FUZZ_FINDINGS"), seen: make(map[string]int), known: readKnown(t)}
}

func (r *report) isKnown(script string, f *finding) bool {
	return slices.ContainsFunc(r.known, func(k known) bool { return k.kind == f.kind && k.pattern.MatchString(script) })
}

// fresh says whether nothing like f was found before.
func (r *report) fresh(f *finding) bool {
	_, where, _ := strings.Cut(f.what, " in ")
	key := f.kind + where
	r.seen[key]++
	return r.seen[key] == 1
}

func (r *report) add(name, script string, f *finding) {
	r.t.Helper()
	line := fmt.Sprintf("%s\t%s\t%s: %s\n", name, script, f.kind, f.what)
	switch {
	case r.isKnown(script, f):
		r.t.Logf("known: %s", line)
	case f.fatal(), f.kind == "wrong":
		r.t.Errorf("%s", line)
	default:
		r.t.Logf("%s", line)
	}
	if r.file == "" {
		return
	}
	file, err := os.OpenFile(r.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(line); err != nil {
		r.t.Fatal(err)
	}
}
