package js_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// evaluated returns a VM of p in which script has run, and what it returned.
func evaluated(t testing.TB, p *js.Platform, script string) (*js.VM, *js.Object) {
	t.Helper()
	program, err := js.CompileFunction("script.js", script, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	vm := p.NewVM(js.Config{Watched: true})
	var o *js.Object
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program)
		if err != nil {
			t.Errorf("%s: %v", script, vm.Report(err))
			return
		}
		o, _ = v.(*js.Object)
	}); err != nil || o == nil {
		t.Fatalf("%s: got %v, %v", script, o, err)
	}
	return vm, o
}

// called calls f in vm and returns the result as a string.
func called(t testing.TB, vm *js.VM, f func() *js.Object) (got string) {
	t.Helper()
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Call(f(), js.Undefined)
		if err != nil {
			got = "throws " + vm.Report(err).Message
			return
		}
		got = vm.String(v)
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestImageIsWhatItWasTakenOf runs a function in the VM that made it, and in several made
// from an image: each call changes what it finds, and none sees another's changes.
func TestImageIsWhatItWasTakenOf(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, script string }{
		{"variables", `let n = 1, s = "a", nothing = null, u, b = true, f = 0.5, big = 10n ** 20n;
			return () => { n++; s += n; return [n, s, nothing, u, b, f, big + 1n] + "" }`},
		{"an object", `const o = {a: 1, b: {c: [1, 2, 3]}, get d() { return this.a }, set d(v) { this.a = v }, 7: "seven"};
			return () => { o.d++; o.b.c.push(4); delete o[7]; o.z = 1; return JSON.stringify(o) + Object.keys(o) }`},
		{"the same object twice", `const a = {}, o = {x: a, y: a}; return () => { o.x.z = 1; return [o.x === o.y, o.y.z] + "" }`},
		{"a circle", `const a = {n: 0}; a.self = a; return () => { a.self.self.n++; return a.n }`},
		{"a class", `class A { #x = 1; static s = 5; y = 2; get x() { return this.#x } set x(v) { this.#x = v } #m() { return "m" } m() { return this.#m() } static { this.t = 6 } }
			class B extends A { constructor() { super(); this.z = 3 } m() { return super.m() + "b" } arrow() { return (() => super.m() + new.target)() } }
			const b = new B(); return () => { b.x++; B.s++; return [b.x, b.y, b.z, b.m(), b.arrow(), B.s, A.s, B.t, b instanceof A, B.name, B.length, new B().x, Object.getPrototypeOf(B) === A, typeof B] + "" }`},
		{"a base that no one has touched", `class A { constructor() { this.a = new.target.name } } class B extends A { constructor() { const s = () => super(); s() } }
			return () => { class C extends B {} return new C().a + new B().a }`},
		{"functions", `function f(a, b) { return a + b } f.extra = {n: 1}; const g = function* () { yield* [1, 2] }, h = async () => 1, o = {m() { return super.toString === Object.prototype.toString }};
			return () => { f.extra.n++; return [f(1, 2), f.length, f.name, f.extra.n, [...g()], h() instanceof Promise, o.m(), f.toString(), typeof f, new f() instanceof f, f.prototype.constructor === f, Object.getOwnPropertyNames(f)] + "" }`},
		{"toString of what is not touched", `const f = (a) => a * 2, P = new Proxy(class {}, {}); const o = {f}; return () => Function.prototype.toString.call(o.f)`},
		{"collections", `const k = {}, m = new Map([[k, 1], ["a", {n: 1}], [NaN, 2], [0, 3]]), s = new Set([k, 1]); m.delete("zz");
			return () => { m.get("a").n++; m.set("b", 1); return [m.get(k), m.get("a").n, m.get(NaN), m.get(-0), m.size, [...m.keys()].length, s.has(k), s.has(1), [...s].length] + "" }`},
		{"arrays", `const a = [1, , {n: 1}, [2]]; a.x = 5; const frozen = Object.freeze([1, 2]);
			return () => { a[2].n++; a.length += 1; try { frozen.push(3) } catch (e) { a.push(e.name) } return [a.length, 1 in a, a[2].n, a[3], a.x, a.at(-1), Array.isArray(a), a.map(String), JSON.stringify(a)] + "" }`},
		{"regular expressions", `const r = /a(?<n>.)/g; r.lastIndex = 1; return () => [r.exec("abac")?.groups.n, r.lastIndex, r.source, r.flags, "xay".replace(r, "-"), r instanceof RegExp] + ""`},
		{"dates and boxes", `const d = new Date(86400000), n = Object(4); return () => { d.setTime(d.getTime() + 1); return [+d, +n + 1] + "" }`},
		{"symbols", `const s = Symbol("s"), o = {[s]: {n: 1}}, f = Symbol.for("f"); return () => { o[s].n++; return [o[s].n, Symbol.for("f") === f, Object.getOwnPropertySymbols(o).length, s.description] + "" }`},
		{"intrinsics", `const {hasOwnProperty} = Object.prototype, {map} = Array.prototype, E = TypeError, max = Math.max, slice = Array.prototype.slice, get = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
			return () => [hasOwnProperty.call({a: 1}, "a"), map.call([1], x => x + 1), new E("x") instanceof TypeError, max === Math.max, slice === [].slice, get.call(new Map([[1, 2]])), hasOwnProperty === {}.hasOwnProperty] + ""`},
		{"inheritance from intrinsics", `class E extends Error { constructor(m) { super(m); this.code = 1 } } class A extends Array { last() { return this.at(-1) } } class M extends Map {}
			return () => { const a = new A(); a.push(1, 2); return [new E("x").message, new E() instanceof Error, a.last(), a.map(x => x) instanceof A, new M([[1, 2]]).get(1)] + "" }`},
		{"no prototype, frozen, sealed", `const n = Object.create(null); n.a = 1; const f = Object.freeze({x: 1}), s = Object.seal({y: 1}), e = Object.preventExtensions({});
			return () => { n.b = 2; try { f.x = 2 } catch (e) { n.e = e.name } s.y = 2; return [n.a, n.b, n.e, f.x, s.y, Object.isFrozen(f), Object.isSealed(s), Object.isExtensible(e), "toString" in n] + "" }`},
		{"bound functions", `class C { static asked = 0; static get name() { C.asked++; return "c" } constructor(a, b) { this.n = a + b; this.t = new.target === C } } function f(a, b) { return this.x + a + b } f.self = f.bind({x: 1}, 2); Object.defineProperty(f.self, "name", {value: "other"});
			const D = C.bind(null, 1), twice = f.self.bind(null, 3), push = Array.prototype.push.bind([1]), o = {b: twice};
			return () => { f.self.n = 1; return [f.self(1), o.b(), D.length, C.asked, new D(2).n, new D(2).t, new D(2) instanceof D, f.self.name, twice.name, push(5), push(5), f.self.n, Object.getOwnPropertyNames(f.self), f.self.prototype, new (f.bind({}))(1) instanceof f] + "" }`},
		{"an empty object that is listed, and then written", `const a = {}, b = {}; return () => { for (const k in a); for (const k in b); a.x = 1; b.y = 2; return Object.keys(a) + "|" + Object.keys(b) }`},
		{"closures", `const counter = (n) => ({up: () => ++n, down: () => --n}), a = counter(1), b = counter(5); { let inner = 3; var f = () => ++inner }
			return () => [a.up(), a.up(), a.down(), b.down(), f(), f()] + ""`},
		{"spread and bigints", `const base = {a: 1n, b: 2}; return () => { const o = {...base, c: base.a ** 3n << 2n}; return Object.keys(o) + o.c }`},
		{"assignment to what is not touched", `const o = {p: {q: {}}}; return () => { o.p.q.r = 1; Object.setPrototypeOf(o.p, {s: 2}); return [o.p.s, "r" in o.p.q, Object.entries(o.p), JSON.stringify(structured(o))] + ""; function structured(v) { return {...v} } }`},
		{"enumeration of what is not touched", `const o = {a: {x: 1, y: 2}, b: {x: 1}, c: {["__proto__"]: 5}}; return () => { const names = []; for (const n in o.a) names.push(n); Object.assign(o.b, {z: 1}); return [names, Object.values(o.b), o.a == o.b, typeof o.c, o.c + "", JSON.stringify([o.b, [o.a]])] + "" }`},
		{"getters that hand out", `const m = {}; const app = {n: 0}; Object.defineProperty(m, "default", {get: () => app, enumerable: true}); return () => { m.default.n++; return m.default.n + Object.keys(m) }`},
		{"strings of all kinds", `const a = "é\u{1F600}", b = JSON.parse('"imported é"'), c = "x".repeat(3) + a; return () => [a.length, b.length, c, a.codePointAt(1), b + c] + ""`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			origin, f := evaluated(t, p, tc.script)
			image, err := js.NewImage(origin, js.Taken{Roots: []*js.Object{f}, Fresh: p.NewVM(js.Config{})})
			if err != nil {
				t.Fatal(err)
			}
			plain, g := evaluated(t, p, tc.script)
			want := called(t, plain, func() *js.Object { return g })
			if strings.HasPrefix(want, "throws") {
				t.Errorf("the script %s", want)
			}
			for range 3 {
				vm := p.NewVM(js.Config{})
				got := called(t, vm, func() *js.Object { return vm.Copy(image, nil)[0] })
				if got != want {
					t.Errorf("from the image:\n got %s\nwant %s", got, want)
				}
			}
		})
	}
}

