package build

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
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

// replaced resolves what a package wants in the place of another.
func (r *resolver) replaced(p *packageJSON, to string, required bool) (target, *unresolved) {
	switch {
	case to == "":
		return target{effectFree: true}, nil
	case isRelative(to):
		return r.relative(p.folder, to, required)
	}
	if failure := unsupported(to); failure != nil {
		return target{}, failure
	}
	return r.packaged(p.folder, to, required)
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
		return &unresolved{
			text:  fmt.Sprintf("%q is not provided by this version of Skerry", specifier),
			notes: []string{"bindings come as the second argument: fetch(request, env, ctx)"},
			soft:  true,
		}
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
			to = r.file(path.Join(p.folder, to))
			if to == "" {
				return target{effectFree: true}
			}
			t.file = r.files.find(to).real
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

// mains returns the main module's path for a package without exports, the best first. A
// require prefers main: there, module.exports may be a function, which no namespace is.
func (p *packageJSON) mains(required bool) []string {
	mains := []string{p.browser, p.module, p.main}
	if required {
		mains = []string{p.browser, p.main, p.module}
	}
	return slices.DeleteFunc(mains, func(main string) bool { return main == "" })
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

// packageIn returns the package.json of a folder, by its real name.
func (r *resolver) packageIn(folder string) *packageJSON {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.mu.packages[folder]; ok {
		return p
	}
	r.mu.packages[folder] = nil
	file := path.Join(folder, "package.json")
	if r.files.kind(file) != kindFile {
		return nil
	}
	text, err := r.files.text(file)
	if err != nil {
		r.mu.broken = append(r.mu.broken, Message{Text: err.Error(), File: file})
		return nil
	}
	p, problem := parsePackageJSON(folder, text)
	if problem != nil {
		r.mu.broken = append(r.mu.broken, *problem)
		return nil
	}
	r.mu.packages[folder] = p
	return p
}

// problems returns the package.json files that could not be read.
func (r *resolver) problems() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mu.broken)
}

// scope returns the package.json that is for the files in a folder. It ends at a folder
// node_modules.
func (r *resolver) scope(folder string) *packageJSON {
	for {
		if path.Base(folder) == "node_modules" {
			return nil
		}
		if p := r.packageIn(folder); p != nil {
			return p
		}
		if folder == "." {
			return nil
		}
		folder = path.Dir(folder)
	}
}

