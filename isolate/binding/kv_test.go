package binding_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/binding"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/memory"
)

// row is a script that finds KV, a namespace that is empty, and what it evaluates to.
type row struct{ name, src, want string }

// runRows runs each row on each backend, in a namespace of its own.
func runRows(t *testing.T, rows []row) {
	t.Parallel()
	for _, backend := range []struct {
		name  string
		store kv.Store
	}{
		{"memory", memory.New(memory.Config{})},
		{"bolt", openBolt(t, nil)},
	} {
		t.Run(backend.name, func(t *testing.T) {
			t.Parallel()
			for _, tc := range rows {
				t.Run(tc.name, func(t *testing.T) {
					t.Parallel()
					if got := evalKV(t, backend.store, tc.name, tc.src); got != tc.want {
						t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
					}
				})
			}
		})
	}
}

// evalKV runs src where KV is namespace ns of store.
func evalKV(t testing.TB, store kv.Store, ns, src string) string {
	t.Helper()
	return eval(t, []binding.Entry{{Name: "KV", Kind: "kv", Value: ns}}, binding.Host{KV: store}, "const { KV } = env;\n"+src)
}

func openBolt(t testing.TB, now func() time.Time) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "kv.db"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestGet(t *testing.T) {
	runRows(t, []row{
		{"an absent key is null", `return await KV.get("k")`, "null"},
		{"an absent key is null in every type", `return (await Promise.all(["text", "json", "arrayBuffer", "stream"].map(t => KV.get("k", t)))).every(v => v === null)`, "true"},
		{"text", `await KV.put("k", "hé"); return await KV.get("k")`, "hé"},
		{"text by name", `await KV.put("k", "hé"); return await KV.get("k", "text") + await KV.get("k", {type: "text"})`, "héhé"},
		{"no type in the options is text", `await KV.put("k", "v"); return await KV.get("k", {}) + await KV.get("k", {type: undefined, cacheTtl: 30}) + await KV.get("k", null)`, "vvv"},
		{"text with a byte order mark keeps it", `await KV.put("k", "\uFEFFa"); return (await KV.get("k")).length`, "2"},
		{"text of bytes that are no UTF-8", `await KV.put("k", new Uint8Array([0x61, 0xFF])); return await KV.get("k")`, "a\uFFFD"},
		{"empty text is not absent", `await KV.put("k", ""); let v = await KV.get("k"); return typeof v + v.length`, "string0"},
		{"json", `await KV.put("k", '{"a":[1,null]}'); return JSON.stringify(await KV.get("k", "json"))`, `{"a":[1,null]}`},
		{"json by options", `await KV.put("k", '{"a":1}'); return (await KV.get("k", {type: "json"})).a`, "1"},
		{"json of a string is a string", `await KV.put("k", '"s"'); return await KV.get("k", "json")`, "s"},
		{"json that is none rejects", `await KV.put("k", "{"); await KV.get("k", "json")`, "throws SyntaxError: Unexpected end of JSON input"},
		{"json is data", `await KV.put("k", '{"__proto__":{"a":1}}'); let v = await KV.get("k", "json"); return [v.a, Object.keys(v)].join()`, ",__proto__"},
		{"an ArrayBuffer", `await KV.put("k", new Uint8Array([0, 255])); let b = await KV.get("k", "arrayBuffer"); return [b instanceof ArrayBuffer, ...new Uint8Array(b)]`, "true,0,255"},
		{"an ArrayBuffer is the caller's own", `await KV.put("k", "ab"); new Uint8Array(await KV.get("k", "arrayBuffer"))[0] = 0; return await KV.get("k")`, "ab"},
		{"a stream", `await KV.put("k", "ab"); let s = await KV.get("k", "stream"); return [s instanceof ReadableStream, await new Response(s).text()]`, "true,ab"},
		{"a stream can be read by hand", `await KV.put("k", "ab"); let r = (await KV.get("k", {type: "stream"})).getReader(), a = await r.read(); return [a.value instanceof Uint8Array, ...a.value, (await r.read()).done]`, "true,97,98,true"},
		{"an empty stream", `await KV.put("k", ""); return "[" + await new Response(await KV.get("k", "stream")).text() + "]"`, "[]"},
		{"an unknown type names the four", `await KV.get("k", "blob")`, `throws TypeError: KV get: unknown type "blob"; use "text", "json", "arrayBuffer" or "stream"`},
		{"an unknown type in the options does too", `await KV.get("k", {type: "JSON"})`, `throws TypeError: KV get: unknown type "JSON"; use "text", "json", "arrayBuffer" or "stream"`},
		{"a short cacheTtl is refused", `await KV.get("k", {cacheTtl: 29})`, "throws TypeError: KV get: cacheTtl must be at least 30 seconds"},
		{"a cacheTtl that is no number is refused", `await KV.get("k", {cacheTtl: "soon"})`, "throws TypeError: KV get: cacheTtl must be at least 30 seconds"},
		{"no key at all", `await KV.get()`, "throws TypeError: get: 1 argument(s) required, but only 0 present"},
		{"errors reject, they don't throw", `let p = KV.get(""); return p instanceof Promise && await p.catch(e => e.name)`, "TypeError"},
		{"a key that can't be a string rejects", `return await KV.get(Symbol("k")).catch(e => e.name)`, "TypeError"},
	})
}

