package webapi_test

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// lines is a Host that keeps what is written to the console.
type lines []string

func (*lines) Fetch(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	return nil, errors.New("there is no network here")
}

func (l *lines) Console(level, message string) { *l = append(*l, level+" "+message) }

var place = regexp.MustCompile(`test\.js:\d+:\d+`)

// consoleOf runs src and returns what it wrote to the console, the places in stacks
// without line and column.
func consoleOf(t testing.TB, src string) string {
	t.Helper()
	var written lines
	if got := jstest.Eval(t, newPlatform(t), &written, src); got != "undefined" {
		return got
	}
	return place.ReplaceAllString(strings.Join(written, "\n"), "test.js")
}

func consoleRows(t *testing.T, rows []row) {
	t.Parallel()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := consoleOf(t, tc.src); got != tc.want {
				t.Errorf("%s\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestConsole(t *testing.T) {
	consoleRows(t, []row{
		{"levels", `console.debug(1); console.info(2); console.log(3); console.warn(4); console.error(5); console.dirxml(6)`, "debug 1\ninfo 2\nlog 3\nwarn 4\nerror 5\nlog 6"},
		{"strings stand as they are, with spaces between", `console.log("a", "b'c", 1, true, null, undefined)`, "log a b'c 1 true null undefined"},
		{"nothing writes nothing", `console.log(); console.error()`, ""},
		{"timeStamp writes nothing", `console.timeStamp("x")`, ""},
		{"an object stands between console and Object.prototype", `let p = Object.getPrototypeOf(console); console.log(p !== Object.prototype, Object.getPrototypeOf(p) === Object.prototype, Object.keys(p).length)`, "log true true 0"},
		{"methods need no receiver", `let {log} = console; log("x")`, "log x"},
		{"%s", `console.log("%s %s %s", "a", 1, Symbol("x"))`, "log a 1 Symbol(x)"},
		{"%s of an object is its toString", `console.log("%s", {toString() { return "mine" }})`, "log mine"},
		{"%s of an object whose toString throws", `console.log("%s", {toString() { throw 1 }})`, "log { toString: [Function: toString] }"},
		{"%d, %i and %f", `console.log("%d %i %f %d %i", "42.5x", 42.9, "1.5", "x", Symbol())`, "log 42.5 42 1.5 NaN NaN"},
		{"%o and %O inspect", `console.log("%o %O", {a: "b"}, [1])`, "log { a: 'b' } [ 1 ]"},
		{"%j is JSON", `console.log("%j", {a: [1]})`, `log {"a":[1]}`},
		{"%j of what has no JSON", `let a = {}; a.a = a; console.log("%j %j", undefined, a)`, "log undefined { a: [Circular] }"},
		{"%c takes an argument and leaves nothing", `console.log("%cred%c!", "color: red", "", "x")`, "log red! x"},
		{"%%", `console.log("100%% %d", 5)`, "log 100% 5"},
		{"a format alone stands as it is", `console.log("100%% %s")`, "log 100%% %s"},
		{"directives without arguments stay", `console.log("%s %s", "a")`, "log a %s"},
		{"unknown directives stay", `console.log("%x %", "a")`, "log %x % a"},
		{"arguments left over follow", `console.log("%s", "a", "b", {c: 1})`, "log a b { c: 1 }"},
		{"only the first is a format", `console.log(1, "%s", "a")`, "log 1 %s a"},
		{"assert", `console.assert(true, "no"); console.assert(false); console.assert(0, "%s bad", "so"); console.assert(null, {a: 1})`, "error Assertion failed\nerror Assertion failed: so bad\nerror Assertion failed { a: 1 }"},
		{"count", `console.count(); console.count("x"); console.count(); console.countReset(); console.count(); console.countReset("y")`, "info default: 1\ninfo x: 1\ninfo default: 2\ninfo default: 1\nwarn Count for 'y' does not exist"},
		{"groups indent", `console.group("a"); console.log("b\nc"); console.groupCollapsed(); console.log("d"); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log("e")`, "log a\nlog   b\n  c\nlog     d\nlog e"},
		{"clear ends groups", `console.group(); console.clear(); console.log("x")`, "log x"},
		{"unknown timers are named", `console.timeEnd("x"); console.timeLog()`, "warn Timer 'x' does not exist\nwarn Timer 'default' does not exist"},
		{"a timer starts once", `console.time("x"); console.time("x")`, "warn Timer 'x' already exists"},
		{"dir takes a depth", `let o = {a: {b: {}}}; console.dir(o, {depth: 0}); console.dir(o, {depth: null}); console.dir(o)`, "log { a: [Object] }\nlog { a: { b: {} } }\nlog { a: { b: {} } }"},
		{"its tag", `console.log(Object.prototype.toString.call(console))`, "log [object console]"},
		{"a line is cut at 8 KB", `console.log("x".repeat(1e6))`, "log " + strings.Repeat("x", 8192) + "…"},
		{"a listener that throws is reported", `let t = new EventTarget(); t.addEventListener("x", function f() { throw new TypeError("no") }); t.dispatchEvent(new Event("x"))`, "error Uncaught TypeError: no\n    at f (test.js)\n    at test.js\n    at test.js"},
		{"a listener without handleEvent is reported", `let t = new EventTarget(); t.addEventListener("x", {}); t.dispatchEvent(new Event("x"))`, "error Uncaught TypeError: undefined is not a function\n    at test.js\n    at test.js"},
		{"a microtask that throws is reported", `queueMicrotask(() => { throw "oh" }); await null`, "error Uncaught oh\n    at test.js"},
		{"reportError", `reportError("oh"); reportError({}); reportError(Object.create(null))`, "error Uncaught oh\nerror Uncaught [object Object]\nerror Uncaught an error that can't be shown: turning it into a string throws"},
	})
}

func TestConsoleTimers(t *testing.T) {
	t.Parallel()
	got := consoleOf(t, `console.time("x"); console.timeLog("x", 1, {a: 2}); console.timeEnd("x"); console.timeEnd("x")`)
	parts := strings.Split(got, "\n")
	if len(parts) != 3 || !strings.HasPrefix(parts[0], "info x: ") || !strings.HasSuffix(parts[0], "ms 1 { a: 2 }") ||
		!strings.HasSuffix(parts[1], "ms") || parts[2] != "warn Timer 'x' does not exist" {
		t.Errorf("got %q", got)
	}
}

func TestConsoleTrace(t *testing.T) {
	t.Parallel()
	got := consoleOf(t, "function here() { console.trace('%s!', 'now') }\nhere()")
	if !strings.HasPrefix(got, "log Trace: now!\n    at ") || !strings.Contains(got, "at here (test.js)") {
		t.Errorf("got %q", got)
	}
}

func TestConsoleTable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"rows of objects", `console.table([{a: 1, b: "x"}, {b: 2, c: {d: 1}}])`, `
log ┌─────────┬───┬─────┬──────────┐
│ (index) │ a │ b   │ c        │
├─────────┼───┼─────┼──────────┤
│ 0       │ 1 │ 'x' │          │
│ 1       │   │ 2   │ { d: 1 } │
└─────────┴───┴─────┴──────────┘`},
		{"rows that are no objects", `console.table({x: 1, y: [2]})`, `
log ┌─────────┬───┬────────┐
│ (index) │ 0 │ Values │
├─────────┼───┼────────┤
│ x       │   │ 1      │
│ y       │ 2 │        │
└─────────┴───┴────────┘`},
		{"chosen columns", `console.table([{a: 1, b: 2}], ["b", "z"])`, `
log ┌─────────┬───┬───┐
│ (index) │ b │ z │
├─────────┼───┼───┤
│ 0       │ 2 │   │
└─────────┴───┴───┘`},
		{"what is no object is logged", `console.table("x")`, "\nlog x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := "\n" + consoleOf(t, tc.src); got != tc.want {
				t.Errorf("%s\n got %s\nwant %s", tc.src, got, tc.want)
			}
		})
	}
}

