package build

import (
	"fmt"
	"strings"
	"testing"
)

func TestCheckNestingRefuses(t *testing.T) {
	t.Parallel()
	r := strings.Repeat
	for _, tc := range []struct{ name, file, text string }{
		{"parentheses", "a.js", r("(", 600)},
		{"brackets", "a.js", r("[", 600)},
		{"braces", "a.js", r("{", 600)},
		{"objects", "a.js", "x = " + r("{a:", 600)},
		{"a mix", "a.js", r("[{a:(", 200)},
		{"JSON", "a.json", r(`{"a":[`, 300)},
		{"functions", "a.js", r("function f() {", 600)},
		{"templates", "a.js", r("`${", 300)},
		{"with strings between", "a.js", r(`(")",`, 600)},
		{"with comments between", "a.js", r("(/*)*/ //)\n", 600)},
		{"with templates between", "a.js", r("(`)`,", 600)},
		{"with regular expressions between", "a.js", r("(/)/,", 600)},
		{"with classes in regular expressions between", "a.js", r("(/[/)]/,", 600)},
		{"after divisions", "a.js", r("(a/b,", 600)},
		{"after divisions by what is in parentheses", "a.js", r("((a)/b,", 600)},
		{"after a condition, a regular expression", "a.js", r("if (a) /)/.test((", 600)},
		{"after a quote that nothing closes", "a.tsx", "<p>it's</p>\n" + r("(", 600)},
		{"in JSX", "a.tsx", r("<a>{", 600)},
		{"escaped quotes", "a.js", r(`("\")",`, 600)},
		{"a line continued in a string", "a.js", r("('\\\n)',", 600)},
		{"not", "a.js", r("!", 5000)},
		{"signs", "a.js", r("-~", 5000)},
		{"new lines between", "a.js", r("!\n", 5000)},
		{"typeof", "a.js", r("typeof ", 5000)},
		{"await", "a.js", r("await ", 5000)},
		{"new", "a.js", r("new ", 5000)},
		{"arrows", "a.js", r("a=>", 5000)},
		{"arrows with spaces", "a.js", r("a => \n", 5000)},
		{"choices", "a.js", r("a?b:", 5000)},
		{"assignments", "a.js", r("a=", 5000)},
		{"powers", "a.js", "a" + r("**a", 5000)},
		{"if", "a.js", r("if(a)", 5000)},
		{"if, new lines between", "a.js", r("if (a)\n", 5000)},
		{"else if", "a.js", "if(a){}" + r("else if(a){}", 5000)},
		{"else if on lines of their own", "a.js", "if (a) {\n}\n" + r("else if (a) {\n}\n", 5000)},
		{"loops", "a.js", r("while(a)", 5000)},
		{"do", "a.js", r("do ", 5000)},
		{"labels", "a.js", r("a:", 5000)},
		{"classes", "a.js", r("class A extends ", 5000)},
		{"types", "a.ts", "type A = " + r("a<", 5000)},
		{"keyof", "a.ts", "type A = " + r("keyof ", 5000)},
		{"elements", "a.tsx", r("<a>", 5000)},
		{"sums", "a.js", "a" + r("+a", 20000)},
		{"sums of strings", "a.js", "''" + r("+\n'a'", 20000)},
		{"properties", "a.js", "a" + r(".a", 20000)},
		{"calls", "a.js", "a" + r("()", 20000)},
		{"indices", "a.js", "a" + r("[0]", 20000)},
		{"tags", "a.js", "a" + r("``", 20000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := checkNesting(tc.file, tc.text)
			if m == nil {
				t.Fatal("accepted")
			}
			if m.File != tc.file || m.Line == 0 || len(m.Source) > 1000 {
				t.Errorf("got %+v", m)
			}
		})
	}
}

