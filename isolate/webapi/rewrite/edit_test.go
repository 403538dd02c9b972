package rewrite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

func TestElementEdits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, page, selector string
		edit                 onElement
		want                 string
	}{
		{"nothing", `<a  B='c' / >x</A >`, "a", func(*rewrite.Element) {}, `<a  B='c' / >x</A >`},
		{"before", "<p><a>x</a></p>", "a", func(e *rewrite.Element) { e.Before(html("<1>")); e.Before(text("<2&>")) }, "<p><1>&lt;2&amp;&gt;<a>x</a></p>"},
		{"after", "<p><a>x</a></p>", "a", func(e *rewrite.Element) { e.After(html("<1>")); e.After(text("<2>")) }, "<p><a>x</a>&lt;2&gt;<1></p>"},
		{"prepend", "<a>x</a>", "a", func(e *rewrite.Element) { e.Prepend(text("1")); e.Prepend(text("2")) }, "<a>21x</a>"},
		{"append", "<a>x</a>", "a", func(e *rewrite.Element) { e.Append(text("1")); e.Append(text("2")) }, "<a>x12</a>"},
		{"all around", "<a>x</a>", "a", func(e *rewrite.Element) {
			e.Before(text("b"))
			e.After(text("a"))
			e.Prepend(text("p"))
			e.Append(text("q"))
		}, "b<a>pxq</a>a"},
		{"inner content", "<a>x<b>y</b></a>z", "a", func(e *rewrite.Element) {
			e.Prepend(text("gone"))
			e.Append(text("gone"))
			e.SetInnerContent(text("gone"))
			e.SetInnerContent(html("<i>"))
		}, "<a><i></a>z"},
		{"around inner content", "<a>x</a>", "a", func(e *rewrite.Element) {
			e.SetInnerContent(text("i"))
			e.Prepend(text("p"))
			e.Append(text("q"))
		}, "<a>piq</a>"},
		{"replace", "1<a>x<b>y</b></a>2", "a", func(e *rewrite.Element) { e.Replace(text("gone")); e.Replace(text("r")) }, "1r2"},
		{"around a replacement", "<a>x</a>", "a", func(e *rewrite.Element) { e.Replace(text("r")); e.Before(text("b")); e.After(text("a")) }, "bra"},
		{"remove", "1<a>x<b>y</b><!--z--></a>2", "a", func(e *rewrite.Element) { e.Remove() }, "12"},
		{"around what is removed", "<a>x</a>", "a", func(e *rewrite.Element) {
			e.Remove()
			e.Before(text("b"))
			e.After(text("a"))
			e.Prepend(text("p"))
			e.Append(text("q"))
		}, "bpqa"},
		{"remove and keep content", "1<a>x<b>y</b></a>2", "a", func(e *rewrite.Element) { e.RemoveAndKeepContent() }, "1x<b>y</b>2"},
		{"remove within what is removed", "<a>x<a>y</a>z</a>w", "a", func(e *rewrite.Element) { e.Remove(); e.Before(text("b")) }, "bw"},
		{"an element without content", "<br>x", "br", func(e *rewrite.Element) {
			e.Prepend(text("no"))
			e.Append(text("no"))
			e.SetInnerContent(text("no"))
			e.Before(text("b"))
			e.After(text("a"))
		}, "b<br>ax"},
		{"remove an element without content", "1<br/>2", "br", func(e *rewrite.Element) { e.Remove() }, "12"},
		{"replace an element without content", "1<img>2", "img", func(e *rewrite.Element) { e.Replace(text("r")) }, "1r2"},
		{"an element of SVG that ends itself", "<svg><g/><g>x</g></svg>", "g", func(e *rewrite.Element) { e.Append(text("a")) }, "<svg><g/><g>xa</g></svg>"},
		{"an element of HTML that seems to end itself", "<b/>x</b>", "b", func(e *rewrite.Element) { e.Append(text("a")) }, "<b/>xa</b>"},
		{"esi:include", "<esi:include src=x>y", "esi\\:include", func(e *rewrite.Element) { e.Replace(text("r")) }, "ry"},

		{"rename", "<DIV a=b>x</DIV >", "div", func(e *rewrite.Element) { _ = e.SetTagName("Span") }, "<Span a=b>x</Span>"},
		{"rename an element without content", "<br>", "br", func(e *rewrite.Element) { _ = e.SetTagName("hr") }, "<hr>"},
		{"rename one that ends itself", "<svg><a b=c /></svg>", "a", func(e *rewrite.Element) { _ = e.SetTagName("x") }, "<svg><x b=c /></svg>"},
		{"its new name", "<a>x</a>", "a", func(e *rewrite.Element) { _ = e.SetTagName("Bc"); e.Prepend(text(e.TagName())) }, "<Bc>bcx</Bc>"},
		{"set a new attribute", "<a b='c'  d>x</a>", "a", func(e *rewrite.Element) { _ = e.SetAttribute("NEW", `1"2'3&<`) }, `<a b='c' d new="1&quot;2'3&<">x</a>`},
		{"set an attribute", "<a b=c D=e>x</a>", "a", func(e *rewrite.Element) { _ = e.SetAttribute("d", "f") }, `<a b=c D="f">x</a>`},
		{"set the first of equal attributes", "<a b=c b=d>", "a", func(e *rewrite.Element) { _ = e.SetAttribute("b", "f") }, `<a b="f" b=d>`},
		{"set where the slash could be taken", "<br b=c />", "br", func(e *rewrite.Element) { _ = e.SetAttribute("d", "") }, `<br b=c d="" />`},
		{"set where there is none", "<br/>", "br", func(e *rewrite.Element) { _ = e.SetAttribute("d", "") }, `<br d="" />`},
		{"remove an attribute", "<a b c='d' e>x</a>", "a", func(e *rewrite.Element) { e.RemoveAttribute("C") }, `<a b e>x</a>`},
		{"remove the only attribute", "<a b/>", "a", func(e *rewrite.Element) { e.RemoveAttribute("b") }, `<a/>`},
		{"remove an attribute that is not there", "<a  b>x</a>", "a", func(e *rewrite.Element) { e.RemoveAttribute("c") }, `<a  b>x</a>`},
		{"remove one that was set", "<a>", "a", func(e *rewrite.Element) { _ = e.SetAttribute("c", "d"); e.RemoveAttribute("c") }, `<a>`},

		{"after an unclosed element", "<div><p>x</div>y", "p", func(e *rewrite.Element) { e.Append(text("1")); e.After(text("2")) }, "<div><p>x12</div>y"},
		{"remove an unclosed element", "<div><p>x</div>y", "p", func(e *rewrite.Element) { e.Remove() }, "<div></div>y"},
		{"rename an unclosed element", "<div><p>x</div>y", "p", func(e *rewrite.Element) { _ = e.SetTagName("q") }, "<div><q>x</div>y"},
		{"unclosed elements within each other", "<div><p>1<p>2</div>", "*", func(e *rewrite.Element) { e.Append(text("[" + e.TagName() + "]")) }, "<div><p>1<p>2[p][p][div]</div>"},
		{"an element that the document's end closes", "<p>x", "p", func(e *rewrite.Element) { e.Append(text("lost")); e.Prepend(text("p")) }, "<p>px"},
		{"an end tag that ends nothing", "<p>x</b></p>y</p>", "p", func(e *rewrite.Element) { e.Append(text("a")) }, "<p>x</b>a</p>y</p>"},
		{"p in p", "<p>1<p>2</p>3</p>", "p", func(e *rewrite.Element) { e.Append(text("a")) }, "<p>1<p>2a</p>3a</p>"},
		{"edits of an unclosed element that is removed", "<div><p>x</div>", "*", func(e *rewrite.Element) {
			if e.TagName() == "div" {
				e.Remove()
			}
			e.After(text("a"))
		}, "a"},

		{"title", "<title>a<b>&amp;</title>", "title", func(e *rewrite.Element) { e.Append(text("x")) }, "<title>a<b>&amp;x</title>"},
		{"style", "<style></styl></style>", "style", func(e *rewrite.Element) { e.Append(text("x")) }, "<style></styl>x</style>"},
		{"what looks like markup in a script", "<script>if (a<b) '<p>'</script><p>", "p", func(e *rewrite.Element) { e.Append(text("x")); e.Before(text("b")) }, "<script>if (a<b) '<p>'</script>b<p>"},
		{"a script that hides its end", "<script><!--<script></script>--></script>x", "script", func(e *rewrite.Element) { e.After(text("a")) }, "<script><!--<script></script>--></script>ax"},
		{"a title in SVG", "<svg><title><b id=x></b></title></svg>", "b", func(e *rewrite.Element) { e.After(text("a")) }, "<svg><title><b id=x></b>a</title></svg>"},
		{"plaintext", "<plaintext><p></plaintext>", "*", func(e *rewrite.Element) { e.Prepend(text(e.TagName())) }, "<plaintext>plaintext<p></plaintext>"},
		{"noscript", "<noscript><p></noscript>", "*", func(e *rewrite.Element) { e.Prepend(text(e.TagName())) }, "<noscript>noscript<p></noscript>"},
		{"CDATA", "<svg><![CDATA[<p>]]></svg><![CDATA[<p>]]>", "*", func(e *rewrite.Element) { e.Before(text("!")) }, "!<svg><![CDATA[<p>]]></svg><![CDATA[<p>]]>"},
		{"a tag that never ends", "<p>x<p a='", "p", func(e *rewrite.Element) { e.Before(text("!")) }, "!<p>x<p a='"},

		{"a stream", "<a>x</a>", "a", func(e *rewrite.Element) {
			e.Before(rewrite.Content{Stream: []string{"<", "b", ">"}})
			e.Prepend(rewrite.Content{Stream: []string{"<i", ">\xc3", "\xa9"}, HTML: true})
			e.Append(rewrite.Content{Stream: []string{}})
			e.Append(text("c"))
			e.After(rewrite.Content{Stream: []string{"d\xc3"}})
		}, "&lt;b&gt;<a><i>\u00e9xc</a>d\xc3"},
		{"streams around a replacement", "<a>x</a>", "a", func(e *rewrite.Element) {
			e.Replace(rewrite.Content{Stream: []string{"1"}})
			e.After(rewrite.Content{Stream: []string{"2"}})
		}, "12"},
		{"a stream within what is removed", "<a><b>x</b></a>", "*", func(e *rewrite.Element) {
			e.Append(rewrite.Content{Stream: []string{"1"}})
			if e.TagName() == "a" {
				e.Remove()
			}
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for name, chunks := range splits(tc.page) {
				if got, err := run(element(t, tc.selector, tc.edit), rewrite.Config{}, chunks...); got != tc.want || err != nil {
					t.Errorf("%s:\n got %q\nwant %q\nerror %v", name, got, tc.want, err)
				}
			}
		})
	}
}

