package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

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
