package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

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
