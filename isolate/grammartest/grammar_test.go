package grammartest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// grammar generates programs. What it makes follows from its seed and the realm alone.
type grammar struct {
	*rand.Rand
	realm
	owned   map[string][]builtin // methods by owner
	vars    int                  // v0 to v(vars-1) hold values
	depth   int                  // of the expression that is being made
	inside  []string             // names in scope beyond these: parameters
	dynamic bool                 // strings may become code
}

const depthMax = 5

func newGrammar(seed uint64, r realm) *grammar {
	g := &grammar{Rand: rand.New(rand.NewPCG(seed, 0x5eed)), realm: r, owned: make(map[string][]builtin)}
	for _, b := range r.functions {
		if o := b.owner(); o != "" {
			g.owned[o] = append(g.owned[o], b)
		}
	}
	g.dynamic = g.IntN(8) == 0
	return g
}

// pick returns one of the texts.
func (g *grammar) pick(texts ...string) string { return texts[g.IntN(len(texts))] }

// choice is a production with its weight.
type choice struct {
	weight int
	make   func() *syntax
}

func (g *grammar) choose(choices []choice) *syntax {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	n := g.IntN(total)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.make()
		}
	}
	panic("unreachable")
}

// program makes one to six statements.
func (g *grammar) program() program {
	var p program
	for range 1 + g.IntN(6) {
		p = append(p, g.statement())
	}
	return p
}

func (g *grammar) statement() *syntax {
	return g.choose([]choice{
		{40, func() *syntax {
			value := g.expr()
			name := "v" + strconv.Itoa(g.vars)
			g.vars++
			return form("try { var "+name+" = § } catch {}", value)
		}},
		{12, func() *syntax { return form("try { § } catch {}", g.call()) }},
		{8, func() *syntax { // a property of a value made before
			return form("try { "+g.name()+g.pick(".length", ".lastIndex", "[0]", ".toString", ".valueOf", ".then", ".next", ".constructor", ".exec", ".toJSON", "[Symbol.iterator]", "[Symbol.toPrimitive]", ".__proto__", ".message", ".stack")+" = § } catch {}", g.expr())
		}},
		{6, func() *syntax { // a built-in that all use
			return form("try { Object.defineProperty("+g.prototype()+", "+g.key()+", {configurable: true, "+g.pick("get() { return § }", "value: §", "get: §", "get: §, set: §")+"}) } catch {}", g.expr(), g.expr())
		}},
		{10, func() *syntax {
			count := g.pick("3", "100", "1e5", "Infinity")
			return form("try { for (let i = 0; i < "+count+"; i++) § } catch {}", g.parenthesised(g.call()))
		}},
		{6, func() *syntax {
			return form("try { let n = 0; for (const x of §) { if (n++ > 1e4) break; § } } catch {}", g.expr(), g.with("x", g.call))
		}},
		{6, func() *syntax { return form("try { await § } catch {}", g.expr()) }},
		{5, func() *syntax {
			name := "v" + strconv.Itoa(g.vars)
			body := g.with(name, g.call)
			g.vars++
			return form("var "+name+" = "+g.pick("(...a) => §", "function (...a) { return § }", "async (...a) => §", "function* (...a) { yield* § }", "class extends Array { constructor(...a) { super(...a); § } }")+"; try { "+name+g.pick("()", "(1)", ".call(1, 2)", "().next()")+" } catch {}", body)
		}},
		{4, func() *syntax { return form("try { setTimeout(() => §) } catch {}", g.call()) }},
		{3, func() *syntax { return form("try { ctx.waitUntil(§) } catch {}", g.expr()) }},
		{2, func() *syntax { return form("if (§) throw §", g.expr(), g.expr()) }},
		{2, func() *syntax { return form("if (§) return new Response(§)", g.expr(), g.expr()) }},
	})
}

// with makes an expression in which name is known.
func (g *grammar) with(name string, make func() *syntax) *syntax {
	g.inside = append(g.inside, name)
	defer func() { g.inside = g.inside[:len(g.inside)-1] }()
	return make()
}

func (g *grammar) parenthesised(s *syntax) *syntax { return form("(§)", s) }

