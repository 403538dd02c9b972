package webapi_test

import "testing"

func TestStructuredClone(t *testing.T) {
	refused := func(src string) string {
		return `try { structuredClone(` + src + `); return "no error" } catch (e) { return e.name + e.code }`
	}
	evalRows(t, []row{
		{"primitives", `return [undefined, null, true, 1.5, -0, NaN, "é", 10n].every(v => Object.is(structuredClone(v), v))`, "true"},
		{"objects are copied deeply", `let a = {x: {y: [1, {z: 2}]}}, b = structuredClone(a); a.x.y[1].z = 3; return JSON.stringify(b)`, `{"x":{"y":[1,{"z":2}]}}`},
		{"what is met twice stays one", `let o = {}, b = structuredClone([o, o]); return [b[0] === b[1], b[0] !== o]`, "true,true"},
		{"cycles", `let a = {n: 1}; a.self = a; a.list = [a]; let b = structuredClone(a); return [b.self === b, b.list[0] === b, b !== a]`, "true,true,true"},
		{"arrays keep holes, length and names", `let a = [1, , 3]; a.length = 5; a.name = "x"; let b = structuredClone(a); return [1 in b, b.length, b.name, b[2], Array.isArray(b)]`, "false,5,x,3,true"},
		{"a long sparse array", `let a = []; a.length = 4294967295; a[7] = 1; let b = structuredClone(a); return [b.length, b[7]]`, "4294967295,1"},
		{"boxed primitives", `return [structuredClone(new Number(1)) + 1, structuredClone(new String("ab")).length, structuredClone(new Boolean(false)).valueOf(), typeof structuredClone(Object(1n))]`, "2,2,false,object"},
		{"dates", `let d = structuredClone(new Date(12345)); return [d instanceof Date, d.getTime(), structuredClone(new Date(NaN)).getTime()]`, "true,12345,NaN"},
		{"regular expressions start anew", `let r = /a(b)/gi; r.lastIndex = 3; let c = structuredClone(r); return [c.source, c.flags, c.lastIndex, c instanceof RegExp]`, "a(b),gi,0,true"},
		{"maps", `let k = {}, m = structuredClone(new Map([[k, [1]], ["x", k]])); let [a, b] = [...m]; return [m instanceof Map, m.size, a[1][0], b[1] === a[0]]`, "true,2,1,true"},
		{"sets", `let s = structuredClone(new Set([1, {a: 2}])); return [s instanceof Set, s.size, [...s][1].a]`, "true,2,2"},
		{"a map in itself", `let m = new Map(); m.set("m", m); let c = structuredClone(m); return c.get("m") === c`, "true"},
		{"errors", `let e = new RangeError("bad", {cause: {a: 1}}); e.extra = 1; let c = structuredClone(e); return [c instanceof RangeError, c.message, c.cause.a, c.stack === e.stack, c.extra]`, "true,bad,1,true,"},
		{"errors of other names are errors", `class E extends Error { name = "E" } let c = structuredClone(new E("x")); return [c.constructor === Error, c.name, c.message]`, "true,Error,x"},
		{"a message that is a getter is left out", `let e = new Error("x"); Object.defineProperty(e, "message", {get() { throw 1 }}); return "none" + structuredClone(e).message`, "none"},
		{"an error that causes itself", `let e = new Error("x"); e.cause = e; let c = structuredClone(e); return c.cause === c`, "true"},
		{"a DOMException", `let c = structuredClone(new DOMException("m", "AbortError")); return [c instanceof DOMException, c.name, c.message]`, "true,AbortError,m"},
		{"buffers", `let a = new Uint8Array([1, 2, 3]).buffer, b = structuredClone(a); new Uint8Array(a)[0] = 9; return [b.byteLength, new Uint8Array(b)[0]]`, "3,1"},
		{"views share a buffer as they did", `let b = new ArrayBuffer(8), [x, y, d] = structuredClone([new Uint8Array(b, 2, 3), new Uint16Array(b), new DataView(b, 4)]); x[0] = 7; return [y[1], x.length, x.byteOffset, y.length, d.byteLength, d.byteOffset, x.buffer === d.buffer, x.buffer !== b]`, "7,3,2,4,4,4,true,true"},
		{"every sort of typed array", `return [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array].every(T => structuredClone(new T(2)).constructor === T)`, "true"},
		{"classes become plain objects", `class P { x = 1; #y = 2; get z() { return 3 } } let c = structuredClone(new P()); return [c.constructor === Object, JSON.stringify(c)]`, `true,{"x":1}`},
		{"getters are read", `return JSON.stringify(structuredClone({get a() { return 1 }}))`, `{"a":1}`},
		{"what a getter throws is thrown", `structuredClone({get a() { throw new TypeError("mine") }})`, "throws TypeError: mine"},
		{"only own enumerable properties", `let o = Object.create({inherited: 1}, {hidden: {value: 1}, shown: {value: 2, enumerable: true}}); o[Symbol("s")] = 1; return JSON.stringify(structuredClone(o)) + Object.getOwnPropertySymbols(structuredClone(o)).length`, `{"shown":2}0`},
		{"__proto__ is a name like others", `let c = structuredClone(JSON.parse('{"__proto__": {"bad": 1}}')); return [c.bad, Object.keys(c), Object.getPrototypeOf(c) === Object.prototype]`, ",__proto__,true"},
		{"setters that the script put on prototypes are not called", `Object.defineProperty(Object.prototype, "p", {set() { throw 1 }, configurable: true}); let c = structuredClone(JSON.parse('{"p": 1}')); return c.p`, "1"},
		{"the language's classes are used, whatever the globals are", `let m = new Map([[1, 2]]); globalThis.Map = globalThis.Date = null; return structuredClone(m).get(1)`, "2"},
		{"getters change what comes", `let o = {get a() { o.b = 3; o.d = 5; delete o.c; return 1 }, b: 2, c: 4}; return JSON.stringify(structuredClone(o))`, `{"a":1,"b":3}`},
		{"getters deeper down change what comes", `let o = {a: {get x() { Object.defineProperty(o, "b", {enumerable: false}); Object.defineProperty(o, "c", {get: () => 7}); return 1 }}, b: 2, c: 3}; return JSON.stringify(structuredClone(o))`, `{"a":{"x":1},"b":2,"c":7}`},
		{"getters in an array change what comes", `let a = [{get x() { a[1] = 9; delete a[2]; a.push(7); return 1 }}, 2, 3, 4], c = structuredClone(a); return [c.length, c[1], 2 in c, c[3]]`, "4,9,false,4"},
		{"getters in an array shorten it", `let a = [{get x() { a.length = 1; return 1 }}, 2, 3], c = structuredClone(a); return [c.length, 1 in c]`, "3,false"},
		{"arrays with other properties", `let a = [1, 2]; a.x = 3; let c = structuredClone(a); return [c.length, c.x]`, "2,3"},
		{"objects alike are each their own", `let [a, b] = structuredClone([{x: 1, y: 2}, {x: 3, y: 4}]); delete a.x; b.z = 5; return JSON.stringify([a, b])`, `[{"y":2},{"x":3,"y":4,"z":5}]`},
		{"copies of what is frozen are not", `let o = Object.freeze({a: Object.seal([1]), "2": 0, "1": 0}), c = structuredClone(o); c.b = 1; c.a.push(2); return JSON.stringify(c)`, `{"1":0,"2":0,"a":[1,2],"b":1}`},
		{"functions are refused", refused(`{f() {}}`), "DataCloneError25"},
		{"symbols are refused", refused(`[Symbol()]`), "DataCloneError25"},
		{"proxies are refused", refused(`new Proxy({}, {})`), "DataCloneError25"},
		{"promises are refused", refused(`Promise.resolve()`), "DataCloneError25"},
		{"weak maps are refused", refused(`new WeakMap()`), "DataCloneError25"},
		{"generators are refused", refused(`(function* () {})()`), "DataCloneError25"},
		{"objects of the platform are refused", refused(`new Headers()`), "DataCloneError25"},
		{"a refusal says what", `structuredClone({a: [() => 1]})`, "throws DataCloneError: structuredClone: a Function cannot be cloned"},
		{"a value that is nested too deep throws", `let a = []; for (let i = 0; i < 6000; i++) a = [a]; structuredClone(a)`, "throws RangeError: structuredClone: the value is nested more than 5000 deep"},
		{"a buffer can be transferred", `let a = new Uint8Array([1, 2]), c = structuredClone({a}, {transfer: [a.buffer]}); return [a.length, a.buffer.byteLength, c.a[1]]`, "0,0,2"},
		{"a buffer that is not in the value can be transferred", `let b = new ArrayBuffer(2); structuredClone(1, {transfer: [b]}); return b.byteLength`, "0"},
		{"what fails transfers nothing", `let b = new ArrayBuffer(2); try { structuredClone(() => 1, {transfer: [b]}) } catch (e) { return e.name + b.byteLength }`, "DataCloneError2"},
		{"a detached buffer can't be transferred", `let b = new ArrayBuffer(2); structuredClone(b, {transfer: [b]}); ` + refused(`1, {transfer: [b]}`), "DataCloneError25"},
		{"a detached buffer can't be cloned", `let b = new ArrayBuffer(2); structuredClone(b, {transfer: [b]}); ` + refused(`b`), "DataCloneError25"},
		{"a buffer can't be transferred twice", `let b = new ArrayBuffer(2); ` + refused(`1, {transfer: [b, b]}`), "DataCloneError25"},
		{"an object that is no buffer can't be transferred", refused(`1, {transfer: [{}]}`), "DataCloneError25"},
		{"a number can't be transferred", `structuredClone(1, {transfer: [1]})`, "throws TypeError: structuredClone: what is to be transferred is not an object"},
		{"blobs", `let c = structuredClone([new Blob(["ab"], {type: "t/p"})]); return [c[0] instanceof Blob, c[0].type, await c[0].text()]`, "true,t/p,ab"},
		{"files", `let c = structuredClone(new File(["ab"], "n", {lastModified: 5})); return [c instanceof File, c.name, c.lastModified, await c.text()]`, "true,n,5,ab"},
		{"a buffer that a getter takes away first can't be transferred", `let b = new ArrayBuffer(2), got; let o = {get a() { got = structuredClone(b, {transfer: [b]}) }}; try { structuredClone(o, {transfer: [b]}) } catch (e) { return e.name + got.byteLength }`, "DataCloneError2"},
		{"an argument is needed", `structuredClone()`, "throws TypeError: structuredClone: 1 argument(s) required, but only 0 present"},
	})
}

func TestDOMException(t *testing.T) {
	evalRows(t, []row{
		{"it has a name, a message and a code", `let e = new DOMException("m", "NotFoundError"); return [e.name, e.message, e.code, String(e)]`, "NotFoundError,m,8,NotFoundError: m"},
		{"by default it is an Error", `let e = new DOMException(); return [e.name, e.message, e.code]`, "Error,,0"},
		{"it is an error with a stack", `let e = new DOMException("m"); return [e instanceof Error, e.stack.includes("test.js"), Object.prototype.toString.call(e)]`, "true,true,[object DOMException]"},
		{"constants", `return [DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR, DOMException.INDEX_SIZE_ERR]`, "20,25,1"},
		{"a name of no code", `return new DOMException("", "DOMSTRING_SIZE_ERR").code`, "0"},
		{"it can be thrown", `throw new DOMException("m", "AbortError")`, "throws AbortError: m"},
		{"a class can extend it", `class E extends DOMException { x = 1 } let e = new E("m", "AbortError"); return [e.name, e.x, e instanceof DOMException]`, "AbortError,1,true"},
	})
}