func TestGetMany(t *testing.T) {
	runRows(t, []row{
		{"a Map in the order of the keys, absent ones null", `await KV.put("a", "1"); await KV.put("c", "3"); let m = await KV.get(["c", "b", "a"]); return [m instanceof Map, ...[...m].map(([k, v]) => k + "=" + v)]`, "true,c=3,b=null,a=1"},
		{"json", `await KV.put("a", '{"x":1}'); let m = await KV.get(["a", "b"], "json"); return m.get("a").x + String(m.get("b"))`, "1null"},
		{"json by options", `await KV.put("a", "[7]"); return (await KV.get(["a"], {type: "json", cacheTtl: 60})).get("a")[0]`, "7"},
		{"one that is no JSON rejects all", `await KV.put("a", "1"); await KV.put("b", "{"); await KV.get(["a", "b"], "json")`, "throws SyntaxError: Unexpected end of JSON input"},
		{"none", `let m = await KV.get([]); return [m instanceof Map, m.size]`, "true,0"},
		{"the same key twice", `await KV.put("a", "1"); let m = await KV.get(["a", "a"]); return [m.size, m.get("a")]`, "1,1"},
		{"elements become strings", `await KV.put("1", "one"); return (await KV.get([1])).get("1")`, "one"},
		{"100 keys", `let keys = Array.from({length: 100}, (_, i) => "k" + i); await Promise.all(keys.map(k => KV.put(k, k))); return [...await KV.get(keys)].every(([k, v]) => k === v)`, "true"},
		{"101 keys are too many", `await KV.get(Array(101).fill("k"))`, "throws RangeError: KV get: more than 100 keys at once"},
		{"keys without an end are too many", `let keys = []; keys[Symbol.iterator] = function* () { for (;;) yield "k" }; await KV.get(keys)`, "throws RangeError: KV get: more than 100 keys at once"},
		{"an empty key among them", `await KV.get(["a", ""])`, "throws TypeError: KV: the key must not be empty"},
		{"no buffers", `await KV.get(["a"], "arrayBuffer")`, "throws TypeError: KV get: several keys at once can be read as text or json only, not arrayBuffer"},
		{"no streams", `await KV.getWithMetadata(["a"], "stream")`, "throws TypeError: KV get: several keys at once can be read as text or json only, not stream"},
		{"an iterator that throws rejects", `let keys = []; keys[Symbol.iterator] = () => { throw new Error("mine") }; await KV.get(keys)`, "throws Error: mine"},
		{"25 MiB together are allowed", `await KV.put("k", "x".repeat(5 << 20)); return (await KV.get(["k", "k", "k", "k", "k"])).get("k").length`, "5242880"},
		{"more than 25 MiB together are not", `await KV.put("k", "x".repeat(5 << 20)); await KV.get(["k", "k", "k", "k", "k", "k"])`, "throws RangeError: KV get failed: 413 the values have more than 26214400 bytes together; ask for fewer keys at once"},
	})
}

