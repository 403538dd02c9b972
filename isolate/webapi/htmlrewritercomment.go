package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

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
