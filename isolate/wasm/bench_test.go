package wasm

import (
	"context"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// benchVM runs the statements of setup in a VM, and then, for each iteration, f with what setup
// returns.
func benchVM(b *testing.B, setup string, f func(vm *js.VM, v js.Value)) {
	b.Helper()
	library := NewLibrary()
	p := newPlatform(b)
	program, err := js.CompileFunction("bench.js", prelude+setup, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	vm := p.NewVM(js.Config{Host: testHost{library}})
	err = vm.Enter(context.Background(), func() {
		v, thrown := vm.Evaluate(program)
		if thrown != nil {
			b.Error(vm.Report(thrown).Message)
			return
		}
		b.ReportAllocs()
		for b.Loop() {
			f(vm, v)
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCalls is a script's loop of a thousand calls: of a module's function, of one that
// calls back, and of a function of JavaScript.
func BenchmarkCalls(b *testing.B) {
	for _, bm := range []struct{ name, setup string }{
		{"module", `let {add} = make("math"); return () => { for (let i = 0; i < 1000; i++) add(i, 1) }`},
		{"callback", `let {callF} = make("imports", env({f: (a, b) => a, g() {}, pair() {}})); return () => { for (let i = 0; i < 1000; i++) callF(i, 1) }`},
		{"script", `let add = (a, b) => a + b | 0; return () => { for (let i = 0; i < 1000; i++) add(i, 1) }`},
	} {
		b.Run(bm.name, func(b *testing.B) {
			benchVM(b, bm.setup, func(vm *js.VM, v js.Value) { vm.Invoke(v, js.Undefined) })
		})
	}
}

// BenchmarkFib25 is work for a few hundred microseconds of machine code.
func BenchmarkFib25(b *testing.B) {
	benchVM(b, `let {fib} = make("math"); return () => fib(25)`, func(vm *js.VM, v js.Value) { vm.Invoke(v, js.Undefined) })
}

// BenchmarkInstantiate is an instance, and its first call, in a VM of its own: what each event
// pays that has an isolate to itself.
func BenchmarkInstantiate(b *testing.B) {
	for _, bm := range []struct{ name, module, call string }{
		{"small", "math", "add(1, 2)"},
		{"memory", "memory", "load(8)"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			library, p := NewLibrary(), newPlatform(b)
			code, err := library.Compile(b.Context(), testModules[bm.module]())
			if err != nil {
				b.Fatal(err)
			}
			program, err := js.CompileFunction("bench.js", "new WebAssembly.Instance(module).exports."+bm.call, []string{"module"}, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				vm := p.NewVM(js.Config{Host: testHost{library}})
				var thrown error
				if err := vm.Enter(context.Background(), func() { _, thrown = vm.Evaluate(program, NewModule(vm, code)) }); err != nil || thrown != nil {
					b.Fatal(err, thrown)
				}
			}
		})
	}
}

// BenchmarkCompile is what a bundle pays once.
func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewLibrary().Compile(context.Background(), testModules["math"]()); err != nil {
			b.Fatal(err)
		}
	}
}