// name is that of a value made before, or of anything.
func (g *grammar) name() string {
	n := g.vars + len(g.inside)
	if n == 0 {
		return g.pick("globalThis", "request", "env", "ctx", "[]", "({})")
	}
	i := g.IntN(n)
	if i < g.vars {
		return "v" + strconv.Itoa(i)
	}
	return g.inside[i-g.vars]
}

func (g *grammar) prototype() string { return g.prototypes[g.IntN(len(g.prototypes))] }

func (g *grammar) function() builtin { return g.functions[g.IntN(len(g.functions))] }

// key is a property's name, as an expression.
func (g *grammar) key() string {
	return g.pick(`"length"`, `"0"`, `"1"`, `"then"`, `"next"`, `"done"`, `"value"`, `"constructor"`, `"toString"`, `"valueOf"`, `"toJSON"`,
		`"exec"`, `"flags"`, `"lastIndex"`, `"index"`, `"groups"`, `"message"`, `"name"`, `"stack"`, `"get"`, `"set"`, `"has"`, `"size"`, `"keys"`, `"byteLength"`,
		`"push"`, `"join"`, `"call"`, `"x"`, `"4294967294"`, "Symbol.iterator", "Symbol.species", "Symbol.toPrimitive", "Symbol.toStringTag", "Symbol.isConcatSpreadable",
		"Symbol.hasInstance", "Symbol.replace", "Symbol.split", "Symbol.match", "Symbol.matchAll", "Symbol.unscopables", "Symbol()")
}

// expr makes an expression. What is deep inside others is small.
func (g *grammar) expr() *syntax {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > depthMax {
		return leaf(g.pick("0", "1", `"x"`, "[]", "({})", "undefined", "null", "() => 1", g.name()))
	}
	return g.choose([]choice{
		{14, g.number},
		{10, g.text},
		{12, g.array},
		{10, g.object},
		{6, g.buffer},
		{5, g.pattern},
		{6, g.proxy},
		{10, g.callable},
		{6, g.iterable},
		{6, g.host},
		{20, g.call},
		{14, func() *syntax { return leaf(g.name()) }},
		{3, func() *syntax {
			return leaf(g.pick("undefined", "null", "true", "Symbol.iterator", "Symbol()", "globalThis", "new Date", "new Date(8.64e15)"))
		}},
		{8, g.operation},
	})
}

// number makes a number or a BigInt, most often one at an edge.
func (g *grammar) number() *syntax {
	if g.IntN(6) == 0 {
		return leaf(g.pick("0n", "1n", "-1n", "(2n ** 64n)", "(1n << 100000n)", "(-(2n ** 1000000n))", `BigInt("9".repeat(10000))`, "(2n ** 31n)", "(1n << 10000000n)"))
	}
	return leaf(g.pick("0", "-0", "1", "-1", "2", "3", "0.5", "NaN", "Infinity", "(-Infinity)", "100", "1000", "65536", "1e5", "1e6", "1e7", "1e8", "1e9",
		"2147483647", "2147483648", "4294967294", "4294967295", "4294967296", "(2 ** 53 - 1)", "(2 ** 53)", "1e21", "1e308", "5e-324", "(-1e9)", "(-(2 ** 53))"))
}

