package wasm

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// outcome runs src in an event with caps, and says how it ended.
func outcome(t *testing.T, library *Library, cpu time.Duration, src string) string {
	t.Helper()
	overrun := make(chan js.Overrun, 1)
	turns := js.NewTurns(js.TurnsConfig{Grace: 5 * time.Second, Overrun: func(o js.Overrun) { overrun <- o }})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Host: testHost{library}, Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: cpu, MemoryBytes: 64 << 20})
	program, err := js.CompileFunction("test.js", "return (async () => {"+prelude+src+"\n})()", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var result js.Value
	out := ""
	err = vm.Enter(t.Context(), func() { result, err = vm.Evaluate(program) })
	if err == nil {
		err = vm.Run(t.Context(), func() bool {
			state, v := js.Peek(result)
			if state != js.Pending {
				out = vm.String(v)
			}
			return state != js.Pending
		}, nil)
	}
	select {
	case o := <-overrun:
		t.Errorf("an interrupt was of no use: %+v", o)
	default:
	}
	switch {
	case errors.Is(err, js.ErrCPU):
		return "cpu"
	case errors.Is(err, js.ErrMemory):
		return "memory"
	case err != nil:
		return "error " + err.Error()
	}
	return out
}

var hostileRows = []row{
	{"a loop", `make("hostile").spin()`, "cpu"},
	{"a loop that nobody catches", `try { make("hostile").spin() } catch (e) { for (;;); } finally { for (;;); }`, "cpu"},
	{"a loop in the start function", `make("start spins")`, "cpu"},
	{"a loop behind an import", `let m, h = make("hostile"); make("start", env({run: h.spin}))`, "cpu"},
	{"a loop that asks for no memory", `make("hostile").growZero()`, "cpu"},
	{"recursion", `return name(() => make("hostile").recurse())`, "RangeError"},
	{"recursion with values to keep", `return name(() => make("hostile").recurseFat(1n))`, "RangeError"},
	{"recursion again and again", `let h = make("hostile"); for (;;) name(() => h.recurse())`, "cpu"},
	{"recursion through tables", `let m; m = make("table", env({one: () => m.call(0)})); return name(() => m.call(0))`, "RangeError"},
	{"memory without end", `make("hostile").grow()`, "memory"},
	{"more memory than there may be", `make("hostile").growAll(60000)`, "memory"},
	{"a table without end", `make("hostile").growTable()`, "memory"},
	{"long fills", `make("hostile").fill()`, "cpu"},
	{"references without end", `make("hostile").references()`, "cpu|memory"},
	{"a memory that is too large", `return name(() => make("huge memory"))`, "RangeError"},
	{"a memory of a script that is too large", `return name(() => new WebAssembly.Memory({initial: 60000}))`, "RangeError"},
	{"memories of scripts", `let all = []; for (;;) all.push(new WebAssembly.Memory({initial: 16}))`, "memory"},
	{"a table that is too large", `return name(() => make("huge table")) + name(() => new WebAssembly.Table({initial: 9500000, element: "anyfunc"}))`, "RangeErrorRangeError"},
	{"instances without end", `for (;;) make("memory")`, "memory"},
	{"values without end", `let m = make("values"); let t = new WebAssembly.Table({initial: 0, element: "externref"}); for (let i = 0;; i++) t.grow(1, {i, a: new Array(50)})`, "cpu|memory"},
	{"an iterator without end", `let m = make("imports", env({f() {}, g() {}, pair: () => ({*[Symbol.iterator]() { for (;;) yield 1 }})})); return name(() => m.callPair(1))`, "TypeError"},
	{"a module that is slow to compile", `return await WebAssembly.compile(load("slow to compile")).catch(e => e.message.slice(-60))`, " file, so that it is compiled with the bundle"},
	{"a module that is slow to compile, in the turn", `return name(() => new WebAssembly.Module(load("slow to compile"))) + WebAssembly.validate(load("slow to compile"))`, "CompileError!false"},
	{"bytes that are no module", `return name(() => new WebAssembly.Module(new Uint8Array(20 << 20)))`, "RangeError"},
}