func TestGetWithMetadata(t *testing.T) {
	runRows(t, []row{
		{"an absent key is null in all parts", `return JSON.stringify(await KV.getWithMetadata("k"))`, `{"value":null,"metadata":null,"version":null,"cacheStatus":null}`},
		{"all parts", `await KV.put("k", "v", {metadata: {a: 1}}); let r = await KV.getWithMetadata("k"); return [r.value, r.metadata.a, typeof r.version, r.cacheStatus === null]`, "v,1,string,true"},
		{"no metadata is null", `await KV.put("k", "v"); return (await KV.getWithMetadata("k")).metadata`, "null"},
		{"types", `await KV.put("k", '{"a":1}'); return [(await KV.getWithMetadata("k", "json")).value.a, (await KV.getWithMetadata("k", {type: "arrayBuffer"})).value.byteLength, await new Response((await KV.getWithMetadata("k", "stream")).value).text()]`, `1,7,{"a":1}`},
		{"a version is of one write", `await KV.put("k", "v"); let a = await KV.getWithMetadata("k"), b = await KV.getWithMetadata("k"); await KV.put("k", "v"); return [a.version === b.version, a.version === (await KV.getWithMetadata("k")).version]`, "true,false"},
		{"several keys", `await KV.put("a", "1", {metadata: "m"}); let m = await KV.getWithMetadata(["a", "b"]); return [m.get("a").value, m.get("a").metadata, m.get("b")].map(String)`, "1,m,null"},
		{"several keys as json", `await KV.put("a", "[1]"); return (await KV.getWithMetadata(["a"], "json")).get("a").value[0]`, "1"},
		{"an unknown type", `await KV.getWithMetadata("k", "blob")`, `throws TypeError: KV get: unknown type "blob"; use "text", "json", "arrayBuffer" or "stream"`},
	})
}

func TestPut(t *testing.T) {
	runRows(t, []row{
		{"it resolves to undefined", `return await KV.put("k", "v")`, "undefined"},
		{"it replaces value, metadata and expiry", `await KV.put("k", "a", {metadata: 1, expirationTtl: 100}); await KV.put("k", "b"); let r = await KV.getWithMetadata("k"), l = await KV.list(); return [r.value, r.metadata, "expiration" in l.keys[0]].map(String)`, "b,null,false"},
		{"a lone surrogate is replaced", `await KV.put("k", "\uD800"); return await KV.get("k")`, "\uFFFD"},
		{"an ArrayBuffer", `await KV.put("k", new Uint8Array([97, 98]).buffer); return await KV.get("k")`, "ab"},
		{"a view is its part of the buffer", `await KV.put("k", new Uint8Array([97, 98, 99, 100]).subarray(1, 3)); return await KV.get("k")`, "bc"},
		{"a DataView", `await KV.put("k", new DataView(new Uint8Array([97, 98, 99]).buffer, 1)); return await KV.get("k")`, "bc"},
		{"every typed array", `for (let T of [Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float64Array, BigUint64Array]) { await KV.put("k", new T(2)); if ((await KV.get("k", "arrayBuffer")).byteLength !== 2 * T.BYTES_PER_ELEMENT) return T.name } return "all"`, "all"},
		{"bytes are taken when it is called", `let b = new Uint8Array([97]); let p = KV.put("k", b); b[0] = 98; await p; return await KV.get("k")`, "a"},
		{"a stream", `await KV.put("k", new Response("héllo").body); return await KV.get("k")`, "héllo"},
		{"a stream of another key", `await KV.put("a", "v"); await KV.put("b", await KV.get("a", "stream"), {metadata: 1}); return (await KV.getWithMetadata("b")).value`, "v"},
		{"a stream with a condition", `let body = () => new Response("v").body; return [await KV.put("k", body(), {ifAbsent: true}), await KV.put("k", body(), {ifAbsent: true})]`, "true,false"},
		{"a stream counts as used at once", `let r = new Response("v"), p = KV.put("k", r.body), used = r.bodyUsed; await p; return used`, "true"},
		{"a used stream rejects", `let r = new Response("v"); await r.text(); await KV.put("k", r.body)`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"a locked stream rejects", `let b = new Response("v").body; b.getReader(); await KV.put("k", b)`, "throws TypeError: the body is locked to a reader; releaseLock() it first"},
		{"an object is refused", `await KV.put("k", {a: 1})`, "throws TypeError: KV put: the value must be a string, an ArrayBuffer, a view of one or a ReadableStream; for an object use JSON.stringify"},
		{"a number is refused", `return await KV.put("k", 1).catch(e => e.name)`, "TypeError"},
		{"null is refused", `return await KV.put("k", null).catch(e => e.name)`, "TypeError"},
		{"an array is refused", `return await KV.put("k", ["v"]).catch(e => e.name)`, "TypeError"},
		{"an object that only looks like bytes is refused", `return await KV.put("k", {__proto__: Uint8Array.prototype}).catch(e => e.name)`, "TypeError"},
		{"no value at all", `await KV.put("k")`, "throws TypeError: put: 2 argument(s) required, but only 1 present"},
		{"25 MiB are allowed", `await KV.put("k", new ArrayBuffer(25 << 20)); return (await KV.get("k", "arrayBuffer")).byteLength`, "26214400"},
		{"one byte more is not", `await KV.put("k", new ArrayBuffer((25 << 20) + 1))`, "throws RangeError: KV put failed: 413 the value is 26214401 bytes long, more than the 26214400 allowed"},
		{"options that are no object are refused", `await KV.put("k", "v", 60)`, "throws TypeError: KV put: the options must be an object"},
		{"null is no options", `await KV.put("k", "v", null); return await KV.get("k")`, "v"},
		{"a getter in the options that throws rejects", `await KV.put("k", "v", {get metadata() { throw new Error("mine") }})`, "throws Error: mine"},
	})
}