func (g *grammar) text() *syntax {
	base := g.pick("x", "a", "9", "(", "[", "{\\\"a\\\":", " ", "%f0", "%", "\\u1234", "\\u{1f600}", "\\ud800", "\\ufdfa", "\\u0130", "a,b;", "$&", "$'", "=&", "-", "/../", "\\r\\n", "\\0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
	switch n := g.IntN(6); {
	case n < 2:
		return leaf(`"` + base + `"`)
	case n < 5:
		return leaf(`"` + base + `".repeat(` + g.pick("10", "1000", "1e5", "1e6", "5e6") + `)`)
	default:
		return leaf(g.pick(`""`, `"length"`, `"__proto__"`, `"constructor"`, `"g"`, `"utf-8"`, `"http://x/a?b=c#d"`, `"[1,{\"a\":[null]}]"`, `"1e400"`, `"-0"`, `"0x" + "f".repeat(1e5)`, `"\ud83d"`, "`${[1]}`"))
	}
}

func (g *grammar) array() *syntax {
	return g.choose([]choice{
		{3, func() *syntax { return form("[§, §, §]", g.expr(), g.expr(), g.expr()) }},
		{2, func() *syntax { return leaf("new Array(" + g.pick("10", "1e5", "1e7", "1e9", "4294967295") + ")") }},
		{2, func() *syntax { return form("new Array("+g.pick("10", "1000", "1e5", "1e6")+").fill(§)", g.expr()) }},
		{1, func() *syntax {
			return leaf("(() => { const a = []; a.length = " + g.pick("1e6", "1e8", "4294967295") + "; a[3] = 1; return a })()")
		}},
		{2, func() *syntax { return leaf("(() => { const a = [1]; a.push(a, [a]); return a })()") }},
		{1, func() *syntax {
			return leaf("(() => { let a = []; for (let i = 0; i < " + g.pick("100", "5000", "1e5") + "; i++) a = " + g.pick("[a]", "{a}", "[a, a]", "{__proto__: a}", "new Map([[a, a]])") + "; return a })()")
		}},
		{2, func() *syntax {
			return form("{length: §, 0: §, get 1() { return § }}", g.number(), g.expr(), g.expr())
		}},
		{1, func() *syntax { return form("[...§]", g.expr()) }},
		{1, func() *syntax {
			return form("new (class extends Array { static get [Symbol.species]() { return § } })(3)", g.callable())
		}},
	})
}

// object makes one whose conversions and properties run code.
func (g *grammar) object() *syntax {
	hook := g.pick("toString() { return § }", "valueOf() { return § }", "[Symbol.toPrimitive]() { return § }", "get length() { return § }", "get [Symbol.toStringTag]() { return § }",
		"toJSON() { return § }", "get then() { return § }", "then(r) { r(§) }", "get a() { return § }", "[Symbol.isConcatSpreadable]: true, length: §", "get constructor() { return § }",
		"exec() { return § }", "toString: §", "valueOf: §", "toJSON: §", "[Symbol.toPrimitive]: §", "toLocaleString: §", "__proto__: §", "name: §", "headers: §, body: 1", "then: §", "return: §", "get message() { return § }")
	return form("({"+hook+", "+g.pick("b: §", "length: §", "get 0() { return § }", "next: §", "value: §", "method: §", "1: §")+"})", g.with("this", g.expr), g.expr())
}

func (g *grammar) buffer() *syntax {
	kind := g.pick("Uint8Array", "Int16Array", "Float64Array", "BigInt64Array", "Uint8ClampedArray", "Float32Array")
	return g.choose([]choice{
		{4, func() *syntax { return leaf("new " + kind + "(" + g.pick("0", "1", "1000", "1e6", "7e6") + ")") }},
		{2, func() *syntax { return form("new "+kind+"(§)", g.expr()) }},
		{2, func() *syntax { return form("new ArrayBuffer(§)", g.number()) }},
		{1, func() *syntax { return form("new DataView(new ArrayBuffer(100), §)", g.number()) }},
		{2, func() *syntax { return form(kind+".from(§)", g.expr()) }},
	})
}

// pattern makes a regular expression out of parts that backtrack, repeat and refer back.
func (g *grammar) pattern() *syntax {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		b.WriteString(g.pick("a", "x", ".", "(a+)+", "(a|aa)+", "(?:a*)*", "(?=a*)", "(?!b)", "(?<=a*)", "(?<!b)", "\\\\1", "(.*?)", "[^]*", "\\\\s*", "(x?){100}", "(a{1,50}){1,50}", "$", "^", "\\\\b", "(?<n>a)", "|", "[a-z]+?", "(a)(b)?(c)?"))
	}
	source := `new RegExp("` + b.String() + `", "` + g.pick("", "g", "gy", "i", "u", "gu", "s", "giu", "m") + `")`
	if g.IntN(12) == 0 {
		return form(`new RegExp(§, "g")`, g.expr())
	}
	return leaf(source)
}

func (g *grammar) proxy() *syntax {
	trap := g.pick("get", "set", "has", "deleteProperty", "ownKeys", "getOwnPropertyDescriptor", "defineProperty", "getPrototypeOf", "setPrototypeOf", "isExtensible", "apply", "construct")
	return form("new Proxy(§, {"+trap+g.pick("(t, k, r) { return § }", ": §", ": Reflect."+trap+".bind(null, §)")+"})", g.expr(), g.with("t", g.expr))
}

