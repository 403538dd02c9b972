package webapi_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

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

// TestHTMLRewriter has what Cloudflare's gives too, lol-html's build for WebAssembly having
// been asked. Where a text parts is not the same, and need not be.
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

// TestHTMLRewriterOwn has what is ours: messages, bounds, and what concerns responses.
func TestHTMLRewriterOwn(t *testing.T) {
	rewriteRows(t, []row{
		{"status and headers are the response's", `const r = new HTMLRewriter().transform(new Response("<p>", {status: 201, statusText: "Fine", headers: {a: "b", "content-length": "3", "content-type": "text/html"}})); return [r.status, r.statusText, JSON.stringify([...r.headers])]`,
			`201,Fine,[["a","b"],["content-type","text/html"]]`},
		{"headers can be changed, and are the copy's", `const a = new Response("", {headers: {a: "b"}}), b = new HTMLRewriter().transform(a); b.headers.set("a", "c"); return [a.headers.get("a"), b.headers.get("a")]`, "b,c"},
		{"a response without a body is returned", `const r = new Response(null, {status: 204}); return new HTMLRewriter().transform(r) === r`, "true"},
		{"the response is used", `const a = new Response("x"), b = new HTMLRewriter().transform(a); return [a.bodyUsed, b.bodyUsed, b instanceof Response, await b.text(), b.bodyUsed]`, "true,false,true,x,true"},
		{"handlers run when the body is read", `let called = 0; const r = new HTMLRewriter().on("p", {element() { called++ }}).transform(new Response("<p>")); await wait(); const before = called; await r.text(); return [before, called]`, "0,1"},
		{"a used response throws", `const r = new Response("x"); await r.text(); new HTMLRewriter().transform(r)`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"what is no response throws", `new HTMLRewriter().transform("<p>")`, "throws TypeError: HTMLRewriter.transform: the argument is a string, not a Response"},
		{"a rewriter can be used twice, and added to", `const r = new HTMLRewriter().on("p", {element(e) { e.append("1") }}), a = r.transform(new Response("<p></p>")); r.on("p", {element(e) { e.append("2") }}); return [await a.text(), await r.transform(new Response("<p></p>")).text()]`, "<p>1</p>,<p>12</p>"},
		{"rewriters in a row", `const r = n => new HTMLRewriter().on("p", {element(e) { e.append(n) }}); return r("2").transform(r("1").transform(new Response("<p></p>"))).text()`, "<p>12</p>"},
		{"documents at once", `const r = new HTMLRewriter().on("p", {async element(e) { await wait(); e.append(e.getAttribute("n")) }}); return Promise.all([1, 2].map(n => r.transform(new Response("<p n=" + n + "></p>")).text()))`, "<p n=1>1</p>,<p n=2>2</p>"},
		{"a clone", `const r = new HTMLRewriter().on("p", {element(e) { note("once"); e.append("1") }}).transform(new Response("<p></p>")), c = r.clone(); return [await r.text(), await c.text(), ...log]`, "<p>1</p>,<p>1</p>,once"},
		{"bytes", `const r = new HTMLRewriter().transform(new Response(new Uint8Array([255, 60, 0]))); return [...await r.bytes()]`, "255,60,0"},
		{"a text handler may return what is no promise", `return rewrite("<p>a</p>", r => r.on("p", {text: t => t.after("|")}))`, "<p>a||</p>"},
		{"a handler may return a thenable", `return rewrite("<p>a</p>", r => r.on("p", {element: e => ({then(f) { setTimeout(() => { e.append("x"); f() }, 1) }})}))`, "<p>ax</p>"},

		{"a bad selector is named", `new HTMLRewriter().on("p:hover", {})`, `throws TypeError: HTMLRewriter: "p:hover" is no selector: :hover is not supported: :first-child, :first-of-type, :nth-child(), :nth-of-type() and :not() are, at character 2`},
		{"a handler must be a function", `new HTMLRewriter().on("p", {element: 1})`, "throws TypeError: the handler element of an HTMLRewriter is a number, not a function"},
		{"handlers must be an object", `new HTMLRewriter().onDocument(1)`, "throws TypeError: the handlers of an HTMLRewriter must be an object"},
		{"options must be an object", `return elements("<p>", "p", e => { e.before("x", 1) })`, "throws TypeError: the options must be an object"},
		{"onEndTag needs a function", `return elements("<p>", "p", e => { e.onEndTag({}) })`, "throws TypeError: onEndTag: the handler is an object, not a function"},
		{"void elements have no end tag", `return elements("<br>", "br", e => { e.onEndTag(() => {}) })`, "throws TypeError: HTMLRewriter: this element has no end tag"},
		{"a token that is over says so", `let kept; await elements("<p>", "p", e => { kept = e }); kept.tagName`, "throws TypeError: this content token is no longer valid: tokens of an HTMLRewriter can be used until the handler that they were given to returns, or its promise settles"},
		{"text that may be markup", `return rewrite("<select><title>", r => r.on("a", {}))`, "throws TypeError: HTMLRewriter: <title> stands in <select>, where a parser may ignore the tag: whether its content is text or markup can't be told in a stream"},
		{"a large tag", `return rewrite("<p a='" + "x".repeat(1 << 20), r => r.on("a", {}))`, "throws RangeError: HTMLRewriter: a tag, comment or doctype is larger than 1 MB"},
		{"too many open elements", `return rewrite("<p>".repeat(3e5), r => r.on("a", {}))`, "throws RangeError: HTMLRewriter: there are too many open elements: what is remembered of them is more than 8 MB"},
		{"without handlers nothing is too large", `return (await rewrite("<p a='" + "x".repeat(1 << 20) + "'>" + "<select><title>", r => {})).length`, "1048599"},
		{"an unclosed element is no reason to remove another's end tag", `return elements("<div><p>a</div>b", "p", e => { e.remove() })`, "<div></div>b"},
		{"an unclosed element's edits don't replace another's", `return rewrite("<div><p>a</div>b", r => r.on("*", {element(e) { e.append("[" + e.tagName + "]") }}))`, "<div><p>a[p][div]</div>b"},
		{"SVG that ends itself", `return elements("<svg/><title><p></title>", "*", e => { note(e.tagName) }).then(() => log)`, "svg,title"},

		{"a response as content", `return elements("<p></p>", "p", e => { e.append(new Response("<b>")).prepend(new Response("<i>"), {html: true}).after(new Response(null)) })`, "<p><i>&lt;b&gt;</p>"},
		{"a stream as content", `return elements("<p></p>", "p", e => { e.replace(new Response("<é>").body) })`, "&lt;é&gt;"},
		{"a rewritten response as content", `return elements("<p></p>", "p", e => { e.setInnerContent(new HTMLRewriter().on("b", {async element(e) { await wait(); e.append("x") }}).transform(new Response("<b></b>")), {html: true}) })`, "<p><b>x</b></p>"},
		{"a stream can be content once", `const body = new Response("x").body; return elements("<p></p>", "p", e => { e.append(body); e.append(body) })`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"a fault in content ends the document", `return elements("<p></p>", "p", e => { e.append(new HTMLRewriter().on("b", {element() { throw new RangeError("boom") }}).transform(new Response("<b>"))) })`, "throws RangeError: boom"},

		{"a charset", `const r = new HTMLRewriter().on("p", {element(e) { note(e.getAttribute("a")); e.append("é\u{1f600}") }, text(t) { note(t.text) }}).transform(new Response(new Uint8Array([...new TextEncoder().encode("<p a=")].concat([0xe9, 0x3e, 0xe8, 0x3c, 0x2f, 0x70, 0x3e])), {headers: {"content-type": "text/html; charset=ISO-8859-1"}})); return [[...await r.bytes()].slice(5).map(b => b < 128 ? String.fromCharCode(b) : b.toString(16)).join(""), ...log]`, "e9>e8e9&#128512;</p>,é,è,"},
		{"an unknown charset throws", `new HTMLRewriter().transform(new Response("x", {headers: {"content-type": "text/html; charset=nonsense"}}))`, "throws TypeError: HTMLRewriter: the encoding is unknown, or one in which markup can't be told from text"},
		{"UTF-16 throws", `new HTMLRewriter().transform(new Response("x", {headers: {"content-type": "text/html; charset=utf-16le"}}))`, "throws TypeError: HTMLRewriter: the encoding is unknown, or one in which markup can't be told from text"},
		{"lone surrogates", `return elements("<p></p>", "p", e => { e.append("\ud800x").setAttribute("a", "\udc00") })`, "<p a=\"\ufffd\">\ufffdx</p>"},
		{"the classes of tokens are not global", `return [typeof Element, typeof Text, typeof Comment, typeof EndTag]`, "undefined,undefined,undefined,undefined"},
		{"what tokens are called", `let names = []; await rewrite("<!doctype a><p>a</p><!--b-->", r => r.on("p", {element(e) { names.push(e); e.onEndTag(t => { names.push(t) }) }}).onDocument({doctype(d) { names.push(d) }, comments(c) { names.push(c) }, end(e) { names.push(e) }})); return names.map(n => Object.prototype.toString.call(n).slice(8, -1))`, "Doctype,Element,EndTag,Comment,DocumentEnd"},
	})
}

