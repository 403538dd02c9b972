package js_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestBigInt(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"operators on BigInts", `let a = 7n, b = 3n; return [a * b, a ** b, a << b, a >> 1n, a >> b, -a >> 1n, a / b, a % b].join()`, "21,343,56,3,0,-4,2,1"},
		{"operators on numbers", `BigInt; let a = 7, b = 3; return [a * b, a ** b, a << b, a >> 1, -a >> b, a * 0.5, 2 ** -1, a ** 0.5 > 2, (-8) ** (1 / 3), 1 << 31, 1 << 32].join()`, "21,343,56,3,-1,3.5,0.5,true,NaN,-2147483648,1"},
		{"operators convert", `BigInt; let s = "3", o = {valueOf: () => 2}, n = null, u; return [s * o, s ** o, s << o, s >> n, u * s, n ** n].join()`, "6,9,12,3,NaN,1"},
		{"operators convert to BigInts", `const o = {valueOf: () => 2n}; return [o * 3n, 3n ** o, o << o, o >> 1n].join()`, "6,9,8,1"},
		{"mixed", `let a = 1n, b = 1, s = ""; for (const f of [() => a * b, () => a ** b, () => b ** a, () => a << b, () => a >> b, () => a *= b]) try { f() } catch (e) { s += e.name[0] } return s`, "TTTTTT"},
		{"symbols", `BigInt; let a = Symbol(), b = 1, s = ""; for (const f of [() => a * b, () => a ** b, () => b << a]) try { f() } catch (e) { s += e.name[0] } return s`, "TTT"},
		{"negative shifts", `let n = -2n; return [1n << n, 8n << n, 1n >> n].join()`, "0,2,4"},
		{"negative exponents", `let n = -1n; try { 2n ** n } catch (e) { return e.name }`, "RangeError"},
		{"powers of units", `let n = 2n ** 100n; return [0n ** n, 1n ** n, (-1n) ** n, (-1n) ** (n + 1n), 5n ** 0n, 0n ** 0n].join()`, "0,1,1,-1,1,1"},
		{"too large", `let x = 2n ** 1000000n, s = ""; for (const f of [() => x * x, () => x ** 2n, () => x << x, () => x << 1000000n, () => 1n >> -x, () => x *= x, () => x **= x, () => x <<= x]) try { f() } catch (e) { s += e.name[0] + (e.message === "Maximum BigInt size exceeded") + " " } return s`,
			"Rtrue Rtrue Rtrue Rtrue Rtrue Rtrue Rtrue Rtrue "},
		{"large enough", `let x = 2n ** 1048575n; return x.toString(16).length + (x >> 1048574n === 2n) + (1n << 1048575n === x)`, "262146"},

		{"assignments", `let a = 5n; a *= 3n; a **= 2n; let n = 1n; a <<= n; a >>= n; let o = {p: a}; o.p *= a; o["p"] **= n; o.p <<= n; return [a, o.p].join()`, "225,101250"},
		{"assignments give their value", `BigInt; let a = 2, b, o = {}; b = a *= a; o.x = 3; b += o.x **= a; return b + "," + o.x`, "85,81"},
		{"assignments read the left first", `BigInt; let a = 2; a *= (a = 10, 3); let o = {x: 2}; o.x **= (o.x = 10, 3); return a + "," + o.x`, "6,8"},
		{"assignments evaluate the object once", `BigInt; let n = 0; const o = {x: 2}; const f = () => (n++, o); f().x *= n + 1; f()["x"] <<= f().x; return n + "," + o.x`, "3,64"},
		{"assignments evaluate in order", `BigInt; let s = ""; const f = (x, v) => (s += x, v); const o = {get p() { s += "get"; return 2 }, set p(v) { s += "set" + v }}; f("o", o)[f("k", "p")] **= f("v", 3); return s`, "okgetvset8"},
		{"assignments to elements", `BigInt; const a = [2, 3]; let i = 0; a[i] *= ++i; a[i++] **= 2; return a.join() + i`, "2,92"},
		{"assignments to private names", `class A { #x = 3n; static f(o) { const g = () => o; g().#x *= g().#x; o.#x <<= o.#x; return o.#x } } return A.f(new A())`, "4608"},
		{"assignments to super", `BigInt; class A { } A.prototype.v = 3; class B extends A { f(y) { super.v *= y; super["v"] **= y; return this.v } } return new B().f(2)`, "9"},
		{"assignments that wait", `BigInt; const o = {x: 2}; const f = () => o; f().x *= await 4; f().x **= await 2; return o.x`, "64"},
		{"assignments in generators", `BigInt; const o = {x: 2}; function* g() { const f = () => o; f().x *= yield; o.x <<= yield } const it = g(); it.next(); it.next(5); it.next(1); return o.x`, "20"},
		{"assignments with arguments", `BigInt; const o = {x: 2}; (function () { const f = () => o; f().x *= arguments[0] })(5); return o.x`, "10"},
		{"assignments with this", `BigInt; const o = {x: 2, f() { const g = () => this; g().x *= this.x + 1; return this.x }}; return o.f()`, "6"},
		{"assignments to a constant", `const a = 2n; try { a *= a } catch (e) { return e.name }`, "TypeError"},
		{"assignments to undefined", `BigInt; const f = () => undefined; try { f().x *= f.y } catch (e) { return e.name }`, "TypeError"},
		{"in places of all kinds", `BigInt; let n = 3; const {a = n * n, [n ** n]: b = n << n} = {}; class C { x = n * n; [n ** n] = 1; static y = n << n } let s = a + b; for (let i = n * n; i < n ** n; i *= n) s += i; return [s, new C().x, C.y, C.name, Object.keys(new C()), ((q = n * n) => q)()].join()`, "42,9,24,C,27,x,9"},
		{"names of functions", `BigInt; let n = 2; const f = () => n * n; return f.name + f.toString()`, "f() => n * n"},

		{"BigInt", `return [BigInt(5), BigInt("0x1f"), BigInt(" 12\n"), BigInt(true), BigInt(""), BigInt("-7"), BigInt({valueOf: () => "8"}), BigInt(2 ** 60), BigInt(Object(3n))].join()`, "5,31,12,1,0,-7,8,1152921504606846976,3"},
		{"BigInt of others", `let s = ""; for (const v of [1.5, NaN, "1.5", "x", undefined, null, Symbol()]) try { BigInt(v) } catch (e) { s += e.name[0] } return s`, "RRSSTTT"},
		{"BigInt is no constructor", `try { new BigInt(1) } catch (e) { return e.name }`, "TypeError"},
		{"long strings", `const n = 7n ** 5000n; const hex = "0x" + n.toString(16); return [BigInt(String(n)) === n, BigInt("-" + n) === -n, BigInt(hex) === n, BigInt("  " + hex + "  ") === n, BigInt("0b" + n.toString(2)) === n, BigInt("0o" + n.toString(8)) === n, BigInt("0".repeat(9999) + "8") === 8n].join()`, "true,true,true,true,true,true,true"},
		{"long strings that are none", `const d = "1".repeat(3000); let s = ""; for (const v of [d + "x", d + "_1", d + "-" + d, "0x" + d + "g", "-0x" + d, "0b2" + d, d + "." + d, d + " " + d, "0x" + d + "+" + d]) try { BigInt(v); s += "?" } catch (e) { s += e.name[0] } return s`, "SSSSSSSSS"},
		{"too long strings", `let s = ""; for (const v of ["9".repeat(400000), "0x" + "f".repeat(300000), "0b" + "1".repeat(2e6)]) try { BigInt(v) } catch (e) { s += e.name[0] } return s`, "RRR"},
		{"asIntN", `return [BigInt.asIntN(8, 255n), BigInt.asIntN(8, "127"), BigInt.asIntN(0, 5n), BigInt.asIntN(64, -1n), BigInt.asIntN(2 ** 40, -5n), BigInt.asIntN(2 ** 53 - 1, "9")].join()`, "-1,127,0,-1,-5,9"},
		{"asUintN", `return [BigInt.asUintN(8, -1n), BigInt.asUintN(8, 256n), BigInt.asUintN(2 ** 53 - 1, 5n), BigInt.asUintN(64, true)].join()`, "255,0,5,1"},
		{"asUintN, too large", `try { BigInt.asUintN(2 ** 53 - 1, -1n) } catch (e) { return e.message }`, "Maximum BigInt size exceeded"},
		{"asIntN of others", `let s = ""; for (const a of [[-1, 1n], [2 ** 53, 1n], [1, 1], [1], [1, "x"], [Symbol(), 1n]]) try { BigInt.asIntN(...a) } catch (e) { s += e.name[0] } return s`, "RRTTST"},
		{"asIntN converts in order", `let s = ""; BigInt.asIntN({valueOf() { s += 1; return 1 }}, {valueOf() { s += 2; return 1n }}); return s`, "12"},
		{"toString", `return (255n).toString(16) + (7n).toString() + (2n ** 64n).toLocaleString()`, "ff718446744073709551616"},
		{"arrays", `const a = new BigInt64Array([1n, -1n]); return a[1] + new BigUint64Array(a.buffer)[1]`, "18446744073709551614"},

		{"not mentioned", `const B = globalThis["Big" + "I" + "nt"]; try { B(1) } catch (e) { return e.name }`, "TypeError"},
		{"not mentioned, methods", `const B = globalThis["Big" + "I" + "nt"]; try { B.asIntN(8, "1") } catch (e) { return e.name }`, "TypeError"},
		{"not mentioned, arrays", `const A = globalThis["Big" + "I" + "nt64Array"]; try { A.of("1") } catch (e) { return e.name }`, "TypeError"},
		{"not mentioned, species", `class U extends Uint8Array { static get [Symbol.species]() { return globalThis["Big" + "Ui" + "nt64Array"] } } try { new U(1).map(() => "3") } catch (e) { return e.name }`, "TypeError"},
		{"not mentioned, views", `try { new DataView(new ArrayBuffer(8))["getBig" + "Int64"](0) } catch (e) { return e.name }`, "TypeError"},
		{"not mentioned, numbers", `let a = 3, b = 2; return [a * b, a ** b, a << b, a *= b].join()`, "6,9,12,6"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}