// callable makes a function: one of the realm's, a bound one, or one that calls back.
func (g *grammar) callable() *syntax {
	return g.choose([]choice{
		{6, func() *syntax { return leaf(g.function().Path) }},
		{5, func() *syntax { return form(g.function().Path+".bind(§, §)", g.expr(), g.expr()) }},
		{3, func() *syntax { return form("(...a) => §", g.with("a", g.expr)) }},
		{2, func() *syntax { return form("(function (...a) { return § })", g.with("this", g.expr)) }},
		{1, func() *syntax { return form("(class { constructor() { return § } })", g.expr()) }},
		{1, func() *syntax { return form("(function* () { for (;;) yield § })", g.expr()) }},
		{1, func() *syntax { return form("(async () => §)", g.expr()) }},
		{1, func() *syntax {
			return leaf("(() => { let f = () => 1; for (let i = 0; i < 1e4; i++) f = " + g.pick("f.bind(null, i)", "new Proxy(f, {})") + "; return f })()")
		}},
	})
}

// iterable makes something that may never end, often without running any script.
func (g *grammar) iterable() *syntax {
	return g.choose([]choice{
		{3, func() *syntax {
			return form("({[Symbol.iterator]: Object.bind(null, {next: Object.bind(null, {done: false, value: §})})})", g.expr())
		}},
		{2, func() *syntax {
			return form("({[Symbol.iterator]() { return {next() { return {done: false, value: §} }, return() { return § }} }})", g.expr(), g.expr())
		}},
		{2, func() *syntax { return form("({[Symbol.iterator]: §, next: §})", g.callable(), g.callable()) }},
		{2, func() *syntax { return form("(function* () { for (;;) yield § })()", g.expr()) }},
		{1, func() *syntax { return form("new Set(§)", g.array()) }},
		{1, func() *syntax { return form("new Map([[§, §]])", g.expr(), g.expr()) }},
	})
}

// host makes an object of the Web APIs.
func (g *grammar) host() *syntax {
	return g.choose([]choice{
		{2, func() *syntax { return form("new Response(§)", g.expr()) }},
		{2, func() *syntax { return form("new Headers(§)", g.expr()) }},
		{2, func() *syntax { return form("new URLSearchParams(§)", g.expr()) }},
		{1, func() *syntax { return form(`new Request("http://x/", {method: "POST", body: §})`, g.expr()) }},
		{1, func() *syntax { return form("new Blob([§, §])", g.expr(), g.expr()) }},
		{1, func() *syntax { return leaf("new FormData()") }},
		{1, func() *syntax { return leaf(`new URL("http://x/a?b=c")`) }},
		{1, func() *syntax { return form("Promise.resolve(§)", g.expr()) }},
		{1, func() *syntax { return form("Promise.reject(§)", g.expr()) }},
		{1, func() *syntax { return form("new Promise((r, j) => { r(§) })", g.expr()) }},
		{1, func() *syntax { return form("new Error(§, {cause: §})", g.expr(), g.expr()) }},
		{1, func() *syntax {
			return leaf(g.pick("request", "env", "ctx", "env.KV", "new EventTarget()", "new AbortController().signal", "new TextEncoder()", "new TextDecoder()", "crypto.subtle", "console"))
		}},
	})
}

