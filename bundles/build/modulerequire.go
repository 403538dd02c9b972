package build

import (
	"regexp"
	"strings"
)

// esbuild takes module.require for require, but only within a bundle, so that the parser
// that finds computed calls does not see these. They are found in the text instead: as they
// are written in practice they are renamed, and written in another way they are refused.

// renameModuleRequire renames computed calls of module.require in a module's text, without
// changing its length. odd is the offset of one that it can't tell, or -1.
func renameModuleRequire(text string) (renamed string, calls []computedCall, odd int) {
	if odd := oddModule(text); odd >= 0 {
		return text, nil, odd
	}
	if escaped("module", text) {
		return text, nil, strings.Index(text, `\u`)
	}
	out := []byte(text)
	eachModule(text, func(at int, rest string) bool {
		callee := len("module") + len(rest) - len(afterName(rest))
		if name, call := moduleCall(rest); name == "require" && strings.HasPrefix(call, "(") && !constantArgument(call[1:]) {
			copy(out[at:at+callee], computedRequire+strings.Repeat(" ", callee-len(computedRequire)))
			calls = append(calls, computedCall{at, callee, relativeArgument(call)})
		}
		return true
	})
	return string(out), calls, -1
}

// oddModule returns where module is used in a way that esbuild may take for a call of
// require and renameModuleRequire doesn't know, or -1.
func oddModule(text string) int {
	odd, enums := -1, strings.Contains(text, "enum") && enumHead.MatchString(text)
	eachModule(text, func(at int, rest string) bool {
		if isOdd(text[:at], rest, enums) {
			odd = at
		}
		return odd < 0
	})
	return odd
}

// eachModule calls visit for each place where the word module stands for itself, with what
// follows it, until visit returns false.
func eachModule(text string, visit func(at int, rest string) bool) {
	const word = "module"
	for at := 0; ; at += len(word) {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return
		}
		at += i
		rest := text[at+len(word):]
		if at > 0 && isWordByte(text[at-1]) || rest != "" && isWordByte(rest[0]) && rest[0] != '\\' {
			continue
		}
		if !visit(at, rest) {
			return
		}
	}
}

// moduleCall returns the name of the property that follows, empty if none does, and what
// comes after it.
func moduleCall(rest string) (name, after string) {
	rest = skipSpace(rest)
	rest, ok := strings.CutPrefix(rest, ".")
	if !ok {
		return "", ""
	}
	rest = skipSpace(rest)
	end := 0
	for end < len(rest) && isWordByte(rest[end]) {
		end++
	}
	return rest[:end], skipSpace(rest[end:])
}

// afterName returns what follows the name of the property.
func afterName(rest string) string {
	rest = skipSpace(rest)
	rest = skipSpace(strings.TrimPrefix(rest, "."))
	return strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz")
}

// isOdd reports whether module, between before and rest, may be the object of a call of
// require that isn't written module.require(…).
func isOdd(before, rest string, enums bool) bool {
	rest = skipSpace(rest)
	wrapped := strings.HasSuffix(strings.TrimRight(before, " \t\r\n"), "(")
	for strings.HasPrefix(rest, ")") || strings.HasPrefix(rest, "!") {
		rest = skipSpace(rest[1:])
		if name, _ := moduleCall(rest); name == "require" {
			return true
		}
	}
	switch {
	case strings.HasPrefix(rest, `\u`):
		return true
	case wrapped && (strings.HasPrefix(rest, "as") || strings.HasPrefix(rest, "satisfies")):
		return true
	case strings.HasPrefix(rest, "["):
		return oddIndex(skipSpace(rest[1:]), enums)
	}
	name, after := moduleCall(rest)
	if strings.Contains(name, `\u`) {
		return true
	}
	return name == "require" && oddCallee(after)
}

// oddCallee reports whether what follows module.require may call it other than directly.
func oddCallee(after string) bool {
	closed := false
	for strings.HasPrefix(after, ")") {
		closed, after = true, skipSpace(after[1:])
	}
	return closed && strings.HasPrefix(after, "(") || strings.HasPrefix(after, "!") || strings.HasPrefix(after, "<") ||
		strings.HasPrefix(after, "as ") || strings.HasPrefix(after, "satisfies ")
}

// plainIndex matches an index that esbuild can't compute to be "require": it knows the value
// of an enum's member, and of a constant of up to three characters.
var plainIndex = regexp.MustCompile(`^[\w$.]+\s*(?:[-+*]\s*\d+\s*)?\]`)

// oddIndex reports whether what follows module[ may be the name require.
func oddIndex(index string, enums bool) bool {
	if index == "" || strings.IndexByte("\"'`", index[0]) < 0 {
		return enums || !plainIndex.MatchString(index)
	}
	end := strings.IndexByte(index[1:], index[0])
	if end < 0 {
		return true
	}
	name, after := index[1:1+end], skipSpace(index[end+2:])
	return name == "require" || strings.Contains(name, `\`) || !strings.HasPrefix(after, "]")
}
