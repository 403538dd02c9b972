package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// patternBytesMax bounds a pattern: of a constructor's text, and of each component.
const patternBytesMax = 16 << 10

// patternComponent matches one part of a URL, which is ASCII without line breaks.
//
// Most components need no regular expression: they are fixed text, groups that end where
// their segment does, and perhaps a wildcard with nothing but fixed text behind it. Those are
// matched as they stand; the others have an expression of the language's.
//
// Spec: https://urlpattern.spec.whatwg.org/#component
type patternComponent struct {
	text       string // the pattern, in its canonical form
	groups     []patternGroup
	hasRegExp  bool // a group has a regular expression of its own
	steps      []matchStep
	delimiter  string
	expression *js.Expression // nil: steps match
}

// patternGroup is a group of a component.
type patternGroup struct {
	name string
	// optional says that a group which holds the empty string is as one that is not there:
	// the language does not take an option that matches nothing, Go's matcher does.
	optional bool
}

// matchStep matches what is at the beginning of a text.
type matchStep struct {
	kind patternPartKind // partFixed, partSegment or partWildcard
	text string          // what is fixed; behind a wildcard, up to the end
}

// anyText is the component that most components of most patterns are. It never changes.
var anyText = &patternComponent{text: "*", groups: []patternGroup{{name: "0"}}, steps: []matchStep{{kind: partWildcard}}}

// compileComponent parses and compiles the pattern of one component.
//
// Spec: https://urlpattern.spec.whatwg.org/#compile-a-component
func compileComponent(vm *js.VM, which urlComponent, pattern string, options patternOptions, encode func(string) (string, error)) (*patternComponent, error) {
	if pattern == anyText.text {
		return anyText, nil
	}
	if len(pattern) > patternBytesMax {
		return nil, js.TypeError("URLPattern: the pattern of %s is longer than %d bytes", which, patternBytesMax)
	}
	vm.Checkpoint()
	parts, err := parsePattern(vm, pattern, options, encode)
	if err != nil {
		return nil, js.TypeError("URLPattern: the pattern of %s, %q, is not valid: %v", which, clip(pattern, 100), err)
	}
	c := &patternComponent{text: writePattern(parts, options), delimiter: options.delimiter}
	for _, p := range parts {
		if p.kind != partFixed {
			c.groups = append(c.groups, patternGroup{p.name, p.modifier == "?" && p.prefix == "" && p.suffix == ""})
		}
		c.hasRegExp = c.hasRegExp || p.kind == partRegExp
	}
	if steps, ok := matchSteps(parts, options); ok {
		c.steps = steps
		return c, nil
	}
	flags := "v"
	if options.ignoreCase {
		flags = "vi"
	}
	c.expression, err = vm.Expression(writeRegExp(parts, options), flags)
	if err != nil {
		return nil, js.TypeError("URLPattern: the pattern of %s, %q, is not valid: %s", which, clip(pattern, 100), vm.Report(err).Message)
	}
	return c, nil
}

// match matches the whole text and, unless groups is nil, adds what each group holds to it:
// what [js.VM.ToValue] takes.
func (c *patternComponent) match(text string, groups *[]any) bool {
	switch {
	case c.expression == nil:
		return c.walk(text, groups)
	case groups == nil:
		return c.expression.Matches(text)
	}
	held, ok := c.expression.Groups(text)
	if !ok {
		return false
	}
	for i, g := range c.groups {
		if g.optional && !js.IsUndefined(held[i]) && held[i].String() == "" {
			held[i] = js.Undefined
		}
		*groups = append(*groups, held[i])
	}
	return true
}

