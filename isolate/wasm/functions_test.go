package wasm

import "testing"

var functionRows = []row{
	{"integers", `let m = make("math"); return [m.add(1, 2), m.add(2147483647, 1), m.add("3", 4.9), m.add(-1, 4294967296 + 1), m.add(NaN, Infinity), m.add(), m.add(1e300, 2**53 + 2)].join()`, "3,-2147483648,7,0,0,0,2"},
	{"integers of 64 bits", `let m = make("math"); return [m.add64(1n, 2n), m.add64(2n**63n - 1n, 1n), m.add64(true, "2")].join() + name(() => m.add64(1, 2n))`, "3,-9223372036854775808,3TypeError"},
	{"floats", `let m = make("math"); return [m.addf(0.1, 0), m.addF(0.1, 0.2), m.addF("1", null), m.addF(), Object.is(m.addF(-0, -0), -0)].join()`, "0.10000000149011612,0.30000000000000004,1,NaN,true"},
	{"several results", `let m = make("math"); let r = m.swap(1, 2.5); return Array.isArray(r) + r.join()`, "true2.5,1"},
	{"no result", `return String(make("math").nothing())`, "undefined"},
	{"recursion", `return make("math").fib(15)`, "610"},
	{"traps", `let m = make("math"); return [name(() => m.stop()), name(() => m.div(1, 0)), name(() => m.trunc(NaN)), name(() => m.div(-2147483648, -1))].join()`, "RuntimeError!,RuntimeError!,RuntimeError!,RuntimeError!"},
	{"messages of traps", `let m = make("math"); return [message(() => m.stop()), message(() => m.div(1, 0)), message(() => m.trunc(1e99))].join("; ")`, "RuntimeError: unreachable; RuntimeError: divide by zero; RuntimeError: integer overflow"},
	{"a module works after a trap", `let m = make("math"); name(() => m.stop()); name(() => m.stop()); return m.add(1, 1)`, "2"},
	{"vectors do not pass", `return name(() => make("math").vector())`, "TypeError"},
	{"what functions are", `let f = make("math").add; return [typeof f, f.name, f.length, Object.hasOwn(f, "prototype"), name(() => new f())].join()`, "function,0,2,false,TypeError"},
	{"a function has an identity", `let i = new WebAssembly.Instance(new WebAssembly.Module(load("math"))); return i.exports.add === i.exports.add`, "true"},
	{"arguments may call the same function", `let m = make("math"); return m.add({valueOf() { return m.add(1, 2) }}, {valueOf() { return m.add(10, 20) }})`, "33"},

	{"imported functions", `let m = make("imports", env({f: (a, b) => a * b, g() {}, pair: a => [a / 2, a]})); return [m.callF(6, 7), m.callG(), m.callPair(5)].join()`, "42,,2.5,5"},
	{"results of imports are converted", `let m = make("imports", env({f: () => ({valueOf: () => "12"}), g: () => 5, pair: a => new Set([1.5, 2])})); return [m.callF(1, 2), m.callG(), m.callPair(0)].join()`, "12,,1.5,2"},
	{"too few results", `let m = make("imports", env({f() {}, g() {}, pair: a => [1]})); return name(() => m.callPair(0)) + name(() => make("imports", env({f() {}, g() {}, pair: a => 5})).callPair(0))`, "TypeErrorTypeError"},
	{"an import has no receiver", `"use strict"; let that = 1; let m = make("imports", env({f() { that = this; return arguments.length }, g() {}, pair() {}})); return m.callF(1, 2) + String(that)`, "2undefined"},
	{"what an import throws passes", `let thrown = {}; let m = make("imports", env({f() { throw thrown }, g() { throw null }, pair() {}})); let r = []; try { m.callF(1, 2) } catch (e) { r.push(e === thrown) } try { m.callG() } catch (e) { r.push(e) } return r.join() + m.callF.length`, "true,2"},
	{"an import may call back", `let m, depth = 0; m = make("imports", env({f: (a, b) => a > 0 ? m.callF(a - 1, b + 1) : b, g() {}, pair() {}})); return m.callF(50, 1)`, "51"},
	{"endless calling back", `let m; m = make("imports", env({f: (a, b) => m.callF(a, b), g() {}, pair() {}})); return name(() => m.callF(1, 2)) + name(() => m.callF(1, 2))`, "RangeErrorRangeError"},
	{"an import is exported as a function of the module", `let f = (a, b) => a - b; let m = make("imports", env({f, g() {}, pair() {}})); return [m.f === f, m.f(5, 3), m.f.name, m.f.length].join()`, "false,2,0,2"},
	{"an imported function of a module stays that", `let a = make("math"); let m = make("imports", env({f: a.add, g: a.nothing, pair() {}})); return [m.f === a.add, m.callF(2, 3)].join()`, "true,5"},
	{"a trap in an imported module", `let a = make("math"); let m = make("imports", env({f: a.div, g: a.stop, pair() {}})); return name(() => m.callF(1, 0)) + name(() => m.callG())`, "RuntimeError!RuntimeError!"},
	{"a trap may be caught on the way", `let a = make("math"); let m = make("imports", env({f: () => { try { a.stop() } catch { return 9 } }, g() {}, pair() {}})); return m.callF(1, 2)`, "9"},
	{"a module works after an exception", `let fail = true; let m = make("imports", env({f: (a, b) => { if (fail) throw 1; return a + b }, g() {}, pair() {}})); try { m.callF(1, 2) } catch {} fail = false; return m.callF(1, 2)`, "3"},

	{"start runs once", `let n = 0; make("start", env({run() { n++ }})); make("start imported", env({run() { n += 10 }})); return n`, "11"},
	{"start keeps what it holds", `let o = {}, got, m = make("values"); make("start holds", env({get: () => o, run() { for (let i = 0; i < 5000; i++) m.id({i}) }, take(v) { got = v }})); return got === o`, "true"},
	{"start may throw", `try { make("start", env({run() { throw "x" }})) } catch (e) { return e }`, "x"},

	{"references to functions", `let m = make("values"), a = make("math"); return [m.fid(null), m.fid(a.add) === a.add, m.fid(m.fid) === m.fid, name(() => m.fid(() => 1)), name(() => m.fid(undefined))].join()`, ",true,true,TypeError,TypeError"},
	{"references to values", `let m = make("values"); let o = {}; return [m.id(o) === o, m.id(null), m.id(undefined) === undefined, m.id(5), m.id("x"), m.id(1n) === 1n].join()`, "true,,true,5,x,true"},
	{"values are kept", `let m = make("values"); let o = {x: 1}; m.keep(o); m.put(1, o); return [m.kept.value === o, m.tab.get(1) === o, m.tab.get(0)].join()`, "true,true,"},
	{"values that nobody keeps are forgotten, others are not", `let m = make("values"), kept = {}, in1 = {}; m.keep(kept); m.put(1, in1); for (let i = 0; i < 20000; i++) m.id({i}); return [m.kept.value === kept, m.tab.get(1) === in1].join()`, "true,true"},
}

func TestFunctions(t *testing.T) { evalRows(t, functionRows) }
