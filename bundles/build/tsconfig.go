package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
)

// tsConfig is what tsconfig.json, or jsconfig.json, in the project's root says that matters
// for a build.
//
// See https://www.typescriptlang.org/tsconfig/.
type tsConfig struct {
	raw      string // for esbuild: its settings of the language, and nothing that names a file
	baseURL  string // relative to the project; empty: none
	paths    []tsPath
	warnings []Message
}

// tsPath is one entry of paths.
type tsPath struct {
	pattern string   // with at most one "*"
	targets []string // relative to the project; with "*" for what the pattern's stood for
}

// languageOptions are the compilerOptions that change what esbuild writes, except jsx.
var languageOptions = [...]string{
	"jsxFactory", "jsxFragmentFactory", "jsxImportSource", "experimentalDecorators", "useDefineForClassFields",
	"target", "strict", "alwaysStrict", "verbatimModuleSyntax", "importsNotUsedAsValues", "preserveValueImports",
}

// extendsMax is how many files may extend each other.
const extendsMax = 16

// readTSConfig reads the project's tsconfig.json, which need not exist.
func readTSConfig(files *tree) *tsConfig {
	c := new(tsConfig)
	options := make(map[string]any)
	for _, file := range []string{"tsconfig.json", "jsconfig.json"} {
		if files.kind(file) == kindFile {
			c.read(files, file, options, 0)
			break
		}
	}
	text, err := json.Marshal(map[string]any{"compilerOptions": options})
	if err != nil {
		text = []byte("{}") // can't be: the values came from JSON
	}
	c.raw = string(text)
	return c
}

// read adds one file's settings, after those of the files that it extends.
func (c *tsConfig) read(files *tree, file string, options map[string]any, depth int) {
	text, err := files.text(file)
	if err != nil {
		c.warnings = append(c.warnings, Message{Text: err.Error(), File: file})
		return
	}
	root, err := parseJSONC(text)
	var broken *jsonError
	if errors.As(err, &broken) {
		c.warnings = append(c.warnings, Message{Text: broken.reason}.atOffset(file, text, broken.offset, 1))
		return
	}
	for _, base := range extended(root.get("extends")) {
		name := extendedFile(files, path.Dir(file), base.text())
		if name == "" || depth == extendsMax {
			c.warnings = append(c.warnings, Message{
				Text:  fmt.Sprintf("extends %q is not used: there is no such file in the project's folder", base.text()),
				Notes: []string{"only files in the project's folder are read"},
			}.atOffset(file, text, base.offset, 1))
			continue
		}
		c.read(files, name, options, depth+1)
	}
	c.apply(path.Dir(file), root.get("compilerOptions"), options)
}

func extended(n *node) []*node {
	if n == nil {
		return nil
	}
	if list, ok := n.value.([]*node); ok {
		return list
	}
	return []*node{n}
}

// extendedFile finds the file that extends names, in a folder or in a package. It returns
// "" if there is none.
func extendedFile(files *tree, folder, name string) string {
	var candidates []string
	switch {
	case len(name) > specifierBytesMax:
	case isRelative(name):
		candidates = []string{path.Join(folder, name)}
	default:
		for above := folder; ; above = path.Dir(above) {
			candidates = append(candidates, path.Join(above, "node_modules", name))
			if above == "." {
				break
			}
		}
	}
	for _, candidate := range candidates {
		for _, file := range []string{candidate, candidate + ".json", path.Join(candidate, "tsconfig.json")} {
			if files.kind(file) == kindFile {
				return file
			}
		}
	}
	return ""
}

// apply adds compilerOptions of a file in folder.
func (c *tsConfig) apply(folder string, from *node, options map[string]any) {
	for _, key := range languageOptions {
		if n := from.get(key); n != nil {
			switch n.value.(type) {
			case bool, string:
				options[key] = n.value
			}
		}
	}
	switch jsx := from.get("jsx").text(); jsx {
	case "react", "react-jsx":
		options["jsx"] = jsx
	case "react-jsxdev":
		options["jsx"] = "react-jsx" // its additions are for a debugger that there is none of
	case "preserve", "react-native":
		if from.get("jsxImportSource") != nil { // another tool would compile it: so do we
			options["jsx"] = "react-jsx"
		}
	}
	if base := from.get("baseUrl").text(); base != "" {
		c.baseURL = path.Join(folder, base)
	}
	if paths := from.get("paths"); paths != nil {
		if from.get("baseUrl").text() != "" || c.baseURL != "" {
			folder = c.baseURL
		}
		c.paths = nil
		for _, m := range paths.members() {
			p := tsPath{pattern: m.key}
			items, _ := m.value.value.([]*node)
			for _, item := range items {
				p.targets = append(p.targets, path.Join(folder, item.text()))
			}
			c.paths = append(c.paths, p)
		}
	}
}

// candidates returns the files or folders that an import by name may lead to, the best
// first.
func (c *tsConfig) candidates(specifier string) []string {
	var best tsPath
	match, prefix := "", -1
	for _, p := range c.paths {
		before, after, wild := strings.Cut(p.pattern, "*")
		switch {
		case !wild && p.pattern == specifier:
			return p.targets
		case wild && len(before) > prefix && len(specifier) >= len(before)+len(after) &&
			strings.HasPrefix(specifier, before) && strings.HasSuffix(specifier, after):
			best, prefix = p, len(before)
			match = specifier[len(before) : len(specifier)-len(after)]
		}
	}
	var out []string
	for _, t := range best.targets {
		out = append(out, path.Clean(strings.Replace(t, "*", match, 1)))
	}
	if c.baseURL != "" {
		out = append(out, path.Join(c.baseURL, specifier))
	}
	return out
}
