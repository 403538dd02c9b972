package rewrite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// The handlers of these tests are functions of the token.
type (
	onElement = func(*rewrite.Element)
	onText    = func(*rewrite.Text)
	onComment = func(*rewrite.Comment)
	onDoctype = func(*rewrite.Doctype)
	onEndTag  = func(*rewrite.EndTag)
	onEnd     = func(*rewrite.DocumentEnd)
)

// run takes a document that comes in chunks through rules. Streams are lists of strings.
func run(rules *rewrite.Rules, cfg rewrite.Config, chunks ...string) (string, error) {
	r, err := rewrite.New(rules, cfg)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for i := range len(chunks) + 1 {
		var chunk []byte
		if i < len(chunks) {
			chunk = []byte(chunks[i])
			r.Write(chunk)
		} else {
			r.Close()
		}
		for {
			c, err := r.Next()
			out.Write(r.Output())
			if err != nil {
				return out.String(), err
			}
			if c == nil {
				break
			}
			call(r, c)
		}
		for i := range chunk { // it is the caller's again
			chunk[i] = '!'
		}
	}
	return out.String(), nil
}

func call(r *rewrite.Rewriter, c *rewrite.Call) {
	switch h := c.Handler.(type) {
	case onElement:
		h(c.Token.(*rewrite.Element))
	case onText:
		h(c.Token.(*rewrite.Text))
	case onComment:
		h(c.Token.(*rewrite.Comment))
	case onDoctype:
		h(c.Token.(*rewrite.Doctype))
	case onEndTag:
		h(c.Token.(*rewrite.EndTag))
	case onEnd:
		h(c.Token.(*rewrite.DocumentEnd))
	case nil:
		for _, piece := range c.Stream.([]string) {
			r.Insert([]byte(piece))
		}
		r.InsertEnd()
	default:
		panic(fmt.Sprintf("a handler is a %T", h))
	}
}

// element makes rules with one handler for elements.
func element(t testing.TB, selector string, f onElement) *rewrite.Rules {
	t.Helper()
	rules := new(rewrite.Rules)
	if err := rules.On(selector, rewrite.Handlers{Element: f}); err != nil {
		t.Fatal(err)
	}
	return rules
}

// splits returns the ways in which the tests part a document.
func splits(document string) map[string][]string {
	bytes := strings.Split(document, "")
	if len(document) == 0 {
		bytes = nil
	}
	for i := range bytes { // Split parts characters, not bytes
		if len(bytes[i]) > 1 {
			bytes = nil
			for j := range len(document) {
				bytes = append(bytes, document[j:j+1])
			}
			break
		}
	}
	n := len(document)
	return map[string][]string{
		"whole":  {document},
		"bytes":  bytes,
		"thirds": {document[:n/3], document[n/3 : 2*n/3], document[2*n/3:]},
	}
}

func html(text string) rewrite.Content { return rewrite.Content{Text: text, HTML: true} }
func text(text string) rewrite.Content { return rewrite.Content{Text: text} }
