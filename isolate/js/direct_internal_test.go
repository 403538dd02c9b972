package js

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// directPrelude is what the scripts below are written with: note keeps what it is given, and show
// tells all that there is to see of a value.
const directPrelude = `
const notes = [];
const note = (...list) => { notes.push(list.map((v) => show(v)).join(' ')); return list[0] };
const show = (v, depth = 0) => {
	if (typeof v === 'string') return JSON.stringify(v);
	if (typeof v === 'function') return 'function ' + v.name + '/' + v.length + '[' + Reflect.ownKeys(v).map(String) + ']';
	if (v === null || typeof v !== 'object') return Object.is(v, -0) ? '-0' : String(v);
	if (v instanceof Error) return v.name + ': ' + v.message + ' ' + v.stack;
	if (v instanceof RegExp) return '/' + v.source + '/' + v.flags + '@' + v.lastIndex;
	if (depth > 3) return '...';
	const own = Object.keys(v).slice(0, 20);
	let s = Object.prototype.toString.call(v);
	for (const k of own) s += ' ' + k + '=' + show(v[k], depth + 1);
	return s;
};
const log = (target) => new Proxy(target, new Proxy({}, {get: (_, trap) => (...args) => {
	notes.push(trap + ' ' + args.slice(1).map((v) => typeof v === 'object' ? 'object' : show(v)).join(' '));
	return Reflect[trap](...args);
}}));
`

// raiseArguments undoes what lowerArguments did to a script.
func (s *seam) raiseArguments(p *Program) {
	s.code.each(p.code, func(code []iface, _ reflect.Value) {
		for i := range code {
			switch code[i].tab {
			case unsafe.Pointer(s.direct.arrow):
				code[i] = (*directArrow)(code[i].data).original
			case unsafe.Pointer(s.direct.regExp):
				code[i] = (*directRegExp)(code[i].data).original
			}
		}
	})
}

// directProgram compiles the body of an async function. Its result says what it returned or threw,
// and what it noted.
func directProgram(t *testing.T, source string, lowered bool) *Program {
	t.Helper()
	p, err := CompileFunction("test.js", directPrelude+"const test = async () => {\n"+source+`
};
return (async () => {
	let s;
	try { s = 'returns ' + show(await test()) } catch (e) { s = 'throws ' + show(e) }
	return s + ' | ' + notes.join(', ');
})()`, nil, nil)
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	if !lowered {
		s, err := openSeam()
		if err != nil {
			t.Fatal(err)
		}
		s.raiseArguments(p)
	}
	return p
}

