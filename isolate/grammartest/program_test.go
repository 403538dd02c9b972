package grammartest

import (
	"strings"
)

// node of a program's syntax tree: text with a hole for each kid.
type syntax struct {
	text string // holes are written as §
	kids []*syntax
}

const hole = "§"

func leaf(text string) *syntax { return &syntax{text: text} }

func form(text string, kids ...*syntax) *syntax { return &syntax{text: text, kids: kids} }

// String renders the tree.
func (s *syntax) String() string {
	var b strings.Builder
	s.render(&b)
	return b.String()
}

func (s *syntax) render(b *strings.Builder) {
	rest := s.text
	for _, kid := range s.kids {
		before, after, _ := strings.Cut(rest, hole)
		b.WriteString(before)
		kid.render(b)
		rest = after
	}
	b.WriteString(rest)
}

// program is a handler's body: statements, each of which may fail alone.
type program []*syntax

func (p program) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.String()
	}
	return strings.Join(parts, "; ")
}

// plain are expressions that stand for any other when a program is made smaller.
var plain = []string{"0", "undefined", `"x"`, "[]", "({})"}

// minimise returns the smallest program that it finds, in at most tries attempts, for which
// fails still holds.
func minimise(p program, tries int, fails func(program) bool) program {
	attempt := func(q program) bool {
		if tries == 0 {
			return false
		}
		tries--
		return fails(q)
	}
	for i := len(p) - 1; i >= 0; i-- {
		without := append(append(program{}, p[:i]...), p[i+1:]...)
		if len(without) > 0 && attempt(without) {
			p = without
		}
	}
	for _, s := range p {
		shrink(s, func() bool { return attempt(p) })
	}
	return p
}

// shrink replaces the parts of s, in place, by plain ones or by their own parts, as long as
// fails holds.
func shrink(s *syntax, fails func() bool) {
	for _, kid := range s.kids {
		if len(kid.kids) == 0 && len(kid.text) <= len(`undefined`) {
			continue
		}
		old := *kid
		done := false
		for _, text := range plain {
			*kid = syntax{text: text}
			if done = fails(); done {
				break
			}
		}
		for i := 0; !done && i < len(old.kids); i++ {
			*kid = *old.kids[i]
			done = fails()
		}
		if !done {
			*kid = old
		}
		shrink(kid, fails)
	}
}
