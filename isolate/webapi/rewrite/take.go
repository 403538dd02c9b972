package rewrite

import "golang.org/x/net/html/atom"

// This file is what a Rewriter does with each kind of token, before and after its handlers.

// takeText gives text to who wants it.
func (r *Rewriter) takeText() {
	if r.texts.total == 0 {
		r.pass()
		return
	}
	raw := r.raw
	if len(r.tail) > 0 {
		raw = append(r.tail, raw...)
		r.tail = nil
	}
	r.inText = true
	n, text := r.charset.whole(raw, false)
	if n < len(raw) {
		r.tail = append([]byte(nil), raw[n:]...)
	}
	if n > 0 {
		r.askText(raw[:n], text, false)
	}
}

// finishText gives the end of a text node to who has had the rest.
func (r *Rewriter) finishText() {
	if tail := r.tail; len(tail) > 0 {
		r.tail = nil
		_, text := r.charset.whole(tail, true)
		r.askText(tail, text, false)
		return
	}
	r.inText = false
	r.askText(nil, nil, true)
}

func (r *Rewriter) askText(raw []byte, text *string, last bool) {
	r.text = Text{edits: r.text.edits, raw: raw, text: text, last: last}
	r.text.clear()
	r.ask(textStage, &r.text, r.texts.appendTo(r.meter, r.handlers[:0]))
}

// takeStart deals with a start tag.
func (r *Rewriter) takeStart() {
	g := &r.tokens.tag
	name := r.nameOf(g.name(r.raw))
	space, mode, err := r.context.start(name, g, r.raw)
	if err != nil {
		r.err = err
		return
	}
	r.tokens.mode, r.tokens.ends = mode, name
	r.tokens.cdata = r.context.now() != HTML
	if r.matcher == nil {
		r.pass()
		return
	}
	e := element{name: name, space: space, tag: g, raw: r.raw, text: r.charset, meter: r.meter}
	sets := r.matcher.start(&e)
	if r.err = r.matcher.room(); r.err != nil {
		return
	}
	content := space == HTML && !isVoid(name) || space != HTML && !g.selfClosing
	if content {
		r.matcher.push(&e)
		r.texts.activate(sets, 1)
		r.comments.activate(sets, 1)
	}
	handlers := r.handlers[:0]
	for _, s := range sets {
		if h := r.rules.elements[s].Element; h != nil {
			handlers = append(handlers, h)
		}
	}
	if len(handlers) == 0 {
		r.pass()
		return
	}
	r.element.reset(e, content, r.removing > 0)
	r.ask(elementStage, &r.element, handlers)
}

// finishStart lets a start tag out when its handlers are through.
func (r *Rewriter) finishStart() {
	e := &r.element
	r.finish(&e.edits, e.bytes())
	if e.closing == nil {
		return
	}
	r.matcher.top().closing = e.closing
	if e.closing.content {
		r.removing++
	}
}

// takeEnd deals with an end tag. It ends the innermost open element of its name, and all
// elements within that. One that there is no element for is let out as it is.
func (r *Rewriter) takeEnd() {
	name := r.nameOf(r.tokens.tag.name(r.raw))
	r.context.end(name)
	r.tokens.cdata = r.context.now() != HTML
	from := -1
	if r.matcher != nil {
		from = r.matcher.find(name)
	}
	if from < 0 {
		r.pass()
		return
	}
	r.endings = r.endings[:0]
	for own := false; !own; {
		own = len(r.matcher.open)-1 == from
		c, sets := r.matcher.pop()
		r.texts.activate(sets, -1)
		r.comments.activate(sets, -1)
		if c == nil {
			continue
		}
		if c.content {
			r.removing--
		}
		r.endings = append(r.endings, ending{c, own, r.removing == 0})
	}
	if len(r.endings) == 0 {
		r.pass()
		return
	}
	r.endTag = EndTag{edits: r.endTag.edits, raw: r.raw, name: name, charset: r.charset}
	r.endTag.clear()
	r.ask(endingStage, &r.endTag, nil)
}

// nextEnding does what is to be done at the end of the next element that the end tag at hand
// ends; false: there is none. What comes after an element that has no end tag of its own goes
// before the one that ends it; the tag itself is left to the element that it belongs to.
func (r *Rewriter) nextEnding() bool {
	if len(r.endings) == 0 {
		return false
	}
	c := r.endings[0]
	r.endings = r.endings[1:]
	t := &r.endTag
	if c.shown {
		t.before = append(t.before, c.inner...)
		switch {
		case c.own:
			t.after = append(c.after, t.after...)
		default:
			for i := len(c.after) - 1; i >= 0; i-- {
				t.before = append(t.before, c.after[i])
			}
		}
	}
	if c.own {
		t.removed = t.removed || c.removed
		if c.name != nil {
			t.name, t.set = *c.name, true
		}
	}
	if c.handler != nil {
		r.handlers = append(r.handlers[:0], c.handler)
		r.due = r.handlers
	}
	return true
}

// nameOf returns a tag's name in lower case.
func (r *Rewriter) nameOf(b []byte) string {
	lower := asciiLower(b)
	if a := atom.Lookup(lower); a != 0 {
		return a.String()
	}
	return r.charset.text(lower)
}

// isVoid says whether elements of HTML of that name have no content.
//
// Spec: https://html.spec.whatwg.org/multipage/syntax.html#void-elements, and what parsers
// treat alike
func isVoid(name string) bool {
	switch name {
	case "area", "base", "basefont", "bgsound", "br", "col", "embed", "hr", "img", "input",
		"keygen", "link", "meta", "param", "source", "track", "wbr", "esi:include", "esi:comment":
		return true
	}
	return false
}
