// The body of a function that both engines call. It returns what is measured, and the loop
// that does it.
//
// A case is {name, bound, note, async, make, result, needs, instead}: make returns the operation, or a promise of
// it; result makes a small value of what the operation returns, which must be the same in both engines;
// bound is how many times Node's time is accepted; async says that the operation returns a promise;
// needs makes what the case can't do without, undefined where the isolate lacks it; instead stands for make
// in Node, where that lacks the operation, or is null. Operations that make text ask for its
// length: an engine may put off the work until somebody does.

const bytes = n => { const b = new Uint8Array(n); for (let i = 0; i < n; i++) b[i] = i * 7 + (i >> 8); return b };
const text = "The quick brown fox jumps over the lazy dog, 0123456789 times. ".repeat(1100).slice(0, 65536);
const greek = "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. ".repeat(1100).slice(0, 36000); // about 64 KB of UTF-8
const latin1 = Array.from({length: 4096}, (_, i) => String.fromCharCode(i & 255)).join("").repeat(16);

const records = Array.from({length: 250}, (_, i) => ({
	id: 100000 + i, name: "customer " + i, email: `customer.${i}@shop.example`, active: i % 3 > 0, score: i * 1.37,
	tags: ["new", "vip", "tag" + i % 7], address: {street: i + " Main Street", city: "Springfield", zip: String(10000 + i)},
	notes: i % 10 ? null : "said \"hello\"\nand left", visits: [i, i + 1, i + 2], parent: i % 5 ? i - 1 : null,
}));
const json = JSON.stringify(records); // 64 KB
const foreign = JSON.stringify(records.map(r => ({...r, name: "Ünïcødé " + r.id, city: "Αθήνα"})));
const fields = [
	["accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"], ["accept-encoding", "gzip, br"], ["accept-language", "en-US,en;q=0.5"],
	["cache-control", "no-cache"], ["cookie", "session=0123456789abcdef"], ["host", "shop.example.com"], ["referer", "https://shop.example.com/products"],
	["user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"], ["x-forwarded-for", "192.0.2.7"], ["x-request-id", "01J9Z3"],
];
const form = () => {
	const f = new FormData();
	for (let i = 0; i < 8; i++) f.append("field" + i, "the value of field number " + i);
	f.append("avatar", new Blob([picture], {type: "image/png"}), "avatar.png");
	f.append("notes", new Blob(["some notes\n"], {type: "text/plain"}), "notes.txt");
	return f;
};
const picture = bytes(4096);
const page = "<!doctype html><title>t</title>" + "<div class=row><a href=/item/1>One item &amp; more</a><p>Some text that is passed on.</p></div>\n".repeat(1040);

