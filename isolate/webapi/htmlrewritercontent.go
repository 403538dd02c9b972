package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// htmlContent reads the arguments content and options: what is to be put into a document, and
// whether it is markup. Content is a text, a stream or the body of a response; a stream is
// locked from now on.
func htmlContent(c *js.Call) (rewrite.Content, error) {
	if err := dictionary("the options", c.Arg(1)); err != nil {
		return rewrite.Content{}, err
	}
	content := rewrite.Content{HTML: c.VM.Get(c.Arg(1), "html").ToBoolean()}
	body := js.As[stream](c.VM, c.Arg(0))
	if r := js.As[response](c.VM, c.Arg(0)); r != nil {
		if body = r.body; body == nil {
			return content, nil
		}
	}
	if body == nil {
		content.Text = c.String(0)
		return content, nil
	}
	if err := body.usable(); err != nil {
		return rewrite.Content{}, err
	}
	content.Stream = newHTMLInput(c.VM, body)
	return content, nil
}
