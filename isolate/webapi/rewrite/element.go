package rewrite

import (
	"bytes"
	"slices"
)

// Element is an element whose start tag has come. Its content and its end have not.
type Element struct {
	edits // of the start tag
	element
	content bool // it can have content, and an end tag
	within  bool // an element that was removed

	renamed    *string
	attributes []attribute // nil: as in the tag
	changed    bool        // the start tag is to be written anew
	closing    *closing
}

// attribute is one of an element whose attributes were changed.
type attribute struct {
	name    []byte // as it is written
	value   []byte // encoded
	written []byte // as it came; nil: it was set
}

// closing is what is to be done when the end of an element comes.
type closing struct {
	inner   []Content // right before the end tag
	after   []Content // the last one is the nearest to the end tag
	removed bool      // the end tag
	content bool      // what is within the element is removed
	name    *string   // of the end tag
	handler any       // nil: none
}

// reset makes e the element that begins with a tag.
func (e *Element) reset(of element, content, within bool) {
	e.edits.clear()
	*e = Element{edits: e.edits, element: of, content: content, within: within}
}

func (e *Element) atEnd() *closing {
	if e.closing == nil {
		e.closing = new(closing)
	}
	return e.closing
}

// TagName returns the name of the element, in lower case.
func (e *Element) TagName() string {
	if e.renamed != nil {
		return lowerASCII(*e.renamed)
	}
	return e.name
}

// SetTagName renames the element's tags.
func (e *Element) SetTagName(name string) error {
	if err := checkTagName(name, e.text); err != nil {
		return err
	}
	e.renamed, e.changed = &name, true
	if e.content {
		e.atEnd().name = &name
	}
	return nil
}

// Namespace returns what the element belongs to.
func (e *Element) Namespace() Namespace { return e.space }

// Removed says whether the element was removed or replaced, or is within one that was.
func (e *Element) Removed() bool { return e.removed || e.within }

// AttributeAt returns attribute i, its name in lower case and its value as it is written;
// false past the last.
func (e *Element) AttributeAt(i int) (name, value string, ok bool) {
	e.meter.Done(1)
	if e.attributes != nil {
		if i >= len(e.attributes) {
			return "", "", false
		}
		a := &e.attributes[i]
		return e.text.text(asciiLower(a.name)), e.text.text(a.value), true
	}
	if i >= len(e.tag.attributes) {
		return "", "", false
	}
	a := &e.tag.attributes[i]
	return e.text.text(asciiLower(a.nameIn(e.raw))), e.text.text(a.valueIn(e.raw)), true
}

// Attribute returns the value of an attribute as it is written, and false if there is none of
// that name. The case of ASCII in the name does not matter.
func (e *Element) Attribute(name string) (value string, ok bool) {
	encoded, ok := e.text.exactly(lowerASCII(name))
	if !ok {
		return "", false
	}
	if e.attributes != nil {
		if i := e.index(encoded); i >= 0 {
			return e.text.text(e.attributes[i].value), true
		}
		return "", false
	}
	e.meter.Done(1 + len(e.tag.attributes))
	if a := e.tag.find(e.raw, encoded); a != nil {
		return e.text.text(a.valueIn(e.raw)), true
	}
	return "", false
}

// index returns where the first attribute of a name is, -1 if there is none.
func (e *Element) index(encoded string) int {
	e.meter.Done(1 + len(e.attributes))
	return slices.IndexFunc(e.attributes, func(a attribute) bool { return equalFold(a.name, encoded) })
}

// SetAttribute gives an attribute a value, which is written as it is, but for quotation marks.
func (e *Element) SetAttribute(name, value string) error {
	name = lowerASCII(name)
	if name == "" {
		return &EditError{"the name of an attribute can't be empty"}
	}
	if err := checkName("attribute", name, " \n\r\t\f/>=", e.text); err != nil {
		return err
	}
	e.own()
	encoded, _ := e.text.exactly(name)
	i := e.index(encoded)
	if i < 0 {
		if len(e.attributes) >= attributesMax {
			return ErrTooManyAttributes
		}
		i = len(e.attributes)
		e.attributes = push(e.meter, e.attributes, attribute{name: []byte(encoded)})
	}
	a := &e.attributes[i]
	a.value, a.written = appendBytes(e.meter, nil, e.text.encoded(value)), nil
	return nil
}

