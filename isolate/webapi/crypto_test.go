package webapi_test

import "testing"

func TestCrypto(t *testing.T) {
	evalRows(t, []row{
		{"random values fill the array they are given", `let a = new Uint8Array(64), b = crypto.getRandomValues(a); return [a === b, a.some(x => x)]`, "true,true"},
		{"a view is filled alone", `let b = new Uint8Array(128); crypto.getRandomValues(b.subarray(0, 64)); return [b.subarray(0, 64).some(x => x), b.subarray(64).some(x => x)]`, "true,false"},
		{"every sort of integer", `return [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array].every(T => crypto.getRandomValues(new T(32)).some(x => x))`, "true"},
		{"floats are refused", `try { crypto.getRandomValues(new Float64Array(1)) } catch (e) { return [e.name, e.code] }`, "TypeMismatchError,17"},
		{"a DataView is refused", `try { crypto.getRandomValues(new DataView(new ArrayBuffer(1))) } catch (e) { return e.name }`, "TypeMismatchError"},
		{"other values are refused", `crypto.getRandomValues([1])`, "throws TypeError: getRandomValues: the argument is not a typed array of integers"},
		{"65,536 bytes at once", `return crypto.getRandomValues(new Uint32Array(16384)).length`, "16384"},
		{"and no more", `try { crypto.getRandomValues(new Uint8Array(65537)) } catch (e) { return [e.name, e.code] }`, "QuotaExceededError,22"},
		{"a UUID of version 4", `return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())`, "true"},
		{"UUIDs differ", `return new Set(Array.from({length: 100}, () => crypto.randomUUID())).size`, "100"},
		{"there is one crypto", `return [crypto === crypto, crypto instanceof Crypto, crypto.subtle === crypto.subtle, crypto.subtle instanceof SubtleCrypto]`, "true,true,true,true"},
		{"it can't be constructed", `new Crypto()`, "throws TypeError: Illegal constructor: Crypto"},
		{"its methods need it", `let {randomUUID} = crypto; randomUUID()`, "throws TypeError: Illegal invocation: this is not a Crypto"},
	})
}

func TestDigest(t *testing.T) {
	const hex = `let hex = async p => [...new Uint8Array(await p)].map(b => b.toString(16).padStart(2, "0")).join(""), abc = new TextEncoder().encode("abc");`
	evalRows(t, []row{
		{"SHA-1", hex + `return await hex(crypto.subtle.digest("SHA-1", abc))`, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"SHA-256", hex + `return await hex(crypto.subtle.digest("SHA-256", abc))`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"SHA-384", hex + `return await hex(crypto.subtle.digest("SHA-384", abc))`, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
		{"SHA-512", hex + `return await hex(crypto.subtle.digest("SHA-512", abc))`, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
		{"an algorithm is an object or a string in any case", hex + `return (await hex(crypto.subtle.digest({name: "sha-256"}, abc))).slice(0, 8)`, "ba7816bf"},
		{"data is a buffer or any view", hex + `let v = new DataView(abc.buffer, 1); return (await hex(crypto.subtle.digest("SHA-1", v))) === (await hex(crypto.subtle.digest("SHA-1", abc.slice(1).buffer)))`, "true"},
		{"it resolves to an ArrayBuffer", `return (await crypto.subtle.digest("SHA-256", new Uint8Array())) instanceof ArrayBuffer`, "true"},
		{"a large one is hashed as it was, on the side", hex + `let d = new Uint8Array(1 << 20), p = crypto.subtle.digest("SHA-256", d); d.fill(1); return await hex(p)`, "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58"},
		{"large and small give the same", hex + `let d = new Uint8Array(16385), a = await hex(crypto.subtle.digest("SHA-1", d)), b = await hex(crypto.subtle.digest("SHA-1", d.subarray(0, 16384))); return [a, b]`, "3b94306348272b25608f5a3e17ced97ccccd8031,897256b6709e1a4da9daba92b6bde39ccfccd8c1"},
		{"an unknown algorithm rejects", `try { await crypto.subtle.digest("MD5", new Uint8Array()) } catch (e) { return [e.name, e.code] }`, "NotSupportedError,9"},
		{"a string is no data", `try { await crypto.subtle.digest("SHA-1", "abc") } catch (e) { return e.name }`, "TypeError"},
		{"errors reject and are not thrown", `let p = crypto.subtle.digest(); return await p.then(() => "no", e => e.name)`, "TypeError"},
	})
}

func TestGlobals(t *testing.T) {
	evalRows(t, []row{
		{"navigator", `return [navigator.userAgent, navigator instanceof Navigator, navigator.hardwareConcurrency, navigator.language, navigator.languages, navigator.languages === navigator.languages]`, "Skerry,true,1,en,en,true"},
		{"self", `return self === globalThis`, "true"},
		{"reportError does not throw", `return reportError(new Error("x"))`, "undefined"},
		{"classes and namespaces are not enumerable", `return Object.keys(globalThis).some(name => /^[A-Z]|^console$/.test(name))`, "false"},
		{"functions have names and lengths", `return [setTimeout, clearTimeout, queueMicrotask, structuredClone, atob, btoa, reportError].map(f => f.name + f.length).join()`, "setTimeout1,clearTimeout0,queueMicrotask1,structuredClone1,atob1,btoa1,reportError1"},
	})
}
