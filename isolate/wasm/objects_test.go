package wasm

import "testing"

var objectRows = []row{
	{"the namespace", `return [Object.prototype.toString.call(WebAssembly), Object.keys(WebAssembly).sort().join(" "), typeof Module].join()`, "[object WebAssembly],JSTag compile compileStreaming instantiate instantiateStreaming validate,undefined"},
	{"classes", `return ["Module", "Instance", "Memory", "Table", "Global"].map(n => { let c = WebAssembly[n]; return [c.name, c.length, c.prototype[Symbol.toStringTag], name(() => c())].join(" ") }).join()`,
		"Module 1 WebAssembly.Module TypeError,Instance 1 WebAssembly.Instance TypeError,Memory 1 WebAssembly.Memory TypeError,Table 1 WebAssembly.Table TypeError,Global 1 WebAssembly.Global TypeError"},

	{"validate", `return [load("math"), load("empty"), load("ill typed"), new Uint8Array(8), new ArrayBuffer(0), load("cheats")].map(WebAssembly.validate).join()`, "true,true,false,false,false,false"},
	{"too many exports", `return message(() => new WebAssembly.Module(load("many exports")))`, "CompileError: WebAssembly.Module(): the module has 50001 exports, more than 50000"},
	{"validate wants bytes", `return name(() => WebAssembly.validate("x"))`, "TypeError"},
	{"Module", `return new WebAssembly.Module(load("empty")) instanceof WebAssembly.Module`, "true"},
	{"Module refuses", `return [load("ill typed"), new Uint8Array(8), new ArrayBuffer(0), load("cheats")].map(b => name(() => new WebAssembly.Module(b))).join() + name(() => new WebAssembly.Module())`, "CompileError!,CompileError!,CompileError!,CompileError!TypeError"},
	{"Module.exports", `return JSON.stringify(WebAssembly.Module.exports(new WebAssembly.Module(load("memory"))))`,
		`[{"name":"mem","kind":"memory"},{"name":"load","kind":"function"},{"name":"store","kind":"function"},{"name":"grow","kind":"function"},{"name":"fill","kind":"function"}]`},
	{"Module.imports", `return JSON.stringify(WebAssembly.Module.imports(new WebAssembly.Module(load("import table"))))`,
		`[{"module":"env","name":"table","kind":"table"},{"module":"env","name":"base","kind":"global"},{"module":"env","name":"top","kind":"global"}]`},
	{"Module.customSections", `let m = new WebAssembly.Module(load("sections")); return WebAssembly.Module.customSections(m, "note").map(b => String.fromCharCode(...new Uint8Array(b))).join() + WebAssembly.Module.customSections(m, "x").length`, "one,two0"},
	{"statics want a Module", `return name(() => WebAssembly.Module.exports({}))`, "TypeError"},

	{"exports are frozen", `let e = new WebAssembly.Instance(new WebAssembly.Module(load("math"))).exports; return [Object.isFrozen(e), Object.getPrototypeOf(e), Object.keys(e).length].join()`, "true,,11"},
	{"exports stay", `let i = new WebAssembly.Instance(new WebAssembly.Module(load("math"))); return i.exports === i.exports`, "true"},
	{"imports are needed", `let m = new WebAssembly.Module(load("imports")); return [name(() => new WebAssembly.Instance(m)), name(() => new WebAssembly.Instance(m, 5)), name(() => new WebAssembly.Instance(m, {})), name(() => new WebAssembly.Instance(m, env({}))), name(() => new WebAssembly.Instance(m, env({f: 5})))].join()`,
		"TypeError,TypeError,TypeError,LinkError!,LinkError!"},
	{"a LinkError says what", `return message(() => new WebAssembly.Instance(new WebAssembly.Module(load("imports")), env({f() {}})))`, `LinkError: WebAssembly.Instance(): import #1 "env" "g": it must be a function`},
	{"a function of a module must fit", `let a = make("math"); return name(() => make("imports", env({f: a.add64, g() {}, pair() {}})))`, "LinkError!"},
	{"segments must fit", `return message(() => make("out of bounds"))`, "RuntimeError: make(): data segment 0 is out of bounds"},

	{"compile", `let m = await WebAssembly.compile(load("math")); return m instanceof WebAssembly.Module && new WebAssembly.Instance(m).exports.add(1, 2)`, "3"},
	{"compile rejects", `return await WebAssembly.compile(load("ill typed")).catch(e => e.constructor === WebAssembly.CompileError) + " " + await WebAssembly.compile(5).catch(e => e.name)`, "true TypeError"},
	{"compile takes what the bytes were", `let b = load("memory"), p = WebAssembly.compile(b); b.fill(0); return (await p) instanceof WebAssembly.Module`, "true"},
	{"instantiate bytes", `let r = await WebAssembly.instantiate(load("math")); return [r.module instanceof WebAssembly.Module, r.instance.exports.add(1, 2)].join()`, "true,3"},
	{"instantiate a Module", `let i = await WebAssembly.instantiate(new WebAssembly.Module(load("math"))); return i instanceof WebAssembly.Instance && i.exports.add(1, 2)`, "3"},
	{"instantiate rejects", `return (await Promise.all([WebAssembly.instantiate(load("imports")), WebAssembly.instantiate(load("imports"), {}), WebAssembly.instantiate(load("imports"), env({})), WebAssembly.instantiate(load("imports"), 5), WebAssembly.instantiate(new WebAssembly.Module(load("imports")))].map(p => p.then(() => "no", e => e.name)))).join()`,
		"TypeError,TypeError,LinkError,TypeError,TypeError"},
	{"streaming wants a Response", `return (await Promise.all([WebAssembly.compileStreaming(load("math")), WebAssembly.instantiateStreaming(Promise.resolve({})), WebAssembly.compileStreaming(Promise.reject(new RangeError("x")))].map(p => p.then(() => "no", e => e.name)))).join()`, "TypeError,TypeError,RangeError"},

	{"a memory of a module", `let m = make("memory"); let b = new Uint8Array(m.mem.buffer); m.store(0, 0x01020304); b[4] = 9; return [b.length, b[0], m.load(4), String.fromCharCode(...b.subarray(8, 13)), m.mem === m.mem, m.mem.buffer === m.mem.buffer, m.mem instanceof WebAssembly.Memory].join()`, "65536,4,9,hello,true,true,true"},
	{"growing detaches", `let m = make("memory"); let b = m.mem.buffer, u = new Uint8Array(b); let before = m.grow(1); return [before, b.byteLength, u.length, m.mem.buffer.byteLength, m.mem.buffer === b, new Uint8Array(m.mem.buffer)[8]].join()`, "1,0,0,131072,false,104"},
	{"growing from JavaScript", `let m = make("memory"); let b = m.mem.buffer; return [m.mem.grow(2), b.byteLength, m.mem.buffer.byteLength, m.load(65536 * 3 - 4), name(() => m.mem.grow(2)), m.grow(5), m.mem.buffer.byteLength].join()`, "1,0,196608,0,RangeError,-1,196608"},
	{"growing by nothing detaches", `let m = new WebAssembly.Memory({initial: 1}); let b = m.buffer; m.grow(0); return [b.byteLength, m.buffer.byteLength].join()`, "0,65536"},
	{"a buffer that a script detached", `let m = make("memory"); let b = m.mem.buffer; return m.mem.buffer.byteLength`, "65536"},
	{"out of bounds", `let m = make("memory"); return [name(() => m.load(65533)), name(() => m.load(-4)), name(() => m.fill(0, 1, 65537))].join()`, "RuntimeError!,RuntimeError!,RuntimeError!"},
	{"memories of scripts", `let m = new WebAssembly.Memory({initial: 1, maximum: 3}); let u = new Uint8Array(m.buffer); u[3] = 1; let i = make("import memory", env({memory: m})); return [i.load(0), i.grow(1), u.length, m.buffer.byteLength, i.grow(2), i.memory === m].join()`, "16777216,1,0,131072,-1,true"},
	{"a memory may be shared by modules", `let a = make("memory"); let m = make("import memory", env({memory: a.mem})); a.store(12, 77); return [m.load(12), m.grow(1), a.mem.buffer.byteLength, m.memory === a.mem].join()`, "77,1,131072,true"},
	{"a memory must fit", `return [{initial: 0, maximum: 1}, {initial: 1}, {initial: 1, maximum: 17}, {initial: 1, maximum: 16}].map(d => name(() => { make("import memory", env({memory: new WebAssembly.Memory(d)})); return "ok" })).join() + name(() => make("import memory", env({memory: {}})))`, "LinkError!,LinkError!,LinkError!,okLinkError!"},
	{"memory descriptors", `return [undefined, {}, {initial: -1}, {initial: 2, maximum: 1}, {initial: 65537}, {initial: 1, maximum: 2**33}, {initial: "x"}, {initial: 1, maximum: 2, shared: true}].map(d => name(() => new WebAssembly.Memory(d))).join()`, "TypeError,TypeError,TypeError,RangeError,RangeError,TypeError,TypeError,TypeError"},

	{"a table of a module", `let m = make("table", env({one: () => 1})); return [m.tab.length, m.tab.get(1)(), m.tab.get(2)(), m.tab.get(3), m.tab.get(1) === m.two, m.tab.get(2) === m.tab.get(2), m.tab.get(2) === m.ref(), m.tab.get(0)()].join()`, "4,2,3,,true,true,true,1"},
	{"the name of a function without one", `let m = make("table", env({one: () => 1})); return [m.tab.get(2).name, m.tab.get(0).name, m.two.name].join()`, "2,0,1"},
	{"setting an element", `let m = make("table", env({one: () => 1})), a = make("table", env({one: () => 1})); m.tab.set(3, a.two); m.tab.set(1); return [m.call(3), m.tab.get(3) === a.two, m.tab.get(1), name(() => m.call(1)), name(() => m.tab.set(0, () => 1)), name(() => m.tab.set(9, null)), name(() => m.tab.get(4))].join()`, "2,true,,RuntimeError!,TypeError,RangeError,RangeError"},
	{"functions are called with their own imports", `let m = make("table", env({one: () => 1})), a = make("table", env({one: () => 100})); m.tab.set(3, a.tab.get(0)); return [m.call(0), m.call(3)].join()`, "1,100"},
	{"a call of another type", `let m = make("table", env({one: () => 1})); m.tab.set(3, m.call); return name(() => m.call(3)) + name(() => m.call(77))`, "RuntimeError!RuntimeError!"},
	{"growing a table", `let m = make("table", env({one: () => 1})); return [m.tab.grow(2, m.two), m.tab.length, m.call(5), name(() => m.tab.grow(3)), m.grow(1), m.grow(2), m.tab.length].join()`, "4,6,2,RangeError,6,-1,7"},
	{"tables of scripts", `let t = new WebAssembly.Table({initial: 3, element: "anyfunc"}); let m = make("import table", env({table: t, base: 1, top: new WebAssembly.Global({value: "i32", mutable: true}, 4)})); return [t.get(1) === m.seven, m.call(1), t.get(0), t.length].join()`, "true,7,,3"},
	{"a table beyond the first", `let a = make("table", env({one: () => 1})); let m = make("import table", env({table: a.tab, base: 3, top: new WebAssembly.Global({value: "i32", mutable: true})})); return [a.call(3), m.call(1), a.tab.get(3) === m.seven].join()`, "7,2,true"},
	{"a table must fit", `let top = new WebAssembly.Global({value: "i32", mutable: true}); return [{initial: 1, element: "anyfunc"}, {initial: 2, element: "externref"}, {initial: 2, element: "anyfunc"}].map(d => name(() => { make("import table", env({table: new WebAssembly.Table(d), base: 0, top})); return "ok" })).join()`, "LinkError!,LinkError!,ok"},
	{"elements must fit", `let t = new WebAssembly.Table({initial: 3, element: "anyfunc"}); return name(() => make("import table", env({table: t, base: 3, top: new WebAssembly.Global({value: "i32", mutable: true})})))`, "RuntimeError!"},
	{"table descriptors", `return [{}, {initial: 1, element: "i32"}, {element: "anyfunc"}, {initial: 10000001, element: "anyfunc"}, {initial: 2, maximum: 1, element: "anyfunc"}].map(d => name(() => new WebAssembly.Table(d))).join()`, "TypeError,TypeError,TypeError,RangeError,RangeError"},
	{"a table of values", `let t = new WebAssembly.Table({initial: 2, element: "externref"}, "x"); t.set(1, {a: 1}); return [t.get(0), t.get(1).a, t.grow(1), t.get(2), new WebAssembly.Table({initial: 1, element: "externref"}).get(0)].join()`, "x,1,2,,"},
	{"a table that grows in script and module", `let t = new WebAssembly.Table({initial: 2, maximum: 3, element: "anyfunc"}); return [t.grow(1), name(() => t.grow(1)), t.length].join()`, "2,RangeError,3"},

	{"globals of a module", `let m = make("globals"); m.i32.value = 9; m.f32.value = "0.1"; return [m.get(), m.i32.value, m.i64.value, m.f32.value, name(() => m.v128.value), name(() => { m.i64.value = 1n }), m.i32.valueOf(), m.i32 === m.i32, typeof m.i64.value].join()`, "9,9,6,0.10000000149011612,TypeError,TypeError,9,true,bigint"},
	{"globals of scripts", `let g = (value, v, mutable) => new WebAssembly.Global({value, mutable}, v).value; return [g("i32", 5.5), g("i64", -5n), g("f32", 0.5), g("f64"), g("i32"), g("i64", undefined, true), g("externref", "x"), g("externref") === undefined, g("externref", undefined) === undefined, g("anyfunc"), g("externref", "y", true)].join()`, "5,-5,0.5,0,0,0,x,true,true,,y"},
	{"global descriptors", `return [5, {}, {value: "i31"}, {value: "v128"}].map(d => name(() => new WebAssembly.Global(d))).join() + name(() => new WebAssembly.Global({value: "i64"}, 5))`, "TypeError,TypeError,TypeError,TypeErrorTypeError"},
	{"tags and exceptions", `let t = new WebAssembly.Tag({parameters: ["i32", "externref", "f32"]}), o = {}; let e = new WebAssembly.Exception(t, [7.5, o, 0.1]); return [e.is(t), e.is(WebAssembly.JSTag), e.getArg(t, 0), e.getArg(t, 1) === o, e.getArg(t, 2), e instanceof Error, String(e)].join()`, "true,false,7,true,0.10000000149011612,false,[object WebAssembly.Exception]"},
	{"exceptions refuse", `let t = new WebAssembly.Tag({parameters: ["i64"]}), u = new WebAssembly.Tag({parameters: []}); let e = new WebAssembly.Exception(t, [1n]); return [() => new WebAssembly.Exception(t, []), () => new WebAssembly.Exception(t, [1]), () => new WebAssembly.Exception({}, []), () => new WebAssembly.Exception(WebAssembly.JSTag, [1]), () => e.getArg(u, 0), () => e.getArg(t, 1), () => new WebAssembly.Tag({}), () => new WebAssembly.Tag({parameters: ["x"]})].map(name).join()`, "TypeError,TypeError,TypeError,TypeError,TypeError,RangeError,TypeError,TypeError"},
	{"an exception passes through a module", `let t = new WebAssembly.Tag({parameters: ["i32"]}), e = new WebAssembly.Exception(t, [1]); let m = make("imports", env({f() { throw e }, g() {}, pair() {}})); try { m.callF(1, 2) } catch (x) { return x === e }`, "true"},
	{"a module with tags", `return WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 13, 3, 1, 0, 0]))`, "false"},

	{"globals are shared", `let top = new WebAssembly.Global({value: "i32", mutable: true}, 40); let t = new WebAssembly.Table({initial: 3, element: "anyfunc"}); let m = make("import table", env({table: t, base: new WebAssembly.Global({value: "i32"}, 2), top})); m.raise(); top.value++; m.raise(); return [top.value, m.base()].join()`, "43,2"},
	{"a global beyond the first", `let g = make("globals"); let t = new WebAssembly.Table({initial: 3, element: "anyfunc"}); return name(() => make("import table", env({table: t, base: 0, top: g.i64}))) + make("import table", env({table: t, base: 1, top: g.i32})).base()`, "LinkError!1"},
	{"a global must fit", `let t = new WebAssembly.Table({initial: 3, element: "anyfunc"}); let top = new WebAssembly.Global({value: "i32", mutable: true}); return [{table: t, base: top, top}, {table: t, base: 1n, top}, {table: t, base: "1", top}, {table: t, base: 1, top: 1}].map(e => name(() => make("import table", env(e)))).join()`, "LinkError!,LinkError!,LinkError!,LinkError!"},
}

func TestObjects(t *testing.T) { evalRows(t, objectRows) }

// TestInterpreted runs all of it where nothing may be made executable.
func TestInterpreted(t *testing.T) {
	t.Parallel()
	inInterpreter(t, functionRows)
	inInterpreter(t, objectRows)
}
