package rewrite

import "bytes"

// kind is what a token is.
type kind uint8

const (
	noToken kind = iota
	textToken
	startTag
	endTag
	commentToken
	doctypeToken
	cdataStart // <![CDATA[, which is given out as an otherToken
	otherToken // bytes that mean nothing, such as </>, or an end of input within a tag
)

// textMode is how characters are told from markup.
type textMode uint8

const (
	dataText   textMode = iota // markup, character references
	rawText                    // everything but the end tag: <title>, <style>, …
	scriptText                 // as rawText, but comments may hide the end tag
	plainText                  // everything
	cdataText                  // everything up to ]]>
)

const (
	tokenBytesMax = 1 << 20
	doctypeWord   = "doctype"
	cdataWord     = "[CDATA["
)

// tokenizer parts what it is fed into tokens. It goes on where it stopped, and looks at no
// byte a second time, however small the pieces are.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
type tokenizer struct {
	buf    []byte // what is not over yet: buf[start:] has not been given out
	start  int    // where the token under way, or the next text, begins
	pos    int    // how far it has been looked at
	closed bool   // no more input comes
	own    []byte // the memory of buf, where that is not the last chunk itself
	kept   bool   // buf is own
	meter  Meter

	mode    textMode
	ends    string // lower case: the element whose end tag ends rawText and scriptText
	script  scriptState
	cdata   bool // whether <![CDATA[ means anything: in foreign content
	inside  kind // the token under way; noToken: text
	comment commentForm
	tag     tag
}

// feed adds a chunk. Everything before it has been used up: next has returned false. The
// chunk must stay as it is until next returns false again.
func (t *tokenizer) feed(chunk []byte) {
	if len(t.buf) == 0 {
		t.buf, t.kept = chunk, false
		return
	}
	t.own = appendBytes(t.meter, t.own, chunk)
	t.buf = t.own
}

// keep makes what is left the tokenizer's own, so that the caller may have the chunk back.
// Of what it has had since the last time, nothing is copied again.
func (t *tokenizer) keep() {
	if t.kept && t.start == 0 {
		return
	}
	t.own = appendBytes(t.meter, t.own[:0], t.buf[t.start:])
	t.buf, t.kept = t.own, true
	t.pos -= t.start
	t.start = 0
}

// take gives out what has been looked at.
func (t *tokenizer) take() []byte {
	b := t.buf[t.start:t.pos:t.pos]
	t.start = t.pos
	return b
}

// next returns the next token with its bytes; false: more input is needed, or, after the end
// of it, there is none. Of a tag, t.tag says what it is.
func (t *tokenizer) next() (k kind, raw []byte, ok bool, err error) {
	if t.inside == noToken {
		if k, ok := t.text(); ok {
			return k, t.take(), true, nil
		}
		if t.inside == noToken {
			return noToken, nil, false, nil
		}
	}
	done := false
	switch t.inside {
	case startTag, endTag:
		if done, err = t.scanTag(); err != nil {
			return noToken, nil, false, err
		}
	case commentToken:
		done = t.scanComment()
	default: // doctypeToken, otherToken
		done = t.seek('>')
	}
	if len(t.buf)-t.start > tokenBytesMax && (!done || t.pos-t.start > tokenBytesMax) {
		return noToken, nil, false, ErrTokenTooLarge
	}
	if !done {
		if !t.closed || t.start == len(t.buf) {
			return noToken, nil, false, nil
		}
		t.pos = len(t.buf)
		if t.inside == startTag || t.inside == endTag {
			t.inside = otherToken // a tag that never ends is dropped
		}
	}
	k, t.inside = t.inside, noToken
	return k, t.take(), true, nil
}

// seek moves past the next c.
func (t *tokenizer) seek(c byte) bool {
	i := bytes.IndexByte(t.buf[t.pos:], c)
	if i < 0 {
		t.pos = len(t.buf)
		return false
	}
	t.pos += i + 1
	return true
}