// directResult evaluates p in a VM of its own.
func directResult(t *testing.T, platform *Platform, turns *Turns, a Account, p *Program) (result string, err error) {
	t.Helper()
	vm := platform.NewVM(Config{Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(a)
	var v Value
	if err := vm.Enter(t.Context(), func() { v, err = vm.Evaluate(p) }); err != nil {
		return "", err
	}
	if err != nil {
		return "", err
	}
	err = vm.Run(t.Context(), func() bool {
		state, settled := Peek(v)
		if state != Pending {
			result = vm.String(settled)
		}
		return state != Pending
	}, nil)
	return result, err
}

// TestDirectArgumentsAreNotSeen compares scripts whose arguments are made by instructions of ours
// with the same scripts executed by the engine alone.
func TestDirectArgumentsAreNotSeen(t *testing.T) {
	t.Parallel()
	platform, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src string }{
		{"a function that is the initial value", `return [(f, g) => 1, (h) => 2].reduce((a, b) => note(a, b) && a, (x) => x)`},
		{"a function that is the initial value from the right", `return [1].reduceRight((a, b) => a, (x) => x)`},
		{"a function that is the receiver of callbacks", `return [1].map(function () { return this }, (x, y) => 1)`},
		{"a function whose elements are taken", `return Array.from((a, b) => 1)`},
		{"a function that is an iterator's source", `Function.prototype[Symbol.iterator] = function* () { yield this }; return Array.from((a, b) => 1, (v) => show(v))`},
		{"a function that is a third argument", `return [1, 2].reduce((a, b) => a + b, 1, (x) => x)`},
		{"both functions of then", `return [await Promise.resolve(1).then((v) => v + 1, (e) => 0), await Promise.reject(1).then((v) => 0, (e) => e + 1)]`},
		{"a function behind both of then", `return Promise.resolve(1).then((v) => v, (e) => e, (x) => x)`},
		{"a patched map", `Array.prototype.map = function (f) { return f }; return [1].map((x, y) => x)`},
		{"a patched map that keeps the function", `const map = Array.prototype.map; let kept; Array.prototype.map = function (f) { kept = f; return map.call(this, f) }; const r = [1].map((x, y) => x); return [r, kept, kept(5)]`},
		{"map of one array", `const a = [1]; a.map = (f) => f; return a.map((x) => x)`},
		{"a method that only has the name", `return ({map: (f) => f, then: null, replace: (r, f) => [r, f]}).map((x) => x)`},
		{"replace of an object", `return ({replace: (r, f) => [r, f]}).replace(/a/g, (x) => x)`},
		{"call", `return [Array.prototype.map.call([1], (x) => x + 1), String.prototype.replace.call('aba', /a/g, (x) => x + '!')]`},
		{"patched call", `Function.prototype.call = function (...list) { return list }; return Array.prototype.map.call([1], (x, y) => x + 1)`},
		{"apply and bind", `const map = Array.prototype.map.bind([1, 2]); return [map((x) => x + 1), Reflect.apply(Array.prototype.map, [1], [(x) => x]), [].concat.apply([], [(x, y) => 1])]`},
		{"a proxy of map", `Array.prototype.map = new Proxy(Array.prototype.map, {apply: (f, self, list) => list}); return [1].map((x, y) => x)`},
		{"map through a getter", `const map = Array.prototype.map; Object.defineProperty(Array.prototype, 'map', {get() { note('got'); return map }}); return [1].map((x) => x + 1)`},
		{"a proxied array", `return log([1, 2]).map((x, i, list) => x + i)`},
		{"a species", `class L extends Array { static get [Symbol.species]() { note('species'); return function (...list) { note(...list); return [] } } } return L.of(1, 2).map((x) => x)`},
		{"a derived promise", `class P extends Promise { constructor(f) { note(f); super(f) } } return P.resolve(1).then((v) => v + 1)`},
		{"a promise's species", `const p = Promise.resolve(1); p.constructor = {[Symbol.species]: function (f) { note(f); return new Promise(f) }}; return p.then((v) => v + 1)`},
		{"a constructor of the script", `const C = function (f) { this.f = f }; return new C((x, y) => 1)`},
		{"a patched Promise", `globalThis.Promise = function (f) { this.f = f }; return new Promise((x, y) => 1).f`},
		{"an executor that keeps what it gets", `let r; const p = new Promise((resolve, reject) => { note(resolve, reject); r = resolve }); r(4); return p`},
		{"an executor that throws", `return new Promise(() => { throw new Error('x') })`},
		{"Promise without new", `return Promise((r) => r(1))`},
		{"a second argument of Promise", `return new Promise((r) => r(1), (x) => x)`},
		{"then of no promise", `return Promise.prototype.then.call({}, (x) => x)`},
		{"a then that is patched", `Promise.prototype.then = function (...list) { return list }; note(Promise.prototype.then((x, y) => 1, (z) => 2)); return 1`},
		{"a thenable's then", `const o = {then(f, r) { note(f, r); f(7) }}; return await o`},
		{"arguments of the function around", `return (function () { return [1].map((x) => arguments.length + x) })(5, 6)`},
		{"this and new.target of the function around", `return new (function F() { this.v = 3; this.w = [1].map((x) => [this.v, new.target === F]) })().w`},
		{"super of the method around", `class A { m() { return 4 } } class B extends A { m() { return [1].map((x) => super.m() + x) } } return new B().m()`},
		{"private names", `class A { #p = 4; m() { return [1].map((x) => this.#p + x) } } return new A().m()`},
		{"in a field and in a static block", `class A { f = [1].map((x) => this); static g = [1].map((x) => x + 1); static { note('abc'.replace(/b/, (m) => m + m)) } } return [new A().f.length, A.g]`},
		{"async functions", `return Promise.all([1, 2].map(async (x) => { await 0; return x + 1 }))`},
		{"generators", `return [1].map(function* (x) { yield x }).map((g) => [...g])`},
		{"from a generator and an async function", `const g = function* () { yield [1].map((x) => x + 1); yield 'aXa'.replace(/a/g, (m) => m + 1) }; const f = async () => { await 0; return [2].map((x) => x * 2) }; return [[...g()], await f(), await f()]`},
		{"default, rest and destructured parameters", `return [[1, 2], [3]].map(([a, b = note(9)], i = note(7), ...rest) => [a, b, i, rest.length])`},
		{"the same function each time", `const made = []; const f = () => { [1].forEach((x) => { made.push((y) => x + y) }) }; f(); f(); return made`},
		{"closures", `const made = []; for (let i = 0; i < 3; i++) [i].forEach((x) => made.push(() => [i, x])); return made.map((f) => f())`},
		{"holes", `return [[1, , 3].map((x) => x + 1).length, [1, , 3].filter((x) => x === undefined), Array.from([1, , 3], (x) => show(x))]`},
		{"array-likes", `return [Array.from({length: 2, 0: 'a'}, (x, i) => show(x) + i), Array.prototype.map.call({length: 2, 0: 1}, (x) => x + 1)]`},
		{"typed arrays", `return [new Uint8Array([1, 2]).map((x) => x + 1), Uint8Array.from([1, 2], (x) => x * 2), new Uint8Array([3, 1]).sort((a, b) => a - b)]`},
		{"sort", `return [[3, 1, 2].sort((a, b) => b - a), [3, 1, 2].toSorted((a, b) => a - b), [3, 1].sort((a, b) => { note(a, b); return 0 })]`},
		{"maps and sets", `new Map([[1, 2]]).forEach((v, k, m) => note(v, k, m.size)); new Set([1]).forEach((v, k, s) => note(v, k, s.size))`},
		{"an array that changes", `const a = [1, 2, 3]; return [a.map((x) => { a.push(x); a.shift(); return x }), a]`},
		{"a callback that throws", `return [1, 2].map((x) => { if (x > 1) throw new RangeError('at ' + x); return x })`},
		{"a callback's stack", `const inner = (x) => { throw new Error('deep') }; return [1].map((x) => [x].forEach((y) => {
			inner(y) }))`},
		{"a stack through a replacer", `return 'aa'.replace(/a/g, (m) => [m].map((x) => new Error('here').stack)[0])`},
		{"a stack through then", `return Promise.resolve().then((v) => { return null.x })`},
		{"what a callback's name is in the stack", `const o = {f: [1].map((x) => new Error('e').stack)}; const g = [1].map((x) => new Error('e').stack); return [o, g]`},
		{"no function", `return [1].map((x) => x).map(5)`},
		{"replace by a text", `return ['aba'.replace(/a/, 'x$&y'), 'aba'.replace(/a/g, '$$'), 'ab'.replace(/(?<n>b)/, '[$<n>]'), 'aba'.replace(/a/g)]`},
		{"a replacer's arguments", `return 'abcab'.replace(/(?<n>a)(x)?b/g, (...list) => show(list))`},
		{"a replacer that does the same again", `const f = (s, n) => s.replace(/a(.)/g, (m, c) => n ? f(m + c, n - 1) + '-' : c); return f('abacad', 3)`},
		{"a replacer that throws and again", `let n = 0; const f = (s) => s.replace(/a/g, (m) => { if (n++ === 1) throw new Error('x'); return n }); try { f('aaa') } catch (e) { note(e.message) } return f('baa')`},
		{"one literal in a loop", `const r = []; for (const s of ['aXa', 'XX', '', 'a']) r.push(s.replace(/a/g, (m) => m + 1), s.search(/X/), s.match(/X/g), s.match(/(a)/)); return r`},
		{"sticky", `const r = []; for (let i = 0; i < 4; i++) r.push('aab'.replace(/a/y, (m) => 'x'), 'aab'.match(/a/y), 'aab'.search(/a/gy), 'aab'.replace(/a/gy, 'x')); return r`},
		{"empty matches", `return ['ab'.replace(/(?:)/g, (m) => '-'), '\u{1f600}'.replace(/(?:)/gu, '-'), '\u{1f600}'.replace(/(?:)/g, '-')]`},
		{"a regular expression that is kept", `const kept = []; const exec = RegExp.prototype.exec; const f = () => 'aa'.replace(/a/g, (m) => 'x'); f(); RegExp.prototype.exec = function (s) { kept.push(this); return exec.call(this, s) }; f(); f(); return [kept.length, kept[0] === kept[kept.length - 1], kept[0]]`},
		{"exec that a replacer patches", `const exec = RegExp.prototype.exec; let kept; const f = () => 'aaa'.replace(/a/g, (m) => { RegExp.prototype.exec = function (s) { kept = this; return exec.call(this, s) }; return 'x' }); return [f(), kept, f(), kept]`},
		{"patched flags", `const f = () => 'aa'.replace(/a/g, 'x'); f(); Object.defineProperty(RegExp.prototype, 'flags', {get() { note(this); return '' }}); return f()`},
		{"patched lastIndex", `const f = () => 'aa'.replace(/a/g, 'x'); f(); RegExp.prototype.foo = 1; Object.defineProperty(RegExp.prototype, 'global', {get() { note('global'); return false }}); return f()`},
		{"patched Symbol.replace", `const f = () => 'aa'.replace(/a/g, (m) => 'x'); note(f()); RegExp.prototype[Symbol.replace] = function (s, r) { note(this, s, r); return 'patched' }; return [f(), f()]`},
		{"Symbol.replace by a getter", `const f = () => 'aa'.replace(/a/g, (m) => 'x'); f(); const old = RegExp.prototype[Symbol.replace]; Object.defineProperty(RegExp.prototype, Symbol.replace, {get() { note(this); return old }}); return f()`},
		{"no Symbol.replace", `const f = () => '/a/g a'.replace(/a/g, (m) => 'x'); f(); delete RegExp.prototype[Symbol.replace]; return f()`},
		{"patched Symbol.match and Symbol.search", `const f = () => ['aa'.match(/a/g), 'ba'.search(/a/)]; f(); for (const k of [Symbol.match, Symbol.search]) RegExp.prototype[k] = function (s) { note(this); return s }; return f()`},
		{"exchanged methods", `const p = RegExp.prototype, f = () => ['aa'.match(/a/g), 'ba'.search(/a/), 'a'.replace(/a/, 'x')]; f(); [p[Symbol.match], p[Symbol.search]] = [p[Symbol.search], p[Symbol.match]]; return f()`},
		{"exchanged prototypes", `const f = () => 'aa'.replace(/a/g, (m) => 'x'); f(); Object.setPrototypeOf(RegExp.prototype, log({})); return f()`},
		{"a receiver that is no text", `return [String.prototype.replace.call({toString() { note('text'); return 'aa' }}, /a/g, (m) => 'x'), String.prototype.replace.call(12, /1/, (m) => 'x')]`},
		{"a receiver that patches", `let kept; const o = {toString() { const exec = RegExp.prototype.exec; RegExp.prototype.exec = function (s) { kept = this; return exec.call(this, s) }; return 'aa' }, replace: String.prototype.replace}; const f = () => o.replace(/a/g, (m) => 'x'); f(); f(); return kept`},
		{"a replacement that patches", `let kept; const exec = RegExp.prototype.exec; const f = () => 'aa'.replace(/a/g, {toString() { RegExp.prototype.exec = function (s) { kept = this; return exec.call(this, s) }; return 'x' }}); return [f(), f(), kept]`},
		{"a text object", `return new String('aa').replace(/a/g, (m) => 'x')`},
		{"a patched String.prototype.replace", `const f = () => 'aa'.replace(/a/g, (m) => 'x'); f(); String.prototype.replace = function (r, g) { return [r, g] }; const [a, b] = [f(), f()]; return [a, a[0] === b[0], a[1] === b[1]]`},
		{"replaceAll and matchAll and split", `return ['aXa'.replaceAll(/a/g, (m) => m + 1), [...'aXa'.matchAll(/a/g)], 'aXa'.split(/X/), 'aXa'.replaceAll(/a/, 'x')]`},
		{"a result that a replacer returns", `return 'ab'.replace(/./g, (m) => m === 'a' ? {toString() { return 'o' }} : null)`},
		{"a result that is a symbol", `return 'ab'.replace(/./g, (m) => Symbol())`},
		{"choices and sequences", `const f = (c) => [1, 2].map(c ? (x) => x : (x, y) => y); return [f(1), f(0), [1].map((0, (x) => x + 1)), [1].concat(((x) => x, 5))]`},
		{"optional calls", `const o = {a: [1], s: 'a'}; return [o.a?.map((x) => x + 1), o.b?.map((x) => x), o.s?.replace(/a/, (m) => 'b'), o.a.map?.((x) => x)]`},
		{"spread arguments", `return [[1].map(...[(x) => x + 1]), [1].push((x) => x, ...[1]), 'a'.replace(...[/a/, (m) => 'b'])]`},
		{"called at once", `return [((x) => x + 1)(1), ((x, y) => [x, y])('a', 'b')]`},
		{"as an own callable", `const f = (g, ...list) => [g, list]; return f((x, y) => 1, 'a', (z) => 2)`},
		{"depth of map", `let depth = 0; const f = (n) => [n].map((x) => { depth = x; return f(x + 1) }); try { f(0) } catch (e) { return [e.name, e.message, depth] }`},
		{"depth of replace", `let depth = 0; const f = (n) => 'a'.replace(/a/, (m) => { depth = n; return f(n + 1) }); try { f(0) } catch (e) { return [e.name, e.message, depth] }`},
		{"depth of sort and forEach", `let depth = 0; const f = (n) => [1, 2].sort((a, b) => { [1].forEach((x) => { depth = n; f(n + 1) }) }); try { f(0) } catch (e) { return [e.name, e.message, depth] }`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			compareDirect(t, platform, tc.src)
		})
	}
}

