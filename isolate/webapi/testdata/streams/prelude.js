// What the cases beside this file begin with.
const log = [];
const note = (...words) => { log.push(words.map(show).join(" ")); };
const later = (ms = 0) => new Promise(done => setTimeout(done, ms));
const jobs = async n => { for (let i = 0; i < n; i++) await null; };
const said = p => p.then(v => "ok:" + show(v), e => "no:" + show(e));
const caught = f => { try { return "ok:" + show(f()); } catch (e) { return "no:" + show(e); } };
const bytes = (...n) => new Uint8Array(n);
const read = async (stream, most = 100) => {
	const reader = stream.getReader(), out = [];
	for (let r; most-- > 0 && !(r = await reader.read()).done;) out.push(show(r.value));
	reader.releaseLock();
	return out.join(",");
};
const controlled = (source = {}, strategy) => {
	let controller;
	const stream = new ReadableStream({...source, start(c) { controller = c; return source.start?.(c); }}, strategy);
	return [stream, controller];
};
function show(v) {
	if (v instanceof Error || typeof DOMException === "function" && v instanceof DOMException)
		return v.constructor === Error ? "Error(" + v.message + ")" : v.name;
	if (ArrayBuffer.isView(v) && !(v instanceof DataView))
		return (v.constructor === Uint8Array ? "" : v.constructor.name) + "[" + Array.from(v) + "]";
	if (Array.isArray(v)) return v.map(show).join(" ");
	if (v && typeof v === "object" && "done" in v) return show(v.value) + (v.done ? "/end" : "");
	return String(v);
}
const sent = async (t, ...chunks) => {
	const w = t.writable.getWriter(), all = chunks.map(c => w.write(c)).concat(w.close());
	all.forEach(p => p.catch(() => {}));
	w.closed.catch(() => {});
	return t.readable;
};
const through = async (t, ...chunks) => read(await sent(t, ...chunks));
const joined = async stream => {
	const out = [];
	for (let r, reader = stream.getReader(); !(r = await reader.read()).done;) out.push(...r.value);
	return bytes(...out);
};
const text = async stream => new TextDecoder().decode(await joined(stream));
const utf8 = s => new TextEncoder().encode(s);
