package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/bundles"
	sdkjs "github.com/skerry-edge/skerry/sdk-js"
)

func newCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "new [TEMPLATE] [DIR]",
		Short:   "Write a small project from a template; works offline",
		Long:    "Write a small project from a template inside this binary.\nOne argument is a template's name if there is such a template, otherwise the folder.\n\nTemplates:\n" + templateList(),
		Example: "  skerry new hello\n  skerry new api my-api",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			template, dir, err := chooseTemplate(args)
			if err != nil {
				return err
			}
			return t.writeProject(template, dir)
		},
	}
}

func templateList() string {
	var b strings.Builder
	for _, tmpl := range sdkjs.Templates() {
		fmt.Fprintf(&b, "  %-10s %s\n", tmpl.Name, tmpl.Summary)
	}
	return strings.TrimRight(b.String(), "\n")
}

// chooseTemplate reads the arguments: a template, a folder, both or neither.
func chooseTemplate(args []string) (sdkjs.Template, string, error) {
	templates := sdkjs.Templates()
	names := make([]string, len(templates))
	byName := make(map[string]sdkjs.Template)
	for i, tmpl := range templates {
		names[i], byName[tmpl.Name] = tmpl.Name, tmpl
	}
	switch len(args) {
	case 0:
		return templates[0], templates[0].Name, nil
	case 1:
		if tmpl, ok := byName[args[0]]; ok {
			return tmpl, tmpl.Name, nil
		}
		return templates[0], args[0], nil
	}
	tmpl, ok := byName[args[0]]
	if !ok {
		message := fmt.Sprintf("there is no template %q; there are %s", args[0], strings.Join(names, ", "))
		if near := bundles.Nearest(args[0], names); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
		return tmpl, "", &usageError{errors.New(message)}
	}
	return tmpl, args[1], nil
}

// writeProject writes the template's files into dir, which must be empty or not exist.
func (t *terminal) writeProject(template sdkjs.Template, dir string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	name := filepath.Base(absolute)
	if err := bundles.CheckName(name); err != nil {
		return fmt.Errorf("the folder's name becomes the function's, and %q can't be: %w", name, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty; choose another folder", dir)
	}
	files, err := template.Files(name)
	if err != nil {
		return err
	}
	var written []string
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Content, 0o644); err != nil {
			return err
		}
		written = append(written, path)
	}
	if t.document(map[string]any{"template": template.Name, "directory": absolute, "files": written}) {
		return nil
	}
	for _, path := range written {
		t.say("%s %s", t.paint(green, "+"), path)
	}
	t.say("\nNext:\n  cd %s\n  skerry dev", dir)
	return nil
}