func TestMetadata(t *testing.T) {
	runRows(t, []row{
		{"any JSON", `let out = []; for (let m of [{a: [1]}, "s", 0, false, []]) { await KV.put("k", "v", {metadata: m}); out.push(JSON.stringify((await KV.getWithMetadata("k")).metadata)) } return out.join(" ")`, `{"a":[1]} "s" 0 false []`},
		{"null and undefined are none", `for (let m of [null, undefined]) { await KV.put("k", "v", {metadata: m}); if ((await KV.getWithMetadata("k")).metadata !== null || "metadata" in (await KV.list()).keys[0]) return "some" } return "none"`, "none"},
		{"toJSON is honoured", `await KV.put("k", "v", {metadata: new Date(0)}); return (await KV.getWithMetadata("k")).metadata`, "1970-01-01T00:00:00.000Z"},
		{"a function has no JSON", `await KV.put("k", "v", {metadata: () => 1})`, "throws TypeError: KV put: the metadata has no JSON"},
		{"a circle has no JSON", `let m = {}; m.m = m; return await KV.put("k", "v", {metadata: m}).catch(e => e.name)`, "TypeError"},
		{"1,024 bytes are allowed", `await KV.put("k", "v", {metadata: "x".repeat(1022)}); return (await KV.getWithMetadata("k")).metadata.length`, "1022"},
		{"one byte more is not", `await KV.put("k", "v", {metadata: "x".repeat(1023)})`, "throws RangeError: KV put failed: 413 the metadata is 1025 bytes of JSON, more than the 1024 allowed"},
		{"they count as UTF-8", `await KV.put("k", "v", {metadata: "é".repeat(512)})`, "throws RangeError: KV put failed: 413 the metadata is 1026 bytes of JSON, more than the 1024 allowed"},
	})
}

func TestConditionalPut(t *testing.T) {
	const read = `const version = async k => (await KV.getWithMetadata(k)).version; `
	runRows(t, []row{
		{"ifAbsent writes what is absent", `return [await KV.put("k", "v", {ifAbsent: true}), await KV.get("k")]`, "true,v"},
		{"ifAbsent leaves what is there", `await KV.put("k", "a"); return [await KV.put("k", "b", {ifAbsent: true}), await KV.get("k")]`, "false,a"},
		{"ifAbsent after a delete", `await KV.put("k", "a"); await KV.delete("k"); return await KV.put("k", "b", {ifAbsent: true})`, "true"},
		{"ifAbsent: false is no condition", `await KV.put("k", "a"); return [await KV.put("k", "b", {ifAbsent: false}), await KV.get("k")].map(String)`, "undefined,b"},
		{"ifVersion writes over that version", read + `await KV.put("k", "a"); return [await KV.put("k", "b", {ifVersion: await version("k")}), await KV.get("k")]`, "true,b"},
		{"ifVersion leaves another version", read + `await KV.put("k", "a"); let v = await version("k"); await KV.put("k", "b"); return [await KV.put("k", "c", {ifVersion: v}), await KV.get("k")]`, "false,b"},
		{"ifVersion leaves the same value written again", read + `await KV.put("k", "a"); let v = await version("k"); await KV.delete("k"); await KV.put("k", "a"); return await KV.put("k", "c", {ifVersion: v})`, "false"},
		{"ifVersion of an absent key is no version", read + `await KV.put("k", "a"); let v = await version("k"); await KV.delete("k"); return [await KV.put("k", "c", {ifVersion: v}), await KV.get("k")].map(String)`, "false,null"},
		{"ifVersion: null writes what is absent", read + `return [await KV.put("k", "a", {ifVersion: await version("k")}), await KV.get("k")]`, "true,a"},
		{"ifVersion: null leaves what is there", `await KV.put("k", "a"); return [await KV.put("k", "b", {ifVersion: null}), await KV.get("k")]`, "false,a"},
		{"ifVersion: undefined is no condition", `await KV.put("k", "a"); return [await KV.put("k", "b", {ifVersion: undefined}), await KV.get("k")].map(String)`, "undefined,b"},
		{"a version that is none", `await KV.put("k", "a"); return await KV.put("k", "b", {ifVersion: "no such version"})`, "false"},
		{"an empty version is refused", `await KV.put("k", "v", {ifVersion: ""})`, "throws TypeError: KV put: ifVersion is empty; use null, or ifAbsent: true, for a key that does not exist"},
		{"both conditions are refused", `await KV.put("k", "v", {ifVersion: "v", ifAbsent: true})`, "throws TypeError: KV put: ifVersion and ifAbsent exclude each other"},
		{"metadata and expiry come along", `await KV.put("k", "v", {ifAbsent: true, metadata: 1, expirationTtl: 100}); let k = (await KV.list()).keys[0]; return [k.metadata, typeof k.expiration]`, "1,number"},
		{"of many at once one wins", `return (await Promise.all(Array.from({length: 20}, () => KV.put("k", "v", {ifAbsent: true})))).filter(x => x).length`, "1"},
	})
}