func compareDirect(t *testing.T, platform *Platform, source string) {
	t.Helper()
	want, wantErr := directResult(t, platform, nil, Account{}, directProgram(t, source, false))
	got, gotErr := directResult(t, platform, nil, Account{}, directProgram(t, source, true))
	if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
		t.Errorf("%s\n got %s, %v\nwant %s, %v", source, got, gotErr, want, wantErr)
	}
}

// TestDirectArgumentsOfAnyScript is the same for scripts that are made up, each from its number.
func TestDirectArgumentsOfAnyScript(t *testing.T) {
	t.Parallel()
	platform, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for seed := range 640 / sampleEvery {
		w := scriptWriter{rand.New(rand.NewPCG(uint64(seed), 1))}
		compareDirect(t, platform, w.script())
	}
}

// scriptWriter makes up scripts that call built-ins with functions and regular expressions.
type scriptWriter struct{ *rand.Rand }

func (w scriptWriter) of(list ...string) string { return list[w.IntN(len(list))] }

func (w scriptWriter) script() string {
	var b strings.Builder
	b.WriteString("let a = [3, 1, , 2], s = 'abcabd', budget = 60, kept;\nconst spend = (v) => { if (--budget < 0) throw new Error('enough'); return v };\n")
	b.WriteString("const g = (n) => { if (n < 3) { note(" + w.expression(2) + "); return g(n + 1) } return n };\n")
	for range 3 + w.IntN(6) {
		switch w.IntN(6) {
		case 0:
			b.WriteString("{ " + w.patch() + " }\n")
		case 1:
			b.WriteString("try { note(" + w.expression(3) + ") } catch (e) { note(e) }\n")
		case 2:
			b.WriteString("for (let i = 0; i < 3; i++) note(i, " + w.expression(2) + ");\n")
		case 3:
			b.WriteString("note(await " + w.expression(2) + ");\n")
		case 4:
			b.WriteString("note(g(" + w.of("0", "1", "2") + "));\n")
		default:
			b.WriteString("note(" + w.expression(3) + ");\n")
		}
	}
	b.WriteString("return [a, s, kept];")
	return b.String()
}

