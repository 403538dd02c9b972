package webapi

import (
	"errors"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// HTMLRewriter changes HTML while it goes by, as that of Cloudflare Workers does: handlers
// are called for the elements that CSS selectors match, for text and comments within them, and
// for those of whole documents.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/
var HTMLRewriter = js.Class[htmlRewriter]{
	Name:        "HTMLRewriter",
	Constructor: func(*js.Call) (*htmlRewriter, error) { return new(htmlRewriter), nil },
	Members: []js.Member[htmlRewriter]{
		js.Method("on", 2, (*htmlRewriter).on),
		js.Method("onDocument", 1, (*htmlRewriter).onDocument),
		js.Method("transform", 1, (*htmlRewriter).transform),
	},
}

// htmlRewriter is rules for any number of documents.
type htmlRewriter struct {
	js.Instance
	rules rewrite.Rules
}

// htmlHandler is a function that a script gave to be called, and what `this` is in it.
type htmlHandler struct{ function, this js.Value }

// on adds handlers for what a selector matches.
func (h *htmlRewriter) on(c *js.Call) (any, error) {
	selector := c.String(0)
	handlers, err := htmlHandlers(c.VM, c.Arg(1), "element", "comments", "text")
	if err != nil {
		return nil, err
	}
	err = h.rules.On(selector, rewrite.Handlers{Element: handlers[0], Comments: handlers[1], Text: handlers[2]})
	return h, htmlError(err)
}

// onDocument adds handlers for whole documents.
func (h *htmlRewriter) onDocument(c *js.Call) (any, error) {
	handlers, err := htmlHandlers(c.VM, c.Arg(0), "doctype", "comments", "text", "end")
	if err != nil {
		return nil, err
	}
	h.rules.OnDocument(rewrite.DocumentHandlers{Doctype: handlers[0], Comments: handlers[1], Text: handlers[2], End: handlers[3]})
	return h, nil
}

// htmlHandlers reads the functions of those names that v has; nil: it has none.
func htmlHandlers(vm *js.VM, v js.Value, names ...string) ([]any, error) {
	if err := dictionary("the handlers of an HTMLRewriter", v); err != nil {
		return nil, err
	}
	handlers := make([]any, len(names))
	for i, name := range names {
		f := vm.Get(v, name)
		switch {
		case js.IsUndefined(f):
		case js.IsFunction(f):
			handlers[i] = &htmlHandler{f, v}
		default:
			return nil, js.TypeError("the handler %s of an HTMLRewriter is %s, not a function", name, describeKind(vm, f))
		}
	}
	return handlers, nil
}

// transform makes a response with the body of another taken through the rules. The body is
// read, and handlers run, when that of the new one is.
func (h *htmlRewriter) transform(c *js.Call) (any, error) {
	from := js.As[response](c.VM, c.Arg(0))
	if from == nil {
		return nil, js.TypeError("HTMLRewriter.transform: the argument is %s, not a Response", describeKind(c.VM, c.Arg(0)))
	}
	if from.body == nil {
		return from, nil
	}
	if err := from.body.usable(); err != nil {
		return nil, err
	}
	charset := ""
	if typ, ok := from.headers.mimeType(c.VM); ok {
		charset, _ = typ.parameter("charset")
	}
	w := newHTMLRewriting(c.VM)
	core, err := rewrite.New(&h.rules, rewrite.Config{Charset: charset, Meter: w})
	if err != nil {
		return nil, htmlError(err)
	}
	to := &response{status: from.status, statusText: from.statusText}
	to.headers = headers{list: from.headers.snapshot(), shared: true}
	if length := nameOf(c.VM, "content-length"); to.headers.indexOf(&length) >= 0 {
		to.headers.own()
		to.headers.list = slices.DeleteFunc(to.headers.list, func(f Field) bool { return length.is(f.Name) })
	}
	w.begin(core, from.body, &to.message)
	return to, nil
}

// htmlError is what a script sees of an error of the rewriter.
func htmlError(err error) error {
	if err == nil {
		return nil
	}
	message := "HTMLRewriter: " + strings.TrimPrefix(err.Error(), "rewrite: ")
	for _, limit := range []error{rewrite.ErrTokenTooLarge, rewrite.ErrTooManyAttributes, rewrite.ErrTooDeep} {
		if errors.Is(err, limit) {
			return js.RangeError("%s", message)
		}
	}
	return js.TypeError("%s", message)
}