// TestNotCopyable holds what no image is taken of.
func TestNotCopyable(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, script string }{
		{"a method of the language replaced", `Array.prototype.map = () => 1; return () => 1`},
		{"a method of the language added", `Object.defineProperty(Object.prototype, "extra", {value: 1}); return () => 1`},
		{"a method of the language deleted", `delete Array.prototype.at; return () => 1`},
		{"two methods swapped", `[Array.prototype.at, Array.prototype.map] = [Array.prototype.map, Array.prototype.at]; return () => 1`},
		{"a function of the language with a property", `Math.max.extra = 1; return () => 1`},
		{"a global added", `globalThis.extra = 1; return () => 1`},
		{"an intrinsic frozen", `Object.freeze(Array.prototype); return () => 1`},
		{"a prototype with another", `Object.setPrototypeOf(Math, null); return () => 1`},
		{"a generator under way", `const g = (function* () { yield 1; yield 2 })(); g.next(); return () => g.next().value`},
		{"a promise", `const p = Promise.resolve(1); return () => p`},
		{"a Proxy", `const p = new Proxy({}, {}); return () => p.x`},
		{"the prototype of array iterators changed", `Object.getPrototypeOf([][Symbol.iterator]()).extra = 1; return () => 1`},
		{"the prototype of Map iterators changed", `Object.getPrototypeOf(new Map().entries()).extra = 1; return () => 1`},
		{"a function of the language that came with arguments changed", `(function () { arguments[Symbol.iterator].extra = 1 })(); return () => 1`},
		{"the prototype of typed arrays changed", `Object.getPrototypeOf(Uint8Array.prototype).extra = 1; return () => 1`},
		{"a function's prototype of the language changed", `Object.getPrototypeOf(async () => 1).extra = 1; return () => 1`},
		{"an error", `const e = new Error("x"); return () => e.message`},
		{"strict arguments kept", `"use strict"; const a = (function () { "use strict"; return arguments })(1, 2); return () => a[0]`},
		{"a typed array", `const a = new Uint8Array(1); return () => a[0]`},
		{"a string object", `const a = new String("x"); return () => a.length`},
		{"a resolving function", `let f; new Promise(r => f = r); return () => f(1)`},
		{"a sparse array", `const a = []; a[1e6] = 1; return () => a.length`},
		{"a WeakMap", `const w = new WeakMap(); return () => w.get({})`},
		{"an iterator under way", `const i = [1, 2][Symbol.iterator](); i.next(); return () => i.next().value`},
		{"a random number", `const r = Math.random(); return () => r`},
		{"the time", `const d = Date.now(); return () => d`},
		{"the date", `const d = new Date(); return () => d`},
		{"more objects than an image holds", `const a = []; for (let i = 0; i < 100001; i++) a.push({}); return () => a.length`},
		{"arguments kept", `const a = (function () { return arguments })(1, 2); return () => a[0]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vm, f := evaluated(t, p, tc.script)
			var notCopyable *js.NotCopyable
			if _, err := js.NewImage(vm, js.Taken{Roots: []*js.Object{f}, Fresh: p.NewVM(js.Config{})}); !errors.As(err, &notCopyable) {
				t.Errorf("got %v, want it refused", err)
			} else {
				t.Log(err)
			}
		})
	}
}