func TestDelete(t *testing.T) {
	runRows(t, []row{
		{"it resolves to undefined", `await KV.put("k", "v"); return [await KV.delete("k"), await KV.get("k")].map(String)`, "undefined,null"},
		{"an absent key is no error", `return await KV.delete("k")`, "undefined"},
		{"only that key", `await KV.put("k", "1"); await KV.put("kk", "2"); await KV.delete("k"); return await KV.get("kk")`, "2"},
	})
}

func TestKeys(t *testing.T) {
	calls := map[string]string{"get": `KV.get(k)`, "get of several": `KV.get([k])`, "getWithMetadata": `KV.getWithMetadata(k)`, "put": `KV.put(k, "v")`, "delete": `KV.delete(k)`, "incr": `KV.incr(k)`}
	rows := []row{
		{"512 bytes are allowed", `let k = "é".repeat(256); await KV.put(k, "v"); return await KV.get(k)`, "v"},
		{"any character is allowed", `for (let k of ["a/b", "a.b", "...", " ", "\u0000", "é\u{1F600}", "a?b#c%2F", "__proto__"]) { await KV.put(k, k); if (await KV.get(k) !== k) return k } return "all"`, "all"},
		{"forms of Unicode are different keys", `await KV.put("\u00E9", "1"); return await KV.get("e\u0301")`, "null"},
	}
	for name, call := range calls {
		for _, k := range []row{
			{"an empty key", `""`, "TypeError: KV: the key must not be empty"},
			{"a dot as a key", `"."`, `TypeError: KV: "." is not allowed as a key`},
			{"two dots as a key", `".."`, `TypeError: KV: ".." is not allowed as a key`},
			{"a key of 513 bytes", `"é".repeat(256) + "x"`, "RangeError: KV failed: 414 the key is 513 bytes of UTF-8, more than the 512 allowed"},
		} {
			rows = append(rows, row{name + ": " + k.name + " is refused", "let k = " + k.src + "; await " + call, "throws " + k.want})
		}
	}
	runRows(t, rows)
}

