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