func (w scriptWriter) patch() string {
	method := w.of("Array.prototype.map", "Array.prototype.forEach", "Array.prototype.reduce", "String.prototype.replace", "String.prototype.match",
		"RegExp.prototype.exec", "RegExp.prototype[Symbol.replace]", "RegExp.prototype[Symbol.match]", "Promise.prototype.then", "Array.from")
	return "const old = " + method + "; " + method + " = function (...list) { note(budget < 0 ? 0 : this, ...list); return old.apply(this, list) }" +
		w.of("", "; note("+w.expression(1)+"); "+method+" = old")
}

// expression returns one that is at most so deep.
func (w scriptWriter) expression(depth int) string {
	if depth == 0 {
		return w.of("1", "'x'", "a", "s", "s.length", "a.length", "null", "undefined", "kept", "(kept = (x, y) => x)", "this")
	}
	list := w.of("a", "[1, 2]", "[4, , 'ab']", "new Uint8Array([2, 1])", "Array.from({length: 2})", "log([1])", "["+w.expression(depth-1)+"]")
	text := w.of("s", "'aab'", "''", "'a\\u00e9a'", "String("+w.expression(depth-1)+")")
	literal := w.of("/a/", "/a/g", "/(b)|(?<n>a)/g", "/a/y", "/(?:)/g", "/./gu", "/b$/", "/a/gy")
	switch w.IntN(12) {
	case 0, 1, 2:
		return list + "." + w.of("map", "filter", "forEach", "every", "some", "find", "findIndex", "findLast", "flatMap", "sort", "toSorted") +
			"(" + w.function(depth) + w.of("", "", ", "+w.expression(depth-1), ", 'x'", ", "+w.function(depth)) + ")"
	case 3:
		return list + "." + w.of("reduce", "reduceRight") + "(" + w.function(depth) + w.of("", ", 0", ", "+w.function(depth), ", "+w.expression(depth-1)) + ")"
	case 4, 5, 6:
		return text + ".replace(" + literal + w.of("", ", 'x$&$1'", ", "+w.expression(depth-1), ", "+w.function(depth), ", "+w.function(depth), ", "+w.function(depth)+", 1") + ")"
	case 7:
		return text + w.of(".match", ".search", ".replaceAll", ".split") + "(" + literal + w.of("", ", 1") + ")"
	case 8:
		return "Array.from(" + w.of(list, "'abc'", w.function(depth), "new Set([1, 2])") + w.of("", ", "+w.function(depth), ", "+w.function(depth)+", 'x'") + ")"
	case 9:
		return "new Promise(" + w.of("(resolve, reject) => "+w.of("resolve(1)", "reject(2)", "{ throw 3 }"), w.function(depth)+"") + ").then(" +
			w.function(depth) + ", " + w.function(depth) + ")" + ".catch((e) => { note(e) })" + w.of("", ".finally(() => note('last'))") + ".then(() => 7)"
	case 10:
		return "new " + w.of("Map([[1, 'b']])", "Set(['q'])") + ".forEach(" + w.function(depth) + ")"
	default:
		return w.of("("+w.function(depth)+")", "["+w.expression(depth-1)+", "+w.expression(depth-1)+"]", "(s += 'a')", "a.push(9)", "spend("+w.function(depth)+")")
	}
}

