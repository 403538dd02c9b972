package js

import (
	"errors"
	"strings"
	"testing"
)

func TestInspectSource(t *testing.T) {
	t.Parallel()
	times := strings.Repeat
	for _, tc := range []struct {
		name, source string
		refused      bool
	}{
		{"brackets", times("(", 900) + times(")", 900), false},
		{"too many brackets", times("(", 1100) + times(")", 1100), true},
		{"too many brackets of a kind", times("[{a:", 600) + times("}]", 600), true},
		{"too many blocks", times("{", 1100), true},
		{"too many functions", times("(function(){", 600) + times("})", 600), true},
		{"too many templates", times("`${", 1100) + "1" + times("}`", 1100), true},
		{"brackets in a row", times("(a)[b]{c};\n", 5000), false},
		{"brackets in strings", `"` + times("(", 5000) + `" + '` + times("[", 5000) + `' + ` + "`" + times("{", 5000) + "`", false},
		{"brackets in comments", "//" + times("(", 5000) + "\n/*" + times("[", 5000) + "*/", false},
		{"brackets in a regular expression", "x = /" + times("[(]", 2000) + times("\\(", 2000) + "/", false},
		{"brackets after a division", "a = b / 2; " + times("(", 1100) + " / 3", true},
		{"brackets after a group that is divided", "(a) / " + times("(", 1100) + " /g", true},
		{"a regular expression after a header", "if (a) /" + times("[(]", 1100) + "/.test(b)", false},
		{"a regular expression after a block", "if (a) {}\n/" + times("[(]", 1100) + "/.test(b)", false},
		{"a regular expression after return", "return /" + times("[(]", 1100) + "/", false},
		{"a quote in a regular expression", `x = /["'` + "`" + `]/; ` + times("(", 1100), true},
		{"a division of a property named like a keyword", "a.return / " + times("(", 1100) + " / 1", true},
		{"prefixes", times("!", 9000) + "x", false},
		{"too many prefixes", times("!", 11_000) + "x", true},
		{"too many keywords", times("typeof ", 11_000) + "x", true},
		{"too many new", times("new ", 11_000) + "x", true},
		{"too many await", "async()=>" + times("await ", 11_000) + "x", true},
		{"too many arrows", times("x=>", 11_000) + "1", true},
		{"too many async arrows", times("async x=>", 6000) + "1", true},
		{"too many assignments", times("a=", 11_000) + "1", true},
		{"too many conditions", times("a?", 11_000) + "1" + times(":1", 11_000), true},
		{"too many conditions after each other", times("a?b:", 11_000) + "1", true},
		{"too many powers", times("2**", 11_000) + "2", true},
		{"too many extends", times("(class extends ", 900) + times("class extends ", 11_000) + "A", true},
		{"terms", times("a+", 30_000) + "a", false},
		{"too many terms", times("a+", 50_000) + "a", true},
		{"too many members", "a" + times(".b", 50_000), true},
		{"too many optional members", "a" + times("?.b", 50_000), true},
		{"too many calls", "a" + times("()", 50_000), true},
		{"too many elements of elements", "a" + times("[0]", 50_000), true},
		{"too many tags", "a" + times("``", 50_000), true},
		{"too many else", times("if(a);else ", 6000) + ";", true},
		{"too many else with blocks", times("if(a){}else ", 6000) + ";", true},
		{"too many if", times("if(a)", 11_000) + ";", true},
		{"too many loops", times("for(;;)", 11_000) + ";", true},
		{"too many do", times("do ", 11_000) + ";" + times("while(0);", 11_000), true},
		{"too many labels", times("a:", 11_000) + ";", true},
		{"too many in all", times("("+times("!", 100), 200) + "1", true},
		{"statements", times("if (a) b(); else c += !d ? 1 : 2;\n", 20_000), false},
		{"statements without semicolons", times("a = b + c\nlet d = !e\nf(g)\n", 20_000), false},
		{"functions after each other", times("function f() { return a ? b : c }\n", 20_000), false},
		{"arrows after each other", times("x = () => { return !a }\n", 20_000), false},
		{"an array", "[" + times("!a, b + c, {d: e},", 50_000) + "]", false},
		{"an object", "({" + times("a: b, c: !d,", 50_000) + "})", false},
		{"cases", "switch (a) {" + times("case 1: case 2: b(); break;\n", 20_000) + "}", false},
		{"members of a class", "class A {" + times("get a() { return 1 } static b = 1\n c = x => x\n", 20_000) + "}", false},
		{"declarations", "var " + times("a = !b ? c : d,", 50_000) + "e", false},
		{"a long number", times("1", 70_000) + "n", true},
		{"a long name", times("a", 70_000), true},
		{"a long escape in a name", `\u{` + times("0", 70_000) + "61}=1", true},
		{"a string that does not end", `"` + times("(", 2000), false},
		{"a comment that does not end", "/*" + times("(", 500), false},
		{"a template that does not end", "`" + times("(", 2000), false},
		{"brackets that nothing opened", times(")]}", 5000), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := inspectSource(tc.source)
			if (err != nil) != tc.refused {
				t.Errorf("refused: %v", err)
			}
			var compile *CompileError
			if err != nil && (!errors.As(err, &compile) || compile.Line == 0) {
				t.Errorf("an error without a place: %v", err)
			}
		})
	}
}