func TestList(t *testing.T) {
	const fill = `const fill = async (...names) => { for (let n of names) await KV.put(n, n) };
		const names = page => page.keys.map(k => k.name).join();
	`
	runRows(t, []row{
		{"an empty namespace", `return JSON.stringify(await KV.list())`, `{"keys":[],"list_complete":true,"cacheStatus":null}`},
		{"in the order of UTF-8", fill + `await fill("b", "\u{1F600}", "a", "\uFF5E", "B", "aa"); return names(await KV.list())`, "B,a,aa,b,\uFF5E,\U0001F600"},
		{"a key that never expires and has no metadata is its name alone", fill + `await fill("a"); return JSON.stringify((await KV.list()).keys)`, `[{"name":"a"}]`},
		{"metadata", `await KV.put("a", "v", {metadata: {x: 1}}); return JSON.stringify((await KV.list()).keys)`, `[{"name":"a","metadata":{"x":1}}]`},
		{"the expiry in seconds", `await KV.put("a", "v", {expiration: 4102444800}); return (await KV.list()).keys[0].expiration`, "4102444800"},
		{"prefix", fill + `await fill("a", "b:1", "b:2", "c"); return names(await KV.list({prefix: "b:"}))`, "b:1,b:2"},
		{"a prefix of null is none", fill + `await fill("a"); return names(await KV.list({prefix: null, cursor: null, limit: undefined}))`, "a"},
		{"a key that is the prefix", fill + `await fill("a", "ab"); return names(await KV.list({prefix: "a"}))`, "a,ab"},
		{"pages", fill + `await fill("a", "b", "c", "d", "e"); let out = [], cursor; do { let p = await KV.list({limit: 2, cursor}); out.push(names(p) + p.list_complete); cursor = p.cursor } while (cursor); return out.join(" ")`, "a,bfalse c,dfalse etrue"},
		{"pages of a prefix", fill + `await fill("a", "b1", "b2", "b3", "c"); let p = await KV.list({prefix: "b", limit: 2}); let q = await KV.list({prefix: "b", limit: 2, cursor: p.cursor}); return [names(p), names(q), q.list_complete, "cursor" in q].join(" ")`, "b1,b2 b3 true false"},
		{"a full last page says that it is the last", fill + `await fill("a", "b"); let p = await KV.list({limit: 2}); return [p.list_complete, "cursor" in p]`, "true,false"},
		{"1,000 by default", `await Promise.all(Array.from({length: 1001}, (_, i) => KV.put("k" + i, ""))); let p = await KV.list(); return [p.keys.length, p.list_complete, (await KV.list({cursor: p.cursor})).keys.length, (await KV.list({limit: 1000})).keys.length]`, "1000,false,1,1000"},
		{"a limit of 0", `await KV.list({limit: 0})`, "throws TypeError: KV list: limit must be between 1 and 1000, not 0"},
		{"a limit of 1001", `await KV.list({limit: 1001})`, "throws TypeError: KV list: limit must be between 1 and 1000, not 1001"},
		{"a limit that is no number", `await KV.list({limit: "all"})`, "throws TypeError: KV list: limit must be between 1 and 1000, not NaN"},
		{"a cursor of another prefix", fill + `await fill("a", "b"); let p = await KV.list({limit: 1}); await KV.list({prefix: "b", cursor: p.cursor})`, "throws TypeError: KV: the cursor is not one that a listing of this namespace with this prefix returned"},
		{"a cursor that is none", `await KV.list({cursor: "x"})`, "throws TypeError: KV: the cursor is not one that a listing of this namespace with this prefix returned"},
		{"a prefix of 512 bytes is allowed", `return (await KV.list({prefix: "é".repeat(256)})).keys.length`, "0"},
		{"a prefix of 513 bytes is not", `await KV.list({prefix: "x".repeat(513)})`, "throws RangeError: KV list failed: 414 the prefix is 513 bytes of UTF-8, more than the 512 allowed"},
		{"options that are no object", `await KV.list("user:")`, "throws TypeError: KV list: the options must be an object"},
	})
}

func TestIncr(t *testing.T) {
	runRows(t, []row{
		{"an absent key counts from 0", `return [await KV.incr("k"), await KV.incr("k"), await KV.get("k")]`, "1,2,2"},
		{"by an amount", `return [await KV.incr("k", 10), await KV.incr("k", -3), await KV.incr("k", 0)]`, "10,7,7"},
		{"undefined is 1", `return await KV.incr("k", undefined)`, "1"},
		{"a number that was put", `await KV.put("k", "41"); return await KV.incr("k")`, "42"},
		{"metadata and expiry stay", `await KV.put("k", "1", {metadata: "m", expiration: 4102444800}); await KV.incr("k"); let k = (await KV.list()).keys[0]; return [k.metadata, k.expiration]`, "m,4102444800"},
		{"a number by many at once", `await Promise.all(Array.from({length: 50}, () => KV.incr("k"))); return await KV.get("k")`, "50"},
		{"past 2^53 it is kept exactly", `await KV.put("k", "9007199254740993"); return [typeof await KV.incr("k"), await KV.get("k")]`, "number,9007199254740994"},
		{"no number", `await KV.put("k", "many"); await KV.incr("k")`, "throws TypeError: KV incr: the value is not a whole number"},
		{"a fraction", `await KV.put("k", "1.5"); await KV.incr("k")`, "throws TypeError: KV incr: the value is not a whole number"},
		{"too large", `await KV.put("k", "9223372036854775807"); return [await KV.incr("k").catch(e => e.name + ": " + e.message), await KV.get("k")]`, "RangeError: KV incr: the number would leave the range of 64 bits; nothing was changed,9223372036854775807"},
		{"too small", `await KV.put("k", "-9223372036854775808"); return await KV.incr("k", -1).catch(e => e.name)`, "RangeError"},
		{"by a fraction", `await KV.incr("k", 0.5)`, "throws RangeError: KV incr: the amount must be a whole number of at most 2^53"},
		{"by too much", `await KV.incr("k", 2 ** 54)`, "throws RangeError: KV incr: the amount must be a whole number of at most 2^53"},
		{"by infinity", `return await KV.incr("k", -Infinity).catch(e => e.name)`, "RangeError"},
		{"by no number", `return await KV.incr("k", "x").catch(e => e.name)`, "RangeError"},
		{"no key at all", `return await KV.incr().catch(e => e.name)`, "TypeError"},
	})
}

