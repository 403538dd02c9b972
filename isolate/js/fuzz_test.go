package js

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dop251/goja/parser"
)

// FuzzParseJSON holds ParseJSON against encoding/json: the same texts are JSON, and what
// is made of them is written the same way again.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5,-0,1e3,true,false,null,"x"],"b":{}}`, `"\ud83d\ude00\u00e9\n"`, `"\ud800"`, `[]`, ` 7 `,
		`01`, `-`, `1.`, `.5`, `1e`, `"\x"`, `{"a":1,}`, `[1 2]`, `"` + "\x01" + `"`, `nul`, `{"__proto__":1}`, `1e400`, ``,
		strings.Repeat("[", 6000), `{"2":1,"1":2,"a":3}`, `"é"`, `123456789012345678901234567890`,
		`[{"a":1,"b":2},{"a":3,"b":4},{"a":5},{"a":6,"b":7,"c":8},{"b":1,"a":2},{"a":1,"a":2},{},{"a":{"a":1}}]`,
		`[{"é":1},{"é":2},{"\u00e9":3},{"a\"":4},{"a":5}]`, `"0123456789\\\/\b\f\r\t\u0041\uD83D\uDE00\uDE00é"`, `"\ud800\u0041"`,
		`[-1, 0, 999999999999999, -1000000000000000, 1E2, 0.1, 0x1]`,
	} {
		f.Add(seed)
	}
	p, err := NewPlatform()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("SKIPPED: a script's string has no such text")
		}
		vm := p.NewVM(Config{})
		var got Value
		var parseErr error
		var again string
		if err := vm.Enter(t.Context(), func() {
			if got, parseErr = vm.ParseJSON(text); parseErr == nil {
				again, _ = vm.StringifyJSON(got)
			}
		}); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var throw *ThrowError
		if parseErr != nil && !errors.As(parseErr, &throw) {
			t.Fatalf("%q: an error of the wrong kind: %v", text, parseErr)
		}
		if valid := json.Valid([]byte(text)); valid != (parseErr == nil) {
			if valid && throw.Class == "RangeError" {
				return // nested too deep for us
			}
			t.Fatalf("%q: JSON %v, but parsed with %v", text, valid, parseErr)
		}
		if parseErr == nil && !json.Valid([]byte(again)) {
			t.Fatalf("%q became %q, which is no JSON", text, again)
		}
		var want, have any
		if parseErr == nil && json.Unmarshal([]byte(text), &want) == nil { // which has a bound on numbers
			if err := json.Unmarshal([]byte(again), &have); err != nil || !reflect.DeepEqual(have, want) {
				t.Fatalf("%q became %q: %v", text, again, err)
			}
		}
	})
}

// FuzzJSONNumber holds numbers in JSON against the engine's own way to write them.
func FuzzJSONNumber(f *testing.F) {
	for _, seed := range []float64{0, 0.1, 1e21, 1e-7, -123456.789, 5e-324, 1.7976931348623157e308, 1e-10, 123456789012345680000} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, n float64) {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			t.Skip("SKIPPED: no number in JSON")
		}
		w := jsonWriter{}
		w.number(n)
		if want := floatValue(n).String(); string(w.out) != want {
			t.Errorf("%x is written %s, want %s", n, w.out, want)
		}
	})
}

// FuzzMappings writes and reads the numbers of source maps, and moves whatever a map says.
func FuzzMappings(f *testing.F) {
	f.Add("AACA,EAAE;;GACA", 3, 2)
	f.Add("AAAAA", -5, 1<<20)
	f.Add("!", 0, 0)
	f.Add("ggggggggggggB", 7, 1)
	f.Fuzz(func(t *testing.T, mappings string, number, column int) {
		if number > math.MinInt32 && number < math.MaxInt32/4 {
			var b strings.Builder
			encodeVLQ(&b, number)
			if got, err := decodeVLQ(b.String()); err != nil || len(got) != 1 || got[0] != number {
				t.Fatalf("%d is written %q and read %v, %v", number, b.String(), got, err)
			}
		}
		moved, err := moveMappings(mappings, map[int][]insertion{0: {{column, 2}}})
		if err == nil && strings.Count(moved, ";") != strings.Count(mappings, ";") {
			t.Fatalf("%q has other lines when moved: %q", mappings, moved)
		}
	})
}

// FuzzCompile compiles whatever is given: an error or a program, never a panic.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"return 1", "await 0; return 1", "class A { get = 1; set; async = 2 }", "return /\\p{Script=Greek}/v.test(x)",
		"let = ;", "`${", "()=>arguments", "'\\u{10FFFF}'", "return /(?<a>.)(?<a>.)/", "//# sourceMappingURL=/etc/passwd", "get=1}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 4096 || strings.Count(script, "(")+strings.Count(script, "[")+strings.Count(script, "{") > 400 {
			t.Skip("SKIPPED: nesting is bounded before a script comes here")
		}
		p, err := CompileFunction("fuzz.js", script, []string{"x"}, nil)
		if (p == nil) == (err == nil) {
			t.Fatalf("%q: program %v, error %v", script, p, err)
		}
	})
}

// FuzzRepairRegExp rewrites patterns: what has no Unicode property, nor classes of the flag
// v, stays as it is.
func FuzzRepairRegExp(f *testing.F) {
	f.Add(`\p{Script=Greek}[\p{L}\P{Nd}]`, "u")
	f.Add(`[[a]--[b]]`, "v")
	f.Add(`\`, "u")
	f.Fuzz(func(t *testing.T, pattern, flags string) {
		got, newFlags := repairRegExp(pattern, flags)
		if !strings.Contains(flags, "v") && !strings.Contains(pattern, `p{`) && !strings.Contains(pattern, `P{`) && got != pattern {
			t.Fatalf("%q became %q", pattern, got)
		}
		if len(newFlags) != len(flags) {
			t.Fatalf("flags %q became %q", flags, newFlags)
		}
	})
}

// FuzzClassSet computes classes of the flag v: what comes out is a pattern without it.
func FuzzClassSet(f *testing.F) {
	for _, class := range []string{`[[a]--[b]]`, `[^\q{ab||c}\u{1F600}&&[\w--\d]\p{Script=Greek}]`, `[a--\a]`, `[\q{`, `[[^a-z\x41\cA\0]&&\P{L}]`, `[\D\W\S--\u0041\n]`} {
		f.Add(class)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		r := classReader{text: pattern}
		if !strings.HasPrefix(pattern, "[") || !strictEscapes(pattern) {
			return
		}
		set := r.class()
		if r.failed {
			return
		}
		var out strings.Builder
		set.write(&out)
		transformed, err := parser.TransformRegExp(out.String(), false, true)
		if err == nil {
			_, err = regexp.Compile(transformed)
		}
		if err != nil && out.Len() <= patternBytes {
			t.Errorf("%q became %q: %v", pattern, out.String(), err)
		}
	})
}

// FuzzStack reads stacks, which scripts can write themselves.
func FuzzStack(f *testing.F) {
	f.Add("Error: x\n\tat f (a.ts:1:2(3))\n\tat b.ts:4:5(6)\n\tat native\n")
	f.Add("at ((((:1:1(1))))\n")
	f.Fuzz(func(t *testing.T, stack string) {
		for _, frame := range parseStack(stack) {
			if frame.File == "" || frame.Line < 0 || frame.Column < 0 {
				t.Fatalf("%q has a frame %+v", stack, frame)
			}
		}
	})
}
