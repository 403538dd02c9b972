package js_test

import (
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestDynamicCode(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	const off = "throws EvalError: Code generation from strings is off; eval = true in the manifest permits it"
	for _, tc := range []struct{ name, src, off, on string }{
		{"eval", `return eval("1 + 1")`, off, "2"},
		{"eval of what is no string", `return eval(7)`, off, "7"},
		{"eval, indirect", `return (0, eval)("var evaluated = 1; evaluated + 1") + globalThis.evaluated`, off, "3"},
		{"eval is global", `const local = 1; return eval("typeof local")`, off, "undefined"},
		{"eval is not strict", `return eval("(function () { return typeof this })()")`, off, "object"},
		{"eval of eval", `return eval("eval('1 + 2')")`, off, "3"},
		{"eval's errors", `try { eval("(") } catch (e) { return e.name + (e instanceof SyntaxError) }`, "EvalErrorfalse", "SyntaxErrortrue"},
		{"eval throws", `try { eval("throw 7") } catch (e) { return e }`, "EvalError: Code generation from strings is off; eval = true in the manifest permits it", "7"},
		{"Function", `return Function("a", "b", "return a + b")(1, 2)`, off, "3"},
		{"new Function", `return new Function("a, b", "c = 4", "return a + b + c")(1, 2)`, off, "7"},
		{"new Function of nothing", `return new Function()() + new Function().name`, off, "undefinedanonymous"},
		{"Function's text", `return String(new Function("a", "b"))`, off, "function anonymous(a\n) {\nb\n}"},
		{"Function is a Function", `return Function.prototype.constructor === Function && (() => 1) instanceof Function && Function.name + Function.length`, "Function1", "Function1"},
		{"new Function is global", `const local = 1; return new Function("return typeof local + typeof this")()`, off, "undefinedobject"},
		{"a subclass of Function", `class F extends Function { two() { return 2 } } const f = new F("return 1"); return f() + f.two()`, off, "3"},
		{"by a function's constructor", `return (() => 1).constructor("return 5")()`, off, "5"},
		{"by an async function's constructor", `const f = (async () => 1).constructor("return await 5"); return await f() + f.constructor.name`, off, "5AsyncFunction"},
		{"by a generator's constructor", `return [...(function* () { }).constructor("yield 5")()].join()`, off, "5"},
		{"by Reflect", `return Reflect.construct(Function, ["return 5"])()`, off, "5"},
		{"two functions", `return new Function("}), (function () {")`, off, "throws SyntaxError: the parameters and the body are no function"},
		{"code after the function", `return new Function("})(), (() => {")`, off, "throws SyntaxError: the parameters and the body are no function"},
		{"bad parameters", `try { new Function("a b", "") } catch (e) { return e.name }`, "EvalError", "SyntaxError"},
		{"repaired", `return new Function("return (() => arguments[0])() + '\\u{10FFFF}' + /\\p{L}/u.test('x')")(1)`, off, "1\U0010fffftrue"},
		{"too long", `try { eval(" ".repeat(3e5)) } catch (e) { return e.name }`, "EvalError", "RangeError"},
		{"too deep", `try { new Function("(".repeat(1e5)) } catch (e) { return e.name }`, "EvalError", "SyntaxError"},
		{"too deep, in turn", `try { eval("eval('(' + '['.repeat(1e5))") } catch (e) { return e.name }`, "EvalError", "SyntaxError"},
		{"too deep, expressions", `try { eval("!".repeat(1e5) + 1) } catch (e) { return e.name }`, "EvalError", "SyntaxError"},
		{"BigInts", `BigInt; try { eval("let x = 2n ** 1000000n; x * x") } catch (e) { return e.message } `, "Code generation from strings is off; eval = true in the manifest permits it", "Maximum BigInt size exceeded"},
		{"BigInts in a function", `BigInt; return new Function("x", "x *= x; return x ** 2n")(3n)`, off, "81"},
		{"BigInts that nothing else mentions", `try { return eval("1" + "n") } catch (e) { return e.name }`, "EvalError", "SyntaxError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.off {
				t.Errorf("without eval: eval(%s)\n got %q\nwant %q", tc.src, got, tc.off)
			}
			turns := js.NewTurns(js.TurnsConfig{})
			defer turns.Close()
			vm := p.NewVM(js.Config{Turns: turns, Eval: true})
			defer vm.Abandon()
			vm.Meter().Reset(js.Account{CPU: 10 * time.Second})
			if got := jstest.EvalIn(t, vm, tc.src); got != tc.on {
				t.Errorf("with eval: eval(%s)\n got %q\nwant %q", tc.src, got, tc.on)
			}
		})
	}
}
