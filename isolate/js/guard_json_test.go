package js_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"primitives", `return [1, -0, 1.5, 1e21, NaN, Infinity, true, null, "a"].map(v => JSON.stringify(v)).join()`, `1,0,1.5,1e+21,null,null,true,null,"a"`},
		{"no JSON", `return [undefined, () => 1, Symbol()].map(v => JSON.stringify(v)).join()`, ",,"},
		{"no JSON, inside", `return JSON.stringify({a: undefined, b: [undefined, () => 1, Symbol()], c() {}, [Symbol()]: 1})`, `{"b":[null,null,null]}`},
		{"order of keys", `return JSON.stringify({b: 1, 2: 1, a: 1, 1: 1})`, `{"1":1,"2":1,"b":1,"a":1}`},
		{"own and enumerable", `const o = Object.create({x: 1}); o.y = 1; Object.defineProperty(o, "z", {value: 1}); return JSON.stringify(o)`, `{"y":1}`},
		{"getters, in order", `let s = ""; JSON.stringify({get b() { s += "b" }, get a() { s += "a" }}); return s`, "ba"},
		{"a getter that removes what comes", `return JSON.stringify({get a() { delete this.b; return 1 }, b: 2})`, `{"a":1}`},
		{"a getter that adds", `return JSON.stringify({get a() { this.c = 3; return 1 }, b: 2})`, `{"a":1,"b":2}`},
		{"an array that shrinks", `const a = [{toJSON() { a.length = 1; return 0 }}, 2, 3]; return JSON.stringify(a)`, `[0,null,null]`},
		{"an array that grows", `const a = [{toJSON() { a.push(9); return 0 }}, 2]; return JSON.stringify(a)`, `[0,2]`},
		{"toJSON that changes what comes", `const o = {a: {toJSON() { o.b = 3; o.d = 4; delete o.c; return 1 }}, b: 2, c: 3}; return JSON.stringify(o)`, `{"a":1,"b":3}`},
		{"toJSON, deeper, that changes what comes", `const o = {a: [[{toJSON() { o.b = 3; return 1 }}]], b: 2}; return JSON.stringify([o, o])`, `[{"a":[[1]],"b":3},{"a":[[1]],"b":3}]`},
		{"toJSON that hides what comes", `const o = {a: {toJSON() { Object.defineProperty(o, "b", {enumerable: false}); return 1 }}, b: 2}; return JSON.stringify(o) + JSON.stringify(o)`, `{"a":1,"b":2}{"a":1}`},
		{"a getter that changes what comes", `const o = {a: {get x() { o.b = 3; return 1 }}, b: 2}; return JSON.stringify(o)`, `{"a":{"x":1},"b":3}`},
		{"a box that changes what comes", `const s = new String("s"); const o = {s, b: 2}; s.toString = () => { o.b = 3; return "t" }; return JSON.stringify(o)`, `{"s":"t","b":3}`},
		{"a proxy that changes what comes", `const o = {p: new Proxy({x: 1}, {get(t, k) { o.b = 3; return t[k] }}), b: 2}; return JSON.stringify(o)`, `{"p":{"x":1},"b":3}`},
		{"toJSON of all objects", `Object.prototype.toJSON = function (k) { return k || 0 }; return JSON.stringify({a: {}, b: []}) + JSON.stringify([{}])`, `00`},
		{"toJSON of all objects, in the middle", `const o = [{}, {toJSON() { Object.prototype.toJSON = () => 9; return 0 }}, {}, [], new (class {})()]; return JSON.stringify(o)`, `[{},0,9,9,9]`},
		{"toJSON of all arrays, in the middle", `const o = [[], {toJSON() { Array.prototype.toJSON = () => 9; return 0 }}, [], {}]; return JSON.stringify(o)`, `[[],0,9,{}]`},
		{"toJSON of what arrays inherit from", `Object.setPrototypeOf(Array.prototype, {toJSON: () => 7}); return JSON.stringify({a: [], b: {}})`, `{"a":7,"b":{}}`},
		{"toJSON of one array", `const a = []; a.toJSON = () => 7; return JSON.stringify([a, []])`, `[7,[]]`},
		{"toJSON that is hidden", `return JSON.stringify(Object.defineProperty({a: 1}, "toJSON", {value: () => 7}))`, "7"},
		{"toJSON that is none", `return JSON.stringify({toJSON: 1})`, `{"toJSON":1}`},
		{"numbers", `return [0, -0, 0.1, -1.5, 123456789012345680000, 1e21, -1e21, 1.5e300, 1e-6, 1e-7, -1.25e-7, 1e-10, 5e-324, 1.7976931348623157e308, 2 ** 53, 2 ** 31, -1].every(n => JSON.stringify(n) === String(n))`, "true"},
		{"long strings", `const s = "é\n".repeat(50000) + "\u{1f600}".repeat(50000) + "x".repeat(200000); return JSON.parse(JSON.stringify({s})).s === s`, "true"},
		{"what was parsed", `const t = JSON.stringify(["a long text, not ASCII: é€\u{1f600}, with \"quotes\" in it\n"]); return JSON.stringify(JSON.parse(t)) === t && t.length`, "57"},
		{"holes", `return JSON.stringify([, 1])`, `[null,1]`},
		{"quoting", `return JSON.stringify("\b\t\n\f\r\"\\\u0001\u007f/é\u2028\u{1f600}\ud800")`, "\"\\b\\t\\n\\f\\r\\\"\\\\\\u0001\u007f/é\u2028\U0001f600\\ud800\""},
		{"quoting keys", `return JSON.stringify({'"é': 1, "\ud800": 2})`, `{"\"é":1,"\ud800":2}`},
		{"toJSON", `return JSON.stringify({a: {toJSON(k) { return k + typeof this }}, d: new Date(0)})`, `{"a":"aobject","d":"1970-01-01T00:00:00.000Z"}`},
		{"toJSON with an index", `return JSON.stringify([{toJSON: k => typeof k + k}])`, `["string0"]`},
		{"toJSON of BigInt", `BigInt.prototype.toJSON = function () { return this + "n" }; return JSON.stringify([1n])`, `["1n"]`},
		{"BigInt", `try { JSON.stringify({a: 1n}) } catch (e) { return e.name }`, "TypeError"},
		{"boxes", `return JSON.stringify([Object(1), Object("a"), Object(false), Object(Symbol())])`, `[1,"a",false,{}]`},
		{"a boxed BigInt", `try { JSON.stringify(Object(1n)) } catch (e) { return e.name }`, "TypeError"},
		{"boxes convert", `const n = new Number(1); n.valueOf = () => 2; const s = new String("a"); s.toString = () => "b"; return JSON.stringify([n, s])`, `[2,"b"]`},
		{"other objects", `return JSON.stringify([new Map([[1, 2]]), /a/, new Error("x"), new Uint8Array(2), Math.max])`, `[{},{},{},{"0":0,"1":0},null]`},
		{"a typed array with more", `const a = new Uint8Array([1, 2]); a.x = 3; return JSON.stringify([a, new BigInt64Array(0)]) + JSON.stringify(a, ["1", "x"])`, `[{"0":1,"1":2,"x":3},{}]{"1":2,"x":3}`},
		{"a proxy", `return JSON.stringify(new Proxy({a: 1, b: 2}, {ownKeys: () => ["b"], get: (t, k) => k === "toJSON" ? undefined : k}))`, `{"b":"b"}`},
		{"a proxy of an array", `return JSON.stringify(new Proxy([1, 2], {}))`, `[1,2]`},
		{"cycle", `const a = []; a.push([a]); try { JSON.stringify(a) } catch (e) { return e.name }`, "TypeError"},
		{"twice is no cycle", `const a = {}; return JSON.stringify([a, a, [a]])`, `[{},{},[{}]]`},
		{"deep cycle", `let a = {}; const top = a; for (let i = 0; i < 100; i++) a = a.x = {}; a.x = top; try { JSON.stringify(top) } catch (e) { return e.name }`, "TypeError"},
		{"too deep", `let a = []; for (let i = 0; i < 1e5; i++) a = [a]; try { JSON.stringify(a) } catch (e) { return e.name }`, "RangeError"},
		{"deep", `let a = []; for (let i = 0; i < 1000; i++) a = [a]; return JSON.stringify(a).length`, "2002"},
		{"toJSON without end", `const a = {toJSON() { return {a: Object.create(a)} }}; try { JSON.stringify(a) } catch (e) { return e.name }`, "RangeError"},

		{"replacer", `return JSON.stringify({a: 1, b: [2]}, (k, v) => typeof v === "number" ? v + 1 : v)`, `{"a":2,"b":[3]}`},
		{"replacer's holder", `const o = {a: 1}; return JSON.stringify(o, function (k, v) { return k === "" ? (this[""] === o ? {x: 1} : 0) : v })`, `{"x":1}`},
		{"replacer drops", `return JSON.stringify({a: 1, b: 2}, (k, v) => k === "a" ? undefined : v) + JSON.stringify(1, () => undefined)`, `{"b":2}undefined`},
		{"replacer after toJSON", `return JSON.stringify({toJSON: () => 1}, (k, v) => v + 1)`, "2"},
		{"list", `return JSON.stringify({b: 1, a: 2, 1: {a: 1, c: 1}}, ["a", 1, new String("b"), "a", {}])`, `{"a":2,"1":{"a":1},"b":1}`},
		{"empty list", `return JSON.stringify({a: 1}, [])`, "{}"},
		{"space", `return JSON.stringify({a: [1, {}], b: {c: []}}, null, 2)`, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}"},
		{"space in words", `return JSON.stringify([[1]], null, "éabcdefghijkl")`, "[\néabcdefghi[\néabcdefghiéabcdefghi1\néabcdefghi]\n]"},
		{"space in numbers", `return [JSON.stringify([1], null, 99).length, JSON.stringify([1], null, -1), JSON.stringify([1], null, new Number(1)), JSON.stringify([1], null, {})].join("|")`, "15|[1]|[\n 1\n]|[1]"},
		{"space, nothing to write", `return JSON.stringify({a: undefined}, null, 1)`, "{}"},
		{"rawJSON", `return JSON.stringify({a: JSON.rawJSON("1e1000")})`, `{"a":1e1000}`},
		{"too long", `const s = "x".repeat(1e7); try { JSON.stringify(Array(100).fill(s)) } catch (e) { return e.name + e.message }`, "RangeErrorInvalid string length"},
		{"name and length", `return JSON.stringify.name + JSON.stringify.length + JSON.parse.name + JSON.parse.length`, "stringify3parse2"},

		{"parse", `return JSON.stringify(JSON.parse(' {"a":[1,2.5,"\\u00e9"],"__proto__":1} '))`, `{"a":[1,2.5,"é"],"__proto__":1}`},
		{"parse, objects alike", `const a = JSON.parse('[{"a":1,"b":2},{"a":3,"b":4},{"a":5,"c":6},{"a":7},{"a":8,"b":9,"c":0}]'); return JSON.stringify(a) + a[1].b`, `[{"a":1,"b":2},{"a":3,"b":4},{"a":5,"c":6},{"a":7},{"a":8,"b":9,"c":0}]4`},
		{"parse, objects alike, one deletes", `const [a, b, c] = JSON.parse('[{"x":1,"y":2,"z":3},{"x":4,"y":5,"z":6},{"x":7,"y":8,"z":9}]'); delete b.x; b.w = 0; delete c.y; return JSON.stringify([a, b, c])`,
			`[{"x":1,"y":2,"z":3},{"y":5,"z":6,"w":0},{"x":7,"z":9}]`},
		{"parse, objects alike, one grows", `const [a, b, c] = JSON.parse('[{"x":1},{"x":2},{"x":3}]'); b.y = 1; c.z = 2; a.v = 3; b.y2 = 4; return JSON.stringify([a, b, c])`, `[{"x":1,"v":3},{"x":2,"y":1,"y2":4},{"x":3,"z":2}]`},
		{"parse, objects alike, with integers", `const [a, b] = JSON.parse('[{"x":1,"2":2,"1":3},{"x":4,"2":5,"1":6}]'); const k = Object.keys(a).join(); a[0] = 7; return k + JSON.stringify([a, b])`, `1,2,x[{"0":7,"1":3,"2":2,"x":1},{"1":6,"2":5,"x":4}]`},
		{"parse, objects alike, in a loop", `const [a, b] = JSON.parse('[{"x":1,"y":2,"z":3},{"x":4,"y":5,"z":6}]'); let s = ""; for (const k in a) { s += k; delete a.y; b[k + k] = 1 } for (const k in a) s += k; return s + Object.keys(b)`, "xzxzx,y,z,xx,zz"},
		{"parse, objects alike, redefined", `const [a, b] = JSON.parse('[{"x":1,"y":2},{"x":4,"y":5}]'); Object.defineProperty(a, "x", {enumerable: false}); Object.freeze(b); return JSON.stringify([a, b]) + Object.isFrozen(b) + Object.isFrozen(a)`, `[{"y":2},{"x":4,"y":5}]truefalse`},
		{"parse, a name twice", `return JSON.stringify(JSON.parse('[{"a":1,"b":2,"a":3},{"a":1,"b":2,"a":3},{"a":1,"b":2},{"a":1,"a":2}]'))`, `[{"a":3,"b":2},{"a":3,"b":2},{"a":1,"b":2},{"a":2}]`},
		{"parse, prototypes", `const [a] = JSON.parse('[{"a":1}]'); return [Object.getPrototypeOf(a) === Object.prototype, a instanceof Object, a.hasOwnProperty("a"), Object.isExtensible(a), a + ""].join()`, "true,true,true,true,[object Object]"},
		{"parse, other names", `return JSON.stringify(JSON.parse('[{"é":1,"\\n":2},{"é":3,"\\n":4},{"\\u00e9":5,"\\n":6}]'))`, `[{"é":1,"\n":2},{"é":3,"\n":4},{"é":5,"\n":6}]`},
		{"parse, escapes", `return JSON.parse('"a\\u0041\\ud83d\\ude00é\\\\\\/\\b\\f\\n\\r\\t\\u20ac"') === "aA\u{1f600}é\\/\b\f\n\r\t€"`, "true"},
		{"parse, surrogates alone", `return [...JSON.parse('"é\\ud800x\\udc00\\ud83d\\ud83d\\ude00"')].map(c => c.codePointAt(0).toString(16)).join()`, "e9,d800,78,dc00,d83d,1f600"},
		{"parse, where it is wrong", `return ['{"a":1,}', '[1 2]', '{"a" 1}', '"a', '"\\x"', '"\\ud83d\\uZ"', '-', '01', '1.', 'nul', '[1]x', ''].map(s => { try { JSON.parse(s) } catch (e) { return e.message.replace(/.*position /, "") } }).join()`,
			"7,3,5,Unexpected end of JSON input,2,8,Unexpected end of JSON input,1,Unexpected end of JSON input,0,3,Unexpected end of JSON input"},
		{"parse, numbers", `return JSON.parse('[0,-0,7,-7,999999999999999,-999999999999999,1000000000000000,9007199254740993,1.5,1e3,1E-2,0.1,1e400]').map(n => Object.is(n, -0) ? "-0" : n).join()`,
			"0,-0,7,-7,999999999999999,-999999999999999,1000000000000000,9007199254740992,1.5,1000,0.01,0.1,Infinity"},
		{"parse, too deep", `try { JSON.parse("[".repeat(1e5) + "]".repeat(1e5)) } catch (e) { return e.name }`, "RangeError"},
		{"reviver", `return JSON.stringify(JSON.parse('{"a":1,"b":[2,3]}', (k, v) => typeof v === "number" ? v * 2 : v))`, `{"a":2,"b":[4,6]}`},
		{"reviver's order", `let s = ""; JSON.parse('{"b":{"c":1},"a":[2],"1":3}', (k, v) => { s += k + ";" }); return s`, "1;c;b;0;a;;"},
		{"reviver drops", `return JSON.stringify(JSON.parse('{"a":1,"b":[2,3]}', (k, v) => v === 1 || v === 2 ? undefined : v))`, `{"b":[null,3]}`},
		{"reviver's holder", `return JSON.stringify(JSON.parse('{"a":1,"b":2}', function (k, v) { if (k === "a") this.b = [9]; return v }))`, `{"a":1,"b":[9]}`},
		{"reviver, too deep", `try { JSON.parse("[]", function f(k, v) { if (k === "") return v; }) ; let n = 0; JSON.parse('[[]]', function (k, v) { if (n++ < 1e5 && this[1] === undefined && k === "0") this[1] = [0, 0]; return v }); return "ok" } catch (e) { return e.name }`, "ok"},
		{"reviver throws", `try { JSON.parse("[1]", () => { throw 7 }) } catch (e) { return e }`, "7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}