func TestSourceFacts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		source  string
		bigints bool
		widest  int
	}{
		{`a = 1`, false, 0},
		{`a = 1n`, true, 0},
		{`a = 0xFFn`, true, 0},
		{`a = "1n" + n + an /* 2n */`, false, 0},
		{`BigInt(1)`, true, 0},
		{`new BigUint64Array()`, true, 0},
		{`"\u{10FFFF}" + '\u{010ffff}' + "\\u{10FFFF}" + "\u{10FFFE}"`, false, 2},
		{"`\\u{10FFFF}${\"\\u{10FFFF}\"}` + /\\u{10FFFF}/u // \\u{10FFFF}", false, 2},
	} {
		facts, err := inspectSource(tc.source)
		if err != nil || facts.bigints != tc.bigints || len(facts.widest) != tc.widest {
			t.Errorf("%s: %+v, %v", tc.source, facts, err)
		}
	}
}

// FuzzInspectSource holds the inspection against the engine: what passes is parsed without
// a fault, and looking it over leaves nothing counted that is closed.
func FuzzInspectSource(f *testing.F) {
	for _, seed := range []string{
		"(a)[b]{c}", "if (a) /b/.c; else d / e / f", "a\n++b / c", "`${`${a}`}`", `"\u{10FFFF}"`, "x => y => ({z: 1n})",
		"do ; while (a) b: c?.d`e`", "class A extends B { get\n=1; static #c = /[/]/ }", "async x => await y ** -z", "\\u{61} = 1",
		"case: }}} ((( ]]", "'\\\n'", "/*", "`\\", "#!a\nb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1<<12 {
			t.Skip("SKIPPED: longer texts find nothing more")
		}
		s := sourceScanner{text: source, frames: []frame{{opener: '{', block: true}}}
		for s.at < len(source) && s.problem == "" {
			before := s.at
			frames := len(s.frames)
			if s.token(); s.at == before && len(s.frames) == frames {
				t.Fatalf("%q: stands still at %d", source, s.at)
			}
		}
		sum := (len(s.frames) - 1) * nestingUnit
		for i := range s.frames {
			sum += s.frames[i].weight()
		}
		if sum != s.nesting {
			t.Fatalf("%q: %d is counted, %d is open", source, s.nesting, sum)
		}
		if _, err := CompileFunction("f.js", source, nil, nil); err != nil {
			var compile *CompileError
			if !errors.As(err, &compile) {
				t.Fatalf("%q: %v", source, err)
			}
			if strings.Contains(compile.Message, "unexpected unicode length") {
				t.Fatalf("%q: %v", source, err)
			}
		}
	})
}
