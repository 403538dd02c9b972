package js

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// What this file mends is wrong in the engine and right in other syntax:
//
//   - class fields named get, set or async with an initialiser don't parse: the name is
//     quoted, where the parser stumbles;
//   - "\u{10FFFF}" in a string or a template panics: it becomes the two code units that it
//     stands for;
//   - `arguments` inside an arrow function gives wrong values: it becomes
//     (arguments, arguments), which does not;
//   - \p{…} in a regular expression never matches in the engine's first matcher: an empty
//     look-ahead makes it choose the second, which knows most properties, and the others
//     are spelt out;
//   - the flag v is not known: classset.go.

// repair is a change of the text, at an offset in the text as it was.
type repair struct {
	at    int
	wider int // how much longer what stands there became
}

// repairs are what was changed in a text, in order.
type repairs []repair

// widest is what stands for the escape of U+10FFFF in braces.
const widest = `\udbff\udfff`

// spellWidest rewrites the escapes of U+10FFFF that begin at these offsets of source.
func spellWidest(source string, escapes []int) (string, repairs) {
	if len(escapes) == 0 {
		return source, nil
	}
	var out strings.Builder
	var done repairs
	from := 0
	for _, at := range escapes {
		n := widestEscape(source[at:])
		out.WriteString(source[from:at])
		out.WriteString(widest)
		from = at + n
		done = append(done, repair{at, len(widest) - n})
	}
	out.WriteString(source[from:])
	return out.String(), done
}

// original returns the offset in the text as it was of what is at an offset now.
func (r repairs) original(at int) int {
	for _, done := range r {
		if done.at < at {
			at = max(at-done.wider, done.at)
		}
	}
	return at
}

var contextualField = regexp.MustCompile(`(?:^|[^A-Za-z0-9_$.'"])(get|set|async)\s*[=};]`)

// mend quotes the field name near the place that the parser complains of, and says
// whether it found one.
func (r *repairs) mend(source *string, err error) bool {
	var list parser.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return false
	}
	src := *source
	at := offset(src, list[0].Position.Line, list[0].Position.Column)
	if at < 0 {
		return false
	}
	// The parser complains of what follows the name, a few bytes on.
	low, high := max(0, at-24), min(len(src), at+2)
	found := contextualField.FindAllStringSubmatchIndex(src[low:high], -1)
	if found == nil {
		return false
	}
	last := found[len(found)-1]
	start, end := low+last[2], low+last[3]
	*source = src[:start] + "'" + src[start:end] + "'" + src[end:]
	*r = append(*r, repair{r.original(start), len(`''`)})
	slices.SortFunc(*r, func(a, b repair) int { return a.at - b.at })
	return true
}

// columns lists the repairs by line, from 0, of text, in which their offsets are.
func (r repairs) columns(text string) map[int][]insertion {
	byLine := make(map[int][]insertion)
	line, seen := 0, 0
	for _, done := range r {
		line += strings.Count(text[seen:done.at], "\n")
		seen = done.at
		byLine[line] = append(byLine[line], insertion{done.at - 1 - strings.LastIndexByte(text[:done.at], '\n'), done.wider})
	}
	return byLine
}

// offset returns the byte offset of a line and a column, both from 1, or -1.
func offset(src string, line, column int) int {
	start := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(src[start:], '\n')
		if i < 0 {
			return -1
		}
		start += i + 1
	}
	if start+column-1 > len(src) {
		return -1
	}
	return start + column - 1
}

// treeRepair mends what the parser takes and the compiler or the runtime gets wrong, and
// lowers what needs it. It walks a syntax tree by reflection: there are sixty kinds of node,
// and what is looked for may hang from any of them.
type treeRepair struct {
	lower  bool           // operators that BigInts grow by
	spread bool           // values in objects
	raw    map[int]string // what a template's raw text had, by offset in the text that was parsed
	seen   map[uintptr]bool
	makes  nameless // what the syntax makes
	failed error    // a regular expression that is refused

	spreads bool // something was spread, and needs the helper
}

var expression = reflect.TypeFor[ast.Expression]()

// repair mends tree, or says what in it is refused.
func (t *treeRepair) repair(tree *ast.Program) error {
	t.seen = make(map[uintptr]bool)
	t.walk(reflect.ValueOf(tree), 0)
	return t.failed
}

