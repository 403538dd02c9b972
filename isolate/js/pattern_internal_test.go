package js

import (
	"strings"
	"testing"
)

func TestCheckPattern(t *testing.T) {
	t.Parallel()
	times := strings.Repeat
	for _, tc := range []struct {
		name, pattern string
		refused       bool
	}{
		{"nothing", "", false},
		{"long", times("a", 60<<10), false},
		{"too long", times("a", 65<<10), true},
		{"deep", times("(?:", 200) + times(")", 200), false},
		{"too deep", times("(?:", 201) + times(")", 201), true},
		{"too deep, and not closed", times("(", 300), true},
		{"repeated", "(?:a{100}){10}", false},
		{"repeated too often", times("a{1000}", 70), true},
		{"repeated too often, at least", times("a{1000,}", 70), true},
		{"repeated too often, at most", times("a{0,1000}", 70), true},
		{"counted, not written out", "((a{1000}){1000}){1000}", false},
		{"counted beyond numbers", "a{99999999999999999999}", false},
		{"no repetition", times("a{,5}{}{x}", 5000), false},
		{"brackets in a class", "[" + times("(", 1000) + "]", false},
		{"brackets that are escaped", times(`\(`, 1000), false},
		{"properties", times(`\p{L}`, 3000), false},
		{"too many properties", times(`\p{L}`, 4200), true},
		{"too many properties in classes", times(`[\p{L}\p{N}]`, 2500), true},
		{"too many classes", times(`\S`, 9000), true},
		{"an open class", "[a", false},
		{"an open escape", `a\`, false},
		{"an open escape in a class", `[\`, false},
		{"too many brackets that close", times(")", 1000), false},
	} {
		if err := checkPattern(tc.pattern); (err != nil) != tc.refused {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// FuzzCheckPattern holds that any pattern is read to its end.
func FuzzCheckPattern(f *testing.F) {
	for _, seed := range []string{`(a|b)*{2,3}[^\]]\p{L}`, `((a{1000}){1000}`, `[`, `\`, `a{`, `)))`, `{1}{2}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		c := patternCost{text: pattern}
		terms, repeats := c.alternatives()
		if terms < 0 || repeats < 1 {
			t.Fatalf("%q: %d terms, %d repeats", pattern, terms, repeats)
		}
		for !c.deep && c.at < len(pattern) { // a bracket that nothing opened
			if pattern[c.at] != ')' {
				t.Fatalf("%q: stopped at %d", pattern, c.at)
			}
			c.at++
			c.alternatives()
		}
	})
}
