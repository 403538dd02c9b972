package grammartest

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

const (
	// fuzzDefault is how long programs are generated when nobody says.
	fuzzDefault = 4 * time.Second
	// minimiseTries and minimiseMax bound the runs that make one program smaller.
	minimiseTries = 60
	minimiseMax   = 15 * time.Second
)

// TestGrammar runs generated programs. Seeds count up from the first, so that what a run
// found can be run again; how far it gets depends on time alone.
func TestGrammar(t *testing.T) {
	duration := fuzzDefault
	if text := os.Getenv("SKERRY_FUZZ_JS"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		duration = d
	}
	seed, last := seedOf(t, "SKERRY_FUZZ_SEED", 1), seedOf(t, "SKERRY_FUZZ_LAST", math.MaxUint64)
	r := newRunner(t)
	all := walkRealm(t, r)
	report := newReport(t)
	first, count := seed, make(map[isolate.Outcome]int)
	for deadline := time.Now().Add(duration); time.Now().Before(deadline) && seed <= last; seed++ {
		g := newGrammar(seed, all)
		p := g.program()
		v, f := r.run(job{Script: p.String(), Eval: g.dynamic})
		if f == nil {
			count[v.Outcome]++
			continue
		}
		count[isolate.Outcome(f.kind)]++
		if !report.fresh(f) {
			continue
		}
		kind, patience := f.kind, time.Now().Add(minimiseMax)
		p = minimise(p, minimiseTries, func(q program) bool {
			if time.Now().After(patience) {
				return false
			}
			_, again := r.run(job{Script: q.String(), Eval: g.dynamic})
			if again == nil || again.kind != kind {
				return false
			}
			f = again
			return true
		})
		report.add(fmt.Sprintf("seed-%d", seed), p.String(), f)
	}
	t.Logf("seeds %d to %d: %v", first, seed-1, count)
}

// seedOf reads a seed from the environment.
func seedOf(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestGrammarIsReproducible makes a program twice.
func TestGrammarIsReproducible(t *testing.T) {
	t.Parallel()
	all := realm{functions: []builtin{{Path: "Array.prototype.fill", Length: 1}, {Path: "Map", New: true}}, prototypes: []string{"Array.prototype"}}
	for seed := range uint64(100) {
		one, two := newGrammar(seed, all).program().String(), newGrammar(seed, all).program().String()
		if one != two {
			t.Fatalf("seed %d:\n%s\n%s", seed, one, two)
		}
	}
}

// TestMinimise makes a program smaller that fails for one part of it.
func TestMinimise(t *testing.T) {
	t.Parallel()
	p := program{leaf("a()"), form("b(§)", form("[§, §]", leaf("bomb(1000000)"), leaf("somethingElse()"))), leaf("c()")}
	got := minimise(p, 100, func(q program) bool { return len(q) > 0 && contains(q, "bomb") })
	if want := "b(bomb(1000000))"; got.String() != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func contains(p program, text string) bool {
	for _, s := range p {
		if s.text != "" && (len(s.text) >= len(text) && s.text[:len(text)] == text || contains(s.kids, text)) {
			return true
		}
	}
	return false
}
