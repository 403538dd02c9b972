package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// htmlToken is what the tokens of an HTMLRewriter have in common: they are good while the
// handler that they were given to runs.
type htmlToken[E any] struct {
	token E
	over  bool
}

// live returns the token, if its handler still runs.
func (t *htmlToken[E]) live() (E, error) {
	if t.over {
		var none E
		return none, js.TypeError("this content token is no longer valid: tokens of an HTMLRewriter can be used until the handler that they were given to returns, or its promise settles")
	}
	return t.token, nil
}

func (t *htmlToken[E]) expire() { t.over = true }

// expiring is a token of any kind.
type expiring interface{ expire() }

// htmlEdit is a method that puts content somewhere and returns the token.
func htmlEdit[T, E any](name string, live func(*T) (E, error), edit func(E, rewrite.Content)) js.Member[T] {
	return js.Method(name, 1, func(t *T, c *js.Call) (any, error) {
		token, err := live(t)
		if err != nil {
			return nil, err
		}
		content, err := htmlContent(c)
		if err != nil {
			return nil, err
		}
		edit(token, content)
		return t, nil
	})
}

// htmlAct is a method without arguments that returns the token.
func htmlAct[T, E any](name string, live func(*T) (E, error), act func(E)) js.Member[T] {
	return js.Method(name, 0, func(t *T, _ *js.Call) (any, error) {
		token, err := live(t)
		if err != nil {
			return nil, err
		}
		act(token)
		return t, nil
	})
}

// htmlGetter is an attribute that can be read.
func htmlGetter[T, E any](name string, live func(*T) (E, error), get func(E) any) js.Member[T] {
	return htmlAccessor(name, live, get, nil)
}

// htmlAccessor is an attribute; set may be nil.
func htmlAccessor[T, E any](name string, live func(*T) (E, error), get func(E) any, set func(E, string) error) js.Member[T] {
	getter := func(t *T, _ *js.Call) (any, error) {
		token, err := live(t)
		if err != nil {
			return nil, err
		}
		return get(token), nil
	}
	if set == nil {
		return js.Getter(name, getter)
	}
	return js.Accessor(name, getter, func(t *T, c *js.Call) error {
		token, err := live(t)
		if err != nil {
			return err
		}
		return htmlError(set(token, c.String(0)))
	})
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
