package js_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

type probe struct{ js.Instance }

var probeError = &js.ErrorClass{Name: "ProbeError"}

// probePlatform has a namespace with what this file tests.
func probePlatform(t *testing.T) *js.Platform {
	t.Helper()
	p, err := js.NewPlatform(js.Namespace{
		Name: "Probes",
		Members: []js.Static{
			js.StaticMethod("frozen", 0, func(c *js.Call) (any, error) {
				return c.VM.Frozen([]string{"a", "b", "0"}, func(i int) any { return i }), nil
			}),
			js.StaticMethod("named", 0, func(c *js.Call) (any, error) {
				return c.VM.NewNamedFunction("7", 3, func(c *js.Call) (any, error) { return c.Len(), nil }), nil
			}),
			js.StaticMethod("fail", 0, func(c *js.Call) (any, error) { return nil, probeError.New(c.VM, "no") }),
			js.StaticMethod("int64", 1, func(c *js.Call) (any, error) {
				return strconv.FormatInt(c.VM.Int64(c.Arg(0)), 10), nil
			}),
			js.StaticMethod("least", 0, func(c *js.Call) (any, error) { return c.VM.BigInt(math.MinInt64), nil }),
		},
		Globals: []js.Global{
			js.Class[probe]{Name: "Probe", Tag: "Probes.Probe", Constructor: func(*js.Call) (*probe, error) { return new(probe), nil }},
			probeError,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	p := probePlatform(t)
	for _, tc := range []struct{ name, src, want string }{
		{"a class in a namespace", `return [typeof Probe, new Probes.Probe() instanceof Probes.Probe, Probes.Probe.name].join()`, "undefined,true,Probe"},
		{"a class has a tag", `return Object.prototype.toString.call(new Probes.Probe())`, "[object Probes.Probe]"},
		{"a class in a namespace is not enumerable", `return JSON.stringify(Object.getOwnPropertyDescriptor(Probes, "Probe"))`, `{"writable":true,"enumerable":false,"configurable":true}`},

		{"an error class is one of errors", `let e = new Probes.ProbeError("m"); return [e instanceof Error, e instanceof Probes.ProbeError, e.name, e.message, String(e)].join()`, "true,true,ProbeError,m,ProbeError: m"},
		{"an error class can be called", `return Probes.ProbeError("m") instanceof Probes.ProbeError`, "true"},
		{"an error class extends Error", `return [Object.getPrototypeOf(Probes.ProbeError) === Error, Probes.ProbeError.length].join()`, "true,1"},
		{"an error has a stack and a cause", `let e = new Probes.ProbeError("m", {cause: 1}); return [e.stack.startsWith("ProbeError: m"), e.cause].join()`, "true,1"},
		{"an error class can be extended", `class E extends Probes.ProbeError { get x() { return 2 } }; let e = new E("m"); return [e.x, e instanceof Probes.ProbeError, e.message].join()`, "2,true,m"},
		{"an error without a message", `return JSON.stringify([new Probes.ProbeError().message, Object.hasOwn(new Probes.ProbeError(), "message")])`, `["",false]`},
		{"Go code throws it", `try { Probes.fail() } catch (e) { return [e instanceof Probes.ProbeError, e.message].join() }`, "true,no"},
		{"whatever became of its name", `let P = Probes.ProbeError; Probes.ProbeError = null; Error = null; try { Probes.fail() } catch (e) { return e instanceof P }`, "true"},

		{"a frozen object", `let o = Probes.frozen(); return [Object.isFrozen(o), Object.getPrototypeOf(o), o.a, o.b, o[0], Object.keys(o)].join()`, "true,,0,1,2,0,a,b"},
		{"a frozen object stays", `"use strict"; let o = Probes.frozen(), r = []; for (let f of [() => o.a = 5, () => o.c = 1, () => delete o.b, () => Object.setPrototypeOf(o, {})]) try { f(); r.push("changed") } catch (e) { r.push(e.name) }; return r.join()`, "TypeError,TypeError,TypeError,TypeError"},
		{"a named function", `let f = Probes.named(); return [f.name, f.length, f(1, 2), typeof f.prototype].join()`, "7,3,2,undefined"},
		{"a named function is no constructor", `try { new (Probes.named())() } catch (e) { return e.name }`, "TypeError"},

		{"64 bits of a BigInt", `return [5n, -5n, 2n ** 63n, -(2n ** 63n), 2n ** 64n + 7n, -(2n ** 64n) - 7n, 1n << 200n].map(Probes.int64).join()`, "5,-5,-9223372036854775808,-9223372036854775808,7,-7,0"},
		{"64 bits of what becomes a BigInt", `return [true, false, " 12 ", "0x10", "0b11", "-3", "", {valueOf() { return 9n }}].map(Probes.int64).join()`, "1,0,12,16,3,-3,0,9"},
		{"64 bits of what does not", `return [1, null, undefined, "1.5", "0x-1", "1_0", Symbol()].map(v => { try { return Probes.int64(v) } catch (e) { return e.name } }).join()`, "TypeError,TypeError,TypeError,SyntaxError,SyntaxError,SyntaxError,TypeError"},
		{"a BigInt of 64 bits", `return Probes.least() === -(2n ** 63n)`, "true"},
		{"BigInts are for scripts that mention them", `try { Probes.least() } catch (e) { return e.name }`, "TypeError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}
