package rewrite

import (
	"errors"

	"golang.org/x/net/html/atom"
)

// Config is what a Rewriter is made with. Its zero value is a document in UTF-8 that nobody
// meters.
type Config struct {
	// Charset is a label of the document's encoding; empty: UTF-8.
	Charset string
	// Meter is told what the document costs; nil: nobody is.
	Meter Meter
}

// ErrCharset says that a document's encoding is unknown, or one that can't be rewritten.
var ErrCharset = errors.New("rewrite: the encoding is unknown, or one in which markup can't be told from text")

// Rewriter takes one document through rules.
type Rewriter struct {
	rules   Rules
	meter   Meter
	charset *charset
	tokens  tokenizer
	context context
	matcher *matcher // nil: no rule has a selector
	out     []byte
	err     error // ends it
	over    bool  // the end of the document has been dealt with

	removing int // open elements whose content is removed
	texts    listeners
	comments listeners
	doctypes []any

	kind   kind   // of the token that is next, if held
	raw    []byte // its bytes
	held   bool
	inText bool   // handlers have had text whose end they have not had
	tail   []byte // of that text: the beginning of a character

	stage    stage // what the handlers that are due are for
	due      []any
	handlers []any // the memory of due
	token    any   // for them
	text     Text
	comment  Comment
	element  Element
	endTag   EndTag
	end      DocumentEnd
	endings  []ending
	call     Call

	plan      []piece // what goes out next
	planned   int     // how much of it is out
	inserting Content // whose stream the caller is at
	split     []byte  // the beginning of a character of that stream
}

// Call asks the caller to do something before Next is called again: to run a handler, or to
// insert what comes from a stream.
type Call struct {
	Handler any // as it was given to Rules or Element
	Token   any // for it: *Element, *EndTag, *Text, *Comment, *Doctype or *DocumentEnd

	// Stream, if not nil, is Content.Stream, and there is no Handler: what it gives is to be
	// passed to Insert, and InsertEnd is to be called at its end.
	Stream any
}

type stage uint8

const (
	noStage stage = iota
	textStage
	commentStage
	doctypeStage
	elementStage
	endingStage
	endStage
)

// ending is an element that an end tag ends.
type ending struct {
	*closing
	own   bool // it is the element's own end tag
	shown bool // it is not within a removed one
}

// New makes a Rewriter for one document. It returns ErrCharset if cfg's can't be rewritten.
// Rules that are added later don't count for it.
func New(rules *Rules, cfg Config) (*Rewriter, error) {
	if cfg.Meter == nil {
		cfg.Meter = free{}
	}
	r := &Rewriter{rules: rules.snapshot(), meter: cfg.Meter}
	var known bool
	if r.charset, known = charsetOf(cfg.Charset, cfg.Meter); !known {
		return nil, ErrCharset
	}
	r.tokens.meter = cfg.Meter
	if n := len(r.rules.elements); n > 0 {
		r.matcher = newMatcher(r.rules.program, n, cfg.Meter)
	}
	for _, h := range r.rules.elements {
		r.texts.add(h.Text, false)
		r.comments.add(h.Comments, false)
	}
	for _, h := range r.rules.documents {
		r.texts.add(h.Text, true)
		r.comments.add(h.Comments, true)
		if h.Doctype != nil {
			r.doctypes = append(r.doctypes, h.Doctype)
		}
	}
	return r, nil
}

// Write gives r the next piece of the document. It is called at the beginning, and when Next
// has returned nil. chunk must not change until that happens again.
func (r *Rewriter) Write(chunk []byte) {
	r.tokens.feed(chunk)
	if r.out == nil { // about as much will come out
		r.out = grow(r.meter, nil, len(chunk)+len(chunk)/8)
	}
}

// Close says that the document is over. Next goes on until it returns nil once more.
func (r *Rewriter) Close() { r.tokens.closed = true }

// Buffered is the size of what Output would return.
func (r *Rewriter) Buffered() int { return len(r.out) }

