package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// htmlTextClass is what an HTMLRewriter's handlers get for a piece of text.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#text-chunks
var htmlTextClass = js.Class[htmlText]{
	Name:   "Text",
	Hidden: true,
	Members: []js.Member[htmlText]{
		htmlGetter("text", (*htmlText).live, func(t *rewrite.Text) any { return t.Text() }),
		htmlGetter("lastInTextNode", (*htmlText).live, func(t *rewrite.Text) any { return t.Last() }),
		htmlGetter("removed", (*htmlText).live, func(t *rewrite.Text) any { return t.Removed() }),
		htmlAct("remove", (*htmlText).live, (*rewrite.Text).Remove),
		htmlEdit("before", (*htmlText).live, (*rewrite.Text).Before),
		htmlEdit("after", (*htmlText).live, (*rewrite.Text).After),
		htmlEdit("replace", (*htmlText).live, (*rewrite.Text).Replace),
	},
}

type htmlText struct {
	js.Instance
	htmlToken[*rewrite.Text]
}

// htmlCommentClass is what an HTMLRewriter's handlers get for a comment.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#comments
var htmlCommentClass = js.Class[htmlComment]{
	Name:   "Comment",
	Hidden: true,
	Members: []js.Member[htmlComment]{
		htmlAccessor("text", (*htmlComment).live, func(c *rewrite.Comment) any { return c.Text() }, (*rewrite.Comment).SetText),
		htmlGetter("removed", (*htmlComment).live, func(c *rewrite.Comment) any { return c.Removed() }),
		htmlAct("remove", (*htmlComment).live, (*rewrite.Comment).Remove),
		htmlEdit("before", (*htmlComment).live, (*rewrite.Comment).Before),
		htmlEdit("after", (*htmlComment).live, (*rewrite.Comment).After),
		htmlEdit("replace", (*htmlComment).live, (*rewrite.Comment).Replace),
	},
}

type htmlComment struct {
	js.Instance
	htmlToken[*rewrite.Comment]
}

// htmlDoctypeClass is what an HTMLRewriter's handlers get for a doctype.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#doctype
var htmlDoctypeClass = js.Class[htmlDoctype]{
	Name:   "Doctype",
	Hidden: true,
	Members: []js.Member[htmlDoctype]{
		htmlGetter("name", (*htmlDoctype).live, func(d *rewrite.Doctype) any { return textOrNull(d.Name()) }),
		htmlGetter("publicId", (*htmlDoctype).live, func(d *rewrite.Doctype) any { return textOrNull(d.PublicID()) }),
		htmlGetter("systemId", (*htmlDoctype).live, func(d *rewrite.Doctype) any { return textOrNull(d.SystemID()) }),
	},
}

type htmlDoctype struct {
	js.Instance
	htmlToken[*rewrite.Doctype]
}

// textOrNull is the text that s points to, or null.
func textOrNull(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// htmlEndTagClass is what functions given to onEndTag get.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#endtag
var htmlEndTagClass = js.Class[htmlEndTag]{
	Name:   "EndTag",
	Hidden: true,
	Members: []js.Member[htmlEndTag]{
		htmlAccessor("name", (*htmlEndTag).live, func(t *rewrite.EndTag) any { return t.Name() }, (*rewrite.EndTag).SetName),
		htmlAct("remove", (*htmlEndTag).live, (*rewrite.EndTag).Remove),
		htmlEdit("before", (*htmlEndTag).live, (*rewrite.EndTag).Before),
		htmlEdit("after", (*htmlEndTag).live, (*rewrite.EndTag).After),
	},
}

type htmlEndTag struct {
	js.Instance
	htmlToken[*rewrite.EndTag]
}

// htmlDocumentEndClass is what an HTMLRewriter's handlers get at the end of a document.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#end
var htmlDocumentEndClass = js.Class[htmlDocumentEnd]{
	Name:   "DocumentEnd",
	Hidden: true,
	Members: []js.Member[htmlDocumentEnd]{
		htmlEdit("append", (*htmlDocumentEnd).live, (*rewrite.DocumentEnd).Append),
	},
}

type htmlDocumentEnd struct {
	js.Instance
	htmlToken[*rewrite.DocumentEnd]
}

// wrapToken makes the object that a handler is given.
func wrapToken(token any) (object any, e expiring) {
	switch t := token.(type) {
	case *rewrite.Element:
		o := &htmlElement{htmlToken: htmlToken[*rewrite.Element]{token: t}}
		return o, o
	case *rewrite.Text:
		o := &htmlText{htmlToken: htmlToken[*rewrite.Text]{token: t}}
		return o, o
	case *rewrite.Comment:
		o := &htmlComment{htmlToken: htmlToken[*rewrite.Comment]{token: t}}
		return o, o
	case *rewrite.Doctype:
		o := &htmlDoctype{htmlToken: htmlToken[*rewrite.Doctype]{token: t}}
		return o, o
	case *rewrite.EndTag:
		o := &htmlEndTag{htmlToken: htmlToken[*rewrite.EndTag]{token: t}}
		return o, o
	default:
		o := &htmlDocumentEnd{htmlToken: htmlToken[*rewrite.DocumentEnd]{token: t.(*rewrite.DocumentEnd)}}
		return o, o
	}
}