// walk matches by steps.
func (c *patternComponent) walk(text string, groups *[]any) bool {
	for _, step := range c.steps {
		var held string
		switch step.kind {
		case partFixed:
			var ok bool
			if text, ok = strings.CutPrefix(text, step.text); !ok {
				return false
			}
			continue
		case partSegment:
			end := len(text)
			if c.delimiter != "" {
				end = endOf(text, 0, c.delimiter)
			}
			if end == 0 {
				return false
			}
			held, text = text[:end], text[end:]
		case partWildcard:
			var ok bool
			if held, ok = strings.CutSuffix(text, step.text); !ok {
				return false
			}
			text = ""
		}
		if groups != nil {
			*groups = append(*groups, held)
		}
	}
	return text == ""
}

// matchSteps returns the steps by which parts can be matched, if there is but one way to:
// each group's end can be seen without looking at what else matches.
func matchSteps(parts []patternPart, options patternOptions) ([]matchStep, bool) {
	if options.ignoreCase {
		return nil, false
	}
	var steps []matchStep
	for i, p := range parts {
		if p.modifier != "" {
			return nil, false
		}
		switch p.kind {
		case partFixed:
			steps = append(steps, matchStep{partFixed, p.value})
		case partSegment:
			if next, ok := textAfter(parts, i); !ok || next != "" && (options.delimiter == "" || !strings.HasPrefix(next, options.delimiter)) {
				return nil, false
			}
			steps = append(steps, matchStep{partFixed, p.prefix}, matchStep{kind: partSegment}, matchStep{partFixed, p.suffix})
		case partWildcard:
			tail := p.suffix
			for _, after := range parts[i+1:] {
				if after.kind != partFixed || after.modifier != "" {
					return nil, false
				}
				tail += after.value
			}
			return append(steps, matchStep{partFixed, p.prefix}, matchStep{partWildcard, tail}), true
		default:
			return nil, false
		}
	}
	return steps, true
}

// textAfter returns the fixed text that follows group i: none at the end. It returns false
// if another group follows at once.
func textAfter(parts []patternPart, i int) (string, bool) {
	if parts[i].suffix != "" || i+1 == len(parts) {
		return parts[i].suffix, true
	}
	next := parts[i+1]
	text := next.prefix
	if next.kind == partFixed {
		text = next.value
	}
	return text, text != "" && next.modifier == ""
}

// writeRegExp makes a regular expression of parts.
//
// Spec: https://urlpattern.spec.whatwg.org/#generate-a-regular-expression-and-name-list
func writeRegExp(parts []patternPart, options patternOptions) string {
	var b strings.Builder
	write := func(pieces ...string) {
		for _, s := range pieces {
			b.WriteString(s)
		}
	}
	write("^")
	for _, p := range parts {
		value, prefix, suffix, modifier := p.value, escapeRegExp(p.prefix), escapeRegExp(p.suffix), string(p.modifier)
		switch p.kind {
		case partFixed:
			if modifier == "" {
				write(escapeRegExp(value))
			} else {
				write("(?:", escapeRegExp(value), ")", modifier)
			}
			continue
		case partSegment:
			value = options.segmentRegExp()
		case partWildcard:
			value = wildcardRegExp
		}
		bare := prefix == "" && suffix == ""
		switch {
		case bare && !p.modifier.repeats():
			write("(", value, ")", modifier)
		case bare:
			write("((?:", value, ")", modifier, ")")
		case !p.modifier.repeats():
			write("(?:", prefix, "(", value, ")", suffix, ")", modifier)
		default:
			write("(?:", prefix, "((?:", value, ")(?:", suffix, prefix, "(?:", value, "))*)", suffix, ")")
			if p.modifier == "*" {
				write("?")
			}
		}
	}
	write("$")
	return b.String()
}

// escapeRegExp makes a regular expression that matches s.
//
// Spec: https://urlpattern.spec.whatwg.org/#escape-a-regexp-string
func escapeRegExp(s string) string { return escapeChars(s, `.+*?^${}()[]|/\`) }

// escapeChars writes a backslash before each of chars in s.
func escapeChars(s, chars string) string {
	if !strings.ContainsAny(s, chars) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(chars, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
