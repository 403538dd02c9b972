package js_test

import (
	"testing"

	"github.com/dop251/goja"

	"github.com/skerry-edge/skerry/isolate/js"
)

// BenchmarkLanguage compares what is guarded or lowered here with the engine by itself.
func BenchmarkLanguage(b *testing.B) {
	p, err := js.NewPlatform()
	if err != nil {
		b.Fatal(err)
	}
	const text = `const text = "The quick brown fox, 42 years old, jumps over 7 lazy dogs. ".repeat(30);`
	const object = `const object = {list: Array.from({length: 400}, (_, i) => ({id: i, name: "name " + i, price: i * 1.25, tags: ["a", "b\n", "cé"], nested: {ok: true, none: null, at: "2026-11-23T00:00:00Z"}}))};`
	for _, c := range []struct{ name, setup, body string }{
		{"numbers", ``, `let s = 0; for (let i = 1; i < 1000; i++) { let x = i * s; s = (x << 1) + i ** 2; s *= i; s %= 1000 } return s`},
		{"numbers beside BigInts", `const big = 1n;`, `let s = 0; for (let i = 1; i < 1000; i++) { let x = i * s; s = (x << 1) + i ** 2; s *= i; s %= 1000 } return s`},
		{"BigInts", `const m = 2n ** 255n - 19n;`, `let x = 9n; for (let i = 0; i < 200; i++) x = x * x % m; return x`},
		{"RegExp test", text + `const r = /lazy (dogs|cats)/;`, `let n = 0; for (let i = 0; i < 20; i++) n += r.test(text); return n`},
		{"RegExp test of short strings", `const r = /^[\w.]+@[\w.]+$/; const words = ["a@b.c", "nobody", "x.y@example.com"];`, `let n = 0; for (let i = 0; i < 100; i++) n += r.test(words[i % 3]); return n`},
		{"RegExp test, backtracking", text + `const r = /(?=lazy)\w+/;`, `return r.test(text)`},
		{"RegExp exec loop", text + `const r = /(\w+)/g;`, `let n = 0; for (let m; m = r.exec(text);) n += m[1].length; return n`},
		{"RegExp exec loop with boundaries", text + `const r = /\b(\w)/g;`, `let n = 0; for (let m; m = r.exec(text);) n += m.index; return n`},
		{"replace by text", text, `return text.replace(/o(\w)/g, "[$1]")`},
		{"replace by a function", text, `return text.replace(/\d+/g, (d) => d * 2)`},
		{"match", text, `return text.match(/[A-Z]\w+/g)`},
		{"split", text, `return text.split(/[,.]\s*/)`},
		{"new RegExp", `let i = 0;`, `return new RegExp("^/users/(\\d+)/posts/(?<post>[a-z]+)" + (i++ % 8) + "$")`},
		{"JSON.stringify", object, `return JSON.stringify(object)`},
		{"JSON.stringify, indented", object, `return JSON.stringify(object, null, 2)`},
		{"JSON.stringify, not ASCII", object + `for (const o of object.list) o.name = "Ünïcødé Αθήνα";`, `return JSON.stringify(object)`},
		{"JSON.parse", object + `const json = JSON.stringify(object);`, `return JSON.parse(json)`},
		{"JSON.parse, not ASCII", object + `for (const o of object.list) o.name = "Ünïcødé Αθήνα"; const json = JSON.stringify(object);`, `return JSON.parse(json)`},
		{"JSON.parse, small", ``, `return JSON.parse('{"ok":true,"id":7,"name":"x"}')`},
		{"JSON.stringify, small", ``, `return JSON.stringify({ok: true, id: 7, name: "x"})`},
	} {
		source := c.setup + "return function () {" + c.body + "}"
		b.Run(c.name+"/engine", func(b *testing.B) {
			b.ReportAllocs()
			rt := goja.New()
			f, err := rt.RunString("(function () {'use strict';" + source + "})()")
			if err != nil {
				b.Fatal(err)
			}
			call, _ := goja.AssertFunction(f)
			for b.Loop() {
				if _, err := call(goja.Undefined()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/guarded", func(b *testing.B) {
			b.ReportAllocs()
			program, err := js.CompileFunction("bench.js", source, nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			vm := p.NewVM(js.Config{})
			err = vm.Enter(b.Context(), func() {
				f, err := vm.Evaluate(program)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := vm.Call(f, js.Undefined); err != nil {
						b.Fatal(err)
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