// function returns one that callbacks are written as.
func (w scriptWriter) function(depth int) string {
	body := w.expression(max(depth-1, 0))
	return w.of(
		"(x) => spend(x)", "(x, y) => spend(1) && "+body, "(x, ...rest) => { spend(); return "+body+" }", "({length} = {length: 3}) => spend(length)",
		"(x) => { if (spend(x) === 2) throw new Error('two'); return "+body+" }", "(x, y = note(5)) => { spend(); a.length > 2 && a.pop(); return x }",
		"function (x) { spend(); return this }", "async (x) => { spend(); await 0; note(x) }", "(kept = (x, y) => spend(x))", "(x) => { spend(); return kept = () => x }",
		"function named(x, y) { spend(); return arguments.length }", "Boolean", "note", "(m, i) => show(m) + spend(i)",
	)
}

// TestDirectArgumentsAreMade holds that there is less to make: what the tests above compare would
// otherwise be the same thing.
func TestDirectArgumentsAreMade(t *testing.T) {
	platform, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, src string
		fewer     float64 // allocations per call
	}{
		{"map", `[1].map((x) => x)`, 4},
		{"then", `p.then((x) => x, (e) => e)`, 8},
		{"from", `Array.from(list, (x) => x)`, 4},
		{"reduce", `[1].reduce((a, b) => a, 'x')`, 4},
		{"a map", `new Map().forEach((v) => v)`, 4},
		{"a set", `new Set().forEach((v) => v)`, 4},
		{"new Promise", `new Promise((r) => 1)`, 4},
		{"replace by a text", `'abc'.replace(/x/g, '')`, 6},
		{"replace by a function", `'abc'.replace(/x/g, (m) => m)`, 9},
		{"match", `'abc'.match(/x/)`, 4},
		{"search", `'abc'.search(/x/)`, 4},
	} {
		allocations := func(lowered bool) float64 {
			p, err := CompileFunction("test.js", "const p = Promise.resolve(), list = [1]; return () => { "+tc.src+" }", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !lowered {
				s, _ := openSeam()
				s.raiseArguments(p)
			}
			vm := platform.NewVM(Config{})
			var made float64
			if err := vm.Enter(t.Context(), func() {
				f, _ := vm.Evaluate(p)
				made = testing.AllocsPerRun(100, func() { _, _ = vm.Call(f, Undefined) })
			}); err != nil {
				t.Fatal(err)
			}
			return made
		}
		plain, lowered := allocations(false), allocations(true)
		t.Logf("%s: %v allocations, %v lowered", tc.name, plain, lowered)
		if lowered > plain-tc.fewer {
			t.Errorf("%s: %v allocations, %v lowered, want %v fewer", tc.name, plain, lowered, tc.fewer)
		}
	}
}