func TestNamespacesAreApart(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Config{})
	entries := binding.Entries(nil, map[string]string{"A": "one", "B": "two"})
	got := eval(t, entries, binding.Host{KV: store}, `await env.A.put("k", "a"); await env.B.put("k", "b"); await env.A.delete("k"); return [await env.A.get("k"), await env.B.get("k")].map(String)`)
	if got != "null,b" {
		t.Errorf("got %s", got)
	}
	e, err := store.Get(t.Context(), "two", "k")
	if err != nil || string(e.Value) != "b" {
		t.Errorf("namespace two holds %q, %v", e.Value, err)
	}
}

// TestExpiry has a clock that the test sets.
func TestExpiry(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		put   string // "" or an error's text
		want  string
		lives time.Duration // until so long after the put the key is there; 0: it was not written
	}{
		{"expirationTtl", `{expirationTtl: 60}`, "", time.Minute},
		{"expirationTtl as a string", `{expirationTtl: "60"}`, "", time.Minute},
		{"a fraction of a second", `{expirationTtl: 0.5}`, "", 500 * time.Millisecond},
		{"expiration", `{expiration: Math.floor(Date.now() / 1000) + 100}`, "", 98 * time.Second},
		{"expirationTtl wins over expiration", `{expirationTtl: 60, expiration: 1}`, "", time.Minute},
		{"an expirationTtl of 0", `{expirationTtl: 0}`, "TypeError: KV put: expirationTtl must be a number of seconds above 0", 0},
		{"a negative expirationTtl", `{expirationTtl: -1}`, "TypeError: KV put: expirationTtl must be a number of seconds above 0", 0},
		{"an expirationTtl that is no number", `{expirationTtl: "1h"}`, "TypeError: KV put: expirationTtl must be a number of seconds above 0", 0},
		{"an expiration in the past", `{expiration: 1}`, "TypeError: KV put: expiration is in the past", 0},
		{"an expiration that is no number", `{expiration: "2030-01-01"}`, "TypeError: KV put: expiration must be a time in seconds since 1970", 0},
		{"an expiration in milliseconds", `{expiration: Date.now() + 60_000}`, "TypeError: KV: the expiry is past the year 9999; leave it out for a key that never expires", 0},
		{"an expirationTtl without an end", `{expirationTtl: Infinity}`, "TypeError: KV put: expirationTtl must be a number of seconds above 0", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, backend := range []string{"memory", "bolt"} {
				at := time.Now()
				now := func() time.Time { return at }
				var store kv.Store = memory.New(memory.Config{Now: now})
				if backend == "bolt" {
					store = openBolt(t, now)
				}
				got := evalKV(t, store, "n", fmt.Sprintf(`return await KV.put("k", "v", %s).then(() => "", e => e.name + ": " + e.message)`, tc.put))
				if got != tc.want {
					t.Fatalf("%s: put gave %q, want %q", backend, got, tc.want)
				}
				const look = `return [await KV.get("k"), (await KV.list()).keys.length].map(String)`
				if tc.lives == 0 {
					if got := evalKV(t, store, "n", look); got != "null,0" {
						t.Errorf("%s: a refused put left %s", backend, got)
					}
					continue
				}
				at = at.Add(tc.lives - time.Millisecond)
				if got := evalKV(t, store, "n", look); got != "v,1" {
					t.Errorf("%s: within its life there is %s", backend, got)
				}
				at = at.Add(time.Hour) // the put was a little later than the clock said
				if got := evalKV(t, store, "n", look); got != "null,0" {
					t.Errorf("%s: after its life there is %s", backend, got)
				}
			}
		})
	}
}

// plain is a store without abilities, broken one whose every call fails.
type (
	plain  struct{ kv.Store }
	broken struct {
		kv.Store
		err error
	}
)

func (b broken) Get(context.Context, string, string) (kv.Entry, error) { return kv.Entry{}, b.err }
func (b broken) Put(context.Context, string, string, kv.Entry) (kv.Version, error) {
	return "", b.err
}
func (b broken) Delete(context.Context, string, string) error              { return b.err }
func (b broken) List(context.Context, string, kv.Query) (kv.Page, error)   { return kv.Page{}, b.err }
func (b broken) Add(context.Context, string, string, int64) (int64, error) { return 0, b.err }
func (b broken) Swap(context.Context, string, string, kv.Version, kv.Entry) (kv.Version, error) {
	return "", b.err
}

