package webapi_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// newsPage is a script's beginning that makes a page of about 100 KB.
const newsPage = `
	let page = "<!doctype html><html lang=en><head><title>News</title><style>p { margin: 0 }</style></head><body>\n";
	for (let i = 0; i < 225; i++) page += '<article class="story item-' + i + '" data-id="' + i + '"><h2><a href="/story/' + i + '">Headline number ' + i + '</a></h2>\n' +
		'<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.\n' +
		'Ut enim ad minim veniam, <em>quis nostrud</em> exercitation ullamco laboris.</p>\n' +
		'<img src="/img/' + i + '.jpg" alt="A picture" width=320 height=200><!-- story ' + i + ' --><ul><li>One</li><li>Two</li><li>Three</li></ul></article>\n';
	page += "</body></html>\n";
`

// BenchmarkHTMLRewriter takes a page of 100 KB through handlers of three selectors, which
// match 675 elements of it, and through one that never matches.
func BenchmarkHTMLRewriter(b *testing.B) {
	for _, bc := range []struct{ name, rules string }{
		{"three selectors", `.on("a[href]", {element(e) { e.setAttribute("rel", "nofollow") }}).on("article > p", {element(e) { e.append("!") }}).on("img:not([loading])", {element(e) { e.setAttribute("loading", "lazy") }})`},
		{"nothing matches", `.on("x-none[a]", {element() {}})`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			program, err := js.CompileFunction("bench.js", newsPage+`return () => new HTMLRewriter()`+bc.rules+`.transform(new Response(page)).text()`, nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			vm := newPlatform(b).NewVM(js.Config{})
			defer vm.Abandon()
			var f, result js.Value
			if err := vm.Enter(b.Context(), func() { f, err = vm.Evaluate(program) }); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := vm.Enter(b.Context(), func() { result, err = vm.Call(f, js.Undefined) }); err != nil {
					b.Fatal(err)
				}
				if err := vm.Run(b.Context(), func() bool { state, _ := js.Peek(result); return state == js.Fulfilled }, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