// begin looks at what follows a '<' at i and says what begins there: a token, noToken if the
// '<' is text, or that it can't be said yet.
func (t *tokenizer) begin(i int) (k kind, known bool) {
	rest := t.buf[i+1:]
	if len(rest) == 0 {
		return noToken, t.closed
	}
	switch c := rest[0]; {
	case isLetter(c):
		return startTag, true
	case c == '?':
		return commentToken, true
	case c == '!':
		return t.declaration(rest[1:])
	case c != '/':
		return noToken, true
	case len(rest) == 1:
		return noToken, t.closed
	case isLetter(rest[1]):
		return endTag, true
	case rest[1] == '>':
		return otherToken, true
	default:
		return commentToken, true
	}
}

// declaration is begin for what follows "<!".
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#markup-declaration-open-state
func (t *tokenizer) declaration(rest []byte) (k kind, known bool) {
	for _, word := range []struct {
		text string
		kind kind
		fold bool
		on   bool
	}{{"--", commentToken, false, true}, {doctypeWord, doctypeToken, true, true}, {cdataWord, cdataStart, false, t.cdata}} {
		n := min(len(word.text), len(rest))
		same := string(rest[:n]) == word.text[:n] || word.fold && equalFold(rest[:n], word.text[:n])
		if !word.on || !same {
			continue
		}
		if n == len(word.text) {
			return word.kind, true
		}
		if !t.closed {
			return noToken, false
		}
	}
	return commentToken, true
}

// enter starts a token at t.start.
func (t *tokenizer) enter(k kind) {
	t.inside = k
	switch k {
	case startTag, endTag:
		t.tag.reset(k == endTag)
		t.pos = t.start + 1
		if k == endTag {
			t.pos++
		}
	case commentToken:
		t.enterComment()
	default:
		t.pos = t.start + 2
	}
}

// commentForm is how a comment was begun.
type commentForm uint8

const (
	properComment commentForm = iota // <!--
	bogusComment                     // <!, <? or </ and what makes no sense after it
)

func (t *tokenizer) enterComment() {
	rest := t.buf[t.start:]
	t.comment, t.pos = bogusComment, t.start+2
	if len(rest) >= 4 && string(rest[:4]) == "<!--" {
		t.comment, t.pos = properComment, t.start+4
	}
}

// scanComment moves to the end of a comment.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#comment-start-state
func (t *tokenizer) scanComment() bool {
	if t.comment != properComment {
		return t.seek('>')
	}
	for t.seek('>') {
		if _, over := commentEnd(t.buf[t.start+4 : t.pos-1]); over {
			return true
		}
	}
	return false
}

// commentEnd says whether a '>' after body ends the comment, and what its text is then.
func commentEnd(body []byte) (text []byte, over bool) {
	switch {
	case len(body) == 0 || string(body) == "-":
		return nil, true
	case bytes.HasSuffix(body, []byte("--")):
		return body[:len(body)-2], true
	case bytes.HasSuffix(body, []byte("--!")):
		return body[:len(body)-3], true
	}
	return nil, false
}

// commentText returns what raw, the bytes of a comment of that form, says.
func commentText(form commentForm, raw []byte) []byte {
	if form == properComment {
		body := raw[4:]
		if n := len(body) - 1; n >= 0 && body[n] == '>' {
			if text, over := commentEnd(body[:n]); over {
				return text
			}
		}
		for _, unfinished := range []string{"--!", "--", "-"} { // the input ended in it
			if bytes.HasSuffix(body, []byte(unfinished)) {
				return body[:len(body)-len(unfinished)]
			}
		}
		return body
	}
	body := raw[2:]
	if raw[1] == '?' { // the comment has it
		body = raw[1:]
	}
	return bytes.TrimSuffix(body, []byte(">"))
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

// lowered returns c in lower case, if it is a letter of ASCII.
func lowered(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares b with lower, which has no capital letter, without regard to the case of
// ASCII.
func equalFold[B, S []byte | string](b B, lower S) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range len(b) {
		if lowered(b[i]) != lower[i] {
			return false
		}
	}
	return true
}
