package rewrite

import "slices"

// Handlers are who is called for the elements that a selector matches: values of the caller,
// which a Call hands back. nil: nobody.
type Handlers struct {
	Element  any
	Comments any // in an element that matches, however deep
	Text     any // likewise
}

// DocumentHandlers are who is called for what is anywhere in a document. nil: nobody.
type DocumentHandlers struct {
	Doctype  any
	Comments any
	Text     any
	End      any
}

// Rules are handlers and what they are for. The zero value has none.
type Rules struct {
	program   program
	elements  []Handlers
	documents []DocumentHandlers
}

// On adds handlers for the elements that a selector matches: a list, parted by commas, of
//
//   - E  .class  #id                        any element, one by its name, class, id
//     [a]  [a=v]  [a~=v]  [a|=v]               an attribute; v in quotes unless it is an identifier;
//     [a^=v]  [a$=v]  [a*=v]                   "i" or "s" after it: case does not matter, or does
//     :first-child  :nth-child(an+b)           the place among its siblings
//     :first-of-type  :nth-of-type(an+b)       the place among those of its name
//     :not(…)                                  what must not be: any of the above, or a list of them
//     E F   E > F                              F within E, F a child of E
//
// The error is a [*SelectorError]. Handlers are called in the order in which they were added,
// those of documents after those of elements.
//
// Spec: https://www.w3.org/TR/selectors-4/
func (r *Rules) On(selector string, h Handlers) error {
	list, err := parseSelector(selector)
	if err != nil {
		return err
	}
	r.program.add(list, len(r.elements))
	r.elements = append(r.elements, h)
	return nil
}

// OnDocument adds handlers for documents. Those for ends are called in the reverse order.
func (r *Rules) OnDocument(h DocumentHandlers) { r.documents = append(r.documents, h) }

// snapshot returns r as it stands: what is added later does not show.
func (r *Rules) snapshot() Rules {
	s := *r
	s.program.states = slices.Clip(s.program.states)
	s.program.entries = slices.Clip(s.program.entries)
	s.elements, s.documents = slices.Clip(s.elements), slices.Clip(s.documents)
	return s
}

// empty says whether there is nobody to call.
func (r *Rules) empty() bool { return len(r.elements)+len(r.documents) == 0 }
