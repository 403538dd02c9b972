package rewrite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// pages are what fuzzing begins with.
var pages = []string{
	"", "a", "<p class=x id='y'>a<b>c</b>d<!--e--></p>", "<!doctype html><title>a<b></title><br/>",
	"<svg><title><p></title><![CDATA[a]]]></svg><math><mi><svg/></mi></math>", "</></ x><?y?><!z><!-->a--><!--b--!>c",
	"<script>a<!--<script></script>b--></script>c", "<style></styl</style >x<textarea></textarea/>", "<plaintext></plaintext>",
	"<a b=c d = 'e' f=\"g\"h/=i j/>", "<div><p>a<p>b</div>c</p>", "<select><title>", "\xff<p>\xc3\xa9\xc3</p>\xe2", "<a <b='>' <!-", "<a b='", "<!DOCTYPE html PUBLIC 'x",
	"<script><!-", "<script><!--<scrip", "<svg><![CDAT", "<title></titl", "<!docty", "a<", "<font color><svg><font color>",
}

// FuzzRewrite holds that a page on which nothing is changed is byte for byte what it was, and
// that what becomes of one does not depend on the pieces it comes in.
func FuzzRewrite(f *testing.F) {
	for _, page := range pages {
		f.Add(page, uint16(1), uint16(3))
	}
	f.Fuzz(func(t *testing.T, page string, first, second uint16) {
		i := min(int(first), len(page))
		j := min(i+int(second), len(page))
		ways := splits(page)
		ways["fuzzed"] = []string{page[:i], page[i:j], page[j:]}
		wantLog, _, wantErr := events(ways["whole"])
		wantEdited, _ := run(editing(t), rewrite.Config{}, page)
		wantJapanese, _ := run(editing(t), rewrite.Config{Charset: "shift_jis"}, page)
		for name, chunks := range ways {
			log, out, err := events(chunks)
			if out != page && err == nil || !strings.HasPrefix(page, out) {
				t.Fatalf("%s: %q became %q", name, page, out)
			}
			if (err == nil) != (wantErr == nil) || err == nil && log != wantLog {
				t.Fatalf("%s: %q gives\n%s, %v\n%s, %v", name, page, log, err, wantLog, wantErr)
			}
			var ambiguity *rewrite.AmbiguityError
			if err != nil && !errors.As(err, &ambiguity) {
				t.Fatalf("%q: %v", page, err)
			}
			if edited, _ := run(editing(t), rewrite.Config{}, chunks...); edited != wantEdited {
				t.Fatalf("%s: %q becomes\n%q\n%q", name, page, edited, wantEdited)
			}
			if edited, _ := run(editing(t), rewrite.Config{Charset: "shift_jis"}, chunks...); edited != wantJapanese {
				t.Fatalf("%s: in Shift_JIS %q becomes\n%q\n%q", name, page, edited, wantJapanese)
			}
		}
	})
}

// editing makes rules that change much, in ways that don't depend on pieces of text.
func editing(t testing.TB) *rewrite.Rules {
	rules := element(t, "p, [b], svg *", func(e *rewrite.Element) {
		e.Before(text("1"))
		e.After(html("<2>"))
		e.Append(text("3"))
		_ = e.SetAttribute("x", "y")
		_ = e.OnEndTag(func(t *rewrite.EndTag) { t.Before(text("4")) })
	})
	for selector, h := range map[string]rewrite.Handlers{
		"p p":              {Element: (*rewrite.Element).RemoveAndKeepContent},
		":nth-of-type(2n)": {Element: func(e *rewrite.Element) { e.SetInnerContent(text("5")) }},
		"b:not(:first-child)": {Text: func(t *rewrite.Text) {
			if t.Last() {
				t.After(text("6"))
			}
		}},
		"div > *": {Comments: (*rewrite.Comment).Remove, Element: func(e *rewrite.Element) { _ = e.SetTagName("q") }},
	} {
		if err := rules.On(selector, h); err != nil {
			t.Fatal(err)
		}
	}
	return rules
}

// FuzzSelector parses anything, and matches it with a page.
func FuzzSelector(f *testing.F) {
	for _, s := range []string{"a > b c, *|d", `[a~="b\c" i]#d.e\66:not(:nth-child(-2n + 3), *)`, ":nth-of-type(odd)/**/ x", "[a=b", ":not(:not(", "\\", "-\\-", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, selector string) {
		rules := new(rewrite.Rules)
		err := rules.On(selector, rewrite.Handlers{Element: func(e *rewrite.Element) { e.TagName() }})
		var selectorError *rewrite.SelectorError
		if err != nil && (!errors.As(err, &selectorError) || selectorError.Offset > len(selector)) {
			t.Fatalf("%q: %v", selector, err)
		}
		const page = "<a b='c d' id=x><b class='e f'><c></c><d></d></b></a>"
		if out, err := run(rules, rewrite.Config{}, page); out != page || err != nil {
			t.Fatalf("%q: %q, %v", selector, out, err)
		}
	})
}