// Output returns what has come out since it was called last, nil if that is nothing. It is the
// caller's.
func (r *Rewriter) Output() []byte {
	if len(r.out) == 0 {
		return nil
	}
	out := r.out
	r.out = nil
	return out
}

// Next goes on until there is something for the caller to do. nil: all that was written has
// been dealt with. The Call is good until Next is called again; the error is for good.
func (r *Rewriter) Next() (*Call, error) {
	for r.err == nil {
		if c := r.flush(); c != nil {
			return c, nil
		}
		if len(r.due) > 0 {
			r.call = Call{Handler: r.due[0], Token: r.token}
			r.due = r.due[1:]
			return &r.call, nil
		}
		if r.stage != noStage {
			r.settle()
			continue
		}
		if !r.hold() {
			break
		}
		if r.inText && r.kind != textToken {
			r.finishText()
			continue
		}
		r.held = false
		r.take()
	}
	return nil, r.err
}

// hold makes sure that there is a token to deal with; false: there is none for now.
func (r *Rewriter) hold() bool {
	if r.held || r.over {
		return r.held
	}
	if r.rules.empty() {
		r.tokens.pos = len(r.tokens.buf)
		r.emit(r.tokens.take())
	}
	var ok bool
	if r.kind, r.raw, ok, r.err = r.tokens.next(); r.err != nil {
		return true
	}
	if !ok {
		if !r.tokens.closed {
			r.tokens.keep()
			return false
		}
		r.kind, r.raw = noToken, nil // the end
	}
	r.held = true
	return true
}

// take deals with the token at hand, or makes its handlers due.
func (r *Rewriter) take() {
	r.meter.Done(1 + len(r.raw)/32)
	switch r.kind {
	case textToken:
		r.takeText()
	case startTag:
		r.takeStart()
	case endTag:
		r.takeEnd()
	case commentToken:
		if r.comments.total == 0 {
			r.pass()
			return
		}
		r.comment = Comment{edits: r.comment.edits, raw: r.raw, form: r.tokens.comment, charset: r.charset}
		r.comment.clear()
		r.ask(commentStage, &r.comment, r.comments.appendTo(r.meter, r.handlers[:0]))
	case doctypeToken:
		if len(r.doctypes) == 0 {
			r.pass()
			return
		}
		r.ask(doctypeStage, parseDoctype(r.raw, r.charset), append(r.handlers[:0], r.doctypes...))
	case noToken:
		handlers := r.handlers[:0]
		for i := len(r.rules.documents) - 1; i >= 0; i-- {
			if h := r.rules.documents[i].End; h != nil {
				handlers = append(handlers, h)
			}
		}
		r.over = true
		r.ask(endStage, &r.end, handlers)
	default:
		r.pass()
	}
}

// ask makes handlers due. They are a list in the memory of r.handlers, or none.
func (r *Rewriter) ask(s stage, token any, handlers []any) {
	r.stage, r.token, r.due = s, token, handlers
	if handlers != nil {
		r.handlers = handlers
	}
}

// settle goes on when the handlers of a token are through.
func (r *Rewriter) settle() {
	s := r.stage
	if s == endingStage && r.nextEnding() {
		return
	}
	r.stage = noStage
	switch s {
	case textStage:
		r.finish(&r.text.edits, r.text.raw)
	case commentStage:
		r.finish(&r.comment.edits, r.comment.bytes())
	case doctypeStage:
		r.pass()
	case elementStage:
		r.finishStart()
	case endingStage:
		r.finish(&r.endTag.edits, r.endTag.bytes())
	case endStage:
		r.plan = appendContents(r.plan[:0], r.end.edits.before)
	}
}

// finish lets a token out with its edits.
func (r *Rewriter) finish(e *edits, self []byte) {
	switch {
	case r.removing > 0:
	case e.none():
		r.emit(self)
	default:
		r.plan = e.plan(r.plan[:0], self)
	}
}

// pass lets the token at hand out as it is.
func (r *Rewriter) pass() {
	if r.removing == 0 {
		r.emit(r.raw)
	}
}

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
