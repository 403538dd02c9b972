package js_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// point is a class for tests: two numbers, and a list of names to iterate.
type point struct {
	js.Instance
	x, y int64
}

var pointClass = js.Class[point]{
	Name:   "Point",
	Length: 2,
	Constructor: func(c *js.Call) (*point, error) {
		if c.Float(0) < 0 {
			return nil, js.RangeError("x must not be negative")
		}
		return &point{x: c.Int(0, 0), y: c.Int(1, 0)}, nil
	},
	Members: append([]js.Member[point]{
		js.Accessor("x", func(p *point, c *js.Call) (any, error) { return p.x, nil },
			func(p *point, c *js.Call) error { p.x = c.Int(0, 0); return nil }),
		js.Getter("y", func(p *point, c *js.Call) (any, error) { return p.y, nil }),
		js.Method("plus", 1, func(p *point, c *js.Call) (any, error) {
			o := js.As[point](c.VM, c.Arg(0))
			if o == nil {
				return nil, js.TypeError("plus: not a Point")
			}
			return &point{x: p.x + o.x, y: p.y + o.y}, nil
		}),
		js.Do("reset", 0, func(p *point, c *js.Call) error { p.x, p.y = 0, 0; return nil }),
		js.PromiseMethod("self", 0, func(p *point, c *js.Call) (any, error) {
			return c.Async(func(context.Context) (any, error) { return js.Make(func(vm *js.VM) any { return vm.NewObject() }), nil })
		}),
		js.PromiseMethod("later", 0, func(p *point, c *js.Call) (any, error) {
			x := p.x
			return c.Async(func(context.Context) (any, error) { return x, nil })
		}),
	}, js.PairIterable(func(p *point, _ *js.VM, i int) (any, any, bool) {
		if i > 1 {
			return nil, nil, false
		}
		return []string{"x", "y"}[i], []int64{p.x, p.y}[i], true
	})...),
	Statics: []js.Static{js.StaticMethod("origin", 0, func(*js.Call) (any, error) { return &point{}, nil })},
}

