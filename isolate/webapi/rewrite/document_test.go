package rewrite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// TestOrder shows in which order handlers are called.
func TestOrder(t *testing.T) {
	t.Parallel()
	var log []string
	rules := new(rewrite.Rules)
	note := func(name string) rewrite.DocumentHandlers {
		return rewrite.DocumentHandlers{
			Doctype:  func(*rewrite.Doctype) { log = append(log, name+" doctype") },
			Comments: func(*rewrite.Comment) { log = append(log, name+" comment") },
			Text: func(t *rewrite.Text) {
				if !t.Last() {
					log = append(log, name+" "+t.Text())
				}
			},
			End: func(e *rewrite.DocumentEnd) { log = append(log, name+" end"); e.Append(text("[" + name + "]")) },
		}
	}
	rules.OnDocument(note("d1"))
	for i, selector := range []string{"a b", "b", "*", "a > b, b"} {
		name := fmt.Sprint("e", i+1)
		h := note(name)
		err := rules.On(selector, rewrite.Handlers{Comments: h.Comments, Text: h.Text, Element: func(e *rewrite.Element) {
			log = append(log, name+" <"+e.TagName())
			_ = e.OnEndTag(func(t *rewrite.EndTag) {
				log = append(log, name+" >"+t.Name())
				t.Before(text(name + "-"))
				t.After(text("-" + name))
			})
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	rules.OnDocument(note("d2"))
	got, err := run(rules, rewrite.Config{}, "<!doctype html><a>x<b>y<!--z--></a>")
	if want := "<!doctype html><a>x<b>y<!--z-->e4-e3-</a>-e3-e4[d2][d1]"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	// One handler at a time has an element's end tag: the last that asked.
	want := "d1 doctype, d2 doctype, e3 <a, e3 x, d1 x, d2 x, e1 <b, e2 <b, e3 <b, e4 <b, " +
		"e1 y, e2 y, e3 y, e4 y, d1 y, d2 y, e1 comment, e2 comment, e3 comment, e4 comment, d1 comment, d2 comment, " +
		"e4 >a, e3 >a, d2 end, d1 end"
	if got := strings.Join(log, ", "); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestTokenEdits edits text, comments, end tags and the end of <a>x<b>y<!--z--></b></a>.
func TestTokenEdits(t *testing.T) {
	t.Parallel()
	// Text comes in pieces, and so do edits of it: these act at the end of a node.
	atEnd := func(f onText) onText {
		return func(t *rewrite.Text) {
			if t.Last() {
				f(t)
			}
		}
	}
	endTag := func(f onEndTag) onElement { return func(e *rewrite.Element) { _ = e.OnEndTag(f) } }
	for _, tc := range []struct {
		name     string
		handlers rewrite.Handlers // for b
		document rewrite.DocumentHandlers
		want     string
	}{
		{name: "around text", handlers: rewrite.Handlers{Text: atEnd(func(t *rewrite.Text) {
			t.Before(html("<1>"))
			t.Before(text("<2>"))
			t.After(html("<3>"))
			t.After(html("<4>"))
		})}, want: "<a>x<b>y<1>&lt;2&gt;<4><3><!--z--></b></a>"},
		{name: "text removed", handlers: rewrite.Handlers{Text: (*rewrite.Text).Remove}, want: "<a>x<b><!--z--></b></a>"},
		{name: "text replaced", handlers: rewrite.Handlers{Text: func(t *rewrite.Text) {
			if !t.Last() {
				t.Replace(text("gone"))
				t.Replace(text("<" + strings.ToUpper(t.Text()) + ">"))
			}
		}}, want: "<a>x<b>&lt;Y&gt;<!--z--></b></a>"},
		{name: "all text", document: rewrite.DocumentHandlers{Text: atEnd(func(t *rewrite.Text) { t.After(text("|")) })}, want: "<a>x|<b>y|<!--z--></b></a>"},
		{name: "around a comment", handlers: rewrite.Handlers{Comments: func(c *rewrite.Comment) {
			c.Before(text("1"))
			c.Before(text("2"))
			c.After(text("3"))
			c.After(text("4"))
		}}, want: "<a>x<b>y12<!--z-->43</b></a>"},
		{name: "a comment removed", handlers: rewrite.Handlers{Comments: (*rewrite.Comment).Remove}, want: "<a>x<b>y</b></a>"},
		{name: "a comment replaced", handlers: rewrite.Handlers{Comments: func(c *rewrite.Comment) { c.Replace(html("<" + c.Text() + ">")) }}, want: "<a>x<b>y<z></b></a>"},
		{name: "a comment set", document: rewrite.DocumentHandlers{Comments: func(c *rewrite.Comment) { _ = c.SetText(c.Text() + "!") }}, want: "<a>x<b>y<!--z!--></b></a>"},
		{name: "around an end tag", handlers: rewrite.Handlers{Element: endTag(func(t *rewrite.EndTag) {
			t.Before(text("1"))
			t.Before(text("2"))
			t.After(text("3"))
			t.After(text("4"))
		})}, want: "<a>x<b>y<!--z-->12</b>43</a>"},
		{name: "an end tag removed", handlers: rewrite.Handlers{Element: endTag((*rewrite.EndTag).Remove)}, want: "<a>x<b>y<!--z--></a>"},
		{name: "an end tag renamed", handlers: rewrite.Handlers{Element: endTag(func(t *rewrite.EndTag) { _ = t.SetName("Q") })}, want: "<a>x<b>y<!--z--></Q></a>"},
		{name: "the end", document: rewrite.DocumentHandlers{End: func(e *rewrite.DocumentEnd) { e.Append(text("<")); e.Append(html("<")) }}, want: "<a>x<b>y<!--z--></b></a>&lt;<"},
		{name: "a stream at the end", document: rewrite.DocumentHandlers{End: func(e *rewrite.DocumentEnd) { e.Append(rewrite.Content{Stream: []string{"1", "2"}}) }}, want: "<a>x<b>y<!--z--></b></a>12"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for name, chunks := range splits("<a>x<b>y<!--z--></b></a>") {
				rules := new(rewrite.Rules)
				if err := rules.On("b", tc.handlers); err != nil {
					t.Fatal(err)
				}
				rules.OnDocument(tc.document)
				if got, err := run(rules, rewrite.Config{}, chunks...); got != tc.want || err != nil {
					t.Errorf("%s:\n got %q\nwant %q\nerror %v", name, got, tc.want, err)
				}
			}
		})
	}
}

// TestCharset edits documents that are not UTF-8.
func TestCharset(t *testing.T) {
	t.Parallel()
	const page = "<\u30bf\u30b0><p title='\u8868\u793a'>\u8868\u793a\u6f22\u5b57<!--\u6f22--></p>"
	const want = "<\u30bf\u30b0>\u6f22&#128512;<p title='\u8868\u793a' new=\"\u8868\">[\u8868\u793a\u6f22\u5b57]\u8868\u793a\u6f22\u5b57|<!--\u6f22\u5b57--></p>"
	for _, label := range []string{"shift_jis", "euc-jp", "gbk", "GB18030", "big5", "utf-8", ""} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			encode := func(s string) string { return s }
			if label != "" {
				e, err := htmlindex.Get(label)
				if err != nil {
					t.Fatal(err)
				}
				encode = func(s string) string {
					out, err := e.NewEncoder().String(s)
					if err != nil {
						t.Skipf("%s lacks a character of the page", label)
					}
					return out
				}
			}
			want := want
			if label == "" || strings.HasPrefix(strings.ToLower(label), "utf") || label == "GB18030" {
				want = strings.Replace(want, "&#128512;", "\U0001f600", 1)
			}
			for name, chunks := range splits(encode(page)) {
				seen := ""
				rules := new(rewrite.Rules)
				if err := rules.On("[title=\u8868\u793a]", rewrite.Handlers{
					Element: func(e *rewrite.Element) {
						e.Before(text("\u6f22\U0001f600"))
						_ = e.SetAttribute("new", "\u8868")
						e.Prepend(text("[\u8868\u793a\u6f22\u5b57]"))
					},
					Text: func(t *rewrite.Text) {
						if seen += t.Text(); t.Last() {
							t.After(text("|"))
						}
					},
					Comments: func(c *rewrite.Comment) {
						if err := c.SetText(c.Text() + "\u5b57"); err != nil {
							t.Error(err)
						}
						if err := c.SetText("\U0001f600"); err == nil && !strings.Contains(want, "\U0001f600") {
							t.Error("a comment with a character that the encoding lacks is accepted")
						}
						_ = c.SetText("\u6f22\u5b57")
					},
				}); err != nil {
					t.Fatal(err)
				}
				got, err := run(rules, rewrite.Config{Charset: label}, chunks...)
				if got != encode(want) || err != nil || seen != "\u8868\u793a\u6f22\u5b57" {
					t.Errorf("%s: error %v, text %q\n got %q\nwant %q", name, err, seen, got, encode(want))
				}
			}
		})
	}
	for _, label := range []string{"utf-16", "utf-16be", "iso-2022-jp", "hz-gb-2312", "nonsense", "replacement"} {
		if _, err := rewrite.New(new(rewrite.Rules), rewrite.Config{Charset: label}); !errors.Is(err, rewrite.ErrCharset) {
			t.Errorf("%s: %v, want ErrCharset", label, err)
		}
	}
}

// TestAmbiguous gives documents that can't be read without a tree.
func TestAmbiguous(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"<select><title>":                              "title in select",
		"<select><option><style>":                      "style in select",
		"<select><script></script></select><title>":    "",
		"<select><input><title>":                       "",
		"<select><select><title>":                      "",
		"<select></select><xmp>":                       "",
		"<select><template><title>":                    "title in template",
		"<select><template><template></template><xmp>": "xmp in template",
		"<select><template></template><noscript>":      "noscript in select",
		"<frameset><noframes></noframes><iframe>":      "iframe in frameset",
		"<frameset></frameset><textarea>":              "textarea in frameset",
	} {
		out, err := run(element(t, "nothing", func(*rewrite.Element) {}), rewrite.Config{}, page)
		got := ""
		var ambiguity *rewrite.AmbiguityError
		if errors.As(err, &ambiguity) {
			got = ambiguity.Tag + " in " + ambiguity.Within
		} else if out != page {
			t.Errorf("%s: the page is %q", page, out)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

// TestAddedLater adds rules while a document goes through.
func TestAddedLater(t *testing.T) {
	t.Parallel()
	rules := element(t, "a", func(e *rewrite.Element) { e.Append(text("1")) })
	r, err := rewrite.New(rules, rewrite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	later := func(e *rewrite.Element) { e.Append(text("2")) }
	if err := rules.On("a", rewrite.Handlers{Element: later}); err != nil {
		t.Fatal(err)
	}
	r.Write([]byte("<a></a>"))
	for c, _ := r.Next(); c != nil; c, _ = r.Next() {
		call(r, c)
	}
	if got := string(r.Output()); got != "<a>1</a>" {
		t.Errorf("the document begun before is %q", got)
	}
	if got, err := run(rules, rewrite.Config{}, "<a></a>"); got != "<a>12</a>" || err != nil {
		t.Errorf("the next document is %q, %v", got, err)
	}
}