// call makes a call of a function of the realm, on a receiver that may fit.
func (g *grammar) call() *syntax {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > depthMax {
		return leaf(g.name())
	}
	f := g.function()
	if g.IntN(4) == 0 { // the classes that scripts use most have the most methods
		o := g.pick("Array", "String", "RegExp", "Object", "Function", "Promise", "Map", "Set")
		if methods := g.owned[o]; len(methods) > 0 {
			f = methods[g.IntN(len(methods))]
		}
	}
	if !g.dynamic && (f.Path == "eval" || strings.HasSuffix(f.Path, "Function")) {
		f = builtin{Path: "Array.from", Length: 1}
	}
	arguments := make([]*syntax, min(3, g.IntN(f.Length+2)))
	for i := range arguments {
		arguments[i] = g.expr()
	}
	list := strings.TrimSuffix(strings.Repeat(hole+", ", len(arguments)), ", ")
	if f.New && g.IntN(2) == 0 {
		return form("new "+constructor(f.Path)+"("+list+")", arguments...)
	}
	switch g.IntN(10) {
	case 0:
		return form("Reflect.apply("+f.Path+", §, §)", g.receiver(f), g.expr())
	case 1:
		return form(f.Path+".apply(§, §)", g.receiver(f), g.array())
	case 2:
		return form(f.Path+".call(§, ...§)", g.receiver(f), g.expr())
	case 3:
		return form("Reflect.construct("+f.Path+", §, §)", g.array(), g.callable())
	}
	if list != "" {
		list = ", " + list
	}
	return form(f.Path+".call(§"+list+")", append([]*syntax{g.receiver(f)}, arguments...)...)
}

// constructor is a path that can stand after new.
func constructor(path string) string {
	if strings.ContainsAny(path, "(") {
		return "(" + path + ")"
	}
	return path
}

// receivers are values of classes that a plain constructor call does not make.
var receivers = map[string][]string{
	"Array":       {"[3, 1, 2]", "new Array(1e5).fill(1)", "[[[1]], [2]]"},
	"String":      {`"aab,c"`, `"x".repeat(1e6)`, `"\u1234".repeat(1e5)`},
	"Number":      {"1e21", "0.1"},
	"BigInt":      {"(2n ** 70n)", "(1n << 100000n)"},
	"Boolean":     {"true"},
	"Symbol":      {"Symbol()"},
	"Function":    {"Math.max", "(() => 1)", "(function () {})"},
	"Object":      {"({a: 1})", "[1]"},
	"RegExp":      {"/a+/g", `new RegExp("(a+)+\\1$")`, "/(?=a)/y"},
	"Map":         {"new Map([[1, 2]])"},
	"Set":         {"new Set([1, 2])"},
	"Promise":     {"Promise.resolve(1)"},
	"ArrayBuffer": {"new ArrayBuffer(1e6)"},
	"DataView":    {"new DataView(new ArrayBuffer(100))"},
	"Request":     {"request", `new Request("http://x/")`},
	"Response":    {`new Response("x")`, "new Response(new Uint8Array(1e6))"},
	"URL":         {`new URL("http://x/a")`},
	"Blob":        {`new Blob(["x"])`},
	"Event":       {`new Event("x")`},
	"TextDecoder": {"new TextDecoder()"},
	"TextEncoder": {"new TextEncoder()"},
}

// receiver makes a this for f: most often of the class that f belongs to.
func (g *grammar) receiver(f builtin) *syntax {
	if owner := f.owner(); owner != "" && g.IntN(3) > 0 {
		if made := receivers[owner]; made != nil {
			return leaf(g.pick(made...))
		}
		return form(fmt.Sprintf("new %s(§)", owner), g.expr())
	}
	return g.expr()
}

// operation makes an expression of operators alone.
func (g *grammar) operation() *syntax {
	return g.choose([]choice{
		{4, func() *syntax {
			return form("(§ "+g.pick("+", "-", "*", "/", "%", "**", "<<", ">>", ">>>", "<", "==", "===", "&", "|", "^", "in", "instanceof", "??", "&&", ",")+" §)", g.expr(), g.expr())
		}},
		{2, func() *syntax { return form("("+g.pick("-", "+", "~", "!", "typeof ", "void ")+"§)", g.expr()) }},
		{2, func() *syntax { return form("`${§}${§}`", g.expr(), g.expr()) }},
		{1, func() *syntax { return form("({...§})", g.expr()) }},
		{1, func() *syntax { return form("(([a, ...b]) => b)(§)", g.expr()) }},
		{1, func() *syntax { return form("(({a, ...b}) => b)(§)", g.expr()) }},
		{2, func() *syntax { return form("(§)["+g.key()+"]", g.expr()) }},
		{1, func() *syntax { return form("Math.max(...§)", g.expr()) }},
		{1, func() *syntax { return form("(() => { try { return § } finally { § } })()", g.expr(), g.expr()) }},
		{1, func() *syntax { return form("(await §)", g.expr()) }},
	})
}