var testGlobals = []js.Global{
	pointClass,
	js.Function{Name: "sleep", Length: 1, Call: func(c *js.Call) (any, error) {
		d := time.Duration(c.Float(0)) * time.Millisecond
		return c.Async(func(ctx context.Context) (any, error) {
			select {
			case <-time.After(d):
				return "slept", nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	}},
	js.Function{Name: "fail", Call: func(c *js.Call) (any, error) { return nil, errors.New("no luck") }},
	js.Function{Name: "after", Length: 2, Call: func(c *js.Call) (any, error) {
		f := c.Arg(1)
		vm := c.VM
		return vm.SetTimer(time.Duration(c.Float(0))*time.Millisecond, false, func() { vm.Invoke(f, js.Undefined) }), nil
	}},
}

func newVM(t testing.TB, cfg js.Config) *js.VM {
	t.Helper()
	p, err := js.NewPlatform(testGlobals...)
	if err != nil {
		t.Fatal(err)
	}
	return p.NewVM(cfg)
}

// eval runs src as the body of an async function and returns String of its result, or of
// what it threw.
func eval(t testing.TB, vm *js.VM, src string) string {
	t.Helper()
	program, err := js.CompileFunction("test.js", "return (async () => {"+src+"})()", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var result js.Value
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program)
		if err != nil {
			t.Error(err)
		}
		result = v
	}); err != nil {
		t.Fatal(err)
	}
	var out string
	err = vm.Run(t.Context(), func() bool {
		state, v := js.Peek(result)
		if state == js.Rejected {
			out = "throws " + vm.ReportValue(v).Message
		} else if state == js.Fulfilled {
			out = vm.String(v)
		}
		return state != js.Pending
	}, nil)
	if err != nil {
		return "error " + err.Error()
	}
	return out
}

func TestScripts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"a class constructs and reads", `let p = new Point(1, 2); return p.x + p.y`, "3"},
		{"a setter writes", `let p = new Point(1, 2); p.x = 7; return p.x`, "7"},
		{"a read-only attribute throws in strict code", `new Point(1, 2).y = 7`, "throws TypeError: Cannot assign to read only property 'y'"},
		{"a method takes instances", `return new Point(1, 2).plus(new Point(3, 4)).y`, "6"},
		{"a method refuses other objects", `return new Point(1, 2).plus({})`, "throws TypeError: plus: not a Point"},
		{"a method refuses a wrong receiver", `Point.prototype.plus.call({}, 1)`, "throws TypeError: Illegal invocation: this is not a Point"},
		{"a class without new throws", `Point(1, 2)`, "throws TypeError: Class constructor Point cannot be invoked without 'new'"},
		{"missing arguments throw", `new Point(1)`, "throws TypeError: Point: 2 argument(s) required, but only 1 present"},
		{"constructor errors are of their class", `new Point(-1, 2)`, "throws RangeError: x must not be negative"},
		{"instances are instances", `let p = new Point(1, 2); return [p instanceof Point, Object.prototype.toString.call(p), p.constructor === Point]`, "true,[object Point],true"},
		{"a subclass has fields and private names", `class Q extends Point { #z = 3; w = 4; get z() { return this.#z } } let q = new Q(1, 2); return [q.x, q.z, q.w, q instanceof Q, q instanceof Point]`, "1,3,4,true,true"},
		{"own properties of any kind can be defined", `let p = new Point(1, 2); Object.defineProperty(p, "x", {get() { return 9 }}); return p.x`, "9"},
		{"statics", `return Point.origin().x`, "0"},
		{"name and length", `return [Point.name, Point.length, Point.prototype.plus.name, Point.prototype.plus.length]`, "Point,2,plus,1"},
		{"globals are own, writable, configurable, not enumerable", `let d = Object.getOwnPropertyDescriptor(globalThis, "Point"); return [d.writable, d.enumerable, d.configurable]`, "true,false,true"},
		{"globals can be deleted", `delete globalThis.Point; return typeof Point`, "undefined"},
		{"pairs iterate", `return [...new Point(5, 6)].join(";") + [...new Point(5, 6).keys()] + new Point(1, 2).entries()[Symbol.toStringTag]`, "x,5;y,6x,yPoint Iterator"},
		{"forEach", `let s = ""; new Point(5, 6).forEach((v, k, p) => s += k + v + (p instanceof Point)); return s`, "x5truey6true"},
		{"void methods return undefined", `return new Point(1, 2).reset()`, "undefined"},
		{"async work resolves", `return await new Point(1, 2).later()`, "1"},
		{"await gives the loop a chance", `return await sleep(5)`, "slept"},
		{"a then that throws rejects", `Object.defineProperty(Object.prototype, "then", {configurable: true, get() { throw new Error("no then") }});
			try { await new Point(1, 2).self() } catch (e) { return e.message } finally { delete Object.prototype.then }`, "no then"},
		{"timers run", `return await new Promise(r => after(1, () => r("fired")))`, "fired"},
		{"what never settles is named at once", `await new Promise(() => {})`, "error " + js.ErrNeverSettles.Error()},
		{"a plain Go error is an Error", `try { fail() } catch (e) { return [e instanceof Error, e.message] }`, "true,no luck"},
		{"no Go error class leaks", `return typeof GoError`, "undefined"},
		{"eval is off", `eval("1")`, "throws EvalError: Code generation from strings is off; eval = true in the manifest permits it"},
		{"Function is off", `return new Function("return 1")()`, "throws EvalError: Code generation from strings is off; eval = true in the manifest permits it"},
		{"Function is off by way of a function", `return (() => 1).constructor("return 1")()`, "throws EvalError: Code generation from strings is off; eval = true in the manifest permits it"},
		{"functions are instances of Function", `return (() => 1) instanceof Function`, "true"},
		{"arguments in an arrow function", `function f() { return (() => [arguments[0], arguments.length])() } return f(4, 5)`, "4,2"},
		{"class fields named get, set and async", "class A { get = 1; set=2;async=3\n static set = 5 } let a = new A(); return [a.get, a.set, a.async, A.set]", "1,2,3,5"},
		{"Unicode properties in regular expressions", `return [/\p{L}+/u.test("é"), /^\p{Script=Greek}$/u.test("α"), /^[\p{ID_Start}]$/u.test("x"), /\p{Lu}/u.test("a"), /^\P{Alphabetic}$/u.test("1")]`, "true,true,true,false,true"},
		{"symbols of async iteration", `return [typeof Symbol.asyncIterator, String(Symbol.dispose)]`, "symbol,Symbol(Symbol.dispose)"},
		{"Promise.withResolvers", `let {promise, resolve} = Promise.withResolvers(); resolve(3); return await promise`, "3"},
		{"Promise.try", `return await Promise.try((a) => a + 1, 2)`, "3"},
		{"Promise.try catches", `return await Promise.try(() => { throw 1 }).catch(e => "caught " + e)`, "caught 1"},
		{"Object.groupBy", `return JSON.stringify(Object.groupBy([1, 2, 3], x => x % 2 ? "odd" : "even"))`, `{"odd":[1,3],"even":[2]}`},
		{"Map.groupBy", `return Map.groupBy([1, 2, 3], x => x % 2).get(1).join()`, "1,3"},
		{"JSON.parse", `return JSON.stringify([JSON.parse.length, JSON.parse('{"a": [1, "\\u00e9"]}'), JSON.parse("1", (k, v) => v + 1)])`, `[2,{"a":[1,"é"]},2]`},
		{"JSON.parse of nothing", `JSON.parse()`, "throws SyntaxError: Unexpected token 'u' in JSON at position 0"},
		{"RegExp.escape", `return RegExp.escape("a.b")`, `\x61\.b`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			turns := js.NewTurns(js.TurnsConfig{})
			defer turns.Close()
			if got := eval(t, newVM(t, js.Config{Turns: turns}), tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestCPUTimeIsBounded(t *testing.T) {
	t.Parallel()
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	for _, src := range []string{
		`for (;;) {}`,
		`for (;;) { try { for (;;) {} } catch (e) {} finally { continue } }`,
		`for (;;) await 0`,
	} {
		vm := newVM(t, js.Config{Turns: turns})
		vm.Meter().Reset(js.Account{CPU: 20 * time.Millisecond})
		program, err := js.CompileFunction("test.js", "return (async () => {"+src+"})()", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = vm.Enter(context.Background(), func() { _, _ = vm.Evaluate(program) })
		if !errors.Is(err, js.ErrCPU) {
			t.Errorf("%s: got %v, want %v", src, err, js.ErrCPU)
		}
		if used := vm.Meter().Used(); used < 20*time.Millisecond {
			t.Errorf("%s: stopped after %v, before its time was up", src, used)
		}
		if err := vm.Enter(context.Background(), func() {}); !errors.Is(err, js.ErrCPU) {
			t.Errorf("%s: an ended VM ran again: %v", src, err)
		}
	}
}

func TestGoPanicEndsTheVMAlone(t *testing.T) {
	t.Parallel()
	vm := newVM(t, js.Config{})
	err := vm.Enter(t.Context(), func() { panic("broken") })
	var p *js.PanicError
	if !errors.As(err, &p) || !strings.Contains(string(p.Stack), "vm_test.go") {
		t.Errorf("got %v, want a PanicError with the place", err)
	}
}

func TestStacksAreSourceMapped(t *testing.T) {
	t.Parallel()
	// Generated line 1 is line 10 of a.ts, line 2 line 20, from column 2 on.
	sourceMap := []byte(`{"version":3,"sources":["src/a.ts"],"names":[],"mappings":"AASA;EAUA"}`)
	p, err := js.CompileFunction("bundle.js", "function g() { null.x }\n  g();", nil, sourceMap)
	if err != nil {
		t.Fatal(err)
	}
	vm := newVM(t, js.Config{})
	err = vm.Enter(t.Context(), func() {
		_, err := vm.Evaluate(p)
		got := vm.Report(err).Stack()
		want := "    at g (src/a.ts:10:1)\n    at src/a.ts:20:1"
		if !strings.HasPrefix(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkNewVM(b *testing.B) {
	p, err := js.NewPlatform(testGlobals...)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.NewVM(js.Config{})
	}
}

func BenchmarkEnter(b *testing.B) {
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newVM(b, js.Config{Turns: turns})
	vm.Meter().Reset(js.Account{CPU: time.Hour})
	b.ReportAllocs()
	for b.Loop() {
		_ = vm.Enter(b.Context(), func() {})
	}
}
