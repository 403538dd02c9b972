package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

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