// TestRefusedEdits gives edits what would break the document.
func TestRefusedEdits(t *testing.T) {
	t.Parallel()
	var log []string
	note := func(err error) { log = append(log, fmt.Sprint(err)) }
	rules := element(t, "br", func(e *rewrite.Element) {
		for _, name := range []string{"", "1", "a b", "a>", "a/"} {
			note(e.SetTagName(name))
		}
		for _, name := range []string{"", "a b", "a=", "a>", "a/"} {
			note(e.SetAttribute(name, "x"))
		}
		note(e.OnEndTag(1))
	})
	rules.OnDocument(rewrite.DocumentHandlers{Comments: func(c *rewrite.Comment) {
		for _, text := range []string{"a-->b", "a--!>b", ">a", "->a", "-a", "a--"} {
			note(c.SetText(text))
		}
	}})
	const page = "<br><!--x-->"
	got, err := run(rules, rewrite.Config{}, page)
	if want := "<br><!--a---->"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	want := `the name of a tag can't be empty
the name of a tag must begin with a letter from a to z
the name of a tag can't have the character ' ' in it
the name of a tag can't have the character '>' in it
the name of a tag can't have the character '/' in it
the name of an attribute can't be empty
the name of an attribute can't have the character ' ' in it
the name of an attribute can't have the character '=' in it
the name of an attribute can't have the character '>' in it
the name of an attribute can't have the character '/' in it
this element has no end tag
a comment can't have --> in it: that ends it
a comment can't have --!> in it: that ends it
a comment can't begin with > or ->: that ends it
a comment can't begin with > or ->: that ends it
<nil>
<nil>`
	if got := strings.Join(log, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestTokens shows handlers of all kinds what there is, and what they are called with.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, page, want string }{
		{"text", "a&lt;b<i>c</i>", `text "a&lt;b", text end, element i [], text "c", text end, end i, end`},
		{"a lone <", "1 < 2 <3 </ x>", `text "1 < 2 <3 ", text end, comment " x", end`},
		{"comments", "<!--a--><!-- b --!><!--><!---><!----><?php x?><!x></ y><!><!-a-->", `comment "a", comment " b ", comment "", comment "", comment "", comment "?php x?", comment "x", comment " y", comment "", comment "-a--", end`},
		{"a comment that never ends", "<!--abc", `comment "abc", end`},
		{"a comment that almost ends", "<!--abc--", `comment "abc", end`},
		{"an end tag of nothing", "a</>b", `text "a", text end, text "b", text end, end`},
		{"doctypes", `<!DOCTYPE Html><!doctype html PUBLIC "a" 'b'><!doctype><!doctype html system "s"><!doctype html public "x">`,
			`doctype html - -, doctype html a b, doctype - - -, doctype html - s, doctype html x -, end`},
		{"odd doctypes", `<!doctypehtml><!doctype html publicx><!doctype html publi><!doctype html public><!doctype html system"s`, `doctype html - -, doctype html - -, doctype html - -, doctype html - -, doctype html - s, end`},
		{"attributes", `<A B c=d E='f"' g="h>" i = j k= "l" =m n/o / p=/>`, `element a [b= c=d e=f" g=h> i=j k=l =m= n= o= p=/], end`},
		{"equal attributes", `<a b=1 B=2>`, `element a [b=1 b=2], end`},
		{"namespaces", `<svg><a/><title><p></title><math/></svg><math><mi><b></mi><svg></svg></math><svg><p>`,
			`element svg svg [], element a svg [], element title svg [], element p [], end title, element math svg [], end svg, element math math [], element mi math [], element b [], end mi, element svg svg [], end svg, end math, element svg svg [], element p [], end`},
		{"SVG that ends itself", `<svg/><title><a></title>`, `element svg svg [], element title [], text "<a>", text end, end title, end`},
		{"HTML in MathML", `<math><annotation-xml encoding="TEXT/html"><title><a></title></annotation-xml><a/>`, `element math math [], element annotation-xml math [encoding=TEXT/html], element title [], text "<a>", text end, end title, end annotation-xml, element a math [], end`},
		{"a font in SVG", `<svg><font/><font color=x>`, `element svg svg [], element font svg [], element font [color=x], end`},
		{"CDATA", "<svg>a<![CDATA[b]]]>c</svg>", `element svg svg [], text "a", text end, text "b]", text end, text "c", text end, end svg, end`},
		{"CDATA that never ends", "<svg><![CDATA[b]]", `element svg svg [], text "b]]", text end, end`},
		{"a script", "<script>a<!--<script></script>b--></script>c", `element script [], text "a<!--<script></script>b-->", text end, end script, text "c", text end, end`},
		{"an empty comment in a script", "<script><!--></script>c", `element script [], text "<!-->", text end, end script, text "c", text end, end`},
		{"an upper case end", "<STYLE>a</sTyLe\n>c", `element style [], text "a", text end, end style, text "c", text end, end`},
		{"a textarea", "<textarea><p>&amp;</textarea", `element textarea [], text "<p>&amp;</textarea", text end, end`},
		{"nothing", "", `end`},
		{"a byte order mark", "\ufeffa", `text "\ufeffa", text end, end`},
		{"broken UTF-8", "a\xffb\xc3<p>\xe2\x82", `text "a\xffb\xc3", text end, element p [], text "\xe2\x82", text end, end`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for name, chunks := range splits(tc.page) {
				got, out, err := events(chunks)
				if got != tc.want || out != tc.page || err != nil {
					t.Errorf("%s:\n got %s\nwant %s\nerror %v, page %q", name, got, tc.want, err, out)
				}
			}
		})
	}
}

