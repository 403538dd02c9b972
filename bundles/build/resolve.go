package build

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/skerry-edge/skerry/bundles"
)

// resolver finds the file that an import leads to, by the rules of Node.js and TypeScript,
// in a tree. esbuild's own would read folders up to the root of the disk.
//
// It is safe for concurrent use.
type resolver struct {
	files  *tree
	root   string // absolute, to see what is installed above it
	config *tsConfig

	mu struct {
		sync.Mutex
		packages map[string]*packageJSON // by folder; nil: it has none
		broken   []Message               // package.json files that can't be parsed
	}
}

func newResolver(files *tree, root string, config *tsConfig) *resolver {
	r := &resolver{files: files, root: root, config: config}
	r.mu.packages = make(map[string]*packageJSON)
	return r
}

// target is where an import leads.
type target struct {
	file       string // a real name; empty: the empty module
	moduleType string // "module", "commonjs" or empty, from package.json
	effectFree bool   // package.json says that importing it for no name does nothing
}

// unresolved says why an import leads nowhere, and what to do.
type unresolved struct {
	text  string
	notes []string
	soft  bool // code may be written to catch this: a failing require is not always an error
}

// specifierBytesMax bounds the text of an import, and with it the depth of folders.
const specifierBytesMax = 2048

// resolve finds the file that specifier leads to, in the file importer (a real name, empty
// for the entry). required says that it is a require call.
func (r *resolver) resolve(importer, specifier string, required bool) (target, *unresolved) {
	if len(specifier) > specifierBytesMax || strings.ContainsAny(specifier, "\x00\\") {
		return target{}, &unresolved{text: fmt.Sprintf("%.60q can't be the path of an import", specifier)}
	}
	folder := path.Dir(importer)
	switch {
	case isRelative(specifier):
		return r.relative(folder, specifier, required)
	case strings.HasPrefix(specifier, "#"):
		return r.internal(folder, specifier, required)
	}
	if failure := unsupported(specifier); failure != nil {
		return target{}, failure
	}
	if file := r.mapped(importer, specifier, required); file != "" {
		return r.target(file), nil
	}
	if p := r.scope(folder); p != nil {
		if to, ok := p.replaced[specifier]; ok {
			return r.replaced(p, to, required)
		}
	}
	return r.packaged(folder, specifier, required)
}

func isRelative(specifier string) bool {
	return specifier == "." || specifier == ".." || strings.HasPrefix(specifier, "./") || strings.HasPrefix(specifier, "../")
}

// unsupported refuses what is neither a path nor a package.
func unsupported(specifier string) *unresolved {
	scheme, _, ok := strings.Cut(specifier, ":")
	switch {
	case strings.HasPrefix(specifier, "/"):
		return &unresolved{
			text:  fmt.Sprintf("%q is an absolute path", specifier),
			notes: []string{"write the path from the importing file, as in \"./lib/x.ts\"; only files in the project's folder are read"},
		}
	case !ok || scheme == "node":
		return nil
	case scheme == "cloudflare":
		return notProvided(specifier)
	case scheme == "http" || scheme == "https":
		return &unresolved{
			text:  fmt.Sprintf("%q would be loaded from the network, which a build never does", specifier),
			notes: []string{"install the package with npm, or copy the file into the project"},
		}
	}
	return &unresolved{text: fmt.Sprintf("imports by %q are not supported", scheme+":")}
}

// relative resolves a path from a folder.
func (r *resolver) relative(folder, specifier string, required bool) (target, *unresolved) {
	name := path.Join(folder, specifier)
	if name == ".." || strings.HasPrefix(name, "../") {
		return target{}, outsideRoot(specifier)
	}
	if file := r.fileOrFolder(name, required); file != "" {
		return r.target(file), nil
	}
	if i := strings.IndexAny(specifier, "?#"); i > 0 { // "./page.html?raw"
		if file := r.file(path.Join(folder, specifier[:i])); file != "" {
			return r.target(file), nil
		}
	}
	failure := &unresolved{text: fmt.Sprintf("there is no file %s", name), soft: true}
	switch r.files.kind(name) {
	case kindOutside:
		return target{}, outsideRoot(specifier)
	case kindFolder:
		failure.text = fmt.Sprintf("%s is a folder without a module named index", name)
	default:
		if near := r.near(name); near != "" {
			failure.notes = []string{fmt.Sprintf("did you mean %q?", near)}
		}
	}
	return target{}, failure
}