// RemoveAttribute removes the first attribute of a name, if there is one.
func (e *Element) RemoveAttribute(name string) {
	encoded, ok := e.text.exactly(lowerASCII(name))
	if _, has := e.Attribute(name); !ok || !has {
		return
	}
	e.own()
	i := e.index(encoded)
	e.attributes = slices.Delete(e.attributes, i, i+1)
}

// own makes attributes a list of e's, to be changed.
func (e *Element) own() {
	e.changed = true
	if e.attributes != nil {
		return
	}
	e.attributes = make([]attribute, 0, len(e.tag.attributes)+1)
	e.meter.Done(len(e.tag.attributes))
	for i := range e.tag.attributes {
		a := &e.tag.attributes[i]
		e.attributes = append(e.attributes, attribute{a.nameIn(e.raw), a.valueIn(e.raw), e.raw[a.name:a.last]})
	}
}

// After puts content after the element, before what is there already.
func (e *Element) After(c Content) {
	if !e.content {
		e.edits.After(c)
		return
	}
	e.atEnd().after = append(e.atEnd().after, c)
}

// Prepend puts content at the beginning of the element's, before what is there already. An
// element without content stays so.
func (e *Element) Prepend(c Content) {
	if e.content {
		e.edits.After(c)
	}
}

// Append puts content at the end of the element's, after what is there already. An element
// without content stays so.
func (e *Element) Append(c Content) {
	if e.content {
		e.atEnd().inner = append(e.atEnd().inner, c)
	}
}

// SetInnerContent puts content in place of the element's. An element without content stays so.
func (e *Element) SetInnerContent(c Content) {
	if e.content {
		e.empty()
		e.edits.After(c)
	}
}

// empty removes the content of e, and what was put there.
func (e *Element) empty() {
	e.edits.after = emptied(e.edits.after)
	e.atEnd().inner = emptied(e.atEnd().inner)
	e.atEnd().content = true
}

// Replace puts content in place of the element and all that is in it. An earlier replacement
// is forgotten.
func (e *Element) Replace(c Content) {
	e.edits.Replace(c)
	e.drop()
}

// Remove takes the element out of the document, with all that is in it.
func (e *Element) Remove() {
	e.edits.Remove()
	e.drop()
}

func (e *Element) drop() {
	if e.content {
		e.empty()
		e.atEnd().removed = true
	}
}

// RemoveAndKeepContent takes the element's tags out of the document.
func (e *Element) RemoveAndKeepContent() {
	e.edits.Remove()
	if e.content {
		e.atEnd().removed = true
	}
}

// OnEndTag asks for handler to be called with the tag that ends the element; an earlier one is
// forgotten. It returns an error if the element can have no end tag. If the document ends
// first, there is no call.
func (e *Element) OnEndTag(handler any) error {
	if !e.content {
		return &EditError{"this element has no end tag"}
	}
	e.atEnd().handler = handler
	return nil
}

// bytes is the start tag as it goes out.
func (e *Element) bytes() []byte {
	if !e.changed {
		return e.raw
	}
	out := make([]byte, 0, len(e.raw)+64)
	out = append(out, '<')
	if e.renamed != nil {
		name, _ := e.text.exactly(*e.renamed)
		out = append(out, name...)
	} else {
		out = append(out, e.tag.name(e.raw)...)
	}
	e.own()
	for i := range e.attributes {
		a := &e.attributes[i]
		e.meter.Done(4)
		out = append(grow(e.meter, out, len(a.name)+len(a.written)+8), ' ')
		if a.written != nil {
			out = append(out, a.written...)
			continue
		}
		out = append(append(out, a.name...), `="`...)
		for piece := range slices.Chunk(a.value, contentBytes) {
			e.meter.Done(len(piece) / 8)
			out = appendBytes(e.meter, out, bytes.ReplaceAll(piece, []byte(`"`), []byte("&quot;")))
		}
		out = append(out, '"')
	}
	switch {
	case e.tag.selfClosing && len(e.attributes) > 0:
		return append(out, " />"...) // an unquoted value would take the slash
	case e.tag.selfClosing:
		return append(out, "/>"...)
	}
	return append(out, '>')
}
