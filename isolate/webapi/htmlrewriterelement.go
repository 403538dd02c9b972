package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// htmlElementClass is what an HTMLRewriter's handlers get for an element.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/#element
var htmlElementClass = js.Class[htmlElement]{
	Name:   "Element",
	Hidden: true,
	Members: []js.Member[htmlElement]{
		htmlAccessor("tagName", (*htmlElement).live, func(e *rewrite.Element) any { return e.TagName() }, (*rewrite.Element).SetTagName),
		htmlGetter("namespaceURI", (*htmlElement).live, func(e *rewrite.Element) any { return e.Namespace().URI() }),
		htmlGetter("removed", (*htmlElement).live, func(e *rewrite.Element) any { return e.Removed() }),
		js.Getter("attributes", (*htmlElement).attributes),
		js.Method("getAttribute", 1, (*htmlElement).getAttribute),
		js.Method("hasAttribute", 1, (*htmlElement).hasAttribute),
		js.Method("setAttribute", 2, (*htmlElement).setAttribute),
		js.Method("removeAttribute", 1, (*htmlElement).removeAttribute),
		htmlAct("remove", (*htmlElement).live, (*rewrite.Element).Remove),
		htmlAct("removeAndKeepContent", (*htmlElement).live, (*rewrite.Element).RemoveAndKeepContent),
		js.Do("onEndTag", 1, (*htmlElement).onEndTag),
		htmlEdit("before", (*htmlElement).live, (*rewrite.Element).Before),
		htmlEdit("after", (*htmlElement).live, (*rewrite.Element).After),
		htmlEdit("prepend", (*htmlElement).live, (*rewrite.Element).Prepend),
		htmlEdit("append", (*htmlElement).live, (*rewrite.Element).Append),
		htmlEdit("replace", (*htmlElement).live, (*rewrite.Element).Replace),
		htmlEdit("setInnerContent", (*htmlElement).live, (*rewrite.Element).SetInnerContent),
	},
}

type htmlElement struct {
	js.Instance
	htmlToken[*rewrite.Element]
}

// attributes makes an iterator over pairs of name and value.
func (e *htmlElement) attributes(c *js.Call) (any, error) {
	if _, err := e.live(); err != nil {
		return nil, err
	}
	i := 0
	return c.VM.Iterator(e, func() (any, bool, error) {
		element, err := e.live()
		if err != nil {
			return nil, false, err
		}
		name, value, ok := element.AttributeAt(i)
		if !ok {
			return nil, false, nil
		}
		i++
		return []any{name, value}, true, nil
	}), nil
}

func (e *htmlElement) getAttribute(c *js.Call) (any, error) {
	element, err := e.live()
	if err != nil {
		return nil, err
	}
	if value, ok := element.Attribute(c.String(0)); ok {
		return value, nil
	}
	return nil, nil
}

func (e *htmlElement) hasAttribute(c *js.Call) (any, error) {
	element, err := e.live()
	if err != nil {
		return nil, err
	}
	_, has := element.Attribute(c.String(0))
	return has, nil
}

func (e *htmlElement) setAttribute(c *js.Call) (any, error) {
	element, err := e.live()
	if err != nil {
		return nil, err
	}
	return e, htmlError(element.SetAttribute(c.String(0), c.String(1)))
}

func (e *htmlElement) removeAttribute(c *js.Call) (any, error) {
	element, err := e.live()
	if err != nil {
		return nil, err
	}
	element.RemoveAttribute(c.String(0))
	return e, nil
}

// onEndTag asks for a function to be called when the element's end tag comes.
func (e *htmlElement) onEndTag(c *js.Call) error {
	element, err := e.live()
	if err != nil {
		return err
	}
	if !js.IsFunction(c.Arg(0)) {
		return js.TypeError("onEndTag: the handler is %s, not a function", describeKind(c.VM, c.Arg(0)))
	}
	return htmlError(element.OnEndTag(&htmlHandler{c.Arg(0), js.Undefined}))
}
