package rewrite

import (
	"errors"
	"fmt"
)

// Errors of [Rewriter.Next] that the document is to blame for. After one the Rewriter has
// ended.
var (
	// ErrTokenTooLarge says that a tag, a comment or a doctype is larger than 1 MB.
	ErrTokenTooLarge = errors.New("rewrite: a tag, comment or doctype is larger than 1 MB")
	// ErrTooManyAttributes says that a tag has more than 16,384 attributes.
	ErrTooManyAttributes = errors.New("rewrite: a tag has more than 16384 attributes")
	// ErrTooDeep says that what must be remembered of the open elements is more than 8 MB.
	ErrTooDeep = errors.New("rewrite: there are too many open elements: what is remembered of them is more than 8 MB")
)

// AmbiguityError says that only a full parser could tell whether what follows a tag is text
// or markup, so that nothing after it can be rewritten safely: a tag such as <style> stands
// within <select>, or after <frameset>.
type AmbiguityError struct {
	Tag    string // "style"
	Within string // "select", "template" in a select, or "frameset"
}

func (e *AmbiguityError) Error() string {
	return fmt.Sprintf("rewrite: <%s> stands in <%s>, where a parser may ignore the tag: whether its content is text or markup can't be told in a stream", e.Tag, e.Within)
}

// SelectorError says why a selector is refused, and where.
type SelectorError struct {
	Selector string
	Offset   int // in bytes, of what is wrong
	Problem  string
}

func (e *SelectorError) Error() string {
	const around = 20
	if len(e.Selector) <= 2*around {
		return fmt.Sprintf("%q is no selector: %s, at character %d", e.Selector, e.Problem, e.Offset+1)
	}
	from, to := max(e.Offset-around, 0), min(e.Offset+around, len(e.Selector))
	return fmt.Sprintf("the selector is wrong: %s, at character %d, by %q", e.Problem, e.Offset+1, e.Selector[from:to])
}
