package webapi_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// TestHostileHTML gives an HTMLRewriter pages, selectors and handlers that ask for more than
// an event may, as TestHostile does with the rest.
func TestHostileHTML(t *testing.T) {
	const begin = `const take = (page, setup) => { const r = new HTMLRewriter(); setup(r); return r.transform(new Response(page)).text() }; const nothing = {element() {}, text() {}, comments() {}};`
	for _, tc := range []struct{ name, src string }{
		{"a million attributes", `for (;;) try { await take("<p" + " a".repeat(1e6), r => r.on("[b]", nothing)) } catch {}`},
		{"as many attributes as there may be", `const p = "<p" + " a".repeat(16000) + ">"; for (;;) await take(p.repeat(50), r => r.on("[b][c],[d],[e]", nothing))`},
		{"attributes set", `for (;;) try { await take("<p>".repeat(100), r => r.on("p", {element(e) { for (let i = 0; i < 2e4; i++) e.setAttribute("a" + i, "x") }})) } catch {}`},
		{"an attribute read", `const p = "<p" + " a".repeat(16000) + ">"; await take(p, r => r.on("p", {element(e) { for (;;) e.getAttribute("b") }}))`},
		{"attributes walked", `const p = "<p" + " a".repeat(16000) + ">"; await take(p, r => r.on("p", {element(e) { for (;;) for (const a of e.attributes); }}))`},
		{"deep nesting", `const p = "<p>".repeat(1e5); for (;;) try { await take(p, r => r.on("p p p p", nothing)) } catch {}`},
		{"deep nesting and many selectors", `const p = "<p>".repeat(3e4); for (;;) try { await take(p, r => { for (let i = 0; i < 1000; i++) r.on("p > p p > p", nothing) }) } catch {}`},
		{"many selectors", `const p = "<p>x</p>".repeat(3e4); for (;;) await take(p, r => { for (let i = 0; i < 3000; i++) r.on("a", nothing) })`},
		{"a long selector", `for (;;) new HTMLRewriter().on("a ".repeat(8000) + "b", {})`},
		{"a selector that is too long", `for (;;) try { new HTMLRewriter().on("a".repeat(6e6), {}) } catch {}`},
		{"a long list of selectors", `const p = "<b>".repeat(1e4), s = "a,".repeat(8000) + "b"; for (;;) await take(p, r => r.on(s, nothing))`},
		{"endless rules", `const r = new HTMLRewriter(); for (;;) r.on("a b c d e f g h", nothing)`},
		{"names of types", `const p = Array.from({length: 6e4}, (_, i) => "<a" + i + "></a" + i + ">").join(""); /**/ for (;;) try { await take(p, r => r.on(":nth-of-type(2)", nothing)) } catch {}`},
		{"end tags of nothing", `const p = "<a>".repeat(3e4) + "</b>".repeat(1e6); /**/ for (;;) await take(p, r => r.on("c", nothing))`},
		{"end tags of all", `const p = "<a>" + "<b>".repeat(3e4) + "</a>"; for (;;) await take(p, r => r.on("b", {element(e) { e.append("x").onEndTag(() => {}) }}))`},
		{"large content, often", `const s = "x".repeat(1e6); await take("<p>".repeat(1e5), r => r.on("p", {element(e) { e.before(s) }}))`},
		{"large content, escaped", `const s = "<".repeat(1e6); for (;;) await take("<p>", r => r.on("p", {element(e) { e.before(s) }}))`},
		{"large content with other characters", `const s = "\u00e4".repeat(1e6); for (;;) await take("<p>", r => r.on("p", {element(e) { e.before(s) }}))`},
		{"content that is kept", `await take("<p>", r => r.on("p", {element(e) { for (;;) e.before("x") }}))`},
		{"content at the end", `await take("<p>", r => r.onDocument({end(e) { for (;;) e.append("x") }}))`},
		{"content that is replaced", `await take("<p>", r => r.on("p", {element(e) { for (;;) e.replace("x").setInnerContent("y") }}))`},
		{"endless streams as content", `await take("<p>", r => r.on("p", {element(e) { for (;;) e.before(new Response("x")) }}))`},
		{"an endless stream as content", `await take("<p>", r => r.on("p", {element(e) { e.before(new ReadableStream({pull(c) { c.enqueue(new Uint8Array(1e5)) }})) }}))`},
		{"an endless page", `const r = new HTMLRewriter().on("p", nothing).transform(new Response(new ReadableStream({pull(c) { c.enqueue(new Uint8Array(1e5).fill(60)) }}))); await r.text()`},
		{"an endless page that nobody keeps", `const r = new HTMLRewriter().on("p", nothing).transform(new Response(new ReadableStream({pull(c) { c.enqueue(new TextEncoder().encode("<p>x</p>")) }}))).body.getReader(); for (;;) await r.read()`},
		{"long text", `const p = "x".repeat(6e6); for (;;) await take(p, r => r.onDocument({text(t) { t.text }}))`},
		{"text asked for", `await take("x".repeat(6e4), r => r.onDocument({text(t) { for (;;) t.text }}))`},
		{"a long comment", `const p = "<!--" + "-".repeat(1e6) + ">"; for (;;) await take(p, r => r.onDocument({comments(c) { c.text }}))`},
		{"a long comment set", `const s = "-".repeat(6e6); await take("<!---->", r => r.onDocument({comments(c) { for (;;) c.text = s }}))`},
		{"a long name", `const p = "<" + "a".repeat(1e6) + ">"; for (;;) await take(p, r => r.on("*", {element(e) { e.tagName }}))`},
		{"a long name set", `const s = "a".repeat(6e6); await take("<p>", r => r.on("p", {element(e) { for (;;) e.tagName = s }}))`},
		{"a long value set", `const s = '"'.repeat(6e6); for (;;) await take("<p>", r => r.on("p", {element(e) { e.setAttribute("a", s) }}))`},
		{"a long value matched", `const p = ("<p class='" + "x ".repeat(4e5) + "'>").repeat(3); for (;;) await take(p, r => r.on(".y, .z, [class$=a i], [class*=b i]", nothing))`},
		{"a script that hides its end", `const p = "<script><!--" + "<script>--".repeat(5e5); for (;;) await take(p, r => r.on("a", nothing))`},
		{"brackets in CDATA", `const p = "<svg><![CDATA[" + "]".repeat(6e6); for (;;) await take(p, r => r.on("a", nothing))`},
		{"less-than signs", `const p = "<".repeat(6e6); for (;;) await take(p, r => r.on("a", nothing))`},
		{"nested SVG", `const p = "<svg>".repeat(1e6); for (;;) await take(p, r => r.onDocument({comments() {}}))`},
		{"a legacy encoding", `const p = new Uint8Array(3e6).fill(0x83); for (;;) await new HTMLRewriter().onDocument({text(t) { t.text }}).transform(new Response(p, {headers: {"content-type": "text/html;charset=shift_jis"}})).text()`},
		{"rewriters in rewriters", `const f = () => new HTMLRewriter().on("p", {element(e) { e.append(f(), {html: true}) }}).transform(new Response("<p></p>")); await f().text()`},
		{"handlers that rewrite", `const f = async () => { await take("<p>", r => r.on("p", {element: f})) }; await f()`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var late atomic.Bool
			turns := js.NewTurns(js.TurnsConfig{Grace: hostileGrace, Overrun: func(js.Overrun) { late.Store(true) }})
			hang := time.AfterFunc(hostileHang, func() { panic(tc.name + " hangs") })
			outcome, used := runHostile(t, turns, begin+tc.src)
			hang.Stop()
			turns.Close()
			if late.Load() {
				t.Errorf("no interrupt reached it: %s after %v of CPU", outcome, used)
			}
			if strings.HasPrefix(outcome, "BROKEN") {
				t.Error(outcome)
			}
			t.Logf("%.300s; %v of CPU", outcome, used.Round(time.Millisecond))
		})
	}
}