func TestInspect(t *testing.T) {
	rows := []row{
		{"numbers", `[0, -0, 1.5, NaN, 10n]`, "[ 0, -0, 1.5, NaN, 10n ]"},
		{"strings take the quotes that need no escape", `["a'b", 'a"\'b', "a'\"` + "`" + `b", "\n\t\\\x00\x7f"]`, `[ "a'b", ` + "`a\"'b`" + `, 'a\'"` + "`b', '" + `\n\t\\\x00\x7f' ]`},
		{"objects", `{a: 1, "b-c": null, 2: undefined, [Symbol("s")]: Symbol("v")}`, "{ '2': undefined, a: 1, 'b-c': null, [Symbol(s)]: Symbol(v) }"},
		{"empty ones", `[{}, [], new Map(), new Set(), Object.create(null)]`, "[ {}, [], Map(0) {}, Set(0) {}, [Object: null prototype] {} ]"},
		{"classes are named", `new class Point { x = 1 }`, "Point { x: 1 }"},
		{"arrays of a class are named", `new class List extends Array {}(2)`, "List(2) [ <2 empty items> ]"},
		{"holes and names of arrays", `Object.assign([1, , , 4], {x: 5})`, "[ 1, <2 empty items>, 4, x: 5 ]"},
		{"long arrays are cut", `Array.from({length: 103}, (_, i) => i)`, strings.TrimSpace(`
[
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
  21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
  39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56,
  57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
  75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92,
  93, 94, 95, 96, 97, 98, 99, … 3 more
]`)},
		{"an array of billions of holes", `Object.assign([], {length: 4294967295})`, "[ <101 empty items>, … 4294967194 more ]"},
		{"objects of many properties are cut", `Object.fromEntries(Array.from({length: 102}, (_, i) => ["k" + i, 0]))`, "{\n" + manyProperties() + "  … 2 more\n}"},
		{"deep ones are cut", `{a: {b: {c: {d: {e: {}}}}}}`, "{ a: { b: { c: { d: { e: [Object] } } } } }"},
		{"long ones take lines", `{first: "x".repeat(40), second: ["y".repeat(40)]}`, "{\n  first: '" + strings.Repeat("x", 40) + "',\n  second: [ '" + strings.Repeat("y", 40) + "' ]\n}"},
		{"cycles", `(() => { let a = {}; a.a = {b: a}; return a })()`, "{ a: { b: [Circular] } }"},
		{"what is met twice is no cycle", `(() => { let a = {}; return [a, a] })()`, "[ {}, {} ]"},
		{"getters are not run", `{get a() { throw 1 }, set b(x) {}, get c() { throw 1 }, set c(x) {}}`, "{ a: [Getter], b: [Setter], c: [Getter/Setter] }"},
		{"proxies are seen through", `new Proxy({a: 1}, {get() { throw 1 }, ownKeys() { throw 1 }, getPrototypeOf() { throw 1 }})`, "{ a: 1 }"},
		{"a revoked proxy", `(() => { let p = Proxy.revocable({}, {}); p.revoke(); return p.proxy })()`, "<Revoked Proxy>"},
		{"a prototype that is a proxy", `Object.create(new Proxy({}, {get() { throw 1 }, getOwnPropertyDescriptor() { throw 1 }}))`, "{}"},
		{"a constructor that is a getter", `Object.create({get constructor() { throw 1 }})`, "{}"},
		{"a tag that throws", `Object.defineProperty({}, Symbol.toStringTag, {get() { throw 1 }})`, "{}"},
		{"functions", `[() => 1, function f() {}, class A {}, Object.assign(function g() {}, {x: 1})]`, "[\n  [Function (anonymous)], [Function: f], [Function: A],\n  [Function: g] { x: 1 }\n]"},
		{"maps and sets", `[new Map([["a", {b: 1}]]), new Set([1, "x"])]`, "[ Map(1) { 'a' => { b: 1 } }, Set(2) { 1, 'x' } ]"},
		{"a map whose iterator lies", `Object.assign(new Map([[1, 2]]), {forEach: null, [Symbol.iterator]: null})`, "Map(1) { 1 => 2, forEach: null, [Symbol(Symbol.iterator)]: null }"},
		{"weak maps keep theirs", `[new WeakMap(), new WeakSet()]`, "[ WeakMap { <items unknown> }, WeakSet { <items unknown> } ]"},
		{"dates", `[new Date(0), new Date(NaN)]`, "[ 1970-01-01T00:00:00.000Z, Invalid Date ]"},
		{"regular expressions", `/a\/b/gi`, `/a\/b/gi`},
		{"boxed primitives", `[new Number(1), new String("x"), Object(1n), Object(Symbol("s"))]`, "[ [Number: 1], [String: 'x'], [BigInt: 1n], [Symbol: Symbol(s)] ]"},
		{"promises", `[Promise.resolve(1), new Promise(() => {}), (() => { let p = Promise.reject(2); p.catch(() => {}); return p })()]`, "[ Promise { 1 }, Promise { <pending> }, Promise { <rejected> 2 } ]"},
		{"typed arrays and buffers", `[new Uint8Array([1, 2]), new Uint8Array([1, 255]).buffer]`, "[ Uint8Array(2) [ 1, 2 ], ArrayBuffer { bytes: <01ff>, byteLength: 2 } ]"},
		{"arguments", `(function () { return arguments })(1, 2)`, "[Arguments] [ 1, 2 ]"},
		{"generators", `(function* () {})()`, "Generator {}"},
		{"a URL", `new URL("https://h/a")`, "URL { href: 'https://h/a' }"},
		{"a URLSearchParams", `new URLSearchParams("a=1&b")`, "URLSearchParams { 'a' => '1', 'b' => '' }"},
		{"an event and a signal", `[new CustomEvent("x"), AbortSignal.abort()]`, "[ CustomEvent { type: 'x' }, AbortSignal { aborted: true } ]"},
		{"other classes of the platform", `new TextEncoder()`, "TextEncoder {}"},
	}
	for i, r := range rows {
		rows[i].src, rows[i].want = "console.log("+r.src+")", "log "+r.want
	}
	consoleRows(t, rows)
}

