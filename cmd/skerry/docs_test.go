package main

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pictureHead is the sentence before the picture of packages in ARCHITECTURE.md.
const pictureHead = "Each package of the project, and what of it the package may import:\n\n```\n"

// TestArchitectureShowsTheImportMap holds the picture of packages in ARCHITECTURE.md
// against the map that the imports are held against.
func TestArchitectureShowsTheImportMap(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), pictureHead)
	shown, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("ARCHITECTURE.md has no picture of packages, which begins with %q and ends with a fence", pictureHead)
	}
	if want := picture(importMap); shown != want {
		t.Errorf("ARCHITECTURE.md does not show the import map of imports_test.go\n got:\n%s\nwant:\n%s", shown, want)
	}
}

// picture writes an import map, one package a line, packages and imports in order.
func picture(imports map[string][]string) string {
	var b strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		b.WriteString(pkg + " ->")
		for i, imported := range slices.Sorted(slices.Values(imports[pkg])) {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(" " + imported)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// named finds what a page names as a file of Go source: `turn.go`, `isolate/js/turn.go`.
var named = regexp.MustCompile("`([a-z0-9_./-]+\\.go)`")

// TestPagesNameFilesThatExist looks for each file that a page names: with a folder in its
// place, without one anywhere.
func TestPagesNameFilesThatExist(t *testing.T) {
	t.Parallel()
	places, bases := make(map[string]bool), make(map[string]bool)
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		places[name], bases[path.Base(name)] = true, true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"README.md", "ARCHITECTURE.md", "RATIONALE.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile("../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range named.FindAllStringSubmatch(string(text), -1) {
			if name := match[1]; !places[name] && (strings.Contains(name, "/") || !bases[name]) {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
	}
}
