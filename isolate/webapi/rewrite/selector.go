package rewrite

import (
	"bytes"
	"slices"
)

// compound is what one element must be: a name, conditions, or both.
type compound struct {
	name       string // in lower case; empty: any
	conditions []condition
}

// condition is one of the things that a compound asks for beside the name.
type condition struct {
	kind  conditionKind
	name  string // of the attribute, in lower case
	value string
	lower string // value in lower case
	fold  caseRule
	step  nth
	none  []compound // that the element must not be: not
}

type conditionKind uint8

const (
	hasAttribute conditionKind = iota
	equals
	includes  // ~=
	dashMatch // |=
	prefix    // ^=
	suffix    // $=
	substring // *=
	nthChild
	nthOfType
	not
)

// caseRule says whether the case of a value in ASCII matters.
type caseRule uint8

const (
	exact caseRule = iota
	folded
	foldedInHTML // for elements of HTML only
)

// nth is an+b.
type nth struct{ a, b int }

// has says whether there is an n ≥ 0 with a*n+b = i.
func (n nth) has(i int) bool {
	d := i - n.b
	if n.a == 0 {
		return d == 0
	}
	return d%n.a == 0 && d/n.a >= 0
}

// element is what a selector sees of an element.
type element struct {
	name   string // in lower case
	space  Namespace
	tag    *tag
	raw    []byte
	text   *charset
	child  int // its place among the children of its parent, from 1
	ofType int // among those of its name
	meter  Meter
}

func (c *compound) matches(e *element) bool {
	if c.name != "" && c.name != e.name {
		return false
	}
	for i := range c.conditions {
		if !c.conditions[i].holds(e) {
			return false
		}
	}
	return true
}

// typed says whether c asks for the place among elements of the same name.
func (c *compound) typed() bool {
	return slices.ContainsFunc(c.conditions, func(c condition) bool {
		return c.kind == nthOfType || slices.ContainsFunc(c.none, func(n compound) bool { return n.typed() })
	})
}

func (c *condition) holds(e *element) bool {
	switch c.kind {
	case nthChild:
		return c.step.has(e.child)
	case nthOfType:
		return c.step.has(e.ofType)
	case not:
		for i := range c.none {
			e.meter.Done(1)
			if c.none[i].matches(e) {
				return false
			}
		}
		return true
	}
	e.meter.Done(1 + len(e.tag.attributes)/4)
	a := e.tag.find(e.raw, c.name)
	if a == nil {
		return false
	}
	if c.kind == hasAttribute {
		return true
	}
	value := e.text.decoded(a.valueIn(e.raw))
	e.meter.Done(len(value) / 8)
	if c.fold == folded || c.fold == foldedInHTML && e.space == HTML {
		return c.accepts(asciiLower(value), c.lower)
	}
	return c.accepts(value, c.value)
}

// accepts compares an attribute's value with want, the case of both having been dealt with.
//
// Spec: https://www.w3.org/TR/selectors-4/#attribute-selectors
func (c *condition) accepts(value []byte, want string) bool {
	switch c.kind {
	case equals:
		return string(value) == want
	case dashMatch:
		return len(value) >= len(want) && string(value[:len(want)]) == want && (len(value) == len(want) || value[len(want)] == '-')
	}
	if want == "" {
		return false
	}
	switch c.kind {
	case includes:
		for len(value) > 0 {
			i, word := bytes.IndexAny(value, " \n\t\r\f"), value
			if i >= 0 {
				word, value = value[:i], value[i+1:]
			} else {
				value = nil
			}
			if string(word) == want {
				return true
			}
		}
		return false
	case prefix:
		return len(value) >= len(want) && string(value[:len(want)]) == want
	case suffix:
		return len(value) >= len(want) && string(value[len(value)-len(want):]) == want
	default: // substring
		return bytes.Contains(value, []byte(want))
	}
}

// asciiLower returns b in lower case, as far as it is ASCII; b stays as it is.
func asciiLower(b []byte) []byte {
	for i, c := range b {
		if c != lowered(c) {
			b = slices.Clone(b)
			for j := i; j < len(b); j++ {
				b[j] = lowered(b[j])
			}
			break
		}
	}
	return b
}

// foldsInHTML says whether the values of an attribute are compared without regard to case in
// elements of HTML, unless the selector says otherwise.
//
// Spec: https://html.spec.whatwg.org/multipage/semantics-other.html#case-sensitivity-of-selectors
func foldsInHTML(name string) bool {
	switch name {
	case "accept", "accept-charset", "align", "alink", "axis", "bgcolor", "charset", "checked",
		"clear", "codetype", "color", "compact", "declare", "defer", "dir", "direction",
		"disabled", "enctype", "face", "frame", "hreflang", "http-equiv", "lang", "language",
		"link", "media", "method", "multiple", "nohref", "noresize", "noshade", "nowrap",
		"readonly", "rel", "rev", "rules", "scope", "scrolling", "selected", "shape", "target",
		"text", "type", "valign", "valuetype", "vlink":
		return true
	}
	return false
}
