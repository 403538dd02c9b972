package rewrite

import "errors"

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
