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
