package build

import (
	"fmt"
	"regexp"
	"strings"
)

// enumBytesMax bounds the text of one member of an enum.
const enumBytesMax = 1 << 20

var (
	enumHead  = regexp.MustCompile(`\benum\s+[^\s{}]+\s*\{`)
	enumToken = regexp.MustCompile(`[\w$\\\x{80}-\x{10FFFF}]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`(?:[^`\\\\]|\\\\.)*`" + `|//[^\n]*|/\*(?s:.*?)\*/|[=,}]`)
	enumName  = regexp.MustCompile(`[\w$\x{80}-\x{10FFFF}]+`)
)

// checkEnums refuses enums whose members, strings built of other members, grow without
// bound: { A = "x", B = A + A, C = B + B, … }. esbuild computes them while it parses, so 40
// lines would take all memory. The size is an upper bound: whatever looks like the name of a
// member counts as its value.
func checkEnums(file, text string) *Message {
	if !strings.Contains(text, "enum") {
		return nil
	}
	sizes := make(map[string]int)
	for at := 0; ; {
		head := enumHead.FindStringIndex(text[at:])
		if head == nil {
			return nil
		}
		member, rest := enumMember(text[at+head[1]:], sizes)
		if member != "" {
			m := Message{Text: fmt.Sprintf("the enum's member %.40s is a string of more than %d characters", member, enumBytesMax)}.
				atOffset(file, text, at+head[0], len("enum"))
			return &m
		}
		at = len(text) - len(rest)
	}
}

// enumMember adds the sizes of an enum's members. It returns the first that is too large, or
// what follows the enum.
func enumMember(body string, sizes map[string]int) (tooLarge, rest string) {
	name, size, value := "", 0, false
	for {
		at := enumToken.FindStringIndex(body)
		if at == nil {
			return "", ""
		}
		token := body[at[0]:at[1]]
		body = body[at[1]:]
		switch {
		case token == "," || token == "}":
			sizes[name] = max(sizes[name], size)
			if name, size, value = "", 0, false; token == "}" {
				return "", body
			}
		case token == "=":
			value = true
		case strings.HasPrefix(token, "//"), strings.HasPrefix(token, "/*"):
		case !value:
			name = strings.Trim(token, `"'`)
		default:
			if size += enumSize(token, sizes); size > enumBytesMax {
				return name, body
			}
		}
	}
}

// enumSize returns how much a token can add to a member's value.
func enumSize(token string, sizes map[string]int) int {
	size := len(token)
	if strings.Contains(token, `\`) { // perhaps an escaped name: it may be any
		for _, n := range sizes {
			size += n
		}
	}
	for _, name := range enumName.FindAllString(token, -1) {
		size += sizes[name]
		if size > enumBytesMax {
			break
		}
	}
	return size
}
