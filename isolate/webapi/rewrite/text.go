package rewrite

import "bytes"

// text goes on in what is text until now. It returns characters, or their end; or it enters
// the token that begins, or needs more input.
func (t *tokenizer) text() (kind, bool) {
	if t.start == len(t.buf) {
		return noToken, false
	}
	switch t.mode {
	case dataText:
		return t.dataText()
	case plainText:
		t.pos = len(t.buf)
		return textToken, true
	case cdataText:
		return t.cdataText()
	case scriptText:
		return t.scriptText()
	default:
		return t.rawText()
	}
}

// upTo gives out the text before i, or, if there is none, enters what begins there. A k of
// noToken means that more input must tell.
func (t *tokenizer) upTo(i int, k kind) (kind, bool) {
	t.pos = i
	if i > t.start {
		return textToken, true
	}
	if k != noToken {
		t.enter(k)
	}
	return noToken, false
}

// Spec: https://html.spec.whatwg.org/multipage/parsing.html#data-state
func (t *tokenizer) dataText() (kind, bool) {
	for {
		i := bytes.IndexByte(t.buf[t.pos:], '<')
		if i < 0 {
			return t.upTo(len(t.buf), noToken)
		}
		i += t.pos
		k, known := t.begin(i)
		switch {
		case !known:
			return t.upTo(i, noToken)
		case k == cdataStart:
			if i > t.start {
				return t.upTo(i, noToken)
			}
			t.mode = cdataText
			t.pos = i + len("<!"+cdataWord)
			return otherToken, true
		case k != noToken:
			return t.upTo(i, k)
		}
		t.pos = i + 1
	}
}

// Spec: https://html.spec.whatwg.org/multipage/parsing.html#cdata-section-state
func (t *tokenizer) cdataText() (kind, bool) {
	for {
		i := bytes.IndexByte(t.buf[t.pos:], ']')
		if i < 0 {
			return t.upTo(len(t.buf), noToken)
		}
		i += t.pos
		rest := t.buf[i:]
		switch n := min(len(rest), 3); {
		case string(rest[:n]) != "]]>"[:n]:
			t.pos = i + 1
		case n < 3 && t.closed:
			return t.upTo(len(t.buf), noToken)
		case n < 3 || i > t.start:
			return t.upTo(i, noToken)
		default:
			t.mode = dataText
			t.pos = i + 3
			return otherToken, true
		}
	}
}

// endsHere says whether the end tag that ends the text begins with the '<' at i, and whether
// that can be said yet.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#rcdata-end-tag-open-state
func (t *tokenizer) endsHere(i int) (ends, known bool) {
	rest := t.buf[i+1:]
	if len(rest) == 0 {
		return false, t.closed
	}
	if rest[0] != '/' {
		return false, true
	}
	return t.wordHere(rest[1:], t.ends)
}

// wordHere says whether rest begins with word and what may follow a tag's name.
func (t *tokenizer) wordHere(rest []byte, word string) (is, known bool) {
	n := min(len(rest), len(word))
	if !equalFold(rest[:n], word[:n]) {
		return false, true
	}
	if len(rest) <= len(word) {
		return false, t.closed
	}
	c := rest[len(word)]
	return isSpace(c) || c == '/' || c == '>', true
}

func (t *tokenizer) rawText() (kind, bool) {
	for {
		i := bytes.IndexByte(t.buf[t.pos:], '<')
		if i < 0 {
			return t.upTo(len(t.buf), noToken)
		}
		i += t.pos
		ends, known := t.endsHere(i)
		switch {
		case !known:
			return t.upTo(i, noToken)
		case ends:
			if i == t.start {
				t.mode = dataText
			}
			return t.upTo(i, endTag)
		}
		t.pos = i + 1
	}
}

// scriptState is how far a script is in hiding its end.
type scriptState struct {
	depth  uint8 // 0: it hides nothing; 1: after <!--; 2: after <!-- and <script
	dashes uint8 // that were just before, at depth 1 and 2; counted up to 2
}

// Spec: https://html.spec.whatwg.org/multipage/parsing.html#script-data-state
func (t *tokenizer) scriptText() (kind, bool) {
	for t.pos < len(t.buf) {
		if t.script.depth == 0 {
			i := bytes.IndexByte(t.buf[t.pos:], '<')
			if i < 0 {
				break
			}
			t.pos += i
		}
		c := t.buf[t.pos]
		if c == '<' {
			tokenStarts, known := t.scriptLess(t.pos)
			if !known {
				return t.upTo(t.pos, noToken)
			}
			if tokenStarts {
				if t.pos == t.start {
					t.mode, t.script = dataText, scriptState{}
				}
				return t.upTo(t.pos, endTag)
			}
			continue
		}
		switch s := &t.script; {
		case c == '-':
			s.dashes = min(s.dashes+1, 2)
		case c == '>' && s.dashes == 2:
			*s = scriptState{}
		default:
			s.dashes = 0
		}
		t.pos++
	}
	return t.upTo(len(t.buf), noToken)
}

// scriptLess follows the '<' at i of a script: it moves t.pos on, unless the end tag begins
// there or more input is needed to tell.
func (t *tokenizer) scriptLess(i int) (ends, known bool) {
	if t.script.depth < 2 {
		if ends, known = t.endsHere(i); ends || !known {
			return ends, known
		}
	}
	rest := t.buf[i+1:]
	switch t.script.depth {
	case 0:
		n := min(len(rest), len("!--"))
		if string(rest[:n]) == "!--"[:n] {
			if n < len("!--") {
				if !t.closed {
					return false, false
				}
				break
			}
			t.script = scriptState{depth: 1, dashes: 2} // <!--> ends it at once
			t.pos = i + len("<!--")
			return false, true
		}
	case 1:
		is, known := t.wordHere(rest, "script")
		if !known {
			return false, false
		}
		if is {
			t.script = scriptState{depth: 2}
			t.pos = i + len("<script")
			return false, true
		}
	case 2:
		if len(rest) == 0 && !t.closed {
			return false, false
		}
		if len(rest) > 0 && rest[0] == '/' {
			is, known := t.wordHere(rest[1:], "script")
			if !known {
				return false, false
			}
			if is {
				t.script = scriptState{depth: 1}
				t.pos = i + len("</script")
				return false, true
			}
		}
	}
	t.script.dashes = 0
	t.pos = i + 1
	return false, true
}
