package js

import (
	"testing"
	"time"

	"github.com/dop251/goja"
)

// BenchmarkGuards compares built-ins behind their guards with the engine's own, by the CPU
// time of the thread: both run the same script in turns of a fraction of a millisecond, and
// the metric "ratio" is the one to look at.
func BenchmarkGuards(b *testing.B) {
	p, err := NewPlatform()
	if err != nil {
		b.Fatal(err)
	}
	for _, bc := range []struct{ name, setup, call string }{
		{"map", "const a = [1,2,3,4,5,6,7,8,9,10]", "a.map((v) => v)"},
		{"filter", "const a = [1,2,3,4,5,6,7,8,9,10]", "a.filter((v) => v > 5)"},
		{"join", "const a = ['a','b','c','d','e','f','g','h','i','j']", "a.join(',')"},
		{"slice", "const a = [1,2,3,4,5,6,7,8,9,10]", "a.slice(1, 8)"},
		{"indexOf", "const a = [1,2,3,4,5,6,7,8,9,10]", "a.indexOf(8)"},
		{"includes", "const a = [1,2,3,4,5,6,7,8,9,10]", "a.includes(8)"},
		{"concat", "const a = [1,2,3,4,5], b = [6,7,8,9,10]", "a.concat(b)"},
		{"push", "let a = []", "if (a.push(1) > 100) a = []"},
		{"sort", "const a = [5,3,8,1,9,2,7,4,6,10]", "a.slice().sort((x, y) => x - y)"},
		{"sort strings", "const a = ['e','c','h','a','i','b','g','d','f','j']", "a.slice().sort()"},
		{"flat", "const a = [[1,2],[3,4],[5,6]]", "a.flat()"},
		{"Array.from", "const a = {length: 3}", "Array.from(a, (v, i) => i)"},
		{"for of", "const a = [1,2,3,4,5,6,7,8,9,10]", "for (const v of a);"},
		{"spread", "const a = [1,2,3,4,5]", "[...a, ...a]"},
		{"replace", "const s = 'the quick brown fox jumps over the lazy dog'", "s.replace('fox', 'cat')"},
		{"replaceAll", "const s = 'the quick brown fox jumps over the lazy dog'", "s.replaceAll('o', '0')"},
		{"split", "const s = 'a,b,c,d,e,f,g,h'", "s.split(',')"},
		{"repeat", "const s = 'ab'", "s.repeat(10)"},
		{"string indexOf", "const s = 'the quick brown fox jumps over the lazy dog'", "s.indexOf('lazy')"},
		{"startsWith", "const s = 'the quick brown fox'", "s.startsWith('the')"},
		{"toLowerCase", "const s = 'The Quick Brown Fox'", "s.toLowerCase()"},
		{"trim", "const s = '  the quick  '", "s.trim()"},
		{"charCodeAt", "const s = 'the quick'", "s.charCodeAt(3)"},
		{"Math.floor", "", "Math.floor(1.5)"},
		{"Object.keys", "const o = {a: 1, b: 2, c: 3}", "Object.keys(o)"},
		{"Object.assign", "const o = {a: 1, b: 2, c: 3}", "Object.assign({}, o)"},
		{"Map.get", "const m = new Map([[1, 2]])", "m.get(1)"},
		{"apply", "const f = (a, b) => a, l = [1, 2]", "f.apply(null, l)"},
		{"bind", "const f = ((a, b) => a).bind(null, 1)", "f(2)"},
		{"Proxy", "const p = new Proxy({a: 1}, {get: (t, k) => t[k]})", "p.a"},
		{"encodeURIComponent", "", "encodeURIComponent('a b/c')"},
		{"parseInt", "", "parseInt('123')"},
		{"Uint8Array", "", "new Uint8Array(16)"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			const loops = 200
			program := goja.MustCompile("b.js", "(() => {"+bc.setup+"; return () => { for (let i = 0; i < 200; i++) {"+bc.call+"} }})()", true)
			bare, vm := goja.New(), p.NewVM(Config{})
			var run [2]goja.Callable
			for i, rt := range []*goja.Runtime{bare, vm.rt} {
				v, err := rt.RunProgram(program)
				if err != nil {
					b.Fatal(err)
				}
				run[i], _ = goja.AssertFunction(v)
			}
			var used [2]time.Duration
			lockThread()
			start := threadCPU()
			defer unlockThread()
			for n := 0; b.Loop(); n++ {
				for i := range run {
					if _, err := run[(i+n)%2](goja.Undefined()); err != nil {
						b.Fatal(err)
					}
					now := threadCPU()
					used[(i+n)%2] += now - start
					start = now
				}
			}
			b.ReportMetric(float64(used[0].Nanoseconds())/float64(b.N*loops), "bare-ns")
			b.ReportMetric(float64(used[1].Nanoseconds())/float64(b.N*loops), "guarded-ns")
			b.ReportMetric(float64(used[1])/float64(used[0]), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkNewVM is what a VM costs that runs nothing: no guard is paid for.
func BenchmarkNewVM(b *testing.B) {
	p, err := NewPlatform()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.NewVM(Config{})
	}
}
