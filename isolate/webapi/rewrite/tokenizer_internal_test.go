package rewrite

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// apart are pages in which a tokenizer that knows no tree is not expected to agree with one
// that follows it as far as it can, and characters that theirs replaces and ours leaves.
var apart = regexp.MustCompile(`(?i)<(/?(svg|math|noscript|select|frameset))|[\x00\r]`)

// FuzzTokenizer holds that pages are parted as golang.org/x/net/html parts them.
func FuzzTokenizer(f *testing.F) {
	for _, page := range []string{
		"", "a<b c='d' e=f g/>h</b >i<!--j--><!k><?l></ m></>", "<script>a<!--<script></script>--></script><style></styl></style>", "<title>&lt;<b></title>",
		"<!-->a", "<!--->a", "<!--a--!>b", "<!doctype html>", "<a =b c= >", "<a/b/ =c'\"d>", "<textarea></textarea\n>", "<plaintext></p>", "a<", "a</", "<!-", "<!--a-", "< a", "<iframe><p></iframe><xmp></xm",
	} {
		f.Add([]byte(page))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		if apart.Match(page) {
			t.Skip("they need not agree")
		}
		got, want := ours(t, page), theirs(page)
		if got != want {
			t.Fatalf("%q\n got %s\nwant %s", page, got, want)
		}
	})
}

// ours lists the tokens of a page, texts joined.
func ours(t *testing.T, page []byte) string {
	list := new(tokenList)
	tokens := &tokenizer{meter: free{}}
	var followed context
	tokens.feed(page)
	tokens.closed = true
	for {
		k, raw, ok, err := tokens.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return list.String()
		}
		switch k {
		case textToken:
			list.text(raw)
		case startTag:
			name := string(asciiLower(tokens.tag.name(raw)))
			_, tokens.mode, _ = followed.start(name, &tokens.tag, raw)
			tokens.ends = name
			list.add("start", raw)
			for i, a := range tokens.tag.attributes {
				name := string(asciiLower(a.nameIn(raw)))
				if tokens.tag.find(raw, name) == &tokens.tag.attributes[i] { // they leave out the others
					list.add(name, a.valueIn(raw))
				}
			}
		case endTag:
			list.add("end", raw)
		case commentToken:
			list.add("comment", raw)
		case doctypeToken:
			list.add("doctype", raw)
		case otherToken:
			if raw[0] == '<' && len(raw) > 3 || !bytes.HasSuffix(raw, []byte(">")) {
				continue // a tag that never ends
			}
			list.add("comment", raw) // what they make of </>
		}
	}
}

// theirs is ours for golang.org/x/net/html.
func theirs(page []byte) string {
	list := new(tokenList)
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				panic(z.Err())
			}
			return list.String()
		case html.TextToken:
			list.text(z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			list.add("start", z.Raw())
			for more := true; more; {
				var name, value []byte
				if name, value, more = z.TagAttr(); len(name) > 0 {
					list.add(string(name), value)
				}
			}
		case html.EndTagToken:
			list.add("end", z.Raw())
		case html.CommentToken:
			list.add("comment", z.Raw())
		case html.DoctypeToken:
			list.add("doctype", z.Raw())
		}
	}
}

type tokenList struct {
	strings.Builder
	inText bool
}

func (l *tokenList) add(kind string, raw []byte) {
	fmt.Fprintf(l, "\n%s %q", kind, html.UnescapeString(string(raw)))
	l.inText = false
}

func (l *tokenList) text(raw []byte) {
	if len(raw) == 0 {
		return
	}
	if !l.inText {
		l.WriteString("\ntext ")
	}
	l.inText = true
	l.Write(raw)
}
