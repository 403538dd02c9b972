package js_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// TestForOf holds that Go code which walks an iterable does what a for-of loop does.
func TestForOf(t *testing.T) {
	t.Parallel()
	collect := js.Function{Name: "collect", Length: 1, Call: func(c *js.Call) (any, error) {
		var out []any
		var seen = c.Arg(1)
		c.VM.ForOf(c.Arg(0), func(v js.Value) bool {
			out = append(out, v)
			return !js.IsFunction(seen) || c.VM.Invoke(seen, js.Undefined, v).ToBoolean()
		})
		return out, nil
	}}
	p, err := js.NewPlatform(collect)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"an array", `return collect([1, "a", null]).join()`, "1,a,"},
		{"no elements", `return collect([]).length`, "0"},
		{"holes", `return collect([1, , 3]).map(String).join()`, "1,undefined,3"},
		{"a set", `return collect(new Set([1, 2])).join()`, "1,2"},
		{"a string", `return collect("ab").join()`, "a,b"},
		{"stops", `return collect([1, 2, 3], v => v < 2).join()`, "1,2"},
		{"what grows", `const a = [1, 2]; return collect(a, v => { if (v < 5) a.push(v + 2); return true }).join()`, "1,2,3,4,5,6"},
		{"what shrinks", `const a = [1, 2, 3]; return collect(a, () => { a.pop(); return true }).join()`, "1,2"},
		{"what gets holes", `const a = [1, 2, 3, 4]; return collect(a, () => { delete a[2]; return true }).map(String).join()`, "1,2,undefined,4"},
		{"what grows sparse", `const a = [1, 2]; return collect(a, v => { if (v === 2) a[4] = 5; return true }).map(String).join()`, "1,2,undefined,undefined,5"},
		{"what gets a getter", `const a = [1, 2, 3]; return collect(a, () => { Object.defineProperty(a, 1, {get: () => "g"}); return true }).join()`, "1,g,3"},
		{"an array of a class", `class A extends Array {}; return collect(A.from([1, 2])).join()`, "1,2"},
		{"an array with an iterator of its own", `const a = [1, 2]; a[Symbol.iterator] = function* () { yield 9 }; return collect(a).join()`, "9"},
		{"an array of a class with an iterator", `class A extends Array { *[Symbol.iterator]() { yield 9 } }; return collect(A.of(1, 2)).join()`, "9"},
		{"another iterator of arrays", `Array.prototype[Symbol.iterator] = function* () { yield 9 }; return collect([1, 2]).join()`, "9"},
		{"keys as the iterator of arrays", `Array.prototype[Symbol.iterator] = Array.prototype.keys; return collect(["a", "b"]).join()`, "0,1"},
		{"another next", `const p = Object.getPrototypeOf([][Symbol.iterator]()), n = p.next; p.next = function () { const r = n.call(this); return {value: r.value * 2, done: r.done} }; return collect([1, 2]).join()`, "2,4"},
		{"another next, before anything else", `const p = Object.getPrototypeOf([].keys()); p.next = () => ({done: true}); return collect([1, 2]).length`, "0"},
		{"a return", `let n = 0; Object.getPrototypeOf([].values()).return = () => { n++; return {} }; collect([1, 2], () => false); return n`, "1"},
		{"a throw in the middle", `try { collect([1, 2], () => { throw 7 }) } catch (e) { return e }`, "7"},
		{"nothing to iterate over", `try { collect({}) } catch (e) { return e.name }`, "TypeError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// TestSteps holds that what iterators return is what the language says, also where the engine
// would not look at it.
func TestSteps(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	// A getter is called with no list of arguments, as the engine calls next.
	const leak = `const it = [1, 2].values(); Object.defineProperty(it, "step", {get: it.next}); const r = it.step; `
	for _, tc := range []struct{ name, src, want string }{
		{"results", `const it = [1].values(); return JSON.stringify([it.next(), it.next(), it.next()])`, `[{"value":1,"done":false},{"done":true},{"done":true}]`},
		{"results are their own", `const it = [1, 2].values(), a = it.next(), b = it.next(); a.x = 1; return [a === b, b.x, a.value, b.value].join()`, "false,,1,2"},
		{"an array that grows after the end", `const a = [1], it = a.values(); it.next(); it.next(); a.push(2); return it.next().done`, "true"},
		{"an array that grows before", `const a = [1], s = []; for (const v of a) { s.push(v); if (v < 3) a.push(v + 1) } return s.join()`, "1,2,3"},
		{"holes", `const s = []; for (const v of [1, , 3]) s.push(String(v)); return s.join()`, "1,undefined,3"},
		{"keys and entries", `const s = []; for (const k of ["a", "b"].keys()) s.push(k); for (const e of ["a"].entries()) s.push(e); return s.join()`, "0,1,0,a"},
		{"typed arrays", `const s = []; for (const v of new Uint8Array([7, 8])) s.push(v); return s.join()`, "7,8"},
		{"array-likes", `const s = []; for (const v of Array.prototype.values.call({length: 2, 0: "a"})) s.push(String(v)); return s.join()`, "a,undefined"},
		{"destructuring", `const [a, , b = 3, ...c] = [1, 2, undefined, 4, 5]; return [a, b, c].join("|")`, "1|3|4,5"},
		{"spreading", `return [...[1, 2], ..."ab"].join()`, "1,2,a,b"},
		{"another receiver", `try { [].values().next.call({}) } catch (e) { return e.name }`, "TypeError"},
		{"another next", `const p = Object.getPrototypeOf([].values()), n = p.next; p.next = function () { const r = n.call(this); return {value: r.value * 2, done: r.done} }; const s = []; for (const v of [1, 2]) s.push(v); return s.join()`, "2,4"},
		{"a generator that delegates", `function* g() { return yield* [1, 2] }; const it = g(), s = []; for (let r; !(r = it.next()).done;) s.push(r.value, Object.keys(r)); return s.join()`, "1,value,done,2,value,done"},
		{"from a getter", leak + `return JSON.stringify(r) + Object.keys(r) + ("done" in r) + ("x" in r) + r.toString() + r.x`, `{"value":1,"done":false}value,donetruefalse[object Object]undefined`},
		{"from a getter, changed", leak + `r.value = 5; r.x = 6; delete r.done; return JSON.stringify(r) + r.done + JSON.stringify(it.next())`, `{"value":5,"x":6}undefined{"value":2,"done":false}`},
		{"from a getter, an own property", leak + `return JSON.stringify(Object.getOwnPropertyDescriptor(r, "done")) + Object.getOwnPropertyDescriptor(r, "x")`, `{"value":false,"writable":true,"enumerable":true,"configurable":true}undefined`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// TestArrayFrom holds Array.from to what it did with the engine's own iterators.
func TestArrayFrom(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"a typed array", `return Array.from(new Uint8Array([1, 255])).join()`, "1,255"},
		{"of floats", `return Array.from(new Float32Array([1.5, NaN])).join()`, "1.5,NaN"},
		{"of BigInts", `return Array.from(new BigInt64Array([1n, -2n]), n => typeof n + n).join()`, "bigint1,bigint-2"},
		{"mapped", `return Array.from(new Uint8Array([10, 255]), (b, i) => b.toString(16) + i).join()`, "a0,ff1"},
		{"with a receiver", `return Array.from(new Uint8Array([1]), function (v) { return this.n + v }, {n: 41})[0]`, "42"},
		{"mapped by what keeps its arguments", `return Array.from(new Uint8Array([1, 2]), Array.of).join("|")`, "1,0|2,1"},
		{"mapped by a proxy that keeps its arguments", `const seen = []; Array.from(new Uint8Array([1, 2]), new Proxy(() => 0, {apply(f, self, args) { seen.push(args) }})); return seen.join("|")`, "1,0|2,1"},
		{"mapped by who reads arguments later", `const seen = []; Array.from(new Uint8Array([1, 2]), function () { seen.push(arguments) }); return seen.map(a => a[0] + "" + a[1]).join()`, "10,21"},
		{"for a class", `class A extends Array {}; const a = A.from(new Uint8Array([1, 2]), v => v * 2); return [a instanceof A, a.length, a[1]].join()`, "true,2,4"},
		{"an iterator of its own", `const a = new Uint8Array(2); a[Symbol.iterator] = function* () { yield 9 }; return Array.from(a).join()`, "9"},
		{"a changed prototype", `const p = Object.getPrototypeOf([][Symbol.iterator]()), next = p.next; let n = 0; p.next = function () { n++; return next.call(this) }; try { Array.from(new Uint8Array(2)) } finally { p.next = next }; return n`, "3"},
		{"an iterator's entries", `return Array.from([7, 8].entries()).join("|")`, "0,7|1,8"},
		{"an iterator under way", `const i = new Uint8Array([1, 2, 3]).values(); i.next(); return Array.from(i).join() + i.next().done`, "2,3true"},
		{"a mapper that throws", `try { return Array.from(new Uint8Array(2), () => { throw new RangeError("x") }) } catch (e) { return e.name }`, "RangeError"},
		{"closes an iterator", `let closed = 0; const it = {[Symbol.iterator]: () => ({next: () => ({value: 1}), return: () => { closed++; return {} }})}; try { Array.from(it, () => { throw 1 }) } catch {}; return closed`, "1"},
		{"what is like an array", `return Array.from({length: 2, 0: "a"}).map(String).join()`, "a,undefined"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}
