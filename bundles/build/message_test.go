package build_test

import (
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles/build"
)

func TestFrame(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		m    build.Message
		want string
	}{
		{"a place", build.Message{Text: "no", File: "src/a.ts", Line: 12, Column: 5, Source: "let 1 = 2", Caret: 4, Width: 1},
			"src/a.ts:12:5: no\n    12 | let 1 = 2\n       |     ^\n"},
		{"a width", build.Message{Text: "no", File: "a.ts", Line: 1, Column: 1, Source: "import 'x'", Caret: 7, Width: 3},
			"a.ts:1:1: no\n    1 | import 'x'\n      |        ^^^\n"},
		{"a width beyond the line", build.Message{Text: "no", File: "a.ts", Line: 1, Column: 1, Source: "ab", Caret: 1, Width: 9},
			"a.ts:1:1: no\n    1 | ab\n      |  ^\n"},
		{"the end of the line", build.Message{Text: "no", File: "a.ts", Line: 1, Column: 3, Source: "ab", Caret: 2},
			"a.ts:1:3: no\n    1 | ab\n      |   ^\n"},
		{"a tab", build.Message{Text: "no", File: "a.ts", Line: 1, Column: 3, Source: "\tab", Caret: 2, Width: 1},
			"a.ts:1:3: no\n    1 | \tab\n      | \t ^\n"},
		{"a file alone", build.Message{Text: "no", File: "a.ts", Notes: []string{"do this", "or\nthat"}},
			"a.ts: no\n    do this\n    or\n    that\n"},
		{"no place", build.Message{Text: "no"}, "no\n"},
		{"what a terminal would obey", build.Message{Text: "a\x1b[31mb\u202e", File: "a\r.ts", Line: 1, Column: 1, Source: "\x07\u009b", Caret: 0},
			"a\ufffd.ts:1:1: a\ufffd[31mb\ufffd\n    1 | \ufffd\ufffd\n      | ^\n"},
		{"a caret beyond the line", build.Message{Text: "no", File: "a", Line: 1, Source: "a", Caret: 7, Width: 2},
			"a:1:1: no\n    1 | a\n      |  ^\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.m.Frame(); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

func TestErrorsSayHowManyThereAre(t *testing.T) {
	t.Parallel()
	one := build.Message{Text: "no", File: "a.ts", Line: 1, Column: 2}
	if got := (&build.Error{Messages: []build.Message{one}}).Error(); got != "a.ts:1:2: no" {
		t.Errorf("got %q", got)
	}
	three := &build.ConfigError{Messages: []build.Message{one, one, one}}
	if got := three.Error(); got != "a.ts:1:2: no (and 2 more)" {
		t.Errorf("got %q", got)
	}
	if n := strings.Count(three.Frame(), "a.ts:1:2"); n != 3 {
		t.Errorf("%d of 3 frames", n)
	}
}

// A column is counted as editors do, and a caret stands under what it is about.
func TestPlacesInLongAndWideLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("/**/", 5000)
	for _, tc := range []struct {
		name, source string
		column       int
		frame        string
	}{
		{"a character beyond the basic plane", `let a = "😀é"; let 1`, 20, "    1 | let a = \"😀é\"; let 1\n      |                   ^\n"},
		{"a long line", long + "let 1;" + long, 20005, "    1 | …" + strings.Repeat("/**/", 19) + "let 1;" + strings.Repeat("/**/", 19) + "/*…\n      |" + strings.Repeat(" ", 82) + "^\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := buildError(t, files{"index.js": tc.source})
			m := err.Messages[0]
			if m.Line != 1 || m.Column != tc.column {
				t.Errorf("at %d:%d, want 1:%d", m.Line, m.Column, tc.column)
			}
			if _, frame, _ := strings.Cut(m.Frame(), "\n"); frame != tc.frame {
				t.Errorf("got\n%swant\n%s", frame, tc.frame)
			}
		})
	}
}
