package rewrite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// TestSelectors marks what each selector matches: the elements whose ids stand in want.
func TestSelectors(t *testing.T) {
	t.Parallel()
	const page = `<html id=html><body id=body class="  one two	Three "><p id=p1 lang=en-GB>x<p id=p2 title="a b c">` +
		`<div id=d1 data-x='Hello World'><span id=s1 class=one><b id=b1></b></span><i id=i1></i><span id=s2><b id=b2></b></span>` +
		`<a id=a1 href="https://e.com/x.png" type=TEXT></a><a id=a2 href="/y" TYPE=text></a></div>` +
		`<div id=d2><div id=d3><span id=s3></span></div><br id=br><img id=img><span id=s4></span></div>` +
		`<ul id=u><li id=l1></li><li id=l2></li><li id=l3></li><li id=l4></li><li id=l5></li></ul>` +
		`<svg id=svg><g id=g type=TEXT><path id=pa1 /><path id=pa2></path></g><foreignObject id=fo><p id=p3></p></foreignObject></svg></body></html>`
	for selector, want := range map[string]string{
		"*":                                 "html body p1 p2 d1 s1 b1 i1 s2 b2 a1 a2 d2 d3 s3 br img s4 u l1 l2 l3 l4 l5 svg g pa1 pa2 fo p3",
		"span":                              "s1 s2 s3 s4",
		"SPAN":                              "s1 s2 s3 s4",
		"*|span":                            "s1 s2 s3 s4",
		"foreignObject":                     "fo",
		"nothing":                           "",
		"#s1":                               "s1",
		"#S1":                               "",
		"span#s1.one":                       "s1",
		"b#s1":                              "",
		".one":                              "body s1",
		".two":                              "body",
		".Three":                            "body",
		".three":                            "",
		".one.two":                          "body",
		".on":                               "",
		"[title]":                           "p2",
		"[TITLE]":                           "p2",
		`[title="a b c"]`:                   "p2",
		`[title='A B C']`:                   "",
		`[title='A B C' i]`:                 "p2",
		`[title='A B C'I]`:                  "p2",
		`[title='A B C' s]`:                 "",
		`[ title = "a b c" ]`:               "p2",
		`[title~=b]`:                        "p2",
		`[title~="a b"]`:                    "",
		`[title~=""]`:                       "",
		`[title~="B" i]`:                    "p2",
		`[lang|=en]`:                        "p1",
		`[lang|="en-GB"]`:                   "p1",
		`[lang|="e"]`:                       "",
		`[lang|="EN"]`:                      "p1",
		`[lang|="EN" s]`:                    "",
		`[href^="https:"]`:                  "a1",
		`[href^=""]`:                        "",
		`[href$=".png"]`:                    "a1",
		`[href$=""]`:                        "",
		`[href*="com"]`:                     "a1",
		`[href*=""]`:                        "",
		`[data-x*="lo w" i]`:                "d1",
		`[data-x=hello]`:                    "",
		`[type=text]`:                       "a1 a2",
		`[type=text s]`:                     "a2",
		`[type=TEXT]`:                       "a1 a2 g",
		`[href][type]`:                      "a1 a2",
		`[id=s1]`:                           "s1",
		`[id="s\31 "]`:                      "s1",
		`#\73 1`:                            "s1",
		`[title="a b c"`:                    "p2",
		"div span":                          "s1 s2 s3 s4",
		"div  >  span":                      "s1 s2 s3 s4",
		"div>span":                          "s1 s2 s3 s4",
		"#d2 > span":                        "s4",
		"#d2 span":                          "s3 s4",
		"div div span":                      "s3",
		"div > div > span":                  "s3",
		"body div span b":                   "b1 b2",
		"body > b":                          "",
		"body > * > *":                      "p2",
		"p > p > *":                         "d1 d2 u svg",
		"p div":                             "d1 d2 d3",
		"p > p":                             "p2",
		"html body div > span > b":          "b1 b2",
		"span, i":                           "s1 i1 s2 s3 s4",
		"span,span,#s1":                     "s1 s2 s3 s4",
		" span , b ":                        "s1 b1 s2 b2 s3 s4",
		"li:first-child":                    "l1",
		"LI:FIRST-CHILD":                    "l1",
		":first-child":                      "html body p1 p2 d1 s1 b1 b2 d3 s3 l1 g pa1 p3",
		"li:nth-child(1)":                   "l1",
		"li:nth-child(2)":                   "l2",
		"li:nth-child(odd)":                 "l1 l3 l5",
		"li:nth-child(EVEN)":                "l2 l4",
		"li:nth-child(2n)":                  "l2 l4",
		"li:nth-child(2n+1)":                "l1 l3 l5",
		"li:nth-child( 2n + 1 )":            "l1 l3 l5",
		"li:nth-child(2n-1)":                "l1 l3 l5",
		"li:nth-child(n+4)":                 "l4 l5",
		"li:nth-child(-n+2)":                "l1 l2",
		"li:nth-child(-n + 2)":              "l1 l2",
		"li:nth-child(+3)":                  "l3",
		"li:nth-child(n)":                   "l1 l2 l3 l4 l5",
		"li:nth-child(0)":                   "",
		"li:nth-child(-2)":                  "",
		"li:nth-child(0n+2)":                "l2",
		"li:nth-child(3n-1)":                "l2 l5",
		"li:nth-child(99999999999)":         "",
		"li:nth-child(n+2):nth-child(-n+3)": "l2 l3",
		"span:nth-of-type(2)":               "s2",
		"span:first-of-type":                "s1 s3 s4",
		"a:nth-of-type(2)":                  "a2",
		"#d1 :nth-of-type(2)":               "s2 a2",
		"span:nth-child(3)":                 "s2",
		"span:not(#s1)":                     "s2 s3 s4",
		"span:not(#s1, #s2)":                "s3 s4",
		"span:not(.one):not(#s4)":           "s2 s3",
		"span:not(:first-of-type)":          "s2",
		"span:not(:not(.one))":              "s1",
		"span:not([class])":                 "s2 s3 s4",
		"span:not(*)":                       "",
		"div :not(span)":                    "b1 i1 b2 a1 a2 d3 br img",
		"li:not(:nth-child(2n)":             "l1 l3 l5",
		"br ~ span, b":                      "error",
		"span/**/b":                         "error",
		"span/* a */b":                      "error",
		"span /* > */ b":                    "b1 b2",
		"/* x */ #s1 /* y":                  "s1",
		"svg path":                          "pa1 pa2",
		"svg > g > path:first-child":        "pa1",
		"foreignObject > p":                 "p3",
		"svg p":                             "p3",
		"br *, img *":                       "",
		"#d2 > img + span":                  "error",
	} {
		t.Run(selector, func(t *testing.T) {
			t.Parallel()
			for name, chunks := range splits(page) {
				var got []string
				rules := new(rewrite.Rules)
				if err := rules.On(selector, rewrite.Handlers{Element: func(e *rewrite.Element) {
					id, _ := e.Attribute("id")
					got = append(got, id)
				}}); err != nil {
					got = []string{"error"}
				}
				out, err := run(rules, rewrite.Config{}, chunks...)
				if g := strings.Join(got, " "); g != want || out != page || err != nil {
					t.Errorf("%s:\n got %s\nwant %s\nerror %v, same page: %t", name, g, want, err, out == page)
				}
			}
		})
	}
}

