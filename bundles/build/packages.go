package build

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

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
		if second == "" || second[0] == '.' {
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