// internal resolves an import such as "#lib", by the package's own imports.
func (r *resolver) internal(folder, specifier string, required bool) (target, *unresolved) {
	p := r.scope(folder)
	if p == nil || p.imports == nil {
		return target{}, &unresolved{text: fmt.Sprintf("%q begins with #, and the package.json around it has no imports", specifier), soft: true}
	}
	switch to := imported(p.imports, specifier, required); {
	case to == "":
	case strings.HasPrefix(to, "./"):
		if file := path.Join(p.folder, to); r.files.kind(file) == kindFile {
			return r.target(file), nil
		}
	default:
		if failure := unsupported(to); failure != nil {
			return target{}, failure
		}
		return r.packaged(p.folder, to, required)
	}
	return target{}, &unresolved{
		text: fmt.Sprintf("%q is not among the imports of %s, or leads to no file", specifier, path.Join(p.folder, "package.json")), soft: true,
	}
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

// packaged resolves the name of a package, and perhaps a path in it, from a folder.
func (r *resolver) packaged(folder, specifier string, required bool) (target, *unresolved) {
	name, subpath := splitPackage(specifier)
	if strings.HasPrefix(specifier, "node:") {
		return target{}, nodeBuiltin(specifier)
	}
	if name == "" {
		return target{}, &unresolved{text: fmt.Sprintf("%q is neither a path nor the name of a package", specifier), soft: true}
	}
	if p := r.scope(folder); p != nil && p.exports != nil && p.name == name {
		return r.fromExports(p, name, subpath, required)
	}
	for above := folder; ; above = path.Dir(above) {
		if path.Base(above) != "node_modules" {
			if found := r.files.find(path.Join(above, "node_modules", name)); found.kind == kindFolder {
				return r.fromPackage(found.real, name, subpath, required)
			} else if found.kind == kindOutside {
				return target{}, &unresolved{
					text:  fmt.Sprintf("the package %q is a link that leads outside the project's folder", name),
					notes: []string{"only files in the project's folder are read: install a copy of it (npm install --install-links)"},
				}
			}
			if file := r.file(path.Join(above, "node_modules", specifier)); file != "" {
				return r.target(file), nil
			}
		}
		if above == "." {
			return target{}, r.notInstalled(specifier, name)
		}
	}
}

// splitPackage splits "@scope/name/path" into "@scope/name" and "./path". The name is empty
// if it can't be one.
func splitPackage(specifier string) (name, subpath string) {
	name, rest, _ := strings.Cut(specifier, "/")
	if strings.HasPrefix(specifier, "@") {
		second, after, _ := strings.Cut(rest, "/")
		if second == "" {
			return "", ""
		}
		name, rest = name+"/"+second, after
	}
	if name == "" || name[0] == '.' || strings.ContainsAny(name, "%\\:") {
		return "", ""
	}
	if rest == "" {
		return name, "."
	}
	return name, "./" + rest
}

// fromPackage resolves subpath in the package in a folder.
func (r *resolver) fromPackage(folder, name, subpath string, required bool) (target, *unresolved) {
	if p := r.packageIn(folder); p != nil && p.exports != nil {
		return r.fromExports(p, name, subpath, required)
	}
	if file := r.fileOrFolder(path.Join(folder, subpath), required); file != "" {
		return r.target(file), nil
	}
	if subpath == "." {
		return target{}, &unresolved{text: fmt.Sprintf("the package %q has no main module", name), soft: true}
	}
	return target{}, &unresolved{text: fmt.Sprintf("the package %q has no file %q", name, subpath), soft: true}
}

func (r *resolver) fromExports(p *packageJSON, name, subpath string, required bool) (target, *unresolved) {
	to := exported(p.exports, subpath, required)
	if to == "" {
		return target{}, &unresolved{
			text:  fmt.Sprintf("the package %q does not export %q", name, subpath),
			notes: []string{"it exports: " + exportedNames(p.exports)}, soft: true,
		}
	}
	if file := path.Join(p.folder, to); r.files.kind(file) == kindFile {
		return r.target(file), nil
	}
	return target{}, &unresolved{
		text:  fmt.Sprintf("the package %q exports %q as %s, and there is no such file", name, subpath, to),
		notes: []string{"build the package, or install it again"}, soft: true,
	}
}

// notInstalled says that a package is nowhere in the project.
func (r *resolver) notInstalled(specifier, name string) *unresolved {
	if builtin(specifier) != "" {
		return nodeBuiltin(specifier)
	}
	failure := &unresolved{
		text: fmt.Sprintf("the package %q is not installed", name),
		notes: []string{
			"install it: npm install " + name,
			"or, if a file of the project is meant, write its path: \"./" + specifier + "\"",
		},
		soft: true,
	}
	if above := installedAbove(r.root, name); above != "" {
		failure.notes = []string{fmt.Sprintf("it is installed in %s, outside the project's folder, where nothing is read: install it here (npm install %s), or build from the folder above", above, name)}
	}
	return failure
}

// installedAbove returns where a package is installed in a folder above root, relative to
// it, or "". It looks, but reads nothing.
func installedAbove(root, name string) string {
	relative := ".."
	for folder := filepath.Dir(root); ; folder = filepath.Dir(folder) {
		if info, err := os.Stat(filepath.Join(folder, "node_modules", filepath.FromSlash(name))); err == nil && info.IsDir() {
			return relative + "/node_modules"
		}
		if folder == filepath.Dir(folder) {
			return ""
		}
		relative += "/.."
	}
}

func nodeBuiltin(specifier string) *unresolved {
	name := builtin(specifier)
	notes := []string{"use the web's own API (fetch, crypto, URL, TextEncoder …), or a package that runs outside Node.js"}
	if slices.Contains([]string{"assert", "buffer", "events", "punycode", "querystring", "string_decoder", "url", "util"}, name) {
		notes = append(notes, "npm has a package that stands in for it: npm install "+name)
	}
	return &unresolved{text: fmt.Sprintf("Node built-in modules are not provided: %q", specifier), notes: notes, soft: true}
}