// events lists what handlers for everything are called with. Pieces of text are joined.
func events(chunks []string) (list, out string, err error) {
	var log []string
	text := ""
	or := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	rules := new(rewrite.Rules)
	err = rules.On("*", rewrite.Handlers{Element: func(e *rewrite.Element) {
		var attributes []string
		for i := 0; ; i++ {
			name, value, ok := e.AttributeAt(i)
			if !ok {
				break
			}
			attributes = append(attributes, name+"="+value)
		}
		space := map[rewrite.Namespace]string{rewrite.SVG: "svg ", rewrite.MathML: "math "}[e.Namespace()]
		log = append(log, fmt.Sprintf("element %s %s%v", e.TagName(), space, attributes))
		_ = e.OnEndTag(func(t *rewrite.EndTag) {
			if log[len(log)-1] != "end "+t.Name() {
				log = append(log, "end "+t.Name())
			}
		})
	}})
	rules.OnDocument(rewrite.DocumentHandlers{
		Doctype: func(d *rewrite.Doctype) {
			log = append(log, fmt.Sprintf("doctype %s %s %s", or(d.Name()), or(d.PublicID()), or(d.SystemID())))
		},
		Comments: func(c *rewrite.Comment) { log = append(log, fmt.Sprintf("comment %q", c.Text())) },
		Text: func(t *rewrite.Text) {
			if text += t.Text(); t.Last() {
				log = append(log, fmt.Sprintf("text %q", text), "text end")
				text = ""
			}
		},
		End: func(*rewrite.DocumentEnd) { log = append(log, "end") },
	})
	if err != nil {
		return "", "", err
	}
	out, err = run(rules, rewrite.Config{}, chunks...)
	return strings.Join(log, ", "), out, err
}
