package build

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// An import() or require() whose path is computed can't be bundled. esbuild would look for
// files whose names might match, in folders of the disk that no plugin stands before. So
// such calls are renamed before it sees them: to functions, declared at the module's end,
// that throw. The names are as long as what they replace, so that columns stay.
const (
	computedImport  = "__imp_"
	computedRequire = "__requi"
)

// computedFunctions declares what computed calls are renamed to.
const computedFunctions = `
function __requi(path) { throw new Error("Cannot require " + path + ": a path that is computed can't be bundled") }
async function __imp_(path) { throw new Error("Cannot import " + path + ": a path that is computed can't be bundled") }`

// computedCall is a place where a path is computed.
type computedCall struct {
	offset, width int
	relative      bool // it begins with "./" or "../": no module of that kind can be there
}

// renameComputed renames the computed calls in a module's text. It returns the calls, and
// the text with its length unchanged.
func renameComputed(text string, options api.TransformOptions) (string, []computedCall, []api.Message) {
	if !mayCompute(text) {
		return text, nil, nil
	}
	original := text
	text, calls, odd := renameModuleRequire(text)
	if odd >= 0 {
		m := Message{
			Text:  "module.require in this form can't be bundled",
			Notes: []string{"write module.require(\"./x.js\") or require(\"./x.js\")"},
		}.atOffset(options.Sourcefile, original, odd, len("module"))
		return text, nil, []api.Message{{Detail: m}}
	}
	// Where they are only a parser can tell, and it must be the one that would look for the
	// files: without a bundle it reads nothing, and can be told to report them.
	options.LogOverride = map[string]api.LogLevel{
		"unsupported-dynamic-import": api.LogLevelWarning,
		"unsupported-require-call":   api.LogLevelWarning,
	}
	options.LogLevel = api.LogLevelSilent
	result := api.Transform(text, options)
	if len(result.Errors) > 0 {
		return text, nil, result.Errors
	}
	out := []byte(text)
	lines := lineOffsets(text)
	for _, w := range result.Warnings {
		if !strings.HasSuffix(w.Text, "because the argument is not a string literal") || w.Location == nil {
			continue // the same ids serve other warnings
		}
		call := computedCall{width: w.Location.Length}
		if line := w.Location.Line - 1; line < len(lines) {
			call.offset = lines[line] + w.Location.Column
		}
		name := computedImport
		if w.ID == "unsupported-require-call" {
			name = computedRequire
		}
		end := call.offset + call.width
		if end > len(out) || call.width < len(name) || !isCallee(text[call.offset:end], name) {
			return text, nil, []api.Message{{Text: "a computed import could not be located", Location: w.Location}}
		}
		copy(out[call.offset:end], name+strings.Repeat(" ", call.width-len(name)))
		call.relative = relativeArgument(text[end:])
		calls = append(calls, call)
	}
	return string(out), calls, nil
}

// isCallee reports whether text is what name replaces; an identifier may have escapes.
func isCallee(text, name string) bool {
	if name == computedImport {
		return text == "import"
	}
	return text == "require" || strings.Contains(text, `\u`)
}

// relativeArgument reports whether what follows a callee is seen to begin with "./" or "../".
func relativeArgument(rest string) bool {
	for rest = skipSpace(rest); strings.HasPrefix(rest, "("); {
		rest = skipSpace(rest[1:])
	}
	if rest == "" || strings.IndexByte("\"'`", rest[0]) < 0 {
		return false
	}
	return strings.HasPrefix(rest[1:], "./") || strings.HasPrefix(rest[1:], "../")
}

// lineOffsets returns where each line begins, by the line ends that JavaScript knows.
func lineOffsets(text string) []int {
	offsets := []int{0}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			offsets = append(offsets, i+1)
		case '\r':
			if !strings.HasPrefix(text[i+1:], "\n") {
				offsets = append(offsets, i+1)
			}
		case 0xe2: // U+2028 and U+2029
			if strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029") {
				offsets = append(offsets, i+3)
			}
		}
	}
	return offsets
}

// mayCompute reports whether text could hold a computed call. It errs on the side of yes,
// which costs a parse: most modules have none, or imports of constant paths alone.
func mayCompute(text string) bool {
	return occurs(text, "import", importIsPlain) || occurs(text, "require", requireIsPlain) ||
		escaped("require", text) || escaped("module", text) || strings.Contains(text, "module") && oddModule(text) >= 0
}

