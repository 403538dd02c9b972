package rewrite

import (
	"slices"
	"strings"
)

// Content is what a handler puts into a document.
type Content struct {
	Text string
	HTML bool // Text is markup; otherwise it is text, and escaped
	// Stream is whatever the content comes from that is not known yet, instead of Text. When
	// its place in the document is reached, Next returns a Call for it.
	Stream any
}

// edits are what handlers do to a token.
type edits struct {
	before  []Content
	after   []Content // the last one is the nearest to the token
	replace []Content
	removed bool // the token itself; what is around it stays
}

// clear forgets all edits.
func (e *edits) clear() {
	*e = edits{before: emptied(e.before), after: emptied(e.after), replace: emptied(e.replace)}
}

// emptied makes a list that keeps nothing alive but its memory, if that is little.
func emptied(list []Content) []Content {
	if cap(list) > 64 {
		return nil
	}
	clear(list)
	return list[:0]
}

// Before puts content before the token, after what is there already.
func (e *edits) Before(c Content) { e.before = append(e.before, c) }

// After puts content after the token, before what is there already.
func (e *edits) After(c Content) { e.after = append(e.after, c) }

// Replace puts content in place of the token; an earlier replacement is forgotten.
func (e *edits) Replace(c Content) {
	e.removed = true
	e.replace = append(emptied(e.replace), c)
}

// Remove takes the token out of the document.
func (e *edits) Remove() { e.removed = true }

// Removed says whether the token was removed or replaced.
func (e *edits) Removed() bool { return e.removed }

// none says whether nothing was done.
func (e *edits) none() bool { return len(e.before)+len(e.after) == 0 && !e.removed }

// plan lists the contents that go out, self being what the token itself is now.
func (e *edits) plan(list []piece, self []byte) []piece {
	list = appendContents(list, e.before)
	if e.removed {
		list = appendContents(list, e.replace)
	} else {
		list = append(list, piece{raw: self})
	}
	for _, c := range slices.Backward(e.after) {
		list = append(list, piece{content: c})
	}
	return list
}

// piece is one of the things that go out: bytes of the document, or content.
type piece struct {
	raw     []byte
	content Content
}

func appendContents(list []piece, contents []Content) []piece {
	for _, c := range contents {
		list = append(list, piece{content: c})
	}
	return list
}

// escaper makes markup of text.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