func TestSelectorErrors(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]string{
		"":                               `"" is no selector: a selector is missing, at character 1`,
		"  ":                             `"  " is no selector: a selector is missing, at character 3`,
		"a,":                             `"a," is no selector: a selector is missing, at character 3`,
		",a":                             `",a" is no selector: a selector is missing, at character 1`,
		"a >":                            `"a >" is no selector: nothing comes after the combinator, at character 4`,
		"> a":                            `"> a" is no selector: '>' is unexpected, at character 1`,
		"a > > b":                        `"a > > b" is no selector: '>' is unexpected, at character 5`,
		"a + b":                          `"a + b" is no selector: the combinator '+' is not supported: what comes after is matched before what comes later is known; " " and ">" are, at character 3`,
		"a~b":                            `"a~b" is no selector: the combinator '~' is not supported: what comes after is matched before what comes later is known; " " and ">" are, at character 2`,
		"a|b":                            `"a|b" is no selector: namespaces are not supported, at character 2`,
		"|b":                             `"|b" is no selector: namespaces are not supported, at character 1`,
		"[a|b]":                          `"[a|b]" is no selector: namespaces are not supported, at character 3`,
		"[*|b]":                          `"[*|b]" is no selector: namespaces are not supported, at character 2`,
		"a*":                             `"a*" is no selector: '*' is unexpected, at character 2`,
		"1":                              `"1" is no selector: '1' is unexpected, at character 1`,
		"a:hover":                        `"a:hover" is no selector: :hover is not supported: :first-child, :first-of-type, :nth-child(), :nth-of-type() and :not() are, at character 2`,
		"a:last-child":                   `"a:last-child" is no selector: :last-child is not supported: :first-child, :first-of-type, :nth-child(), :nth-of-type() and :not() are, at character 2`,
		"a:is(b)":                        `"a:is(b)" is no selector: :is() is not supported: :nth-child(), :nth-of-type() and :not() are, at character 2`,
		"a:not":                          `"a:not" is no selector: :not is not supported: :first-child, :first-of-type, :nth-child(), :nth-of-type() and :not() are, at character 2`,
		"a::before":                      `"a::before" is no selector: pseudo-elements are not supported, at character 2`,
		"a:":                             `"a:" is no selector: pseudo-elements are not supported, at character 2`,
		":not()":                         `":not()" is no selector: :not() needs what must not be, at character 6`,
		":not(a b)":                      `":not(a b)" is no selector: within :not() there can be no combinator, at character 8`,
		":not(a > b)":                    `":not(a > b)" is no selector: within :not() there can be no combinator, at character 8`,
		"#":                              `"#" is no selector: an id must come after "#", at character 2`,
		"#1":                             `"#1" is no selector: an id must come after "#", at character 2`,
		".":                              `"." is no selector: a class must come after ".", at character 2`,
		"..a":                            `"..a" is no selector: a class must come after ".", at character 2`,
		"[":                              `"[" is no selector: the name of an attribute is missing, at character 2`,
		"[=a]":                           `"[=a]" is no selector: the name of an attribute is missing, at character 2`,
		"[a b]":                          `"[a b]" is no selector: an operator or "]" is missing: the operators are = ~= |= ^= $= *=, at character 4`,
		"[a!=b]":                         `"[a!=b]" is no selector: an operator or "]" is missing: the operators are = ~= |= ^= $= *=, at character 3`,
		"[a=]":                           `"[a=]" is no selector: a value is missing; a value that is no identifier must be in quotes, at character 4`,
		"[a=1]":                          `"[a=1]" is no selector: a value is missing; a value that is no identifier must be in quotes, at character 4`,
		"[a=b c]":                        `"[a=b c]" is no selector: only the flags i and s may come after a value, at character 6`,
		"[a=b i c]":                      `"[a=b i c]" is no selector: "]" is missing, at character 8`,
		"[a=b =]":                        `"[a=b =]" is no selector: "]" is missing, at character 6`,
		"[a='b\n']":                      `"[a='b\n']" is no selector: a string can't go over a line's end, at character 6`,
		"a:nth-child()":                  `"a:nth-child()" is no selector: a position must be a number, an+b, odd or even, at character 13`,
		"a:nth-child(+ 3)":               `"a:nth-child(+ 3)" is no selector: a position must be a number, an+b, odd or even, at character 13`,
		"a:nth-child(3n-)":               `"a:nth-child(3n-)" is no selector: a position must be a number, an+b, odd or even, at character 13`,
		"a:nth-child(n + -1)":            `"a:nth-child(n + -1)" is no selector: a position must be a number, an+b, odd or even, at character 13`,
		"a:nth-child(2 of .x)":           `"a:nth-child(2 of .x)" is no selector: ")" is missing; a position is an+b, odd or even, at character 15`,
		"a:nth-child(x)":                 `"a:nth-child(x)" is no selector: a position must be a number, an+b, odd or even, at character 13`,
		strings.Repeat("a ", 30) + "!":   `the selector is wrong: '!' is unexpected, at character 61, by "a a a a a a a a a a !"`,
		strings.Repeat("a", 17<<10):      `the selector is wrong: it is longer than 16384 bytes, at character 1, by "aaaaaaaaaaaaaaaaaaaa"`,
		strings.Repeat(":not(", 9) + "a": `the selector is wrong: :not() is nested too deep, at character 41, by ":not(:not(:not(:not(:not(a"`,
	} {
		err := new(rewrite.Rules).On(selector, rewrite.Handlers{})
		var selectorError *rewrite.SelectorError
		if !errors.As(err, &selectorError) || err.Error() != want {
			t.Errorf("On(%.60q)\n got %v\nwant %s", selector, err, want)
		}
	}
}
