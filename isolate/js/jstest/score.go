package jstest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// scoresFile is where the tests of a package keep their scores, one table a line: its name,
// how many rows it has, and how many of them fail as expected, with tabs between.
const scoresFile = "testdata/scores.tsv"

// Score is what a table of vectors comes to.
type Score struct{ Rows, Failed int }

// scores keeps parallel tests from writing the file at once.
var scores sync.Mutex

// HoldScore holds the score of a table of vectors against testdata/scores.tsv of the tested
// package, which docs/conformance.md is made of. With UPDATE set in the environment it writes
// the file anew instead.
func HoldScore(t testing.TB, table string, got Score) {
	t.Helper()
	scores.Lock()
	defer scores.Unlock()
	all, err := ReadScores(scoresFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	want, ok := all[table]
	if ok && got == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Errorf("%s: %d rows, of which %d fail; %s has %+v (UPDATE=1 writes it anew)", table, got.Rows, got.Failed, scoresFile, want)
		return
	}
	if all == nil {
		all = make(map[string]Score)
	}
	all[table] = got
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s\t%d\t%d\n", name, all[name].Rows, all[name].Failed)
	}
	if err := os.WriteFile(scoresFile, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ReadScores reads a file of scores, by table.
func ReadScores(file string) (map[string]Score, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	all := make(map[string]Score)
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s: %q is not a table, its rows and its failing rows", file, line)
		}
		rows, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		failed, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[fields[0]] = Score{rows, failed}
	}
	return all, nil
}