func outsideRoot(specifier string) *unresolved {
	return &unresolved{
		text:  fmt.Sprintf("%q leads outside the project's folder", specifier),
		notes: []string{"only files in the project's folder are read: move the file into it, or make it a package and install that"},
	}
}

// target describes a file that was found.
func (r *resolver) target(file string) target {
	t := target{file: r.files.find(file).real}
	if p := r.scope(path.Dir(t.file)); p != nil {
		if to, ok := p.replacement(t.file); ok {
			if to == "" {
				return target{effectFree: true}
			}
			if other := r.file(path.Join(p.folder, to)); other != "" {
				t.file = r.files.find(other).real
			}
		}
		t.moduleType = p.kind
		t.effectFree = p.effects.free(strings.TrimPrefix(strings.TrimPrefix(t.file, p.folder), "/"))
	}
	return t
}

// extensions are tried where an import lacks one. In packages JavaScript comes before
// TypeScript: where both are published, the JavaScript is what was tested.
var (
	extensions        = [...]string{".tsx", ".ts", ".jsx", ".js", ".mts", ".mjs", ".cts", ".cjs", ".json"}
	packageExtensions = [...]string{".jsx", ".js", ".mjs", ".cjs", ".tsx", ".ts", ".mts", ".cts", ".json"}
)

// typeScriptFor are the extensions that a file may really have when TypeScript imports it by
// the name that it will have when compiled.
//
// See https://www.typescriptlang.org/docs/handbook/modules/reference.html#file-extension-substitution.
var typeScriptFor = map[string][]string{
	".js": {".ts", ".tsx"}, ".jsx": {".tsx"}, ".mjs": {".mts"}, ".cjs": {".cts"},
}

// file returns the file that name stands for, with or without its extension, or "".
func (r *resolver) file(name string) string {
	if r.files.kind(name) == kindFile {
		return name
	}
	order := extensions[:]
	if inNodeModules(name) {
		order = packageExtensions[:]
	}
	for _, extension := range order {
		if r.files.kind(name+extension) == kindFile {
			return name + extension
		}
	}
	stem := strings.TrimSuffix(name, path.Ext(name))
	for _, extension := range typeScriptFor[path.Ext(name)] {
		if r.files.kind(stem+extension) == kindFile {
			return stem + extension
		}
	}
	return ""
}

func inNodeModules(name string) bool {
	return strings.HasPrefix(name, "node_modules/") || strings.Contains(name, "/node_modules/")
}

// fileOrFolder is file, and for a folder its main module.
func (r *resolver) fileOrFolder(name string, required bool) string {
	if file := r.file(name); file != "" {
		return file
	}
	if r.files.kind(name) != kindFolder {
		return ""
	}
	if p := r.packageIn(r.files.find(name).real); p != nil {
		for _, main := range p.mains(required) {
			main = path.Join(name, main)
			if file := r.file(main); file != "" {
				return file
			}
			if file := r.file(path.Join(main, "index")); file != "" {
				return file
			}
		}
	}
	return r.file(path.Join(name, "index"))
}

// near returns a file beside name with almost its name, as an import would say it.
func (r *resolver) near(name string) string {
	var names []string
	for _, entry := range r.files.names(path.Dir(name)) {
		names = append(names, entry)
		if stem := strings.TrimSuffix(entry, path.Ext(entry)); slices.Contains(extensions[:], path.Ext(entry)) {
			names = append(names, stem)
		}
	}
	if near := bundles.Nearest(path.Base(name), names); near != "" {
		return path.Join(path.Dir(name), near)
	}
	return ""
}

// mapped resolves by the paths and baseUrl of tsconfig.json, which are for the project's own
// files.
func (r *resolver) mapped(importer, specifier string, required bool) string {
	if r.config == nil || inNodeModules(importer) {
		return ""
	}
	for _, name := range r.config.candidates(specifier) {
		if file := r.fileOrFolder(name, required); file != "" {
			return file
		}
	}
	return ""
}