func TestStoreErrorsHaveCodes(t *testing.T) {
	t.Parallel()
	calls := []string{`KV.get("k")`, `KV.get(["k", "l"])`, `KV.getWithMetadata("k")`, `KV.put("k", "v")`, `KV.put("k", "v", {ifAbsent: true})`, `KV.put("k", new Response("v").body)`, `KV.delete("k")`, `KV.list()`, `KV.incr("k")`}
	for _, tc := range []struct {
		name string
		err  error
		want string // code, name and message
	}{
		{"out of reach", kv.ErrUnavailable, "store_unavailable Error: KV: the store is out of reach; if this was a write, it may or may not have happened"},
		{"full", kv.ErrFull, "store_full Error: KV: the store has no space left; nothing was changed"},
		{"damaged", kv.ErrCorrupt, "store_corrupt Error: KV: what is stored under this key is damaged"},
		{"unnamed", errors.New("read /var/lib/skerry/kv.db"), "internal Error: KV: the store failed; if this was a write, it may or may not have happened"},
		{"too late", context.DeadlineExceeded, "23 TimeoutError: The operation timed out."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			store := broken{err: fmt.Errorf("redis at 10.1.2.3: %w", tc.err)}
			for _, call := range calls {
				got := evalKV(t, store, "n", `return await `+call+`.then(v => "resolved to " + v, e => e.code + " " + e.name + ": " + e.message)`)
				if got != tc.want {
					t.Errorf("%s\n got %q\nwant %q", call, got, tc.want)
				}
			}
		})
	}
}

func TestAStoreWithoutAbilitiesSaysSo(t *testing.T) {
	t.Parallel()
	store := plain{memory.New(memory.Config{})}
	for call, want := range map[string]string{
		`KV.put("k", "v", {ifAbsent: true})`: "throws TypeError: KV put: this store can't write conditionally",
		`KV.incr("k")`:                       "throws TypeError: KV incr: this store can't count",
		`KV.put("k", "v")`:                   "",
	} {
		if got := evalKV(t, store, "n", "await "+call+`; return ""`); got != want {
			t.Errorf("%s: got %q, want %q", call, got, want)
		}
	}
}

// waiting is a store whose reads last until their context ends.
type waiting struct {
	kv.Store
	ended chan error
}

func (w waiting) Get(ctx context.Context, _, _ string) (kv.Entry, error) {
	<-ctx.Done()
	w.ended <- ctx.Err()
	return kv.Entry{}, ctx.Err()
}

func TestACallEndsWithItsEvent(t *testing.T) {
	t.Parallel()
	store := waiting{ended: make(chan error, 1)}
	if got := evalKV(t, store, "n", `KV.get("k"); return "not awaited"`); got != "not awaited" {
		t.Fatal(got)
	}
	if err := <-store.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the read ended with %v", err)
	}
}

func FuzzKey(f *testing.F) {
	for _, key := range []string{"k", "", ".", "..", "a/b", "\x00", "é", strings.Repeat("x", 512), strings.Repeat("x", 513), "\xff", "__proto__", "\u2028"} {
		f.Add(key)
	}
	store := memory.New(memory.Config{})
	f.Fuzz(func(t *testing.T, key string) {
		entries := []binding.Entry{{Name: "KEY", Kind: "var", Value: key}, {Name: "KV", Kind: "kv", Value: "n"}}
		got := eval(t, entries, binding.Host{KV: store}, `
			try { await env.KV.put(env.KEY, env.KEY) } catch (e) { return e.name }
			let listed = (await env.KV.list({prefix: env.KEY, limit: 1})).keys[0].name;
			let read = await env.KV.get(env.KEY);
			await env.KV.delete(env.KEY);
			return listed === env.KEY && read === env.KEY && await env.KV.get(env.KEY) === null ? "whole" : JSON.stringify([listed, read])`)
		valid := strings.ToValidUTF8(key, "\uFFFD")
		refused := valid == "" || valid == "." || valid == ".." || len(string([]rune(key))) > kv.KeyBytesMax
		if want := map[bool]string{false: "whole", true: got}[refused]; got != want || refused && got != "TypeError" && got != "RangeError" {
			t.Errorf("key %q: %s", key, got)
		}
	})
}