func TestCheckNestingAccepts(t *testing.T) {
	t.Parallel()
	r := strings.Repeat
	lines := func(format string, n int) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, format, i)
		}
		return out.String()
	}
	for _, tc := range []struct{ name, file, text string }{
		{"nothing", "a.js", ""},
		{"brackets at the bound", "a.js", r("(", 512) + r(")", 512)},
		{"many brackets side by side", "a.js", r("([{}]);", 5000)},
		{"brackets in a string", "a.js", `"` + r("({[", 1000) + `"`},
		{"brackets in a comment", "a.js", "/*" + r("({[", 1000) + "*/ //" + r("(", 1000)},
		{"brackets in a template", "a.js", "`" + r("({[", 1000) + "`"},
		{"brackets in a regular expression", "a.js", "/" + r(`\(\[`, 1000) + "/"},
		{"quotes in regular expressions", "a.js", r("x = /['\"`]/; (a)\n", 2000)},
		{"regular expressions after blocks", "a.js", r("if (a) { b } /[(]/.test(c)\n", 2000)},
		{"regular expressions after return", "a.js", r("function f() { return /[(]/ }\n", 2000)},
		{"strings of brackets in a list", "a.js", "x = [" + r(`"(", "{", "[", `, 2000) + "]"},
		{"cases for brackets", "a.js", "switch (c) {" + r("case '(': case '{': f(\"[\"); break\n", 2000) + "}"},
		{"many cases", "a.js", "switch (c) {" + lines("case %d:\n", 10_000) + "}"},
		{"a large array", "a.js", "x = [" + r("1, ", 100_000) + "]"},
		{"a large object", "a.json", "{" + lines(`"k%d": {"a": [1, -2, true]},`, 10_000) + `"z": 1}`},
		{"statements without semicolons", "a.js", lines("const a%d = await f(!x ? 1 : 2)\n", 10_000)},
		{"statements on one line", "a.js", lines("a%d=b?c:!d;", 10_000)},
		{"declarations in one statement", "a.js", "var a" + lines(",b%d=c?d:-1", 10_000)},
		{"functions on one line", "a.js", lines("function f%d(a=1){return!a}", 10_000)},
		{"conditions side by side", "a.js", lines("if (a == %d) { b() }\n", 10_000)},
		{"conditions without braces", "a.js", lines("if (a == %d) b()\n", 10_000)},
		{"fields of a class", "a.ts", "class A {\n" + lines("  x%d: number = 1\n", 10_000) + "}"},
		{"members of an interface", "a.ts", "interface A {\n" + lines("  x%d?: Array<string>\n", 10_000) + "}"},
		{"an else-if ladder", "a.js", "if (a) {}" + lines(" else if (a === %d) {}\n", 1500)},
		{"a long sum", "a.js", "x = ''" + lines(" +\n 'line %d'", 5000)},
		{"a long chain of calls", "a.js", "x" + lines("\n  .then(a => a + %d)", 2000)},
		{"JSX with apostrophes and many children", "a.tsx", "export default () => <ul>" + lines("<li key={%d}>it's (here) <br/></li>\n", 5000) + "</ul>"},
		{"a template in a template", "a.js", "x = `${a ? `${b}` : `}`} {`;" + r("(1);", 10)},
		{"half a file", "a.js", "x = { y: `${"},
		{"a lone backslash", "a.js", "x = `\\"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if m := checkNesting(tc.file, tc.text); m != nil {
				t.Errorf("refused: %s", m.String())
			}
		})
	}
}

func TestCheckEnums(t *testing.T) {
	t.Parallel()
	doubling := func(format string) string {
		var out strings.Builder
		out.WriteString("export enum E { A0 = \"xxxxxxxxxxxxxxxx\",\n")
		for i := range 40 {
			fmt.Fprintf(&out, format+",\n", i+1, i, i)
		}
		return out.String() + "}"
	}
	for _, tc := range []struct {
		name, text string
		refused    bool
	}{
		{"sums", doubling("A%d = A%d + A%d"), true},
		{"templates", doubling("A%d = `${A%d}${A%d}`"), true},
		{"qualified", doubling("A%d = E.A%d + E.A%d"), true},
		{"by index", doubling(`A%d = E["A%d"] + E['A%d']`), true},
		{"quoted names", doubling(`"A%d" = A%d /* } */ + A%d`), true},
		{"escaped names", doubling(`A%d = \u0041%d + \u0041%d`), true},
		{"several enums", strings.ReplaceAll(doubling("A%d = A%d + A%d"), ",\nA20", "}\nconst enum F {\nA20"), true},
		{"numbers", "enum E { A, B = 2, C = A | B, D = 1 << 3, F = C | D }", false},
		{"strings", `enum E { A = "a", B = "b", C = A + B }`, false},
		{"many members", "enum E {" + strings.Repeat("A = 1,", 10_000) + "}", false},
		{"half an enum", "enum E { A = ", false},
		{"many halves", strings.Repeat("enum E { A ", 10_000), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if m := checkEnums("a.ts", tc.text); (m != nil) != tc.refused {
				t.Errorf("got %v", m)
			}
		})
	}
}

func FuzzCheckNesting(f *testing.F) {
	for _, seed := range []string{"(", "`${`", "a/b/c", "/[/]/", "'\\", "<p>it's</p>", "if(a)/x/.y", "#!x\n(", "}}}", "x!/y", "//", "/*"} {
		f.Add("a.tsx", seed)
		f.Add("a.js", seed)
	}
	f.Fuzz(func(t *testing.T, file, text string) {
		if m := checkNesting(file, text); m != nil {
			m.Frame()
		}
		checkEnums(file, text)
		mayCompute(text)
	})
}
