package rewrite

import "strings"

// Text is a piece of a text node. A node comes in as many pieces as it arrives in, the last
// of which is empty.
type Text struct {
	edits
	raw  []byte
	text *string // of raw; nil: raw is UTF-8, and nobody has asked
	last bool
}

// Text returns the text as it is written: character references stay what they are.
func (t *Text) Text() string {
	if t.text == nil {
		text := string(t.raw)
		t.text = &text
	}
	return *t.text
}

// Last says whether this is the end of the node.
func (t *Text) Last() bool { return t.last }

// Comment is a comment, or what parsers take for one.
type Comment struct {
	edits
	raw     []byte
	form    commentForm
	charset *charset
	text    *string // that was set; nil: none was
}

// Text returns what the comment says.
func (c *Comment) Text() string {
	if c.text != nil {
		return *c.text
	}
	return c.charset.text(commentText(c.form, c.raw))
}

// SetText makes the comment say text. It returns an error if that would end the comment.
func (c *Comment) SetText(text string) error {
	for _, end := range []string{"-->", "--!>"} {
		if strings.Contains(text, end) {
			return &EditError{"a comment can't have " + end + " in it: that ends it"}
		}
	}
	if strings.HasPrefix(text, ">") || strings.HasPrefix(text, "->") {
		return &EditError{"a comment can't begin with > or ->: that ends it"}
	}
	if _, ok := c.charset.exactly(text); !ok {
		return &EditError{"the comment has a character that the document's encoding lacks"}
	}
	c.text = &text
	return nil
}

// bytes is the comment as it goes out.
func (c *Comment) bytes() []byte {
	if c.text == nil {
		return c.raw
	}
	encoded, _ := c.charset.exactly(*c.text)
	return []byte("<!--" + encoded + "-->")
}

// Doctype is a document type declaration. It can't be changed.
type Doctype struct {
	name, public, system *string
}

// Name returns the name, in lower case; nil if there is none.
func (d *Doctype) Name() *string { return d.name }

// PublicID returns the public identifier; nil if there is none.
func (d *Doctype) PublicID() *string { return d.public }

// SystemID returns the system identifier; nil if there is none.
func (d *Doctype) SystemID() *string { return d.system }

// DocumentEnd is the end of the document.
type DocumentEnd struct{ edits edits }

// Append puts content at the end, after what is there already.
func (d *DocumentEnd) Append(c Content) { d.edits.Before(c) }

// EndTag is the end tag that ends an element: the element's own or, if it has none, that of
// an element around it.
type EndTag struct {
	edits
	raw     []byte
	name    string // in lower case, unless it was set
	set     bool
	charset *charset
}

// Name returns the tag's name, in lower case.
func (t *EndTag) Name() string { return lowerASCII(t.name) }

// SetName renames the tag, and not the start tag.
func (t *EndTag) SetName(name string) error {
	if err := checkTagName(name, t.charset); err != nil {
		return err
	}
	t.name, t.set = name, true
	return nil
}

// bytes is the tag as it goes out.
func (t *EndTag) bytes() []byte {
	if !t.set {
		return t.raw
	}
	encoded, _ := t.charset.exactly(t.name)
	return []byte("</" + encoded + ">")
}

// EditError says why an edit is refused.
type EditError struct{ Problem string }

func (e *EditError) Error() string { return e.Problem }

func checkTagName(name string, charset *charset) error {
	if name == "" {
		return &EditError{"the name of a tag can't be empty"}
	}
	if !isLetter(name[0]) {
		return &EditError{"the name of a tag must begin with a letter from a to z"}
	}
	return checkName("tag", name, " \n\r\t\f/>", charset)
}

// checkName refuses a name with a character that can't be in it.
func checkName(what, name, forbidden string, charset *charset) error {
	if i := strings.IndexAny(name, forbidden); i >= 0 {
		return &EditError{"the name of " + article(what) + " can't have the character '" + name[i:i+1] + "' in it"}
	}
	if _, ok := charset.exactly(name); !ok {
		return &EditError{"the name of " + article(what) + " has a character that the document's encoding lacks"}
	}
	return nil
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
