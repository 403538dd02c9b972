package webapi_test

import "testing"

// chunks is a script's beginning that reads streams.
const chunks = `
	const decode = bytes => String.fromCharCode(...bytes);
	async function all(stream) {
		let it = stream[Symbol.asyncIterator](), out = [];
		for (let r; !(r = await it.next()).done;) out.push(decode(r.value));
		return out.join("|");
	}
`

func TestReadableStream(t *testing.T) {
	evalRows(t, []row{
		{"a body is one", `let b = new Response("x").body; return [b instanceof ReadableStream, Object.prototype.toString.call(b)]`, "true,[object ReadableStream]"},
		{"no body is null", `return String(new Response().body) + String(new Request("http://a").body)`, "nullnull"},
		{"an empty body is a stream", `let r = new Response("").body.getReader(); return JSON.stringify(await r.read())`, `{"done":true}`},
		{"it is the same object each time", `let r = new Response("x"); return r.body === r.body`, "true"},
		{"reading gives bytes, then the end", `let r = new Response("hé").body.getReader(), a = await r.read(), b = await r.read(); return [a.value instanceof Uint8Array, [...a.value], a.done, b.value, b.done].join()`,
			"true,104,195,169,false,,true"},
		{"reading counts as use", `let r = new Response("x"), d = r.body.getReader(); let before = r.bodyUsed; d.read(); return [before, r.bodyUsed]`, "false,true"},
		{"a reader locks", `let b = new Response("x").body, before = b.locked; b.getReader(); return [before, b.locked]`, "false,true"},
		{"two readers throw", `let b = new Response("x").body; b.getReader(); b.getReader()`, "throws TypeError: the stream is locked to a reader"},
		{"a released lock is free", `let b = new Response("x").body, r = b.getReader(); r.releaseLock(); r.releaseLock(); return b.locked`, "false"},
		{"a released reader rejects", `let r = new Response("x").body.getReader(); r.releaseLock(); await r.read()`, "throws TypeError: the reader was released: it has no stream"},
		{"a released reader does not cancel", `let r = new Response("x").body.getReader(); r.releaseLock(); await r.cancel()`, "throws TypeError: the reader was released: it has no stream"},
		{"a locked body can't be read otherwise", `let r = new Response("x"); r.body.getReader(); await r.text()`, "throws TypeError: the body is locked to a reader; releaseLock() it first"},
		{"a body read by hand can't be read again", `let r = new Response("x"), d = r.body.getReader(); await d.read(); d.releaseLock(); await r.text()`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"closed waits for the end", `let r = new Response("x").body.getReader(), log = []; let c = r.closed.then(() => log.push("closed")); await null; log.push("read"); await r.read(); await c; return log`, "read,closed"},
		{"closed is true of an empty stream", `return String(await new Response("").body.getReader().closed)`, "undefined"},
		{"closed is the same promise", `let r = new Response("x").body.getReader(); return r.closed === r.closed`, "true"},
		{"closed rejects when released", `let r = new Response("x").body.getReader(), c = r.closed; r.releaseLock(); await c`, "throws TypeError: the reader was released: it has no stream"},
		{"closed rejects after a release", `let r = new Response("x").body.getReader(); r.releaseLock(); await r.closed`, "throws TypeError: the reader was released: it has no stream"},
		{"cancel empties", `let r = new Response("x"); let c = await r.body.cancel("why"); return [c, r.bodyUsed, (await r.body.getReader().read()).done]`, ",true,true"},
		{"cancel of a locked stream rejects", `let b = new Response("x").body; b.getReader(); await b.cancel()`, "throws TypeError: the stream is locked to a reader"},
		{"cancel by the reader closes", `let r = new Response("x").body.getReader(); r.closed; await r.cancel(); return String(await r.closed) + (await r.read()).done`, "undefinedtrue"},
		{"an unknown mode throws", `new Response("x").body.getReader({mode: "x"})`, `throws TypeError: getReader: "x" is not a mode; there is "byob", or none`},
		{"a reader by its constructor", `let b = new Response("x").body, r = new ReadableStreamDefaultReader(b); return [r instanceof ReadableStreamDefaultReader, b.locked, (await r.read()).value[0]]`, "true,true,120"},
		{"a reader of nothing throws", `new ReadableStreamDefaultReader({})`, "throws TypeError: ReadableStreamDefaultReader: the argument is not a ReadableStream"},
		{"async iteration", chunks + `return await all(new Response("abc").body)`, "abc"},
		{"async iteration unlocks at the end", chunks + `let b = new Response("abc").body; await all(b); return b.locked`, "false"},
		{"values is the same", chunks + `return await all(new Response("abc").body.values())`, "abc"},
		{"leaving an iteration cancels", `let r = new Response("abc"), it = r.body.values(), end = await it.return(7); return [end.value, end.done, r.body.locked, r.bodyUsed, (await it.next()).done]`, "7,true,false,true,true"},
		{"leaving an iteration with preventCancel keeps the rest", chunks + `let r = new Response("abc"), it = r.body.values({preventCancel: true}); await it.return(); return r.bodyUsed + await all(r.body)`, "falseabc"},
		{"tee gives two", chunks + `let [a, b] = new Response("abc").body.tee(); return await all(a) + await all(b)`, "abcabc"},
		{"what one branch writes the other does not see", `let [a, b] = new Response("abc").body.tee(); (await a.getReader().read()).value[0] = 0; return (await b.getReader().read()).value[0]`, "97"},
		{"a teed stream stays locked", `let r = new Response("abc"); r.body.tee(); return [r.body.locked, r.bodyUsed]`, "true,false"},
		{"tee of a locked stream throws", `let b = new Response("x").body; b.getReader(); b.tee()`, "throws TypeError: the stream is locked to a reader"},
		{"a stream as a body is shared, not read", `let a = new Response("abc"), b = new Response(a.body); let same = a.body === b.body, used = a.bodyUsed; return [same, used, await b.text(), a.bodyUsed]`, "true,false,abc,true"},
		{"a used stream is no body", `let a = new Response("abc"); await a.text(); new Response(a.body)`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"a locked stream is no body", `let a = new Response("abc"); a.body.getReader(); new Response(a.body)`, "throws TypeError: the body is locked to a reader; releaseLock() it first"},
		{"a stream brings no type", `return String(new Response(new Response("abc").body).headers.get("content-type"))`, "null"},
		{"a blob's stream", chunks + `return await all(new Blob(["ab", "c"]).stream())`, "abc"},
		{"a blob survives what is written to its stream's chunks", `let b = new Blob(["abc"]); (await b.stream().getReader().read()).value[0] = 0; return await b.text()`, "abc"},
	})
}