// TestHTMLRewriterStreams rewrites what comes little by little.
func TestHTMLRewriterStreams(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		source *script
		src    string
		want   string
	}{
		{"pieces of tags", source("<", "p a", "=b>x<", "/p", ">y"), `return new HTMLRewriter().on("p", {element(e) { e.append("!").setAttribute("c", "d") }}).transform(new Response(request.body)).text()`, `<p a=b c="d">x!</p>y`},
		{"pieces of text", source("<p>a", "b\xc3", "\xa9", "</p>"), `const seen = []; const out = await new HTMLRewriter().on("p", {text(t) { seen.push(t.text + t.lastInTextNode) }}).transform(new Response(request.body)).text(); return [out, ...seen]`, "<p>abé</p>,afalse,bfalse,éfalse,true"},
		{"a source that fails", source("<p>").failing(errors.New("torn")), `return await new HTMLRewriter().on("p", {}).transform(new Response(request.body)).text()`, "throws TypeError: fetch failed: torn"},
		{"a source as content", source("<a", ">"), `return await new HTMLRewriter().on("p", {element(e) { e.append(request.body) }}).transform(new Response("<p></p>")).text()`, "<p>&lt;a&gt;</p>"},
		{"large", source(slices.Repeat([]string{strings.Repeat("<p>a</p>", 1000)}, 100)...), `return (await new HTMLRewriter().on("p:nth-child(100n)", {element(e) { e.remove() }}).transform(new Response(request.body)).text()).length`, "792000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := handle(t, upload(tc.source), tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// TestHTMLRewriterFaults holds that what a document is read from is canceled when a handler
// throws, and that a response that goes out ends with an error that says why.
func TestHTMLRewriterFaults(t *testing.T) {
	t.Parallel()
	s := source("<p>", "<b>", "<i>")
	src := `return await new HTMLRewriter().on("b", {element() { throw new RangeError("boom") }}).transform(new Response(request.body)).text()`
	if got := handle(t, upload(s), src); got != "throws RangeError: boom" || !s.canceled() {
		t.Errorf("got %q, canceled: %t", got, s.canceled())
	}

	s = source("<p>", "<b>", "<i>")
	vm := newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	response := respond(t, vm, upload(s), strings.Replace(strings.Replace(src, ".text()", "", 1), "await ", "", 1))
	got, err := drain(t, vm, response.Stream, 2)
	if want := []string{"<p>"}; !slices.Equal(got, want) || err == nil || err.Error() != "RangeError: boom" || !s.canceled() {
		t.Errorf("got %q, %v, canceled: %t", got, err, s.canceled())
	}
}

// TestHTMLRewriterFlows holds that a document goes out as it comes in, and that it ends when
// its reader leaves.
func TestHTMLRewriterFlows(t *testing.T) {
	t.Parallel()
	const src = `return new HTMLRewriter().on("p", {async element(e) { await null; e.append("!") }}).transform(new Response(request.body))`
	vm := newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	response := respond(t, vm, upload(source("<p>a", "b</p", ">c")), src)
	got, err := drain(t, vm, response.Stream, 10)
	if want := []string{"<p>a", "b", "!</p>c"}; !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}

	s := source("<p>a", "b</p", ">c")
	response = respond(t, vm, upload(s), src)
	if got, err := drain(t, vm, response.Stream, 1); !slices.Equal(got, []string{"<p>a"}) || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	response.Stream.Cancel(errors.New("the client left"))
	if got, err := drain(t, vm, response.Stream, 1); len(got) > 0 || err == nil {
		t.Errorf("after Cancel: %q, %v", got, err)
	}
	if err := vm.Run(t.Context(), s.canceled, nil); err != nil {
		t.Errorf("what the document is read from is not canceled: %v", err)
	}
}

// drain reads at most n pieces of a stream while the VM's loop runs.
func drain(t *testing.T, vm *js.VM, s webapi.Source, n int) (pieces []string, err error) {
	t.Helper()
	over := make(chan struct{})
	var waits *js.Expected
	if err := vm.Enter(t.Context(), func() { waits = vm.Expect() }); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(over)
		for range n {
			var chunk []byte
			if chunk, err = s.Next(t.Context()); err != nil {
				break
			}
			pieces = append(pieces, string(chunk))
		}
		waits.Done(func() {})
	}()
	if err := vm.Run(t.Context(), func() bool {
		select {
		case <-over:
			return true
		default:
			return false
		}
	}, nil); err != nil && !errors.Is(err, js.ErrNeverSettles) {
		t.Fatal(err)
	}
	<-over
	return pieces, err
}
