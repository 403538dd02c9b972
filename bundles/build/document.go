package build

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
)

// document is a configuration file while it is read. What is wrong with it is collected,
// so that its author learns of everything at once.
type document struct {
	file     string // relative to the project
	text     string
	root     *node
	problems []Message
}

// parseDocument parses a file by the end of its name. Its error is a [*ConfigError].
func parseDocument(file, text string) (*document, error) {
	d := &document{file: file, text: text}
	parse := parseJSONC
	if strings.HasSuffix(file, ".toml") {
		parse = parseTOML
	}
	root, err := parse(text)
	var broken *jsonError
	if errors.As(err, &broken) {
		return nil, &ConfigError{[]Message{Message{Text: broken.reason}.atOffset(file, text, broken.offset, 1)}}
	}
	if d.root = root; err == nil && root.members() == nil {
		return nil, &ConfigError{[]Message{{Text: "the file must hold one object, in braces", File: file, Line: 1, Column: 1}}}
	}
	return d, err
}

func (d *document) report(offset, width int, format string, args ...any) {
	d.problems = append(d.problems, Message{Text: fmt.Sprintf(format, args...)}.atOffset(d.file, d.text, offset, width))
}

// offsetOf returns where the field of a path such as "kv[1].binding" stands, or the nearest
// thing around it that is there.
func (d *document) offsetOf(path string) int {
	n := d.root
	for _, step := range strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
		var next *node
		if items, ok := n.value.([]*node); ok {
			if i, err := strconv.Atoi(step); err == nil && i < len(items) {
				next = items[i]
			}
		} else {
			next = n.get(step)
		}
		if next == nil {
			break
		}
		n = next
	}
	return n.offset
}

// section reads the members of one object. A key that was asked for is known; [section.rest]
// returns the others.
type section struct {
	doc   *document
	path  string
	node  *node
	known []string
	quiet []string // known too, but not worth proposing
}

func (d *document) section() *section { return &section{doc: d, node: d.root} }

// skip returns the value of a key that is known but has no meaning here.
func (s *section) skip(key string) *node {
	s.quiet = append(s.quiet, key)
	return s.node.get(key)
}

func (s *section) get(key string) *node {
	s.known = append(s.known, key)
	n := s.node.get(key)
	if n != nil && n.value == nil {
		s.doc.report(n.offset, 4, "%s is null: leave it out instead", joinPath(s.path, key))
		return nil
	}
	return n
}

// wrong reports that a value is not of the kind that it must be.
func (s *section) wrong(n *node, key, want string) {
	s.doc.report(n.offset, 1, "%s must be %s, not %s", joinPath(s.path, key), want, kindName(n.value))
}

func (s *section) text(key string) string {
	n := s.get(key)
	if n == nil {
		return ""
	}
	text, ok := n.value.(string)
	if !ok {
		s.wrong(n, key, "a string")
	}
	return text
}

func (s *section) integer(key string) *int {
	n := s.get(key)
	if n == nil {
		return nil
	}
	value, ok := n.value.(int64)
	if !ok || value > math.MaxInt32 || value < math.MinInt32 {
		s.wrong(n, key, "a whole number")
		return nil
	}
	i := int(value)
	return &i
}

// number is integer for fields where zero and absent are the same.
func (s *section) number(key string) int {
	if i := s.integer(key); i != nil {
		return *i
	}
	return 0
}

func (s *section) boolean(key string) bool {
	n := s.get(key)
	if n == nil {
		return false
	}
	value, ok := n.value.(bool)
	if !ok {
		s.wrong(n, key, "true or false")
	}
	return value
}

func (s *section) texts(key string) []string {
	var out []string
	for i, item := range s.items(key) {
		text, ok := item.value.(string)
		if !ok {
			s.wrong(item, fmt.Sprintf("%s[%d]", key, i), "a string")
		}
		out = append(out, text)
	}
	return out
}

func (s *section) items(key string) []*node {
	n := s.get(key)
	if n == nil {
		return nil
	}
	items, ok := n.value.([]*node)
	if !ok {
		s.wrong(n, key, "a list, in brackets")
	}
	return items
}

// table returns the object below key, nil if it is absent.
func (s *section) table(key string) *section {
	n := s.get(key)
	if n == nil {
		return nil
	}
	return s.below(n, key)
}

// tables returns the objects in the list below key.
func (s *section) tables(key string) []*section {
	var out []*section
	for i, item := range s.items(key) {
		if below := s.below(item, fmt.Sprintf("%s[%d]", key, i)); below != nil {
			out = append(out, below)
		}
	}
	return out
}

func (s *section) below(n *node, key string) *section {
	if n.members() == nil {
		s.wrong(n, key, "a table of keys and values")
		return nil
	}
	return &section{doc: s.doc, path: joinPath(s.path, key), node: n}
}

// rest returns the members that were not asked for, and reports keys that are there twice.
func (s *section) rest() []member {
	var out []member
	seen := make(map[string]bool)
	for _, m := range s.node.members() {
		if seen[m.key] {
			s.doc.report(m.offset, len(m.key), "the key %s is there twice", joinPath(s.path, m.key))
		} else if !slices.Contains(s.known, m.key) && !slices.Contains(s.quiet, m.key) {
			out = append(out, m)
		}
		seen[m.key] = true
	}
	return out
}

// refuseRest reports the members that were not asked for. elsewhere are keys of the
// sections around this one, which a key may have slipped away from.
func (s *section) refuseRest(elsewhere ...string) {
	for _, m := range s.rest() {
		path := joinPath(s.path, m.key)
		switch near := bundles.Nearest(m.key, s.known); {
		case slices.Contains(elsewhere, m.key):
			s.doc.report(m.offset, len(m.key), "unknown key %q; the key %q stands above all tables, at the top of the file", path, m.key)
		case near != "":
			s.doc.report(m.offset, len(m.key), "unknown key %q; did you mean %q?", path, joinPath(s.path, near))
		default:
			s.doc.report(m.offset, len(m.key), "unknown key %q; known here: %s", path, strings.Join(s.known, ", "))
		}
	}
}

func kindName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case int64, float64:
		return "a number"
	case string:
		return "a string"
	case []*node:
		return "a list"
	default:
		return "a table"
	}
}
