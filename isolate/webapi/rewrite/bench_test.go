package rewrite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// page100KB is a page of articles, about 100 KB.
var page100KB = func() string {
	var s strings.Builder
	s.WriteString("<!doctype html><html lang=en><head><title>News</title><style>p { margin: 0 }</style></head><body>\n")
	for i := range 180 {
		fmt.Fprintf(&s, `<article class="story item-%d" data-id="%d"><h2><a href="/story/%d">Headline number %d</a></h2>
<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.
Ut enim ad minim veniam, <em>quis nostrud</em> exercitation ullamco laboris.</p>
<img src="/img/%d.jpg" alt="A picture" width=320 height=200><!-- story %d --><ul><li>One</li><li>Two</li><li>Three</li></ul></article>
`, i, i, i, i, i, i)
	}
	s.WriteString("<script>for (let i = 0; i < 10; i++) console.log('<p>' + i)</script></body></html>\n")
	return s.String()
}()

func BenchmarkRewrite(b *testing.B) {
	edits := map[string]rewrite.Handlers{
		"a[href]":          {Element: func(e *rewrite.Element) { _ = e.SetAttribute("rel", "nofollow") }},
		"article > p":      {Element: func(e *rewrite.Element) { e.Append(text("!")) }},
		"img:not([width])": {Element: func(e *rewrite.Element) { _ = e.SetAttribute("loading", "lazy") }},
	}
	nothing := map[string]rewrite.Handlers{"x-none[a]": {Element: func(*rewrite.Element) {}}}
	for _, bc := range []struct {
		name     string
		handlers map[string]rewrite.Handlers
	}{{"three selectors", edits}, {"nothing matches", nothing}} {
		b.Run(bc.name, func(b *testing.B) {
			rules := new(rewrite.Rules)
			for selector, h := range bc.handlers {
				if err := rules.On(selector, h); err != nil {
					b.Fatal(err)
				}
			}
			page := []byte(page100KB)
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := rewrite.New(rules, rewrite.Config{})
				if err != nil {
					b.Fatal(err)
				}
				r.Write(page)
				for c, err := r.Next(); c != nil; c, err = r.Next() {
					if err != nil {
						b.Fatal(err)
					}
					call(r, c)
				}
				r.Output()
			}
		})
	}
}
