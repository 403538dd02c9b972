package webapi_test

import "testing"

func TestBody(t *testing.T) {
	evalRows(t, []row{
		{"text", `return await new Response("hé").text()`, "hé"},
		{"json", `return (await new Response('{"a":[1,"x"]}').json()).a[1]`, "x"},
		{"json of no JSON rejects", `await new Response("{").json()`, "throws SyntaxError: Unexpected end of JSON input"},
		{"json of nothing rejects", `await new Response().json()`, "throws SyntaxError: Unexpected end of JSON input"},
		{"arrayBuffer", `let b = await new Response("ab").arrayBuffer(); return [b instanceof ArrayBuffer, b.byteLength]`, "true,2"},
		{"bytes", `let b = await new Response("ab").bytes(); return [b instanceof Uint8Array, ...b]`, "true,97,98"},
		{"blob has the type of the message", `let b = await new Response("ab", {headers: {"content-type": "Text/HTML; Charset=X"}}).blob(); return [b.size, b.type, await b.text()]`, "2,text/html;charset=X,ab"},
		{"blob without a type", `return "[" + (await new Response(new Uint8Array(1)).blob()).type + "]"`, "[]"},
		{"no body reads as nothing", `let r = new Response(); return [await r.text(), r.bodyUsed, (await r.arrayBuffer()).byteLength, (await r.bytes()).length, (await r.blob()).size, r.bodyUsed].join()`, ",false,0,0,0,false"},
		{"reading twice rejects", `let r = new Response("x"); await r.text(); await r.json()`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"bodyUsed", `let r = new Response("x"), before = r.bodyUsed; await r.text(); return [before, r.bodyUsed]`, "false,true"},
		{"a byte order mark goes", `return (await new Response(new Uint8Array([0xEF, 0xBB, 0xBF, 0x61])).text())`, "a"},
		{"only one byte order mark goes", `return (await new Response("\uFEFF\uFEFFa").text()).length`, "2"},
		{"a byte order mark before JSON goes", `return (await new Response("\uFEFF[1]").json())[0]`, "1"},
		{"broken UTF-8 is replaced, once for each maximal part", `return await new Response(new Uint8Array([0x61, 0xE2, 0x82, 0x62, 0xC0, 0x80, 0xF0, 0x9F, 0x92])).text()`, "a\uFFFDb\uFFFD\uFFFD\uFFFD"},
		{"a lone surrogate is replaced", `return (await new Response("a\uD800").text()).charCodeAt(1).toString(16)`, "fffd"},
		{"methods reject, and don't throw, for a wrong receiver", `let p = Response.prototype.text.call({}); return await p.catch(e => e.name + (p instanceof Promise))`, "TypeErrortrue"},
		{"bytes given are copied", `let u = new Uint8Array([97]), r = new Response(u); u[0] = 98; return await r.text()`, "a"},
		{"bytes read belong to the script", `let r = new Response("ab"), c = r.clone(); (await r.bytes())[0] = 0; return await c.text()`, "ab"},
		{"a view gives its part", `return await new Response(new Uint8Array([97, 98, 99, 100]).subarray(1, 3)).text()`, "bc"},
		{"an ArrayBuffer", `return await new Response(new Uint8Array([97, 98]).buffer).text()`, "ab"},
		{"a DataView", `return await new Response(new DataView(new Uint8Array([97, 98]).buffer, 1)).text()`, "b"},
		{"a Float64Array gives its bytes", `return (await new Response(new Float64Array(2)).arrayBuffer()).byteLength`, "16"},
		{"other values become text", `return [await new Response(12).text(), await new Response(true).text(), await new Response({}).text(), await new Response(["a", "b"]).text()].join(";")`, "12;true;[object Object];a,b"},
		{"a toString that throws is the script's", `new Response({toString() { throw new RangeError("no") }})`, "throws RangeError: no"},
		{"text brings a type", `return new Response("x").headers.get("content-type")`, "text/plain;charset=UTF-8"},
		{"an empty text does too", `return new Response("").headers.get("content-type")`, "text/plain;charset=UTF-8"},
		{"a type that is given stays", `return new Response("x", {headers: {"Content-Type": "a/b"}}).headers.get("content-type")`, "a/b"},
		{"bytes bring none", `return String(new Response(new Uint8Array(1)).headers.get("content-type"))`, "null"},
		{"a Blob brings its own", `return new Response(new Blob(["x"], {type: "a/b"})).headers.get("content-type") + new Response(new Blob([])).headers.get("content-type")`, "a/bnull"},
		{"URLSearchParams bring theirs", `let r = new Response(new URLSearchParams({a: "1 2", b: "é"})); return r.headers.get("content-type") + " " + await r.text()`, "application/x-www-form-urlencoded;charset=UTF-8 a=1+2&b=%C3%A9"},
		{"a clone is read on its own", `let a = new Response("abc"), b = a.clone(); return [await a.text(), b.bodyUsed, await b.text()]`, "abc,false,abc"},
		{"a clone after use throws", `let a = new Response("abc"); await a.text(); a.clone()`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"a clone of a locked body throws", `let a = new Response("abc"); a.body.getReader(); a.clone()`, "throws TypeError: the body is locked to a reader; releaseLock() it first"},
		{"a clone locks the stream that a script already has", `let a = new Response("abc"), s = a.body; a.clone(); return [s.locked, a.body === s, a.body.locked]`, "true,false,false"},
		{"a subclass reads too", `class R extends Response { async text() { return "<" + await super.text() + ">" } } return await new R("x").text()`, "<x>"},
	})
}
