package webapi_test

import "testing"

// TestConversionsAreAsWebIDLSays has the conversions of arguments that no description of a
// class tells.
//
// Spec: https://webidl.spec.whatwg.org/#js-type-mapping
func TestConversionsAreAsWebIDLSays(t *testing.T) {
	// outcome is the name of what src throws, or else its value.
	outcome := func(src string) string {
		return `try { return JSON.stringify(await (async () => (` + src + `))()) } catch (e) { return e.name }`
	}
	// each is what src, a function of v, gives for each of some values.
	each := func(values, src string) string {
		return `let f = async v => ` + src + `, out = []; for (let v of ` + values + `) { try { out.push(await f(v)) } catch (e) { out.push(e.name) } } return out.map(String).join()`
	}
	evalRows(t, []row{
		// Booleans take anything.
		{"boolean", each(`[0, "", null, NaN, 1, "false", {}, Symbol()]`, `new Event("x", {bubbles: v}).bubbles`), "false,false,false,false,true,true,true,true"},

		// Numbers.
		{"unsigned short wraps", each(`[65736, 200.9, "201", {valueOf: () => 202}, NaN, null, Symbol(), 1n]`, `new Response(null, {status: v}).status`), "200,200,201,202,RangeError,RangeError,TypeError,TypeError"},
		{"unsigned long wraps", each(`[-1, 4294967297, 1.9, "7", Infinity, null]`, `new ErrorEvent("x", {lineno: v}).lineno`), "4294967295,1,1,7,0,0"},
		{"[EnforceRange] does not", each(`[-1, -0.5, 1.5, "3", NaN, Infinity, 2 ** 53, undefined, null]`, `typeof AbortSignal.timeout(v)`), "TypeError,object,object,object,TypeError,TypeError,TypeError,TypeError,object"},
		{"[Clamp] rounds to even", each(`[0.4, 0.5, 0.6, 1.5, 2.5, -0.5, -1.5, NaN, Infinity, -Infinity, 2 ** 70, null, "1"]`, `new Blob(["abcd"]).slice(v).size`), "4,4,3,2,2,4,2,4,0,4,0,4,3"},
		{"a start that is undefined is none", `let b = new Blob(["abcd"]); return [b.slice(undefined, 2).size, b.slice(1, undefined).size, b.slice(null, null).size]`, "2,3,0"},
		{"long long truncates", each(`[1.9, -1.9, "5", new Date(6), null, NaN]`, `new File([], "n", {lastModified: v}).lastModified`), "1,-1,5,6,0,0"},
		{"long wraps", each(`[2 ** 32 + 1, "1", undefined, NaN]`, `await new Promise(r => setTimeout(r, v, "ok"))`), "ok,ok,ok,ok"},

		// Strings.
		{"USVString has no lone surrogates", `return [new URLSearchParams([["\ud800", "\udc00x"]]).get("\ufffd"), new URL("http://h/?\ud800").search, new TextEncoder().encode("\ud800").length]`, "\ufffdx,?%EF%BF%BD,3"},
		{"strings take anything but symbols", each(`[1, null, undefined, {toString: () => "o"}, [1, 2], Symbol(), Object(Symbol())]`, `new URLSearchParams({a: v}).get("a")`), "1,null,undefined,o,1,2,TypeError,TypeError"},
		{"ByteString takes characters to U+00FF", each(`["\xff", "\u0100", "a\u{1F600}", Symbol()]`, `new Headers({a: v}).get("a")`), "\u00ff,TypeError,TypeError,TypeError"},
		{"names of headers are ByteStrings", each(`["\u0100", "", "a b", "x"]`, `new Headers().has(v)`), "TypeError,TypeError,TypeError,false"},
		{"an argument that is there is converted even if it is undefined", `let p = new URLSearchParams("undefined=1"); return [p.get(undefined), p.has("undefined", undefined), new Headers([["undefined", "1"]]).get(undefined)]`, "1,true,1"},
		{"what toString throws is thrown", outcome(`new URL({toString() { throw new RangeError("mine") }})`), "RangeError"},

		// Enumerations, in members of dictionaries and in arguments.
		{"enumerations are exact", each(`["follow", "FOLLOW", "", undefined, null]`, `new Request("http://h/", {redirect: v}).redirect`), "follow,TypeError,TypeError,follow,TypeError"},
		{"endings of a Blob", each(`["native", "transparent", "x", null, undefined]`, `new Blob([], {endings: v}).size`), "0,0,TypeError,TypeError,0"},

		// Dictionaries.
		{"a dictionary is an object, null or undefined", each(`[{}, null, undefined, () => 1, [], 1, "x", true, Symbol()]`, `new Event("x", v).type`), "x,x,x,x,x,TypeError,TypeError,TypeError,TypeError"},
		{"of a Response", each(`[{}, null, undefined, 1, "x"]`, `new Response("", v).status`), "200,200,200,TypeError,TypeError"},
		{"of a Request", each(`[{}, null, undefined, 1, "x"]`, `new Request("http://h/", v).method`), "GET,GET,GET,TypeError,TypeError"},
		{"of a TextDecoder", each(`[{}, null, undefined, 1]`, `new TextDecoder("utf-8", v).encoding`), "utf-8,utf-8,utf-8,TypeError"},
		{"of structuredClone", each(`[{}, null, undefined, 1]`, `structuredClone(5, v)`), "5,5,5,TypeError"},
		{"members are read once, in order", `let log = []; let o = new Proxy({}, {get(_, k) { log.push(k) }}); new CustomEvent("x", o); return log`, "bubbles,cancelable,composed,detail"},
		{"of an ErrorEvent too", `let log = []; let o = new Proxy({}, {get(_, k) { log.push(k) }}); new ErrorEvent("x", o); return log`, "bubbles,cancelable,composed,colno,error,filename,lineno,message"},
		{"of a MessageEvent too", `let log = []; let o = new Proxy({}, {get(_, k) { log.push(k) }}); new MessageEvent("x", o); return log`, "bubbles,cancelable,composed,data,lastEventId,origin,ports,source"},
		{"of a Blob too", `let log = []; let o = new Proxy({}, {get(_, k) { log.push(k) }}); new Blob([], o); return log`, "endings,type"},

		{"of a Request too", `let log = []; let o = new Proxy({}, {get(_, k) { log.push(k) }}); new Request("http://h/", o); return log`, "body,cache,cf,credentials,duplex,headers,integrity,keepalive,method,mode,priority,redirect,referrer,referrerPolicy,signal,window"},
		{"and of a Response", `let log = []; let o = new Proxy({}, {get(_, k) { log.push(k) }}); new Response("", o); return log`, "headers,status,statusText"},

		// Sequences, records and unions.
		{"a sequence is iterable", each(`[[], new Set(), "", 1, null, {}, {[Symbol.iterator]: 1}]`, `new Blob(v).size`), "0,0,TypeError,TypeError,TypeError,TypeError,TypeError"},
		{"a sequence of signals", each(`[[], [1], 1, null, {}]`, `AbortSignal.any(v).aborted`), "false,TypeError,TypeError,TypeError,TypeError"},
		{"pairs have two parts", each(`[[["a"]], [["a", "b", "c"]], [["a", "b"]], ["ab"], [new Set(["a", "b"])]]`, `new Headers(v).get("a")`), "TypeError,TypeError,b,TypeError,b"},
		{"headers from other values", each(`[undefined, null, 1, "x", {}, () => 1]`, `[...new Headers(v)].length`), "0,TypeError,TypeError,TypeError,0,0"},
		{"parameters from other values", each(`[undefined, null, 1, true, {a: 1}, [["a", 1]], new Map([["a", 1]])]`, `new URLSearchParams(v).toString()`), ",null=,1=,true=,a=1,a=1,a=1"},
		{"a record has own enumerable names", `let o = Object.create({inherited: 1}, {hidden: {value: 1}, shown: {value: 2, enumerable: true}}); return [...new Headers(o)]`, "shown,2"},
		{"a record can't have symbols", each(`[{[Symbol()]: 1}]`, `new URLSearchParams(v).size`), "TypeError"},
		{"but ones that are not enumerable", `return new URLSearchParams(Object.defineProperty({a: 1}, Symbol(), {value: 1})).size`, "1"},
		{"a record's traps", `let log = []; let o = new Proxy({a: "1", b: "2"}, {ownKeys(t) { log.push("keys"); return Reflect.ownKeys(t) }, getOwnPropertyDescriptor(t, k) { log.push("own " + k); return Reflect.getOwnPropertyDescriptor(t, k) }, get(t, k) { log.push("get " + String(k)); return t[k] }}); new Headers(o); return log`, "get Symbol(Symbol.iterator),keys,own a,get a,own b,get b"},
		{"a record's names that are the same at last win by the latter", `return new URLSearchParams({"\ud800": "1", "\udbff": "2"}).toString()`, "%EF%BF%BD=2"},
		{"a body may be many things", each(`["s", new Uint8Array([97]), new Blob(["b"]), new URLSearchParams("a=1"), 5, {}, null, undefined]`, `await new Response(v).text()`), "s,a,b,a=1,5,[object Object],,"},

		// Interfaces and callbacks.
		{"a signal", each(`[new AbortController().signal, null, undefined, {}, 1]`, `new Request("http://h/", {signal: v}).signal.aborted`), "false,false,false,TypeError,TypeError"},
		{"a listener is an object or null", each(`[() => 1, {}, null, undefined, 1, "x", Symbol()]`, `new EventTarget().addEventListener("x", v)`), "undefined,undefined,undefined,undefined,TypeError,TypeError,TypeError"},
		{"a listener's attribute takes objects and drops the rest", each(`[() => 1, {}, null, undefined, 1, "x"]`, `{ let s = new AbortController().signal; s.onabort = v; return typeof s.onabort + (s.onabort === null) }`), "functionfalse,objectfalse,objecttrue,objecttrue,objecttrue,objecttrue"},
		{"a callback is callable", each(`[() => 1, {}, null, undefined, 1]`, `new Headers().forEach(v)`), "undefined,TypeError,TypeError,TypeError,TypeError"},
		{"window must be null", each(`[null, undefined, {}, 1]`, `new Request("http://h/", {window: v}).method`), "GET,GET,TypeError,TypeError"},
		{"buffers", each(`[new ArrayBuffer(1), new Uint8Array(1), new DataView(new ArrayBuffer(1)), undefined, null, {}, [1], "x"]`, `new TextDecoder().decode(v).length`), "1,1,1,0,TypeError,TypeError,TypeError,TypeError"},
		{"a dispatched event is one", each(`[new Event("x"), {}, null, "x"]`, `new EventTarget().dispatchEvent(v)`), "true,TypeError,TypeError,TypeError"},

		// Results.
		{"results are new objects", `let f = new FormData(); f.append("a", "1"); return [f.getAll("a") !== f.getAll("a"), Array.isArray(f.getAll("a")), new Headers().getSetCookie().length]`, "true,true,0"},
		{"[SameObject] is one object", `let r = new Request("http://h/"), u = new URL("http://h/"); return [r.headers === r.headers, r.signal === r.signal, u.searchParams === u.searchParams, crypto.subtle === crypto.subtle]`, "true,true,true,true"},
		{"a name that means delete is undefined", `return [typeof new AbortController().abort(), typeof new URLSearchParams().sort(), typeof new Headers().delete("a")]`, "undefined,undefined,undefined"},
	})
}
