package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/skerry-edge/skerry/"

// importMap says what each package may import of the project: the picture in
// ARCHITECTURE.md. cmd/skerry may import everything. Tests may import what they test with.
var importMap = map[string][]string{
	"gateway":                   {"gateway/route", "gateway/admit", "gateway/observe", "bundles", "isolate"},
	"gateway/route":             {"bundles"},
	"gateway/admit":             {},
	"gateway/observe":           {"isolate"},
	"gateway/cache":             {"isolate/webapi", "kv"},
	"gateway/egress":            {"isolate/webapi"},
	"gateway/admin":             {"bundles", "bundles/catalog", "bundles/store", "bundles/replicate", "isolate", "kv", "gateway/observe", "gateway/route"},
	"gateway/supervise":         {"gateway/supervise/control"},
	"gateway/supervise/control": {},
	"isolate":                   {"isolate/js", "isolate/webapi", "isolate/binding", "isolate/note", "isolate/wasm", "bundles", "kv"},
	"isolate/wasm":              {"isolate/js"},
	"isolate/webapi":            {"isolate/js", "isolate/webapi/rewrite", "isolate/webapi/subtle"},
	"isolate/webapi/rewrite":    {},
	"isolate/webapi/subtle":     {},
	"isolate/binding":           {"isolate/js", "kv"},
	"isolate/jail":              {"isolate", "isolate/js", "bundles", "kv", "kv/remote"},
	"isolate/jail/fence":        {},
	"isolate/js":                {"isolate/note"},
	"isolate/note":              {},
	"isolate/js/jstest":         {"isolate/js"},
	"kv":                        {},
	"kv/memory":                 {"kv"},
	"kv/bolt":                   {"kv"},
	"kv/redis":                  {"kv"},
	"kv/remote":                 {"kv"},
	"kv/kvtest":                 {"kv"},
	"bench/load":                {},
	"bench/load/report":         {"bench/load"},
	"bench/load/script":         {"bench/load", "bundles", "isolate/js", "isolate/webapi"},
	"bundles":                   {},
	"bundles/build":             {"bundles", "sdk-js"},
	"bundles/store":             {"bundles", "kv"},
	"bundles/catalog":           {"bundles", "kv"},
	"bundles/replicate":         {"bundles", "bundles/store", "bundles/catalog", "kv"},
	"sdk-js":                    {},
}

// engines are third-party packages that few may know: each with the packages that do.
var engines = map[string][]string{
	"github.com/dop251/goja":          {"isolate/js"},
	"github.com/dlclark/regexp2":      {"isolate/js"},
	"github.com/evanw/esbuild":        {"bundles/build"},
	"github.com/valyala/fasthttp":     {"gateway", "bench/load", "bench/peers/plain", "bench/streams"},
	"github.com/redis/go-redis":       {"kv/redis", "bench/peers/plain"},
	"github.com/tetratelabs/wazero":   {"isolate/wasm"},
	"go.etcd.io/bbolt":                {"kv/bolt"},
	"github.com/hashicorp/golang-lru": {"isolate"},
	"github.com/nlnwa/whatwg-url":     {"isolate/webapi", "gateway/egress", "gateway/route"},
	"code.dny.dev/ssrf":               {"gateway/egress"},
	"github.com/prometheus":           {"gateway/observe", "bench/load"},
	"github.com/HdrHistogram":         {"bench/load"},
	"github.com/spf13":                {"cmd/skerry"},
	"github.com/fsnotify/fsnotify":    {"cmd/skerry"},
	"github.com/pelletier/go-toml":    {"bundles/build", "cmd/skerry"},
}

// TestImports holds the import map: imports point down, and only along its edges.
func TestImports(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for file, imports := range sources(t) {
		pkg := path.Dir(file)
		seen[pkg] = true
		allowed, known := importMap[pkg]
		free := pkg == "cmd/skerry" || strings.HasPrefix(pkg, "cmd/") || isTestPackage(pkg)
		if !known && !free {
			t.Errorf("%s: package %s is not in the import map", file, pkg)
			continue
		}
		for _, imported := range imports {
			if local, ok := strings.CutPrefix(imported, module); ok && !free && !slices.Contains(allowed, local) {
				t.Errorf("%s imports %s, which is no edge of the import map", file, local)
			}
			for engine, owners := range engines {
				if strings.HasPrefix(imported, engine) && !slices.ContainsFunc(owners, func(o string) bool { return o == pkg }) {
					t.Errorf("%s imports %s, which belongs to %v alone", file, imported, owners)
				}
			}
		}
	}
	for pkg := range importMap {
		if !seen[pkg] {
			t.Errorf("the import map has a package %s that does not exist", pkg)
		}
	}
}

// isTestPackage says whether pkg only serves tests: it may import what it likes. The load
// generator is part of the product.
func isTestPackage(pkg string) bool {
	return strings.HasSuffix(path.Base(pkg), "test") || strings.HasPrefix(pkg, "bench") && !strings.HasPrefix(pkg, "bench/load")
}

// sources lists the imports of each Go file that is no test, by its path in the project.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]string)
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != root || d.Name() == "node_modules" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		var imports []string
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imported)
		}
		found[filepath.ToSlash(relative)] = imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
