// Package sdkjs carries the parts of the npm package in this folder that the skerry binary
// needs: the templates of new projects, one folder each under templates.
package sdkjs

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

//go:embed templates
var files embed.FS

// Template is a small project to begin with. It has three files and needs nothing
// installed.
type Template struct {
	Name    string // what `skerry new` calls it
	Summary string // one line, without a full stop
}

// Templates returns all templates, the default one first.
func Templates() []Template {
	return []Template{
		{"hello", "one TypeScript handler and a variable"},
		{"hello-js", "the same in JavaScript"},
		{"api", "a JSON API: routes, checked input, errors as JSON"},
		{"kv", "state in KV: values, a list and a counter"},
		{"html", "a page from a template that escapes what is put into it"},
	}
}

// File is a file of a new project.
type File struct {
	Path    string // relative, with slashes
	Content []byte // the caller's to keep
}

// placeholder is the name of the project in the templates' files, so that each is a valid
// project as it stands.
const placeholder = "my-function"

// Files returns t's files for a project called name, in the order of their paths. name must
// be a function's name (bundles.CheckName). It returns an error that wraps
// fs.ErrNotExist if t is none of [Templates].
func (t Template) Files(name string) ([]File, error) {
	if !slices.Contains(Templates(), t) {
		return nil, fmt.Errorf("template %q: %w", t.Name, fs.ErrNotExist)
	}
	root := path.Join("templates", t.Name)
	var out []File
	err := fs.WalkDir(files, root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		out = append(out, File{
			Path:    file[len(root)+1:],
			Content: bytes.ReplaceAll(content, []byte(placeholder), []byte(name)),
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read template %q: %w", t.Name, err)
	}
	return out, nil
}