// walk visits what v holds, arrows being the number of arrow functions around it up to
// the nearest function with arguments of its own.
func (t *treeRepair) walk(v reflect.Value, arrows int) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if id, ok := v.Interface().(*ast.Identifier); ok {
			if arrows > 0 && id.Name == "arguments" && v.CanSet() && v.Type() == expression {
				v.Set(reflect.ValueOf(&ast.SequenceExpression{Sequence: []ast.Expression{id, &ast.Identifier{Name: id.Name, Idx: id.Idx}}}))
			}
			return
		}
		t.walk(v.Elem(), arrows)
		if e, ok := v.Interface().(*ast.TemplateLiteral); ok && v.CanSet() && v.Type() == expression {
			if lowered := lowerTemplate(e); lowered != nil {
				v.Set(reflect.ValueOf(lowered))
			}
			return
		}
		if e, ok := v.Interface().(ast.Expression); ok && t.lower && v.CanSet() && v.Type() == expression {
			if lowered := lowerExpression(e); lowered != nil {
				v.Set(reflect.ValueOf(lowered))
			}
		}
	case reflect.Pointer:
		if v.IsNil() || t.seen[v.Pointer()] {
			return
		}
		t.seen[v.Pointer()] = true
		switch node := v.Interface().(type) {
		case *ast.FunctionLiteral, *ast.ClassStaticBlock, *ast.FieldDefinition:
			arrows = 0
		case *ast.ArrowFunctionLiteral:
			arrows++
		case *ast.RegExpLiteral:
			t.makes |= namelessRegExp
			node.Pattern, node.Flags = repairRegExp(node.Pattern, node.Flags)
			if err := checkPattern(node.Pattern); err != nil && t.failed == nil {
				t.failed = &CompileError{Message: errPatternSize.Message}
			}
			return
		case *ast.TemplateElement:
			t.restoreRaw(node)
			return
		}
		t.spreads = t.spread && lowerSpread(v.Interface()) || t.spreads
		t.walk(v.Elem(), arrows)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			// Declarations are listed a second time there; File is the source.
			if f.IsExported() && f.Name != "File" && f.Name != "DeclarationList" {
				t.walk(v.Field(i), arrows)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			t.walk(v.Index(i), arrows)
		}
	}
}

// restoreRaw gives a template's raw text the escapes that spellWidest rewrote.
func (t *treeRepair) restoreRaw(e *ast.TemplateElement) {
	// The parser's offset is past the first character, and counts from 1.
	_, first := utf8.DecodeRuneInString(e.Literal)
	start := int(e.Idx) - 1 - first
	for from := 0; len(t.raw) > 0; {
		i := strings.Index(e.Literal[from:], widest)
		if i < 0 {
			return
		}
		i += from
		from = i + len(widest)
		if escape, ok := t.raw[start+i]; ok {
			start += len(widest) - len(escape)
			e.Literal = e.Literal[:i] + escape + e.Literal[i+len(widest):]
			from = i + len(escape)
		}
	}
}

var propertyEscape = regexp.MustCompile(`\\([pP])\{([A-Za-z_]+)(?:=([A-Za-z_]+))?\}`)

// spelt are properties that the engine's matcher does not know, in terms of those it does.
var spelt = map[string]string{
	"Alphabetic": `\p{L}\p{Nl}`, "Alpha": `\p{L}\p{Nl}`,
	"ID_Start": `\p{L}\p{Nl}`, "IDS": `\p{L}\p{Nl}`,
	"ID_Continue": `\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}`, "IDC": `\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}`,
	"XID_Start": `\p{L}\p{Nl}`, "XID_Continue": `\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}`,
	"Uppercase": `\p{Lu}`, "Lowercase": `\p{Ll}`,
	"ASCII": `\x00-\x7f`, "Any": `\s\S`,
}

// repairRegExp rewrites Unicode properties and what needs the flag v. A flag v that stays is
// one that the engine refuses.
func repairRegExp(pattern, flags string) (string, string) {
	if strings.Contains(flags, "v") {
		if lowered, ok := lowerClassSets(pattern); ok {
			pattern, flags = lowered, strings.Replace(flags, "v", "u", 1)
		}
	}
	if !strings.Contains(flags, "u") || !propertyEscape.MatchString(pattern) {
		return pattern, flags
	}
	var out strings.Builder
	out.WriteString("(?=)")
	inClass := false
	for i := 0; i < len(pattern); {
		if loc := propertyEscape.FindStringSubmatchIndex(pattern[i:]); loc != nil && loc[0] == 0 {
			out.WriteString(expandProperty(pattern[i:i+loc[1]], inClass))
			i += loc[1]
			continue
		}
		width := 1
		switch pattern[i] {
		case '\\':
			width = min(2, len(pattern)-i)
		case '[':
			inClass = true
		case ']':
			inClass = false
		}
		out.WriteString(pattern[i : i+width])
		i += width
	}
	return out.String(), flags
}

// expandProperty rewrites one \p{…} or \P{…}.
func expandProperty(escape string, inClass bool) string {
	m := propertyEscape.FindStringSubmatch(escape)
	letter, name, value := m[1], m[2], m[3]
	if value != "" {
		return `\` + letter + `{` + value + `}` // Script=X, General_Category=X: by the value alone
	}
	classes, ok := spelt[name]
	switch {
	case !ok, inClass && letter == "P":
		return escape
	case inClass:
		return classes
	case letter == "P":
		return "[^" + classes + "]"
	default:
		return "[" + classes + "]"
	}
}

// nestedClass says whether pattern has a class inside a class.
func nestedClass(pattern string) bool {
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			depth++
			if depth > 1 {
				return true
			}
		case ']':
			depth = max(0, depth-1)
		}
	}
	return false
}