func manyProperties() string {
	var out strings.Builder
	for i := range 100 {
		out.WriteString("  k" + strconv.Itoa(i) + ": 0,\n")
	}
	return out.String()
}

func TestInspectErrors(t *testing.T) {
	consoleRows(t, []row{
		{"an error has its stack", "function f() { return new TypeError('bad') }\nconsole.log(f())", "log TypeError: bad\n    at f (test.js)\n    at test.js\n    at test.js"},
		{"what it carries follows", "let e = new Error('bad', {cause: 'why'}); e.stack = ''; e.code = 5; console.log(e)", "log Error: bad { [cause]: 'why', code: 5 }"},
		{"in an object it is indented", "let e = new Error('bad'); console.log({e})", "log {\n  e: Error: bad\n      at test.js\n      at test.js\n}"},
		{"a name of its own", "class Mine extends Error { name = 'Mine' } let e = new Mine('bad'); e.stack = ''; console.log(e)", "log Mine: bad"},
		{"several errors", "let e = new AggregateError([1], 'bad'); e.stack = ''; console.log(e)", "log AggregateError: bad { [errors]: [ 1 ] }"},
		{"a DOMException", "let e = new DOMException('bad', 'AbortError'); e.stack = ''; console.log(e)", "log AbortError: bad"},
		{"an error that can't be shown", "let e = new Error('x'); Object.defineProperty(e, 'message', {get() { throw 1 }}); console.log([e])", "log [ an error that can't be shown: turning it into a string throws ]"},
	})
}