// TestHostile runs what tries to outlive its turn or to eat the machine. Each must end with the
// interrupt, or by an error.
func TestHostile(t *testing.T) {
	library := NewLibrary()
	for _, tc := range hostileRows {
		t.Run(tc.name, func(t *testing.T) {
			cpu := 200 * time.Millisecond
			if tc.want == "memory" {
				cpu = 20 * time.Second
			}
			got := outcome(t, library, cpu, tc.src)
			if tc.want == "cpu|memory" && (got == "cpu" || got == "memory") {
				return
			}
			if n := len(tc.want); tc.want[0] == ' ' && len(got) > n {
				got = got[len(got)-n:]
			}
			if got != tc.want {
				t.Errorf("%s\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// TestLoopsLetTheCollectorRun holds what a loop must not do: hold up everybody who wants the
// world to stop.
func TestLoopsLetTheCollectorRun(t *testing.T) {
	library := NewLibrary()
	done := make(chan string, 1)
	go func() { done <- outcome(t, library, 200*time.Millisecond, `make("hostile").spin()`) }()
	for range 5 {
		runtime.GC()
	}
	select {
	case got := <-done:
		if got != "cpu" {
			t.Errorf("the loop ended with %q", got)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the loop goes on")
	}
}

// TestEverythingIsCollected makes isolates with instances, memories, tables and modules that a
// script compiled, and lets go of them.
func TestEverythingIsCollected(t *testing.T) {
	library := NewLibrary()
	p := newPlatform(t)
	program, err := js.CompileFunction("test.js", prelude+`
		let m = make("memory"); m.grow(1); m.mem.buffer;
		let t = make("table", env({one: () => 1})); t.tab.get(2)();
		let v = make("values"); v.id({}); v.put(0, {});
		new WebAssembly.Memory({initial: 1}).buffer;
		new WebAssembly.Global({value: "i32"}, SEED);
		new WebAssembly.Module(load("math"));`, []string{"SEED"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	freed := make(chan struct{}, 1000)
	const isolates = 1000
	before := runtime.NumGoroutine()
	for i := range isolates {
		vm := p.NewVM(js.Config{Host: testHost{library}, Turns: turns})
		vm.Meter().Reset(js.Account{CPU: 10 * time.Second, MemoryBytes: 64 << 20})
		var thrown error
		if err := vm.Enter(context.Background(), func() { _, thrown = vm.Evaluate(program, i) }); err != nil || thrown != nil {
			t.Fatal(err, thrown)
		}
		vm.Abandon()
		s, err := storeOf(vm)
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(s, func(int) { freed <- struct{}{} }, 0)
	}
	for n := 0; n < isolates; {
		runtime.GC()
		select {
		case <-freed:
			n++
			for len(freed) > 0 {
				<-freed
				n++
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d isolates were collected", n, isolates)
		}
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines were left over", now-before)
	}
	library.mu.Lock()
	defer library.mu.Unlock()
	if n := len(library.mu.made); n > madeMax {
		t.Errorf("the library keeps %d modules of ours", n)
	}
}

// TestCodeIsClosed lets a library forget modules that a script compiled.
func TestCodeIsClosed(t *testing.T) {
	library := NewLibrary()
	if err := library.start(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{}, 8)
	for i := range 8 {
		m := testModules["sections"]()
		m = append(m, customSectionID, 3, 1, 'x', byte(i))
		d := digest{byte(i)}
		code, err := library.compileNew(t.Context(), d, m, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(code, func(int) { closed <- struct{}{} }, 0)
		if library.find(d) != code {
			t.Error("a module that was compiled is not kept")
		}
	}
	library.mu.Lock()
	clear(library.mu.kept)
	library.mu.order.Init()
	library.mu.Unlock()
	for range 8 {
		runtime.GC()
		select {
		case <-closed:
		case <-time.After(20 * time.Second):
			t.Fatal("a module that nobody has is not collected")
		}
	}
}
