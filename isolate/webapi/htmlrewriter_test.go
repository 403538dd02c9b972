package webapi_test

import "testing"

// rewriting is a script's beginning that rewrites pages.
const rewriting = `
	const log = [], note = (...args) => { log.push(args.map(a => typeof a === "string" ? a : JSON.stringify(a)).join(" ")) };
	const rewrite = (page, setup) => { const r = new HTMLRewriter(); setup(r); return r.transform(new Response(page)).text() };
	const elements = (page, selector, element) => rewrite(page, r => r.on(selector, {element}));
	const wait = () => new Promise(resolve => setTimeout(resolve, 1));
	const logged = async (page, setup) => { const out = await rewrite(page, setup); return (out === page ? "" : out + " ") + log.join(", ") };
	const failing = async f => { try { return "no error: " + await f() } catch (e) { return e.name } };
`

// rewriteRows is evalRows with that beginning.
func rewriteRows(t *testing.T, rows []row) {
	t.Helper()
	for i := range rows {
		rows[i].src = rewriting + rows[i].src
	}
	evalRows(t, rows)
}

// TestHTMLRewriter has what Cloudflare's does too, as lol-html's build for WebAssembly gives
// it, but for the rows of TestHTMLRewriterOwn.
func TestHTMLRewriter(t *testing.T) {
	rewriteRows(t, []row{
		{"nothing", `return rewrite("<p>a</p>", r => {})`, "<p>a</p>"},
		{"on returns the rewriter", `const r = new HTMLRewriter(); return [r.on("a", {}) === r, r.onDocument({}) === r]`, "true,true"},
		{"before and after", `return elements("<i><p>a</p></i>", "p", e => { e.before("<1>").before("<2>", {html: true}).after("3").after("4") })`, "<i>&lt;1&gt;<2><p>a</p>43</i>"},
		{"prepend and append", `return elements("<p>a</p>", "p", e => { e.prepend("1").prepend("2").append("3").append("4") })`, "<p>21a34</p>"},
		{"setInnerContent", `return elements("<p>a<b>c</b></p>", "p", e => { e.setInnerContent("<i>").prepend("1").append("2") })`, "<p>1&lt;i&gt;2</p>"},
		{"setInnerContent with markup", `return elements("<p>a</p>", "p", e => { e.setInnerContent("<i>", {html: true}) })`, "<p><i></p>"},
		{"replace", `return elements("1<p>a</p>2", "p", e => { e.replace("x").replace("<y>") })`, "1&lt;y&gt;2"},
		{"remove", `return elements("1<p>a<b></b></p>2", "p", e => { e.remove() })`, "12"},
		{"removeAndKeepContent", `return elements("1<p>a<b></b></p>2", "p", e => { e.removeAndKeepContent() })`, "1a<b></b>2"},
		{"what is around a removed element stays", `return elements("<p>a</p>", "p", e => { e.remove(); e.before("b").after("c") })`, "bc"},
		{"options may be null", `return elements("<p>a</p>", "p", e => { e.append("<", null).append("<", undefined).append("<", {}).append("<", {html: false}).append("<", {html: 1}) })`, "<p>a&lt;&lt;&lt;&lt;<</p>"},
		{"content becomes a string", `return elements("<p></p>", "p", e => { e.append(1) .append(true) })`, "<p>1true</p>"},
		{"void elements", `return elements("<br>", "br", e => { e.append("a").prepend("b").setInnerContent("c").after("d").before("e") })`, "e<br>d"},
		{"tagName", `return logged("<DiV>a</DIV>", r => r.on("div", {element(e) { note(e.tagName) }}))`, "div"},
		{"set tagName", `return elements("<div a=b>c</div>", "div", e => { e.tagName = "Span" })`, "<Span a=b>c</Span>"},
		{"a bad tagName throws", `let name; await elements("<p>", "p", e => { try { e.tagName = "a b" } catch (x) { name = x.name } }); return name`, "TypeError"},
		{"an empty tagName throws", `let name; await elements("<p>", "p", e => { try { e.tagName = "" } catch (x) { name = x.name } }); return name`, "TypeError"},
		{"namespaceURI", `return logged("<p></p><svg><g/></svg><math></math>", r => r.on("*", {element(e) { note(e.namespaceURI) }}))`, "http://www.w3.org/1999/xhtml, http://www.w3.org/2000/svg, http://www.w3.org/2000/svg, http://www.w3.org/1998/Math/MathML"},
		{"getAttribute", `return logged("<p A=b c d='&amp;'>", r => r.on("p", {element(e) { note(e.getAttribute("a"), e.getAttribute("C"), e.getAttribute("d"), e.getAttribute("x")) }}))`, "b  &amp; null"},
		{"hasAttribute", `return logged("<p A=b c>", r => r.on("p", {element(e) { note(e.hasAttribute("A"), e.hasAttribute("c"), e.hasAttribute("x")) }}))`, "true true false"},
		{"setAttribute", `return elements("<p a=b  c='d'>", "p", e => { e.setAttribute("C", 'e"f').setAttribute("G", 1) })`, `<p a=b c="e&quot;f" g="1">`},
		{"a bad attribute throws", `let names = []; await elements("<p>", "p", e => { for (const n of ["", "a b", "a=", "a/"]) try { e.setAttribute(n, "") } catch (x) { names.push(x.name) } }); return names`, "TypeError,TypeError,TypeError,TypeError"},
		{"removeAttribute", `return elements("<p a=b c='d' e>", "p", e => { e.removeAttribute("C").removeAttribute("x") })`, `<p a=b e>`},
		{"attributes", `return logged("<p A=b c d='&lt;e'>", r => r.on("p", {element(e) { note([...e.attributes]); for (const [k, v] of e.attributes) note(k, v) }}))`, `[["a","b"],["c",""],["d","&lt;e"]], a b, c , d &lt;e`},
		{"attributes are iterators", `return logged("<p A=b>", r => r.on("p", {element(e) { const a = e.attributes; note(a.next(), a.next(), a.next(), a[Symbol.iterator]() === a, e.attributes === a) }}))`, `{"value":["a","b"],"done":false} {"done":true} {"done":true} true false`},
		{"attributes after a change", `return logged("<p a=b>", r => r.on("p", {element(e) { e.setAttribute("c", "d"); e.removeAttribute("a"); note([...e.attributes]) }}))`, `<p c="d"> [["c","d"]]`},
		{"removed", `return logged("<p>", r => r.on("p", {element(e) { note(e.removed); e.remove(); note(e.removed) }}).on("p", {element(e) { note(e.removed) }}))`, ` false, true, true`},
		{"several handlers", `return rewrite("<p>", r => r.on("p", {element(e) { e.setAttribute("a", "1") }}).on("p", {element(e) { e.setAttribute("b", e.getAttribute("a")) }}))`, `<p a="1" b="1">`},
		{"each handler has its object", `let first; return logged("<p>", r => r.on("p", {element(e) { first = e; e.x = 1 }}).on("p", {element(e) { note(e === first, e.x === undefined) }}))`, "false true"},

		{"onEndTag", `return logged("<p>a</p>", r => r.on("p", {element(e) { note(e.onEndTag(t => { note("end", t.name) }) === undefined) }}))`, "true, end p"},
		{"an end tag", `return elements("<p>a</P>b", "p", e => { e.onEndTag(t => { t.before("1").before("2").after("3").after("4") }) })`, "<p>a12</P>43b"},
		{"an end tag removed", `return elements("<p>a</p>b", "p", e => { e.onEndTag(t => { t.remove() }) })`, "<p>ab"},
		{"an end tag renamed", `return elements("<p>a</p>b", "p", e => { e.onEndTag(t => { t.name = "q" }) })`, "<p>a</q>b"},
		{"the last function for an end tag counts", `return logged("<p>a</p>", r => r.on("p", {element(e) { e.onEndTag(() => note(1)); e.onEndTag(() => note(2)) }}))`, "2"},
		{"no end tag", `return failing(() => elements("<br>", "br", e => { e.onEndTag(() => {}) }))`, "TypeError"},
		{"an end tag by an async function", `return elements("<p>a</p>", "p", e => { e.onEndTag(async t => { await wait(); t.before("x") }) })`, "<p>ax</p>"},
		{"the text of an element", `return elements("<p>a<b>c</b>d</p><p>e</p>", "p", e => { }) && rewrite("<p>a<b>c</b>d</p><p>e</p>", r => { let text; r.on("p", {element(e) { text = ""; e.onEndTag(t => { t.before("[" + text + "]") }) }, text(t) { text += t.text } }) })`, "<p>a<b>c</b>d[acd]</p><p>e[e]</p>"},

		{"text", `return logged("x<p>a<b>c</b></p>y", r => r.on("p", {text(t) { note(t.text, t.lastInTextNode, t.removed) }}))`, "a false false,  true false, c false false,  true false"},
		{"text around", `return rewrite("<p>a</p>", r => r.on("p", {text(t) { if (!t.lastInTextNode) t.before("1").before("2").after("3").after("4") }}))`, "<p>12a43</p>"},
		{"text replaced", `return rewrite("<p>a</p>", r => r.on("p", {text(t) { if (t.text) t.replace("<" + t.text + ">") }}))`, "<p>&lt;a&gt;</p>"},
		{"text removed", `return logged("<p>a<b>c</b></p>", r => r.on("p", {text(t) { t.remove(); note(t.removed) }}))`, "<p><b></b></p> true, true, true, true"},
		{"text is as it is written", `return logged("<p>&lt;</p>", r => r.on("p", {text(t) { note(t.text) }}))`, "&lt;, "},
		{"text can't be set", `"use strict"; return failing(() => rewrite("<p>a</p>", r => r.on("p", {text(t) { t.text = "b" }})))`, "TypeError"},
		{"scripts and titles", `return logged("<title>a<b></title><script>'<p>'<\/script>", r => r.on("*", {element(e) { note(e.tagName) }, text(t) { if (t.text) note(t.text) }}))`, "title, a<b>, script, '<p>'"},

		{"comments", `return logged("<!--x--><p><!-- a --></p>", r => r.on("p", {comments(c) { note(c.text, c.removed) }}))`, " a  false"},
		{"comments around", `return rewrite("<p><!--a--></p>", r => r.on("p", {comments(c) { c.before("1").before("2").after("3").after("4") }}))`, "<p>12<!--a-->43</p>"},
		{"a comment set", `return rewrite("<!--a-->", r => r.onDocument({comments(c) { c.text = "b" + c.text }}))`, "<!--ba-->"},
		{"a comment that would end", `return failing(() => rewrite("<!--a-->", r => r.onDocument({comments(c) { c.text = "a-->" }})))`, "TypeError"},
		{"a comment replaced", `return rewrite("<!--a-->", r => r.onDocument({comments(c) { c.replace("<b>", {html: true}) }}))`, "<b>"},
		{"a comment removed", `return logged("<!--a-->", r => r.onDocument({comments(c) { c.remove(); note(c.removed) }}))`, " true"},

		{"a doctype", `return logged('<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "x">', r => r.onDocument({doctype(d) { note(d.name, d.publicId, d.systemId) }}))`, "html -//W3C//DTD HTML 4.01//EN x"},
		{"a short doctype", `return logged("<!doctype html>", r => r.onDocument({doctype(d) { note(d.name, d.publicId, d.systemId) }}))`, "html null null"},
		{"the end", `return rewrite("a", r => r.onDocument({end(e) { e.append("<1>").append("<2>", {html: true}) }}))`, "a&lt;1&gt;<2>"},
		{"ends in the reverse order", `return rewrite("a", r => r.onDocument({end(e) { e.append("1") }}).onDocument({end(e) { e.append("2") }}))`, "a21"},
		{"a document's handlers come last", `return logged("a", r => r.onDocument({text(t) { note("d", t.text) }}).on("*", {}))`, "d a, d "},
		{"document text and element text", `return logged("<p>a</p>", r => r.onDocument({text(t) { if (t.text) note("d") }}).on("p", {text(t) { if (t.text) note("e") }}))`, "e, d"},

		{"handlers are methods of their object", `class H { constructor() { this.n = 0 } element(e) { e.setAttribute("n", ++this.n) } text(t) { if (t.text) t.replace(String(this.n)) } } return rewrite("<p>a</p><p>b</p>", r => r.on("p", new H()))`, `<p n="1">1</p><p n="2">2</p>`},
		{"async handlers run one after the other", `return logged("<p>a</p><p>b</p>", r => r.on("p", {async element(e) { note("<", e.tagName); await wait(); e.setAttribute("x", ""); note(">") }, async text(t) { if (t.text) { note(t.text); await wait(); t.after("!"); note("/" + t.text) } }}))`,
			`<p x="">a!</p><p x="">b!</p> < p, >, a, /a, < p, >, b, /b`},
		{"async handlers of everything", `return rewrite("<!doctype html><p>a<!--b--></p>", r => r.on("p", {async element(e) { await 1; e.append("1") }, async comments(c) { await 1; c.text = "2" }}).onDocument({async doctype(d) { await 1; note(d.name) }, async end(e) { await wait(); e.append("3") }}))`, "<!doctype html><p>a<!--2-->1</p>3"},
		{"an exception of a handler", `return rewrite("<p>", r => r.on("p", {element() { throw new RangeError("boom") }})).catch(e => e.name + e.message)`, "RangeErrorboom"},
		{"an exception of an async handler", `return rewrite("<p>", r => r.on("p", {async element() { await wait(); throw new RangeError("boom") }})).catch(e => e.name + e.message)`, "RangeErrorboom"},
		{"no handler runs after an exception", `return rewrite("<p><p>", r => r.on("p", {element() { note("called"); throw 1 }})).catch(e => e + log.join())`, "1called"},

		{"a token is over after its handler", `let kept; await elements("<p a=b>", "p", e => { kept = e }); return failing(() => kept.tagName)`, "TypeError"},
		{"a token's iterator is over too", `let kept; await elements("<p a=b>", "p", e => { kept = e.attributes }); return failing(() => kept.next())`, "TypeError"},
		{"all of a token is over", `let kept; await elements("<p a=b>", "p", e => { kept = e }); const names = []; for (const f of [() => kept.remove(), () => kept.append(""), () => kept.onEndTag(() => {}), () => kept.attributes, () => kept.removed, () => { kept.tagName = "a" }, () => kept.setAttribute("a", "b")]) try { f(); names.push("none") } catch (e) { names.push(e.name[0]) } return names.join("")`, "TTTTTTT"},
		{"tokens of other kinds are over", `const kept = []; await rewrite("<!doctype a><p>b<!--c--></p>", r => r.on("p", {element(e) { e.onEndTag(t => { kept.push(() => t.name) }) }, text(t) { kept.push(() => t.text) }, comments(c) { kept.push(() => c.text) }}).onDocument({doctype(d) { kept.push(() => d.name) }, end(e) { kept.push(() => e.append("")) }})); return kept.map(f => { try { return f() } catch (e) { return e.name[0] } }).join("")`, "TTTTTT"},
		{"a token lasts as long as its async handler", `return elements("<p>", "p", async e => { await wait(); await wait(); e.setAttribute("a", e.tagName) })`, `<p a="p">`},

		{"a bad selector throws", `return failing(() => new HTMLRewriter().on("a >", {}))`, "TypeError"},
		{"an unclosed element", `return elements("<div><p>a</div>", "p", e => { e.append("x") })`, "<div><p>ax</div>"},
		{"an element that nothing ends", `return elements("<p>a", "p", e => { e.append("lost") })`, "<p>a"},
		{"within what is removed", `return logged("<div>a<b>c<!--d--></b></div>", r => r.on("div", {element(e) { e.remove() }}).on("b", {element(e) { note(e.removed); e.before("x") }, text(t) { note(t.text, t.removed) }, comments(c) { note(c.text) }}))`, " true, c false,  false, d"},
		{"markup that only a tree could read", `return failing(() => rewrite("<select><style>", r => r.on("a", {})))`, "TypeError"},
	})
}