const cases = [
	{name: "SHA-256 of 64 KB", bound: 1, async: true, result: r => r.byteLength,
		make() { const b = bytes(65536); return () => crypto.subtle.digest("SHA-256", b) }},
	{name: "AES-GCM encrypt 64 KB", bound: 1, needs: () => crypto.subtle.encrypt, async: true, result: r => r.byteLength,
		async make() {
			const b = bytes(65536), iv = new Uint8Array(12), key = await crypto.subtle.importKey("raw", bytes(32), "AES-GCM", false, ["encrypt"]);
			return () => crypto.subtle.encrypt({name: "AES-GCM", iv}, key, b);
		}},
	{name: "AES-GCM decrypt 64 KB", bound: 1, needs: () => crypto.subtle.encrypt, async: true, result: r => r.byteLength,
		async make() {
			const iv = new Uint8Array(12), key = await crypto.subtle.importKey("raw", bytes(32), "AES-GCM", false, ["encrypt", "decrypt"]);
			const sealed = await crypto.subtle.encrypt({name: "AES-GCM", iv}, key, bytes(65536));
			return () => crypto.subtle.decrypt({name: "AES-GCM", iv}, key, sealed);
		}},
	{name: "FormData, 10 parts: build and write", bound: 1, async: true, result: r => r.byteLength > 5000,
		make: () => () => new Response(form()).arrayBuffer()},
	{name: "FormData, 10 parts: read", bound: 1, async: true, result: f => [...f.keys()].join(),
		async make() {
			const r = new Response(form()), headers = {"content-type": r.headers.get("content-type")}, body = await r.arrayBuffer();
			return () => new Response(body, {headers}).formData();
		}},
	{name: "new URL", bound: 3, result: u => u.href,
		make: () => () => new URL("https://api.example.com/v1/users/42?expand=orders&limit=10#top")},
	{name: "new URL, read", bound: 3, result: s => s,
		make: () => () => { const u = new URL("https://api.example.com/v1/users/42?expand=orders"); return u.pathname + u.searchParams.get("expand") }},
	{name: "new Headers of 10", bound: 3, result: h => [...h].join(), make: () => () => new Headers(fields)},
	{name: "Headers, get and has", bound: 3, result: r => r,
		make() { const h = new Headers(fields); return () => h.get("User-Agent").length + h.has("x-request-id") + h.has("nothing") }},
	{name: "Headers, iterate", bound: 3, result: n => n,
		make() { const h = new Headers(fields); return () => { let n = 0; for (const [k, v] of h) n += k.length + v.length; return n } }},
	{name: "JSON.parse 64 KB", bound: 3, result: v => v.length, make: () => () => JSON.parse(json)},
	{name: "JSON.parse 64 KB, not ASCII", bound: 3, result: v => v[9].name, make: () => () => JSON.parse(foreign)},
	{name: "JSON.stringify 64 KB", bound: 3, result: s => s.length, make() { const v = JSON.parse(json); return () => JSON.stringify(v) }},
	{name: "JSON.stringify 64 KB, not ASCII", bound: 3, result: s => s.length, make() { const v = JSON.parse(foreign); return () => JSON.stringify(v) }},
	{name: "JSON of arrays and Maps", bound: 3, result: s => s.length,
		make: () => () => {
			const by = new Map();
			for (let i = 0; i < 200; i++) {
				const key = "group" + i % 20;
				if (!by.has(key)) by.set(key, []);
				by.get(key).push({id: i, name: "item " + i, price: i * 1.5});
			}
			return JSON.stringify([...by].map(([key, items]) => ({key, count: items.length, items})));
		}},
	{name: "btoa 64 KB", bound: 3, result: s => s.length, make: () => () => btoa(text)},
	{name: "btoa 64 KB, not ASCII", bound: 3, result: s => s.length, make: () => () => btoa(latin1)},
	{name: "atob to 64 KB", bound: 3, result: n => n, make() { const s = btoa(text); return () => atob(s).length }},
	{name: "atob to 64 KB, not ASCII", bound: 3, result: n => n, make() { const s = btoa(latin1); return () => atob(s).length }},
	{name: "Uint8Array toBase64 64 KB", bound: 3, result: s => s.length, note: "Node: Buffer",
		make() { const b = bytes(65536); return () => b.toBase64() },
		instead() { const b = Buffer.from(bytes(65536)); return () => b.toString("base64") }},
	{name: "Uint8Array.fromBase64 64 KB", bound: 3, result: b => b.length, note: "Node: Buffer",
		make() { const s = btoa(latin1); return () => Uint8Array.fromBase64(s) },
		instead() { const s = btoa(latin1); return () => Buffer.from(s, "base64") }},
	{name: "TextEncoder 64 KB", bound: 3, result: b => b.length, make() { const e = new TextEncoder(); return () => e.encode(text) }},
	{name: "TextEncoder 64 KB, not ASCII", bound: 3, result: b => b.length, make() { const e = new TextEncoder(); return () => e.encode(greek) }},
	{name: "TextDecoder 64 KB", bound: 3, result: n => n, make() { const b = new TextEncoder().encode(text), d = new TextDecoder(); return () => d.decode(b).length }},
	{name: "TextDecoder 64 KB, not ASCII", bound: 3, result: n => n,
		make() { const b = new TextEncoder().encode(greek), d = new TextDecoder(); return () => d.decode(b).length }},
	{name: "HTMLRewriter 100 KB", bound: 3, needs: () => globalThis.HTMLRewriter, async: true, result: s => s.length, note: "Node has none",
		make: () => () => new HTMLRewriter().on("a[href]", {element(e) { e.setAttribute("rel", "nofollow") }}).transform(new Response(page)).text(),
		instead: null},
	{name: "structuredClone, small", bound: 3, result: v => JSON.stringify(v),
		make() { const v = {a: 1, b: [1, 2, 3], c: {d: "x", e: new Date(0)}}; return () => structuredClone(v) }},
	{name: "structuredClone, 64 KB", bound: 3, result: v => v.length, make: () => () => structuredClone(records)},
	{name: "crypto.randomUUID", bound: 3, result: s => s.length, make: () => () => crypto.randomUUID()},
	{name: "new Request, text()", bound: 3, async: true, result: s => s,
		make: () => () => new Request("https://shop.example.com/cart", {method: "POST", body: "a=1", headers: {"content-type": "text/plain"}}).text()},
	{name: "new Response, text()", bound: 3, async: true, result: s => s,
		make: () => () => new Response("hello", {status: 201, headers: {"x-a": "1"}}).text()},
	{name: "Response.json, json()", bound: 3, async: true, result: v => v.b.length,
		make: () => () => Response.json({a: 1, b: [1, 2, 3]}).json()},
];

const loop = (operation, n) => { let last; for (let i = 0; i < n; i++) last = operation(); return last };
const asyncLoop = async (operation, n) => { let last; for (let i = 0; i < n; i++) last = await operation(); return last };

return {cases, loop, asyncLoop};