// escaped reports whether the identifier word is in text with one of its letters, or more,
// written as an escape. (A keyword such as import can't be.)
func escaped(word, text string) bool {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], `\u`)
		if i < 0 {
			return false
		}
		at += i
		if c, _ := letter(text[at:]); strings.IndexByte(word, c) < 0 {
			continue
		}
		for k := range len(word) { // the escape may be any of the letters
			start := at - k
			if start >= 0 && !strings.Contains(text[start:at], `\`) && spells(text[start:], word) {
				return true
			}
		}
	}
}

// spells reports whether text begins with word, its letters written as they are or escaped.
func spells(text, word string) bool {
	for i := range len(word) {
		c, width := letter(text)
		if c != word[i] {
			return false
		}
		text = text[width:]
	}
	return true
}

var escapedLetter = regexp.MustCompile(`^\\u(?:00([0-9a-fA-F]{2})|\{0*([0-9a-fA-F]{2})\})`)

// letter returns the ASCII letter that text begins with, as it is or escaped, and its width;
// 0 if it is something else.
func letter(text string) (c byte, width int) {
	if text != "" && isLetter(text[0]) {
		return text[0], 1
	}
	if !strings.HasPrefix(text, `\u`) {
		return 0, 0
	}
	match := escapedLetter.FindStringSubmatch(text)
	if match == nil {
		return 0, 0
	}
	n, err := strconv.ParseUint(match[1]+match[2], 16, 8)
	if err != nil || !isLetter(byte(n)) {
		return 0, 0
	}
	return byte(n), len(match[0])
}

// occurs reports whether there is a place of word where what follows is not plain.
func occurs(text, word string, plain func(rest string) bool) bool {
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return false
		}
		inside := i > 0 && (text[i-1] == '_' || text[i-1] == '$' || text[i-1] < 0x80 && isLetter(text[i-1]))
		text = text[i+len(word):]
		if !inside && !plain(skipSpace(text)) {
			return true
		}
	}
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// skipSpace skips ASCII white space and comments.
func skipSpace(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n\v\f")
		switch {
		case strings.HasPrefix(text, "/*"):
			_, after, ok := strings.Cut(text[2:], "*/")
			if !ok {
				return text
			}
			text = after
		case strings.HasPrefix(text, "//"):
			i := strings.IndexAny(text, "\r\n")
			if i < 0 {
				return ""
			}
			text = text[i:]
		default:
			return text
		}
	}
}

// importIsPlain reports whether what follows the word import can't make it a computed call.
func importIsPlain(rest string) bool {
	switch {
	case rest == "":
		return true
	case rest[0] == '(':
		return constantArgument(rest[1:])
	case rest[0] == '.':
		return strings.HasPrefix(skipSpace(rest[1:]), "meta")
	}
	return isLetter(rest[0]) || strings.IndexByte("\"'{*_$,;:`=|&)]}", rest[0]) >= 0
}

// requireIsPlain is the same for require, which is an identifier: what calls it may come
// after a parenthesis or a type.
func requireIsPlain(rest string) bool {
	switch {
	case rest == "":
		return true
	case rest[0] == '(':
		return constantArgument(rest[1:])
	case strings.HasPrefix(rest, "as"), strings.HasPrefix(rest, "satisfies"):
		return false
	}
	return isLetter(rest[0]) || strings.IndexByte("_$.,;=:'\"`&|?}]-", rest[0]) >= 0
}

// constantArgument reports whether text begins with a string that is the whole argument.
func constantArgument(text string) bool {
	text = skipSpace(text)
	if text == "" || strings.IndexByte("\"'`", text[0]) < 0 {
		return false
	}
	end := strings.IndexByte(text[1:], text[0])
	if end < 0 || strings.ContainsAny(text[1:1+end], "\\\n${") {
		return false
	}
	text = skipSpace(text[end+2:])
	return strings.HasPrefix(text, ")") || strings.HasPrefix(text, ",")
}

// computedMessage says that a path is computed.
func computedMessage(file, text string, call computedCall) Message {
	what := "require()"
	if strings.HasPrefix(text[call.offset:], "import") {
		what = "import()"
	}
	return Message{
		Text: fmt.Sprintf("the path of this %s is computed, so that it can't be bundled", what),
		Notes: []string{
			"write each path out: { a: () => import(\"./a.ts\"), b: () => import(\"./b.ts\") }[name]()",
		},
	}.atOffset(file, text, call.offset, call.width)
}
