package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, line, lines string }{
		{"text", "héllo \U0001F600", "héllo \U0001F600", "héllo \U0001F600"},
		{"an escape sequence", "a\x1b[31mb\x1b]0;title\x07", "a\uFFFD[31mb\uFFFD]0;title\uFFFD", "a\uFFFD[31mb\uFFFD]0;title\uFFFD"},
		{"controls of C1", "a\u009b31mb\u0085c", "a\uFFFD31mb\uFFFDc", "a\uFFFD31mb\uFFFDc"},
		{"controls of C1 as bytes", "a\x9b31m", "a\uFFFD31m", "a\uFFFD31m"},
		{"backspace and delete", "a\bb\x7fc", "a\uFFFDb\uFFFDc", "a\uFFFDb\uFFFDc"},
		{"a carriage return, which writes over the line", "ok\rno", "ok\uFFFDno", "ok\uFFFDno"},
		{"lines", "a\nb\tc", "a\uFFFDb\uFFFDc", "a\nb\tc"},
		{"lines of Windows", "a\r\nb", "a\uFFFD\uFFFDb", "a\nb"},
		{"overrides of direction", "a\u202Eb\u2066c\u200Fd\u061Ce", "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe", "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe"},
		{"bytes of no meaning", "a\xffb", "a\uFFFDb", "a\uFFFDb"},
		{"nothing", "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := printable(tc.in); got != tc.line {
				t.Errorf("printable(%q) = %q, want %q", tc.in, got, tc.line)
			}
			if got := printableLines(tc.in); got != tc.lines {
				t.Errorf("printableLines(%q) = %q, want %q", tc.in, got, tc.lines)
			}
		})
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"a", "\x1b[2J", "\u009b", "\x9b", "\r\n", "\u202E", "\xe2\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{printable(s), strings.NewReplacer("\n", "", "\t", "").Replace(printableLines(s))} {
			for _, r := range out {
				if r < ' ' || 0x7f <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 {
					t.Errorf("%q keeps %U: %q", s, r, out)
				}
			}
		}
	})
}

func TestColourIsForTerminals(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain := newTerminal(file, file, file, func(string) (string, bool) { return "", false })
	if plain.colour || plain.prompt || plain.paint(red, "x") != "x" {
		t.Errorf("in a pipe: colour %v, prompt %v", plain.colour, plain.prompt)
	}
	plain.colour = true
	if got := plain.paint(red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("painted %q", got)
	}
	if got := plain.paint(red, ""); got != "" {
		t.Errorf("painted nothing as %q", got)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	term := testTerminal(nil)
	term.out = &out
	term.table([]string{"NAME", "MESSAGE"}, [][]string{{"a", "with a\ttab and\na line"}, {"longer", "\x1b[2J"}})
	want := "NAME    MESSAGE\na       with a\uFFFDtab and\uFFFDa line\nlonger  \uFFFD[2J\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}

func TestFrame(t *testing.T) {
	t.Parallel()
	term := testTerminal(nil)
	for _, tc := range []struct {
		name, file, text string
		line, column     int
		want             string
	}{
		{"a place", "a.ts", "let x = y;", 12, 9, "  a.ts:12:9\n  12 | let x = y;\n     |         ^\n"},
		{"after tabs", "a.ts", "\t\tx", 1, 3, "  a.ts:1:3\n  1 | \t\tx\n    | \t\t^\n"},
		{"no source", "a.ts", "", 1, 3, "  a.ts:1:3\n"},
		{"a column past the line", "a.ts", "x", 1, 99, "  a.ts:1:99\n  1 | x\n    |  ^\n"},
		{"no column", "a.ts", "x", 1, 0, "  a.ts:1:0\n  1 | x\n    | ^\n"},
		{"what would steer the terminal", "a\x1b.ts", "\x1bx", 1, 1, "  a\uFFFD.ts:1:1\n  1 | \uFFFDx\n    | ^\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := term.frame(tc.file, tc.line, tc.column, tc.text); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestTailedLines(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 6e6, time.Local)
	stamp := at.Format(time.RFC3339Nano)
	for _, tc := range []struct{ name, document, outcome, want string }{
		{"a console line", `{"type":"log","time":"` + stamp + `","function":"shop","level":"warn","message":"a\nb\u001b"}`, "", "03:04:05.006 shop warn a\nb\uFFFD\n"},
		{"an event", `{"type":"request","time":"` + stamp + `","function":"shop","method":"GET","path":"/a\u202e","status":200,"outcome":"ok","total_ms":1.25,"cpu_ms":0.5}`, "", "03:04:05.006 shop GET /a\uFFFD 200 ok 1.2 ms, 0.5 ms CPU\n"},
		{"an event that failed", `{"type":"request","time":"` + stamp + `","function":"shop","method":"GET","path":"/","status":500,"outcome":"exception","error":"Error: x"}`, "exception", "03:04:05.006 shop GET / 500 exception 0.0 ms, 0.0 ms CPU\n             Error: x\n"},
		{"another outcome than asked for", `{"type":"request","outcome":"ok"}`, "exception", ""},
		{"lines that were dropped", `{"type":"dropped","lines":7}`, "", "7 lines were dropped: more is logged than this connection takes\n"},
		{"what a newer node says", `{"type":"span"}`, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			term := testTerminal(nil)
			term.out = &out
			if err := term.tailed([]byte(tc.document), tc.outcome); err != nil || out.String() != tc.want {
				t.Errorf("got %q, %v\nwant %q", out.String(), err, tc.want)
			}
			if tc.want == "" {
				return
			}
			out.Reset()
			term.json = true
			if err := term.tailed([]byte(tc.document), tc.outcome); err != nil || out.String() != tc.document+"\n" {
				t.Errorf("with --json: got %q, %v", out.String(), err)
			}
		})
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change admin.Change
		want   string
		exit   int
	}{
		{"a push", admin.Change{Function: "shop", Version: 2, URLs: []string{"http://a/", "http://b/"}, Nodes: []admin.Node{{ID: "n1", Switched: true}}}, "✓ pushed shop version 2\n  http://a/\n  http://b/\n", exitOK},
		{"a push that changes nothing", admin.Change{Function: "shop", Version: 2, Unchanged: true}, "= shop version 2 was live already\n", exitOK},
		{"a removal on two nodes", admin.Change{Function: "shop", Nodes: []admin.Node{{ID: "n1", Switched: true}, {ID: "n2", Switched: true}}}, "✓ pushed shop\n  2 nodes\n", exitOK},
		{"a node that lags behind", admin.Change{Function: "shop", Version: 1, Nodes: []admin.Node{{ID: "n1", Switched: true}, {ID: "n2"}}}, "✓ pushed shop version 1\n  2 nodes\n", exitPartial},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			term := testTerminal(nil)
			term.out = &out
			if err := term.changed(tc.change, "pushed"); exitCode(err) != tc.exit || out.String() != tc.want {
				t.Errorf("got %q, %v\nwant %q", out.String(), err, tc.want)
			}
		})
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KB", 1536: "1.5 KB", 1 << 20: "1.0 MB", 50 << 20: "50.0 MB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %s, want %s", bytes, got, want)
		}
	}
}
