package rewrite

// Namespace is what an element belongs to.
type Namespace uint8

// The namespaces of elements.
const (
	HTML Namespace = iota
	SVG
	MathML
)

// URI returns the name that the standard gives n.
//
// Spec: https://infra.spec.whatwg.org/#namespaces
func (n Namespace) URI() string {
	switch n {
	case SVG:
		return "http://www.w3.org/2000/svg"
	case MathML:
		return "http://www.w3.org/1998/Math/MathML"
	default:
		return "http://www.w3.org/1999/xhtml"
	}
}

// context follows what the tree of the document would say of tags: which namespace they are
// in, and how the text after them is to be read. Without a tree there are documents in which
// that can't be known; those are refused.
type context struct {
	spaces []Namespace // of open foreign content and of HTML within it; the innermost last
	guard  guard
}

func (c *context) now() Namespace { return c.outer(1) }

// outer is the namespace n levels out, 1 being the present one.
func (c *context) outer(n int) Namespace {
	if len(c.spaces) < n {
		return HTML
	}
	return c.spaces[len(c.spaces)-n]
}

func (c *context) leave() {
	if len(c.spaces) > 0 {
		c.spaces = c.spaces[:len(c.spaces)-1]
	}
}

// start follows a start tag. It returns the element's namespace and how the text after it is
// read. name is in lower case.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#tree-construction-dispatcher
func (c *context) start(name string, g *tag, raw []byte) (Namespace, textMode, error) {
	if err := c.guard.start(name); err != nil {
		return 0, 0, err
	}
	space := c.now()
	switch {
	case name == "svg": // in MathML it stands in <annotation-xml>
		return c.foreign(SVG, g), dataText, nil
	case name == "math" && space != SVG:
		return c.foreign(MathML, g), dataText, nil
	case space == HTML:
		return HTML, textModeOf(name), nil
	case leavesForeign(name, g, raw):
		c.leave()
		return c.now(), dataText, nil
	case !g.selfClosing && holdsHTML(space, name, g, raw):
		c.spaces = append(c.spaces, HTML)
	}
	return space, dataText, nil
}

func (c *context) foreign(space Namespace, g *tag) Namespace {
	if !g.selfClosing {
		c.spaces = append(c.spaces, space)
	}
	return space
}

// end follows an end tag.
func (c *context) end(name string) {
	c.guard.end(name)
	switch now := c.now(); {
	case now == SVG && name == "svg", now == MathML && name == "math":
		c.leave()
	case now == HTML && len(c.spaces) > 0 && heldHTML(c.outer(2), name):
		c.leave()
	}
}

// textModeOf is how the text of an element of HTML is read. Scripting counts as enabled.
func textModeOf(name string) textMode {
	switch name {
	case "script":
		return scriptText
	case "plaintext":
		return plainText
	case "title", "textarea", "style", "iframe", "xmp", "noembed", "noframes", "noscript":
		return rawText
	}
	return dataText
}

// leavesForeign says whether a start tag ends foreign content.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inforeign
func leavesForeign(name string, g *tag, raw []byte) bool {
	switch name {
	case "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em",
		"embed", "h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing",
		"menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span", "strong",
		"strike", "sub", "sup", "table", "tt", "u", "ul", "var":
		return true
	case "font":
		return g.find(raw, "color") != nil || g.find(raw, "face") != nil || g.find(raw, "size") != nil
	}
	return false
}

// holdsHTML says whether the content of a foreign element is HTML.
//
// Spec: https://html.spec.whatwg.org/multipage/parsing.html#html-integration-point
func holdsHTML(space Namespace, name string, g *tag, raw []byte) bool {
	if space == MathML && name == "annotation-xml" {
		a := g.find(raw, "encoding")
		return a != nil && (equalFold(a.valueIn(raw), "text/html") || equalFold(a.valueIn(raw), "application/xhtml+xml"))
	}
	return heldHTML(space, name)
}

// heldHTML is holdsHTML for an end tag.
func heldHTML(space Namespace, name string) bool {
	switch name {
	case "foreignobject", "desc", "title":
		return space == SVG
	case "mi", "mo", "mn", "ms", "mtext", "annotation-xml":
		return space == MathML
	}
	return false
}

func (a *attributeSpan) nameIn(raw []byte) []byte { return raw[a.name:a.nameEnd] }

func (a *attributeSpan) valueIn(raw []byte) []byte { return raw[a.value:a.valueEnd] }

// find returns the first attribute of that name, which is in lower case.
func (g *tag) find(raw []byte, name string) *attributeSpan {
	for i := range g.attributes {
		if a := &g.attributes[i]; a.nameEnd-a.name == len(name) && equalFold(a.nameIn(raw), name) {
			return a
		}
	}
	return nil
}

// guard refuses what can't be read without a tree. A parser ignores most tags in <select>,
// and all but a few after <frameset>; if such a tag is one that makes what follows text, a
// guess would let markup through as text, or text as markup.
type guard struct {
	state     guardState
	templates int // open in a select
}

type guardState uint8

const (
	anywhere guardState = iota
	inSelect
	inTemplate // in a select
	inFrameset // or after it
)

func (u *guard) start(name string) error {
	switch u.state {
	case anywhere:
		switch name {
		case "select":
			u.state = inSelect
		case "frameset":
			u.state = inFrameset
		}
	case inSelect:
		switch name {
		case "select", "textarea", "input", "keygen": // these end it
			u.state = anywhere
		case "template":
			u.state, u.templates = inTemplate, 1
		case "script":
		default:
			return u.refuse(name, "select")
		}
	case inTemplate:
		if name == "template" {
			u.templates++
			return nil
		}
		return u.refuse(name, "template")
	case inFrameset:
		if name != "noframes" {
			return u.refuse(name, "frameset")
		}
	}
	return nil
}

func (u *guard) end(name string) {
	switch {
	case u.state == inSelect && name == "select":
		u.state = anywhere
	case u.state == inTemplate && name == "template":
		if u.templates--; u.templates == 0 {
			u.state = inSelect
		}
	}
}

func (u *guard) refuse(name, within string) error {
	if textModeOf(name) == dataText {
		return nil
	}
	return &AmbiguityError{Tag: name, Within: within}
}