// TestDirectArgumentsAreCut ends an event in the middle of a callback.
func TestDirectArgumentsAreCut(t *testing.T) {
	t.Parallel()
	platform, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	const fill = `const a = []; for (;;) a.push(new Array(1000).fill(1))`
	for _, tc := range []struct {
		name, src string
		want      error
	}{
		{"CPU in map", `[1].map((x) => { for (;;); })`, ErrCPU},
		{"CPU in replace", `'aa'.replace(/a/g, (m) => { for (;;); })`, ErrCPU},
		{"CPU by replacing", `for (;;) 'aa'.replace(/a/g, (m) => m)`, ErrCPU},
		{"CPU in then", `await Promise.resolve().then((m) => { for (;;); })`, ErrCPU},
		{"memory in forEach", `[1].forEach((x) => { ` + fill + ` })`, ErrMemory},
		{"memory in replace", `'aa'.replace(/a/g, (m) => { ` + fill + ` })`, ErrMemory},
		{"memory in a promise", `new Promise((resolve) => { ` + fill + ` })`, ErrMemory},
	} {
		a := Account{CPU: 20 * time.Millisecond, MemoryBytes: 1 << 30}
		if errors.Is(tc.want, ErrMemory) {
			a = Account{CPU: time.Minute, MemoryBytes: 16 << 20}
		}
		if _, err := directResult(t, platform, turns, a, directProgram(t, tc.src, true)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}