// Hostile values cost no more than a line of console, and none ends the script.
func TestInspectHostile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src string }{
		{"a wide tree", `let t = 0; for (let i = 0; i < 6; i++) t = Array(50).fill(t); console.log(t)`},
		{"a long list", `let l = null; for (let i = 0; i < 1e5; i++) l = {l}; console.log(l)`},
		{"a large map", `console.log(new Map(Array.from({length: 1e5}, (_, i) => [i, {i}])))`},
		{"long names", `console.log({["x".repeat(1e6)]: 1, y: 2})`},
		{"long strings in lists", `console.log(Array(100).fill("x".repeat(1e5)))`},
		{"a format of many directives", `console.log("%s".repeat(1e5), ...Array(1000).fill("x".repeat(1000)))`},
		{"a chain of proxies", `let p = {}; for (let i = 0; i < 900; i++) p = new Proxy(p, {}); console.log(p)`},
		{"a chain of prototypes", `let o = null; for (let i = 0; i < 900; i++) o = Object.create(o); console.log(o)`},
		{"a long class name", `console.log(new ({["x".repeat(1e6)]: class {}})["x".repeat(1e6)]())`},
		{"errors in errors", `let e = 1; for (let i = 0; i < 1000; i++) e = new Error("x".repeat(1000), {cause: e}); console.log(e)`},
		{"patched intrinsics", `Object.getOwnPropertyDescriptor = Map.prototype.forEach = () => { throw 1 }; console.log({a: 1}, new Map([[1, 2]]))`},
		{"a getter on Object.prototype", `Object.defineProperty(Object.prototype, "get", {get() { throw 1 }}); console.log({a: 1})`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var written lines
			if got := jstest.Eval(t, newPlatform(t), &written, tc.src+`; return "alive"`); got != "alive" {
				t.Fatalf("got %s", got)
			}
			for _, line := range written {
				if len(line) > 8<<10+20 {
					t.Errorf("a line has %d bytes", len(line))
				}
			}
		})
	}
}
