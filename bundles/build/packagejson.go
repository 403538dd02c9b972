package build

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"
)

// packageJSON is what a package.json says that matters for a build.
//
// See https://nodejs.org/api/packages.html.
type packageJSON struct {
	folder  string // its own, a real name
	name    string
	kind    string // "module", "commonjs" or empty: the type of its .js and .ts files
	module  string // the entry for import, of packages without exports
	main    string
	exports *node // nil: none
	imports *node
	effects *sideEffects // nil: every file may have some

	// The browser field, a convention older than exports: a main module, or what to take in
	// the place of files of the package and of other packages. An empty value is false: an
	// empty module. Keys of files have no "./".
	browser  string
	replaced map[string]string
}

// sideEffects are the files of a package that do something when they are imported for no
// name. It is what the "sideEffects" of a package.json lists; an empty list is false there.
//
// See https://webpack.js.org/guides/tree-shaking/.
type sideEffects struct {
	patterns []*regexp.Regexp // of names relative to the package
}

// free reports whether the file, relative to the package, has no side effects.
func (s *sideEffects) free(file string) bool {
	if s == nil {
		return false
	}
	for _, p := range s.patterns {
		if p.MatchString(file) {
			return false
		}
	}
	return true
}

func parsePackageJSON(folder, text string) (*packageJSON, *Message) {
	file := path.Join(folder, "package.json")
	root, err := parseJSONC(text)
	var broken *jsonError
	if errors.As(err, &broken) {
		m := Message{Text: broken.reason}.atOffset(file, text, broken.offset, 1)
		return nil, &m
	}
	p := &packageJSON{
		folder: folder, name: root.get("name").text(),
		module: root.get("module").text(), main: root.get("main").text(),
		exports: notNull(root.get("exports")), imports: notNull(root.get("imports")),
	}
	if kind := root.get("type").text(); kind == "module" || kind == "commonjs" {
		p.kind = kind
	}
	p.browser = root.get("browser").text()
	for _, m := range root.get("browser").members() {
		set(&p.replaced, strings.TrimPrefix(m.key, "./"), m.value.text())
	}
	if n := root.get("sideEffects"); n != nil {
		switch value := n.value.(type) {
		case bool:
			if !value {
				p.effects = new(sideEffects)
			}
		case []*node:
			p.effects = new(sideEffects)
			for _, item := range value {
				p.effects.patterns = append(p.effects.patterns, sideEffectPattern(item.text()))
			}
		}
	}
	return p, nil
}

// mains returns the main module's path for a package without exports, the best first. A
// require prefers main: there, module.exports may be a function, which no namespace is.
func (p *packageJSON) mains(required bool) []string {
	mains := []string{p.browser, p.module, p.main}
	if required {
		mains = []string{p.browser, p.main, p.module}
	}
	return slices.DeleteFunc(mains, func(main string) bool { return main == "" })
}

// replacement returns what the package wants in the place of one of its files, by the file's
// real name. An empty replacement is the empty module.
func (p *packageJSON) replacement(file string) (to string, ok bool) {
	if p.replaced == nil {
		return "", false
	}
	name := strings.TrimPrefix(strings.TrimPrefix(file, p.folder), "/")
	for _, key := range []string{name, strings.TrimSuffix(name, path.Ext(name)), strings.TrimSuffix(name, "/index.js")} {
		if to, ok = p.replaced[key]; ok {
			return to, true
		}
	}
	return "", false
}

func notNull(n *node) *node {
	if n == nil || n.value == nil {
		return nil
	}
	return n
}

// sideEffectPattern makes a regular expression of a glob: "**/" stands for any folders, "*"
// for any part of a name, "?" for one character. A pattern without a slash is for every
// folder.
func sideEffectPattern(glob string) *regexp.Regexp {
	if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	glob = path.Clean("/" + glob)[1:]
	var out strings.Builder
	out.WriteString("^")
	for glob != "" {
		switch {
		case strings.HasPrefix(glob, "**/"):
			out.WriteString("(?:[^/]*/)*")
			glob = glob[3:]
			continue
		case strings.HasPrefix(glob, "**"):
			out.WriteString(".*")
			glob = glob[2:]
			continue
		case glob[0] == '*':
			out.WriteString("[^/]*")
		case glob[0] == '?':
			out.WriteString("[^/]")
		default:
			i := strings.IndexAny(glob, "*?")
			if i < 0 {
				i = len(glob)
			}
			out.WriteString(regexp.QuoteMeta(glob[:i]))
			glob = glob[i:]
			continue
		}
		glob = glob[1:]
	}
	out.WriteString("$")
	re, err := regexp.Compile(out.String())
	if err != nil {
		return regexp.MustCompile("") // not UTF-8, or too large: every file may have side effects
	}
	return re
}
