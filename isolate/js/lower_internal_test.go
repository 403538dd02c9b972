package js

import (
	"strings"
	"testing"
)

// TestLower: what is lowered keeps its meaning, and does not take the turn hostage.
func TestLower(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	const many = `const many = "x".repeat(100000);`
	for _, tc := range []struct{ name, src, want string }{
		{"objects", `const a = {x: 1, y: 2}; return JSON.stringify({...a, y: 3, ...{z: 4}})`, `{"x":1,"y":3,"z":4}`},
		{"nothing", `return JSON.stringify({...null, ...undefined, ...false, ...0, ...""})`, `{}`},
		{"strings and arrays", `return JSON.stringify({..."ab", ...[1]})`, `{"0":1,"1":"b"}`},
		{"getters are read once", `let n = 0; const a = {get x() { return ++n }}; return JSON.stringify([{...a}, n])`, `[{"x":1},1]`},
		{"conditions", `const c = true; return JSON.stringify({...(c ? {a: 1} : {}), ...(c && {b: 2})})`, `{"a":1,"b":2}`},
		{"the value of this and of arguments", `return (function () { return JSON.stringify({...this, ...arguments}) }).call({a: 1}, 2)`, `{"0":2,"a":1}`},
		{"await and yield", `function* g() { return {...(yield 1)} } const i = g(); i.next(); return JSON.stringify(i.next({a: 1}).value)`, `{"a":1}`},
		{"rest of a declaration", `const {a, ...rest} = {a: 1, b: 2, c: 3}; return JSON.stringify(rest)`, `{"b":2,"c":3}`},
		{"rest of an assignment", `let rest; const v = ({a: 1, b: 2}); const w = ({a: rest, ...rest} = v); return JSON.stringify([rest, w === v])`, `[{"b":2},true]`},
		{"rest of a parameter", `return JSON.stringify((({a, ...rest}, {...d} = {x: 1}) => [rest, d])({a: 1, b: 2}))`, `[{"b":2},{"x":1}]`},
		{"nested functions", `const f = (a) => ({...a, g: () => ({...a})}); return JSON.stringify(f({x: 1}).g())`, `{"x":1}`},
		{"with arguments of the script", `return JSON.stringify({...given})`, `{"g":1}`},
		{"BigInts beside it", `const a = {x: 2n ** 3n}; return String({...a}.x * BigInt(2))`, `16`},
		{"a long string", many + `return {...many}`, "RangeError: Too many properties to enumerate"},
		{"a long typed array", `return {...new Uint8Array(100000)}`, "RangeError: Too many properties to enumerate"},
		{"a long array", `return {...new Array(100000).fill(0)}`, "RangeError: Too many properties to enumerate"},
		{"a long rest", many + `const {...a} = many`, "RangeError: Too many properties to enumerate"},
		{"a length is no elements", `return Object.keys({...new Array(1e9)}).length`, "0"},
		{"long templates", "const f = (v) => v; return `a${1}b${'x'}c${null}d${[1, 2]}e${f(5)}f${f(6)}g${`n${1}${2}${3}${4}${5}`}h${9}i${10}j`",
			"a1bxcnulld1,2e5f6gn12345h9i10j"},
		{"long templates convert in order", "let n = ''; const o = (k) => ({toString() { n += k; return '' }, valueOf() { return 7 }}); " +
			"const s = `${o(1)}${o(2)}${o(3)}${o(4)}${o(5)}${(n += '!', o(6))}`; return s + n", "12345!6"},
		{"long tagged templates", "const tag = (s, ...v) => s.length + ':' + v.length; return tag`${1}${2}${3}${4}${5}${6}`", "7:6"},
		{"templates refuse symbols", "return `${1}${2}${3}${4}${5}${Symbol()}`", "TypeError: Cannot convert a Symbol value to a string"},
		{"an error keeps its place", "\n\n  return {...nothing}", "ReferenceError: nothing is not defined at test.js:4:14"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			program, err := CompileFunction("test.js", tc.src, []string{"given"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			vm := p.NewVM(Config{})
			var got string
			err = vm.Enter(t.Context(), func() {
				v, err := vm.Evaluate(program, Record{{"g", 1}})
				if err == nil {
					got = vm.String(v)
					return
				}
				report := vm.Report(err) // a line further on, for the one before the script
				got = report.Message
				if len(report.Frames) > 0 && strings.Contains(tc.want, " at ") {
					got += " " + strings.TrimSpace(report.Stack())
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
